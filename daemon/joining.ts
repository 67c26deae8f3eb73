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
import type { FolderName } from './core/ids.ts';
import type { FilterSettings } from './core/settings.ts';
import type { Folder } from './folder/folder.ts';
import type { Hosting } from './hosting.ts';
import { compareJoin } from './join-comparison.ts';
import type { Peers } from './peer/peers.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Workers } from './ports/workers.ts';

export interface JoiningEdges {
  readonly context: write.WriteContext;
  readonly workers: Workers;
  readonly clock: Clock;
  readonly log: Log;
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

  constructor(edges: JoiningEdges) {
    this.#edges = edges;
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
    const { context, change, apply, addFolder } = this.#edges;
    return change(async () => {
      const joined = await this.#edges.peers().join(invitation, false);
      const { name } = write.addPeer(context, joined.name, { id: joined.device, addresses: [joined.address] });
      for (const [i, place] of places.entries()) {
        const { name: folder, path, exists } = place;
        // In the order in which they were offered before; a private one may have got another device's name since.
        const offered = joined.folders.find((one) => one.name === place.offered) ?? joined.folders[i];
        if (offered === undefined) continue;
        if (exists) {
          await apply(write.grant(context, folder, name, 'two-way', offered.name));
          // An inviter that has nothing in it has made it for us: then ours holds.
          const agreed = this.#edges.folders().get(folder)?.agreed;
          if (offered.files > 0) agreed?.follow(offered);
          else agreed?.invited();
          continue;
        }
        const named = offered.name === folder ? [] : [{ keys: ['names'], value: { [name]: offered.name } }];
        const settings: Assignment[] = [
          { keys: ['path'], value: path },
          { keys: ['peers'], value: { [name]: 'two-way' } },
          ...named,
          { keys: ['authority'], value: offered.authority },
        ];
        await addFolder(folder, settings);
        // Who joins takes the setting of the inviter, whatever the configuration here proposes for new folders.
        this.#edges.folders().get(folder)?.agreed.follow(offered);
      }
      await apply(loadConfig(context));
      return { id: joined.device, name, folders: joined.folders };
    });
  }
}
