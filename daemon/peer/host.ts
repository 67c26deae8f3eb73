// What pairing needs of the device that invites: it keeps folders and a configuration, of which nothing is known here.
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { ConflictRule, Role } from '../core/settings.ts';
import type { Grant } from './invitations.ts';

/** A device that showed the right secret: whoever is told writes it into the configuration and has it read again. */
export interface Admission {
  readonly device: DeviceId;
  /** What it calls itself, without control characters. */
  readonly name: string;
  /** `wss://HOST:PORT`, if it listens. */
  readonly address: string | undefined;
  /** As the invitation names them. */
  readonly folders: readonly { readonly name: FolderName; readonly role: Role }[];
  /** They are made for this device alone. */
  readonly private: boolean;
}

/** A folder of an invitation, for the device that shows it. */
export interface HostFolder {
  /** What it is called on this device. */
  readonly name: FolderName;
  /** False: it is made when the device joins. */
  readonly exists: boolean;
  /** How conflicts would end in it, where it is not there yet. */
  readonly conflict?: ConflictRule | undefined;
}

export interface Host {
  /**
   * The folders of an invitation, in its order. Undefined: the device cannot have one of them, or not any longer. What
   * either throws as a CodedError is told to the device.
   */
  foldersFor(grant: Grant, device: Pick<Admission, 'device' | 'name'>): readonly HostFolder[] | undefined;
  /**
   * Makes the device a peer that has these folders. Resolves with the name under which it is kept. Where it rejects, the
   * device is no peer; or it is one, and the same admission once more does the rest.
   */
  admit(admission: Admission): Promise<string>;
}
