// Pairing as it is asked for here, put into effect: an invitation made, one from elsewhere looked at and accepted. What two
// devices say to one another is in peer/; how a device is let in is in hosting.ts.
import { CodedError } from '../protocol/errors.ts';
import type { Assignment } from './config/assignments.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import * as write from './config/write.ts';
import type {
  ControlledPairing,
  FolderComparison,
  InviteRequest,
  JoinOffer,
  WantedComparison,
} from './control/daemon-port.ts';
import type { JoinPlace } from './control/join-places.ts';
import { assert } from './core/assert.ts';
import type { FolderDigest } from './core/digest.ts';
import type { DeviceId, FolderName } from './core/ids.ts';
import type { FilterSettings } from './core/settings.ts';
import type { Folder } from './folder/folder.ts';
import type { Hosting } from './hosting.ts';
import { compareJoin } from './join-comparison.ts';
import { type JoinResult, Unanswered } from './peer/join.ts';
import type { Peers } from './peer/peers.ts';
import { type PendingJoin, PendingJoins, type UnfinishedJoin } from './pending-joins.ts';
import type { Clock, Timer } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { PrivateFiles } from './ports/private-files.ts';
import type { Workers } from './ports/workers.ts';

/** Until an inviter that did not answer is asked again; each time twice as long. */
const ASK_AGAIN_MS = 2_000;
const MAX_ASK_AGAIN_MS = 300_000;

export interface JoiningEdges {
  readonly context: write.WriteContext;
  readonly workers: Workers;
  readonly clock: Clock;
  readonly log: Log;
  /** In the state directory. */
  readonly files: PrivateFiles;
  readonly hosting: Hosting;
  config(): Config;
  peers(): Peers;
  /** Those that run here. */
  folders(): ReadonlyMap<FolderName, Folder>;
  /** One change of the configuration at a time. */
  change<T>(change: () => Promise<T>): Promise<T>;
  apply(config: Config): Promise<unknown>;
  /** Writes a new folder down, makes its directory and starts it. */
  addFolder(name: FolderName, settings: readonly Assignment[]): Promise<void>;
}

export class Joining implements ControlledPairing {
  readonly #edges: JoiningEdges;
  readonly #pending: PendingJoins;
  #again: Timer | undefined;
  #againMs = ASK_AGAIN_MS;

  constructor(edges: JoiningEdges) {
    this.#edges = edges;
    this.#pending = new PendingJoins(edges.files, edges.clock, edges.log);
  }

  async invite(request: InviteRequest): Promise<{ readonly text: string; readonly expiresAtMs: number }> {
    const { folders, role, expiresMs, addresses, private: isPrivate } = request;
    for (const folder of folders) await this.#refuseMissing(folder, isPrivate);
    const given = addresses.length === 0 ? {} : { addresses };
    const grant = { folders, role, private: isPrivate };
    const text = await this.#edges.peers().invite({ ...grant, expiresInMs: expiresMs, ...given });
    return { text, expiresAtMs: this.#edges.clock.nowMs() + expiresMs };
  }

  /** What is not here is made when the peer joins, where there is storage for it. */
  async #refuseMissing(folder: FolderName, isPrivate: boolean): Promise<void> {
    const { folders, config, hosting } = this.#edges;
    if (!isPrivate && folders().has(folder)) return;
    const { folders: configured, storage } = config();
    if (!isPrivate && configured.has(folder))
      throw new CodedError('E_NO_SUCH_FOLDER', `folder ${folder} is not running`, 'See syncctl folders.');
    if (!isPrivate && storage === undefined) throw new CodedError('E_NO_SUCH_FOLDER', `there is no folder ${folder}`);
    await hosting.checkNew(folder, isPrivate);
  }

  async previewJoin(invitation: string): Promise<JoinOffer> {
    const { device, name, folders } = await this.#edges.peers().join(invitation, true);
    return { id: device, name, folders };
  }

  compareJoin(wanted: WantedComparison): Promise<ReadonlyMap<FolderName, FolderComparison>> {
    const { workers, clock, log } = this.#edges;
    const digests = async (): Promise<ReadonlyMap<FolderName, FolderDigest>> => {
      const { folders } = await this.#edges.peers().joinDigests(wanted.invitation);
      return new Map(folders.flatMap(({ name, digest }) => (digest === undefined ? [] : [[name, digest] as const])));
    };
    const filterOf = (place: JoinPlace): FilterSettings => this.#filterOf(place);
    return compareJoin({ folders: this.#edges.folders(), workers, clock, log, filterOf, digests }, wanted);
  }

  #filterOf({ name, path, exists }: JoinPlace): FilterSettings {
    const { context, config } = this.#edges;
    const then = exists
      ? config()
      : write.addFolder(write.withoutWriting(context), name, [{ keys: ['path'], value: path }]);
    const settings = then.folders.get(name);
    assert(settings !== undefined, 'a folder that is compared is there');
    return settings.filter;
  }

  join(invitation: string, places: readonly JoinPlace[]): Promise<JoinOffer> {
    const { change, peers } = this.#edges;
    return change(async () => {
      const pending = this.#pending.note(invitation, places);
      let joined: JoinResult;
      try {
        joined = await peers().join(invitation, false);
      } catch (error) {
        // It may have let this device in: then both are to have it. What refuses is told, and tried no more.
        if (error instanceof CodedError && !(error instanceof Unanswered)) this.#pending.forget(pending);
        else this.#leave(pending, error);
        throw error;
      }
      try {
        return await this.#finish(pending, joined);
      } catch (error) {
        this.#leave(pending, error);
        throw error;
      }
    });
  }

  #leave(pending: PendingJoin, error: unknown): void {
    this.#pending.failed(pending, error);
    this.#goOnLater(ASK_AGAIN_MS);
  }

  unfinished(): readonly UnfinishedJoin[] {
    return this.#pending.unfinished();
  }

  /** Once folders run: what a death has left half done is done, here and with those who were being let in. */
  start(): void {
    void this.#edges.peers().letInTheRest();
    void this.#goOn();
  }

  /** What was noted is done, or found to be refused. */
  async #goOn(): Promise<void> {
    for (const pending of this.#pending.list()) await this.#goOnWith(pending);
    if (this.#pending.list().length > 0) this.#goOnLater(Math.min(2 * this.#againMs, MAX_ASK_AGAIN_MS));
  }

  #goOnLater(inMs: number): void {
    this.#again?.cancel();
    this.#againMs = inMs;
    this.#again = this.#edges.clock.after(inMs, () => void this.#goOn());
  }

  async #goOnWith(pending: PendingJoin): Promise<void> {
    const { change, peers, log } = this.#edges;
    const { inviter, invitation } = pending;
    try {
      // Nobody's change has to wait for an inviter that may be far away.
      const joined = await peers().join(invitation, false).catch(refusalOrLater);
      await change(async () => {
        if (!this.#pending.has(pending)) return;
        const { name } = await this.#finish(pending, joined);
        log.info('a join that was interrupted is done', { peer: name, device: inviter });
      });
    } catch (error) {
      if (!(error instanceof Refused) && !this.#pending.isOld(pending)) {
        this.#pending.failed(pending, error);
        log.debug('a join that was interrupted is not finished yet', { device: inviter, error });
        return;
      }
      log.warn('a join that was interrupted cannot be finished', { device: inviter, error });
      this.#pending.forget(pending);
    }
  }

  /** The inviter has let this device in: whatever fails here is tried again until this device has it, too. */
  async #finish(pending: PendingJoin, joined: JoinResult): Promise<JoinOffer> {
    const offer = await this.#writeDown(joined, pending.places);
    this.#pending.end(pending);
    return offer;
  }

  /** Somebody removes this folder or peer: no join brings it back. */
  forget(one: FolderName | DeviceId): void {
    for (const pending of this.#pending.list())
      if (pending.inviter === one || pending.places.some(({ name }) => name === one)) this.#pending.forget(pending);
  }

  /** As often as it takes: what is there already stays as it is. */
  async #writeDown(joined: JoinResult, places: readonly JoinPlace[]): Promise<JoinOffer> {
    const { context, apply, addFolder } = this.#edges;
    const { name, config } = write.addPeer(context, joined.name, { id: joined.device, addresses: [joined.address] });
    for (const [i, { name: folder, path, offered: wanted, exists }] of places.entries()) {
      // In the order in which they were offered before; a private one may have got another device's name since.
      const offered = joined.folders.find((one) => one.name === wanted) ?? joined.folders[i];
      if (offered === undefined) continue;
      // A join that was interrupted may have added it, or have written it down and no more.
      if (exists || config.folders.get(folder)?.path === path) {
        await apply(write.grant(context, folder, name, 'two-way', offered.name));
      } else {
        const named = offered.name === folder ? [] : [{ keys: ['names'], value: { [name]: offered.name } }];
        const settings: Assignment[] = [
          { keys: ['path'], value: path },
          { keys: ['peers'], value: { [name]: 'two-way' } },
          ...named,
          { keys: ['authority'], value: offered.authority },
        ];
        await addFolder(folder, settings);
      }
      const agreed = this.#edges.folders().get(folder)?.agreed;
      // An inviter that has nothing in it has made it for us: then ours holds. Else who joins takes the setting of the
      // inviter, whatever the configuration here proposes for new folders.
      if (exists && offered.files === 0) agreed?.invited();
      else agreed?.follow(offered);
    }
    await apply(loadConfig(context));
    return { id: joined.device, name, folders: joined.folders };
  }
}

/** The inviter does not let this device in. */
class Refused extends CodedError {}

/** The inviter, or the way to it, may be back one day: that is no refusal. */
function refusalOrLater(error: unknown): never {
  const mayPass = !(error instanceof CodedError) || error instanceof Unanswered;
  if (mayPass || error.code === 'E_UNREACHABLE' || error.code === 'E_WRONG_KEY') throw error;
  throw new Refused(error.code, error.message, error.hint);
}
