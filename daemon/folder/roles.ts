// Who may change what in this folder now: what this device grants each peer, and what each peer has said that it grants.
import type { DeviceId, Epoch } from '../core/ids.ts';
import { type Speaker, grantedRole, localRole } from '../core/role.ts';
import type { FolderSettings, Role } from '../core/settings.ts';
import type { FolderContext } from './context.ts';
import type { LinkState, Links } from './links.ts';

const ROLES: readonly Role[] = ['two-way', 'edit-only', 'read-only'];
const keyOf = (device: DeviceId): string => `role of ${device}`;

export class Roles {
  readonly #context: FolderContext;
  /** What peers grant this device, as they said last; kept in the index, so that it is known while they are away. */
  readonly #said = new Map<DeviceId, Role>();

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** What a peer may do here. */
  granted(device: DeviceId, settings: FolderSettings = this.#context.settings()): Role {
    return grantedRole(settings.peers.get(device), settings.mode);
  }

  /** What may be changed on this device. */
  get here(): Role {
    const { mode, peers } = this.#context.settings();
    return localRole(
      mode,
      [...peers.keys()].map((device) => this.#saidBy(device)),
    );
  }

  /** All peers grant this device so little that what it makes is worth less than what they have; undefined: one does not. */
  get master(): Exclude<Role, 'two-way'> | undefined {
    const { peers, mode } = this.#context.settings();
    const role = localRole(
      mode === 'send-only' ? mode : 'two-way',
      [...peers.keys()].map((device) => this.#saidBy(device)),
    );
    return role === 'two-way' ? undefined : role;
  }

  /** This peer does not take everything from this device. */
  isRestrictedBy(device: DeviceId): boolean {
    return this.#saidBy(device) !== 'two-way';
  }

  /** A peer has said what it grants. True when that is something else than before. */
  hear(device: DeviceId, role: Role): boolean {
    if (this.#saidBy(device) === role) return false;
    const { index, clock, log, deviceName } = this.#context;
    index.commit({ nowUs: clock.nowUs(), meta: [[keyOf(device), role === 'two-way' ? null : role]] });
    this.#said.set(device, role);
    log.info('the role of this device is another one', { peer: deviceName(device), role });
    return true;
  }

  #saidBy(device: DeviceId): Role {
    const known = this.#said.get(device);
    if (known !== undefined) return known;
    const said = this.#context.index.meta(keyOf(device));
    const role = ROLES.find((one) => one === said) ?? 'two-way';
    this.#said.set(device, role);
    return role;
  }

  /** Whom the vectors of this peer may speak for. */
  speaker({ link, theirs }: LinkState, links: Links): Speaker | undefined {
    if (theirs === undefined) return undefined;
    const { index, settings } = this.#context;
    const others = new Set<Epoch>();
    for (const device of settings().peers.keys()) {
      const epoch = device === link.device ? undefined : index.have(device)?.epoch;
      if (epoch !== undefined) others.add(epoch);
    }
    for (const other of links.all)
      if (other.link.device !== link.device && other.theirs) others.add(other.theirs.epoch);
    return { epoch: theirs.epoch, others };
  }
}
