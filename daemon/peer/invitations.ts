// The invitations that are open: one file each, with the hash of its secret and not the secret. Each is good once: it is
// removed before anything is done for it, so that of two devices that use it at the same time one is refused.
import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../protocol/errors.ts';
import { encodeBase32 } from '../core/base32.ts';
import { type FolderName, parseFolderName } from '../core/ids.ts';
import type { Role } from '../core/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { PrivateFiles } from '../ports/private-files.ts';
import type { Random } from '../ports/random.ts';

const DIRECTORY = 'invitations';
const SECRET_BYTES = 16;
/** Nobody has so many open at a time; each wrong guess is compared with all. */
const MAX_OPEN = 256;

const ROLES: readonly Role[] = ['two-way', 'edit-only', 'read-only'];

/** What an invitation gives. */
export interface Grant {
  readonly folders: readonly FolderName[];
  /** What the joining device may do in them. */
  readonly role: Role;
}

export interface Taken {
  readonly grant: Grant;
  /** It could not be given: the secret is good again until it expires. */
  putBack(): void;
}

interface Open extends Grant {
  readonly id: string;
  readonly secretHash: Uint8Array;
  /** By the wall clock. */
  readonly expiresMs: number;
}

export class Invitations {
  readonly #files: PrivateFiles;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #open = new Map<string, Open>();

  constructor(files: PrivateFiles, random: Random, clock: Clock) {
    this.#files = files;
    this.#random = random;
    this.#clock = clock;
    for (const name of files.list(DIRECTORY)) this.#load(name);
  }

  /** How many can still be used. Those that have expired are removed. */
  get count(): number {
    const nowMs = this.#clock.nowMs();
    for (const one of this.#open.values()) if (one.expiresMs <= nowMs) this.#remove(one);
    return this.#open.size;
  }

  /** Answers with the secret, which is not kept. */
  make(grant: Grant, expiresInMs: number): string {
    if (this.count >= MAX_OPEN)
      throw new CodedError('E_USAGE', `${MAX_OPEN} invitations are open`, 'Wait until some have expired.');
    const secret = encodeBase32(this.#random.bytes(SECRET_BYTES));
    const id = encodeBase32(this.#random.bytes(10));
    const one: Open = { ...grant, id, secretHash: hash(secret), expiresMs: this.#clock.nowMs() + expiresInMs };
    this.#keep(one);
    return secret;
  }

  /** What the secret gives, without using it up. Undefined: it gives nothing. */
  look(secret: string): Grant | undefined {
    return this.#find(secret);
  }

  /** Uses the secret up. Undefined: it gives nothing (any longer). */
  take(secret: string): Taken | undefined {
    const one = this.#find(secret);
    if (one === undefined || !this.#remove(one)) return undefined;
    return { grant: one, putBack: () => this.#keep(one) };
  }

  #find(secret: string): Open | undefined {
    if (this.count === 0) return undefined;
    const wanted = hash(secret);
    // All are compared, whichever it is: time tells nothing.
    let found: Open | undefined;
    for (const one of this.#open.values()) if (timingSafeEqual(one.secretHash, wanted)) found = one;
    return found;
  }

  #keep(one: Open): void {
    this.#files.create(fileOf(one.id), formatFile(one));
    this.#open.set(one.id, one);
  }

  #remove(one: Open): boolean {
    this.#open.delete(one.id);
    return this.#files.remove(fileOf(one.id));
  }

  #load(name: string): void {
    const id = /^([A-Z2-7]{16})\.json$/.exec(name)?.[1];
    const text = id === undefined ? undefined : this.#files.read(fileOf(id));
    if (id === undefined || text === undefined) return;
    const one = parseFile(id, text);
    if (one === undefined) this.#files.remove(fileOf(id));
    else this.#open.set(id, one);
  }
}

const fileOf = (id: string): string => `${DIRECTORY}/${id}.json`;
const hash = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();

function formatFile({ secretHash, expiresMs, folders, role }: Open): string {
  const secret = Buffer.from(secretHash).toString('hex');
  return `${JSON.stringify({ version: 1, secretSha256: secret, expiresMs, folders, role })}\n`;
}

/** Undefined where the file is not what this program writes: an invitation less, and nothing else. */
function parseFile(id: string, text: string): Open | undefined {
  const { secretSha256, expiresMs, folders, role } = fieldsOf(text);
  const granted = ROLES.find((one) => one === role);
  const names = Array.isArray(folders) ? folders.map((name) => parseFolderName(String(name))) : [];
  const known = names.filter((name) => name !== undefined);
  if (typeof secretSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(secretSha256)) return undefined;
  if (typeof expiresMs !== 'number' || granted === undefined) return undefined;
  if (known.length === 0 || known.length < names.length) return undefined;
  return { id, secretHash: Buffer.from(secretSha256, 'hex'), expiresMs, folders: known, role: granted };
}

function fieldsOf(text: string): Partial<Record<'secretSha256' | 'expiresMs' | 'folders' | 'role', unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
