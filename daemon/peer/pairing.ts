// The inviting side of pairing: a JOIN is judged, and a device with the right secret becomes a peer. A stranger learns
// only «refused», whatever was wrong.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { MAX_NAME_LENGTH } from '../../protocol/limits.ts';
import type { Join, Joined } from '../../protocol/messages.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { Role } from '../core/settings.ts';
import type { Log } from '../ports/log.ts';
import { formatHostPort, parseHostPort } from './address.ts';
import type { JoinAnswer } from './conversation.ts';
import type { OfferedDigests } from './digests.ts';
import type { Grant, Invitations } from './invitations.ts';
import type { WrongTries } from './tries.ts';
import type { Trust } from './trust.ts';

/** A device that showed the right secret: whoever is told writes it into the configuration and has it read again. */
export interface Admission {
  readonly device: DeviceId;
  /** What it calls itself, without control characters. */
  readonly name: string;
  /** `wss://HOST:PORT`, if it listens. */
  readonly address: string | undefined;
  readonly folders: readonly { readonly name: FolderName; readonly role: Role }[];
}

/** Resolves with the name under which the peer is kept. */
export type Admit = (admission: Admission) => Promise<string>;

export interface PairingOptions {
  readonly trust: Trust;
  readonly invitations: Invitations;
  readonly tries: WrongTries;
  readonly digests: OfferedDigests;
  readonly admit: Admit;
  readonly log: Log;
}

export interface Applicant {
  readonly device: DeviceId;
  /** IP address. */
  readonly source: string;
}

export class Pairing {
  readonly #options: PairingOptions;

  constructor(options: PairingOptions) {
    this.#options = options;
  }

  /** Is there anything that a stranger from there could be asked in for? */
  mayJoin(source: string): boolean {
    return this.#options.invitations.count > 0 && this.#options.tries.mayTry(source);
  }

  async judge(join: Join, from: Applicant): Promise<JoinAnswer> {
    const { invitations, tries, log } = this.#options;
    if (!tries.mayTry(from.source)) return refused();
    const shown = invitations.look(join.secret, from.device);
    if (shown === undefined) {
      tries.wrong(from.source);
      log.warn('a wrong or used invitation was shown', { source: from.source, device: from.device });
      return refused();
    }
    const offered = this.#offer(shown, from.device);
    if (offered === undefined) return error('E_INVITATION_REFUSED', 'a folder of the invitation is no longer here');
    // It has missed the answer, or has died before it wrote it down. It is told again, and given nothing.
    if (shown.had && !this.#has(from.device, shown)) return refused();
    if (!join.preview && shown.had) return { message: offered };
    if (!join.preview) return this.#admit(join, from, offered);
    return join.digests === true ? this.#options.digests.addTo(offered, shown.folders) : { message: offered };
  }

  async #admit(join: Join, from: Applicant, offered: Joined): Promise<JoinAnswer> {
    const { invitations, admit, log } = this.#options;
    const taken = invitations.take(join.secret, from.device);
    if (taken === undefined) return refused();
    const { folders, role } = taken.grant;
    const address = parseHostPort(join.address ?? '');
    try {
      const name = await admit({
        device: from.device,
        name: printable(join.name),
        address: address && `wss://${formatHostPort(address)}`,
        folders: folders.map((folder) => ({ name: folder, role })),
      });
      taken.given();
      log.info('a device has joined', { peer: name, device: from.device, folders, source: from.source });
      return { message: offered };
    } catch (failure) {
      taken.putBack();
      log.error('a device could not be added', { device: from.device, error: failure });
      return failure instanceof CodedError
        ? error(failure.code, failure.message)
        : error('E_INTERNAL', 'the inviting device could not add this one');
    }
  }

  /** All that the invitation gives is this device's, and has not been taken from it. */
  #has(device: DeviceId, { folders }: Grant): boolean {
    const { trust } = this.#options;
    return trust.peer(device) !== undefined && folders.every((folder) => trust.shares(folder, device));
  }

  /** Undefined when one of the folders is gone. */
  #offer({ folders, role }: Grant, device: DeviceId): Joined | undefined {
    const { settings } = this.#options.trust;
    const offers: Joined['folders'][number][] = [];
    for (const name of folders) {
      const folder = settings.folders.get(name);
      if (folder === undefined) return undefined;
      offers.push({ name: folder.names.get(device) ?? name, role, ...folder.offer() });
    }
    return { type: 'JOINED', name: settings.name, folders: offers };
  }
}

function refused(): JoinAnswer {
  return error('E_INVITATION_REFUSED', 'the invitation was used, has expired, or is not from here');
}

function error(code: ErrorCode, message: string): JoinAnswer {
  return { message: { type: 'ERROR', code, message } };
}

/** A name from outside goes into files and onto terminals. */
function printable(name: string): string {
  const clean = name.replace(/[^\p{L}\p{N}._ -]/gu, '').trim();
  return clean === '' ? 'peer' : clean.slice(0, MAX_NAME_LENGTH);
}
