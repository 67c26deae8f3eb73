// The inviting side of pairing: a JOIN is judged, and a device with the right secret becomes a peer. A stranger learns
// only «refused», whatever was wrong.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { MAX_NAME_LENGTH } from '../../protocol/limits.ts';
import type { Join, Joined } from '../../protocol/messages.ts';
import { DEFAULT_RULE } from '../core/common-setting.ts';
import type { DeviceId } from '../core/ids.ts';
import type { Log } from '../ports/log.ts';
import { formatHostPort, parseHostPort } from './address.ts';
import type { JoinAnswer } from './conversation.ts';
import type { OfferedDigests } from './digests.ts';
import type { Host, HostFolder } from './host.ts';
import type { Grant, Invitations, Taken } from './invitations.ts';
import type { WrongTries } from './tries.ts';
import type { Trust } from './trust.ts';

export interface PairingOptions {
  readonly trust: Trust;
  readonly invitations: Invitations;
  readonly tries: WrongTries;
  readonly digests: OfferedDigests;
  readonly self: DeviceId;
  readonly host: Host;
  readonly log: Log;
}

export interface Applicant {
  readonly device: DeviceId;
  /** IP address. */
  readonly source: string;
}

export class Pairing {
  readonly #options: PairingOptions;
  /** One device after the other is let in: what is put back for the one is not taken from under the other. */
  #lettingIn: Promise<unknown> = Promise.resolve();

  constructor(options: PairingOptions) {
    this.#options = options;
  }

  /** Is there anything that a stranger could be asked in for? */
  get mayJoin(): boolean {
    return this.#options.invitations.count > 0;
  }

  /** Never rejects: a stranger that finds a fault of ours ends nothing but its own try. */
  async judge(join: Join, from: Applicant): Promise<JoinAnswer> {
    try {
      return join.preview ? await this.#judge(join, from) : await this.#inTurn(() => this.#judge(join, from));
    } catch (failure) {
      return this.#failed(failure, from);
    }
  }

  async #judge(join: Join, from: Applicant): Promise<JoinAnswer> {
    const { invitations, tries, log } = this.#options;
    const shown = invitations.look(join.secret, from.device);
    if (shown === undefined) {
      // Who has the right one comes in, however often others at the same address guess: nobody guesses 128 bits.
      const { source, device } = from;
      if (tries.mayTry(source)) log.warn('a wrong or used invitation was shown', { source, device });
      tries.wrong(source);
      return refused();
    }
    const here = this.#foldersFor(shown, join, from);
    const offered = here && this.#offer(shown, here, from.device);
    if (here === undefined || offered === undefined) return gone();
    // It has missed the answer, or has died before it wrote it down. It is told again, and given nothing.
    if (shown.had && !this.#has(from.device, here)) return refused();
    if (!join.preview && shown.had) return { message: offered };
    if (!join.preview) return this.#admit(join, from);
    return join.digests === true ? this.#options.digests.addTo(offered, here) : { message: offered };
  }

  async #admit(join: Join, from: Applicant): Promise<JoinAnswer> {
    const { device, source } = from;
    const address = parseHostPort(join.address ?? '');
    const taken = this.#options.invitations.take(join.secret, {
      device,
      name: printable(join.name),
      address: address && `wss://${formatHostPort(address)}`,
    });
    if (taken === undefined) return refused();
    try {
      await this.#letIn(taken, source);
      const here = this.#foldersFor(taken.grant, join, from);
      const offered = here && this.#offer(taken.grant, here, device);
      return offered === undefined ? gone() : { message: offered };
    } catch (failure) {
      return this.#failed(failure, from);
    }
  }

  /** Whom this device was letting in when it died: half a peer would be none to either side. Never rejects. */
  letInTheRest(): Promise<void> {
    return this.#inTurn(async () => {
      for (const taken of this.#options.invitations.unfinished())
        await this.#letIn(taken, undefined).catch((failure: unknown) => this.#failed(failure, taken.by));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lettingIn.then(work);
    this.#lettingIn = done.catch(() => undefined);
    return done;
  }

  async #letIn(taken: Taken, source: string | undefined): Promise<void> {
    const { host, trust, log } = this.#options;
    const { folders, role, private: isPrivate } = taken.grant;
    const { device } = taken.by;
    const wasPeer = !taken.again && trust.peer(device) !== undefined;
    const granted = folders.map((folder) => ({ name: folder, role }));
    let name: string;
    try {
      name = await host.admit({ ...taken.by, folders: granted, private: isPrivate });
    } catch (failure) {
      // Half a peer: the device comes again, and has the rest. Nobody else may come by what it was let in with.
      if (!wasPeer && trust.peer(device) !== undefined) taken.leave();
      else this.#note(() => taken.putBack(), device);
      throw failure;
    }
    this.#note(() => taken.given(), device);
    log.info('a device has joined', { peer: name, device, folders, source });
  }

  /** What became of an invitation. A full disk changes nothing of it. */
  #note(write: () => void, device: DeviceId): void {
    try {
      write();
    } catch (failure) {
      this.#options.log.warn('an invitation stays noted as being used', { device, error: failure });
    }
  }

  #failed(failure: unknown, { device }: Pick<Applicant, 'device'>): JoinAnswer {
    this.#options.log.error('a device could not be added', { device, error: failure });
    return failure instanceof CodedError
      ? error(failure.code, failure.message)
      : error('E_INTERNAL', 'the inviting device could not add this one');
  }

  /** All that the invitation gives is this device's, and has not been taken from it. */
  #has(device: DeviceId, folders: readonly HostFolder[]): boolean {
    const { trust } = this.#options;
    return trust.peer(device) !== undefined && folders.every(({ name }) => trust.shares(name, device));
  }

  #foldersFor(grant: Grant, join: Join, { device }: Applicant): readonly HostFolder[] | undefined {
    return this.#options.host.foldersFor(grant, { device, name: printable(join.name) });
  }

  /** Undefined when one of the folders is gone. */
  #offer({ role }: Grant, folders: readonly HostFolder[], device: DeviceId): Joined | undefined {
    const { self, trust } = this.#options;
    const { settings } = trust;
    const offers: Joined['folders'][number][] = [];
    for (const { name, exists, conflict = DEFAULT_RULE } of folders) {
      const folder = settings.folders.get(name);
      if (!exists) {
        offers.push({ name, role, authority: self, conflict, files: 0, bytes: 0 });
        continue;
      }
      if (folder === undefined) return undefined;
      offers.push({ name: folder.names.get(device) ?? name, role, ...folder.offer() });
    }
    return { type: 'JOINED', name: settings.name, folders: offers };
  }
}

function refused(): JoinAnswer {
  return error('E_INVITATION_REFUSED', 'the invitation was used, has expired, or is not from here');
}

function gone(): JoinAnswer {
  return error('E_INVITATION_REFUSED', 'a folder of the invitation is no longer here');
}

function error(code: ErrorCode, message: string): JoinAnswer {
  return { message: { type: 'ERROR', code, message } };
}

/** A name from outside goes into files and onto terminals. */
function printable(name: string): string {
  const clean = name.replace(/[^\p{L}\p{N}._ -]/gu, '').trim();
  return clean === '' ? 'peer' : clean.slice(0, MAX_NAME_LENGTH);
}
