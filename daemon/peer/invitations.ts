// The invitations that are open: one file each, with the hash of its secret and not the secret. Each is good once: who uses
// it is written down before anything is done for it, so that of two devices that use it at the same time one is refused.
// For a while after it would have expired, that device is known by it: it may have missed what it was answered.
import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../protocol/errors.ts';
import { encodeBase32 } from '../core/base32.ts';
import { type DeviceId, type FolderName, parseDeviceId, parseFolderName } from '../core/ids.ts';
import type { Role } from '../core/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { PrivateFiles } from '../ports/private-files.ts';
import type { Random } from '../ports/random.ts';

const DIRECTORY = 'invitations';
const SECRET_BYTES = 16;
/** A device that died while it joined, and is started again within this, is told what it has missed. */
export const KNOWN_MS = 31 * 86_400_000;
/** Nobody has so many open at a time; each wrong guess is compared with all. */
const MAX_OPEN = 256;
/** Beyond, the one that was made first is forgotten. */
const MAX_USED = 256;

const ROLES: readonly Role[] = ['two-way', 'edit-only', 'read-only'];

/** What an invitation gives. */
export interface Grant {
  readonly folders: readonly FolderName[];
  /** Of the joining device alone, each: `DEVICE:NAME` here. */
  readonly private: boolean;
  /** What the joining device may do in them. */
  readonly role: Role;
}

/** What a secret gives to who shows it. `had`: this very device has had it already. */
export interface Shown extends Grant {
  readonly had: boolean;
}

/** Who uses one. */
export interface User {
  readonly device: DeviceId;
  /** What it calls itself, without control characters. */
  readonly name: string;
  /** `wss://HOST:PORT`, if it listens. */
  readonly address: string | undefined;
}

export interface Taken {
  readonly grant: Grant;
  readonly by: User;
  /** This device had begun to use it before. */
  readonly again: boolean;
  /**
   * It is given. Until then it is unfinished, and the same device may go on with it: this one may have died in between.
   * Throws where that cannot be written; it is given all the same, and unfinished again after the next start.
   */
  given(): void;
  /** It is given in part: it stays unfinished, as long as the device is a peer. */
  leave(): void;
  /** It could not be given: the secret is good again until it expires. */
  putBack(): void;
}

interface Kept extends Grant {
  readonly id: string;
  readonly secretHash: Uint8Array;
  /** By the wall clock. */
  readonly expiresMs: number;
  readonly usedBy: User | undefined;
  readonly given: boolean;
}

export class Invitations {
  readonly #files: PrivateFiles;
  readonly #random: Random;
  readonly #clock: Clock;
  /** In the order in which they were made, as far as this run knows it. */
  readonly #kept = new Map<string, Kept>();
  /** Those that were given in part. */
  readonly #left = new Set<string>();

  constructor(files: PrivateFiles, random: Random, clock: Clock) {
    this.#files = files;
    this.#random = random;
    this.#clock = clock;
    for (const name of files.list(DIRECTORY)) this.#load(name);
  }

  /** By how many somebody may come who is no peer yet. Those that have expired are removed. */
  get count(): number {
    for (const one of this.#kept.values()) if (this.#hasExpired(one)) this.#remove(one);
    return this.#kept.size - this.#given().length;
  }

  /** Answers with the secret, which is not kept. */
  make(grant: Grant, expiresInMs: number): string {
    if (this.count >= MAX_OPEN)
      throw new CodedError('E_USAGE', `${MAX_OPEN} invitations are open`, 'Wait until some have expired.');
    const secret = encodeBase32(this.#random.bytes(SECRET_BYTES));
    const id = encodeBase32(this.#random.bytes(10));
    const expiresMs = this.#clock.nowMs() + expiresInMs;
    const one: Kept = { ...grant, id, secretHash: hash(secret), expiresMs, usedBy: undefined, given: false };
    this.#files.create(fileOf(id), formatFile(one));
    this.#kept.set(id, one);
    return secret;
  }

  /** What the secret gives to this device, without using it up. Undefined: it gives nothing. */
  look(secret: string, device: DeviceId): Shown | undefined {
    const one = this.#find(secret);
    if (one === undefined || !isFor(one, device)) return undefined;
    return { folders: one.folders, private: one.private, role: one.role, had: one.given };
  }

  /** Uses the secret up. Undefined: it gives nothing (any longer). */
  take(secret: string, by: User): Taken | undefined {
    const one = this.#find(secret);
    // One whose file was removed was taken back.
    if (one === undefined || one.given || this.#files.read(fileOf(one.id)) === undefined) return undefined;
    if (!isFor(one, by.device)) return undefined;
    const used = { ...one, usedBy: by };
    this.#replace(used);
    const [first, ...others] = this.#given();
    if (first !== undefined && others.length >= MAX_USED) this.#remove(first);
    return this.#taken(used, by, one.usedBy !== undefined);
  }

  /** Those that were being given when this device died. */
  unfinished(): readonly Taken[] {
    const used = [...this.#kept.values()].filter(({ given }) => !given);
    return used.flatMap((one) => (one.usedBy === undefined ? [] : [this.#taken(one, one.usedBy, true)]));
  }

  #taken(used: Kept, by: User, again: boolean): Taken {
    return {
      grant: used,
      by,
      again,
      given: () => {
        this.#left.delete(used.id);
        this.#kept.set(used.id, { ...used, given: true });
        this.#replace({ ...used, given: true });
      },
      leave: () => void this.#left.add(used.id),
      putBack: () => this.#replace({ ...used, usedBy: undefined }),
    };
  }

  /** A device that is no peer is not known by what it has used: nobody comes back by it. */
  forgetUnless(isPeer: (device: DeviceId) => boolean): void {
    for (const one of [...this.#kept.values()])
      if ((one.given || this.#left.has(one.id)) && one.usedBy !== undefined && !isPeer(one.usedBy.device))
        this.#remove(one);
  }

  #given(): readonly Kept[] {
    return [...this.#kept.values()].filter(({ given }) => given);
  }

  #hasExpired({ expiresMs, usedBy }: Kept): boolean {
    return expiresMs + (usedBy === undefined ? 0 : KNOWN_MS) <= this.#clock.nowMs();
  }

  #find(secret: string): Kept | undefined {
    const wanted = hash(secret);
    // All are compared, whichever it is: time tells nothing.
    let found: Kept | undefined;
    for (const one of this.#kept.values())
      if (timingSafeEqual(one.secretHash, wanted) && !this.#hasExpired(one)) found = one;
    return found;
  }

  #replace(one: Kept): void {
    this.#files.replace(fileOf(one.id), formatFile(one));
    this.#kept.set(one.id, one);
  }

  #remove(one: Kept): void {
    this.#kept.delete(one.id);
    this.#left.delete(one.id);
    this.#files.remove(fileOf(one.id));
  }

  #load(name: string): void {
    const id = /^([A-Z2-7]{16})\.json$/.exec(name)?.[1];
    const text = id === undefined ? undefined : this.#files.read(fileOf(id));
    if (id === undefined || text === undefined) return;
    const one = parseFile(id, text);
    if (one === undefined) this.#files.remove(fileOf(id));
    else this.#kept.set(id, one);
  }
}

const fileOf = (id: string): string => `${DIRECTORY}/${id}.json`;
const isFor = ({ usedBy }: Kept, device: DeviceId): boolean => usedBy === undefined || usedBy.device === device;
const hash = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();

function formatFile({ secretHash, expiresMs, folders, role, usedBy, given, private: isPrivate }: Kept): string {
  const secret = Buffer.from(secretHash).toString('hex');
  const grant = { folders, private: isPrivate, role };
  return `${JSON.stringify({ version: 1, secretSha256: secret, expiresMs, ...grant, usedBy, given })}\n`;
}

/** Undefined where the file is not what this program writes: an invitation less, and nothing else. */
function parseFile(id: string, text: string): Kept | undefined {
  const { secretSha256, expiresMs, folders, role, usedBy, given, private: isPrivate } = fieldsOf(text);
  const user = parseUser(usedBy);
  if (usedBy !== undefined && user === undefined) return undefined;
  const granted = ROLES.find((one) => one === role);
  const names = Array.isArray(folders) ? folders.map((name) => parseFolderName(String(name))) : [];
  const known = names.filter((name) => name !== undefined);
  if (typeof secretSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(secretSha256)) return undefined;
  if (typeof expiresMs !== 'number' || granted === undefined) return undefined;
  if (known.length === 0 || known.length < names.length) return undefined;
  const secretHash = Buffer.from(secretSha256, 'hex');
  const grant = { folders: known, private: isPrivate === true, role: granted };
  return { id, secretHash, expiresMs, ...grant, usedBy: user, given: given === true };
}

function parseUser(value: unknown): User | undefined {
  const { device, name, address }: Partial<Record<keyof User, unknown>> =
    typeof value === 'object' && value !== null ? value : {};
  const id = typeof device === 'string' ? parseDeviceId(device) : undefined;
  if (id === undefined || typeof name !== 'string') return undefined;
  return { device: id, name, address: typeof address === 'string' ? address : undefined };
}

type Field = 'secretSha256' | 'expiresMs' | 'folders' | 'private' | 'role' | 'usedBy' | 'given';

function fieldsOf(text: string): Partial<Record<Field, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
