// What this device is about to join, noted before the invitation is used and until it is written down here: who dies in
// between, or hears no answer, goes on with it. One file each, with the invitation and so its secret: never logged.
import { isPlainObject } from './config/document.ts';
import type { JoinPlace } from './control/join-places.ts';
import { type DeviceId, type FolderName, parseFolderName } from './core/ids.ts';
import { hashText } from './disk/versions.ts';
import { parseInvitation } from './peer/invitation.ts';
import { KNOWN_MS } from './peer/invitations.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { PrivateFiles } from './ports/private-files.ts';

const DIRECTORY = 'joins';
/** Nobody has so many unfinished; beyond, the oldest is forgotten. */
const MAX_PENDING = 16;

export interface PendingJoin {
  readonly invitation: string;
  readonly inviter: DeviceId;
  readonly places: readonly JoinPlace[];
  /** By the wall clock. */
  readonly notedMs: number;
}

/** One that is waited for, and why it is not finished. */
export interface UnfinishedJoin extends PendingJoin {
  readonly why: string;
}

export class PendingJoins {
  readonly #files: PrivateFiles;
  readonly #clock: Clock;
  readonly #log: Log;
  /** By their files, in the order in which they were noted. */
  readonly #kept = new Map<string, PendingJoin>();
  /** Why those that were tried are not finished. */
  readonly #failed = new Map<string, string>();

  constructor(files: PrivateFiles, clock: Clock, log: Log) {
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
    const found = files.list(DIRECTORY).map((name) => `${DIRECTORY}/${name}`);
    const read = found.map((file) => [file, parseNote(files.read(file) ?? '')] as const);
    for (const [file, one] of read.toSorted(([, a], [, b]) => (a?.notedMs ?? 0) - (b?.notedMs ?? 0)))
      if (one === undefined) this.#remove(file);
      else {
        this.#kept.set(file, one);
        this.#failed.set(file, 'this device was stopped in it');
      }
  }

  /** On disk when it returns, in the place of what was noted of the same invitation. */
  note(invitation: string, places: readonly JoinPlace[]): PendingJoin {
    const { device: inviter } = parseInvitation(invitation);
    const one: PendingJoin = { invitation, inviter, places, notedMs: this.#clock.nowMs() };
    const file = fileOf(invitation);
    this.#files.replace(file, `${JSON.stringify({ version: 1, invitation, places, notedMs: one.notedMs })}\n`);
    this.#kept.delete(file);
    this.#failed.delete(file);
    this.#kept.set(file, one);
    const [oldest] = this.#kept.values();
    if (oldest !== undefined && this.#kept.size > MAX_PENDING) this.forget(oldest);
    return one;
  }

  list(): readonly PendingJoin[] {
    return [...this.#kept.values()];
  }

  /** What is to be tried again; not one that is tried for the first time. */
  unfinished(): readonly UnfinishedJoin[] {
    return [...this.#kept].flatMap(([file, one]) => {
      const why = this.#failed.get(file);
      return why === undefined ? [] : [{ ...one, why }];
    });
  }

  failed(one: PendingJoin, error: unknown): void {
    if (this.has(one)) this.#failed.set(fileOf(one.invitation), error instanceof Error ? error.message : String(error));
  }

  /** Not forgotten, and noted anew neither. */
  has(one: PendingJoin): boolean {
    return this.#kept.get(fileOf(one.invitation)) === one;
  }

  /** The inviter knows the invitation no more. */
  isOld({ notedMs }: PendingJoin): boolean {
    return this.#clock.nowMs() - notedMs > KNOWN_MS;
  }

  /** This device has what it was about: whoever else was to bring the same from there is forgotten, too. */
  end(one: PendingJoin): void {
    const offered = new Set(one.places.map((place) => place.offered));
    const isSame = ({ inviter, places }: PendingJoin): boolean =>
      inviter === one.inviter && places.every((place) => offered.has(place.offered));
    for (const other of this.list()) if (isSame(other)) this.forget(other);
  }

  forget(one: PendingJoin): void {
    if (!this.has(one)) return;
    const file = fileOf(one.invitation);
    this.#kept.delete(file);
    this.#failed.delete(file);
    this.#remove(file);
  }

  /** One that is left is gone on with at the next start, and changes nothing then that is as it should be. */
  #remove(file: string): void {
    try {
      this.#files.remove(file);
    } catch (error) {
      this.#log.warn('cannot forget a join that has ended', { error });
    }
  }
}

const fileOf = (invitation: string): string => `${DIRECTORY}/${hashText(invitation).slice(0, 32)}.json`;

/** Undefined where it is not what this program writes. */
function parseNote(text: string): PendingJoin | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isPlainObject(value)) return undefined;
    const { invitation, places, notedMs } = value;
    if (typeof invitation !== 'string' || typeof notedMs !== 'number' || !Array.isArray(places)) return undefined;
    const read = places.map(parsePlace);
    const known = read.filter((place) => place !== undefined);
    if (known.length < read.length) return undefined;
    return { invitation, inviter: parseInvitation(invitation).device, places: known, notedMs };
  } catch {
    return undefined;
  }
}

function parsePlace(value: unknown): JoinPlace | undefined {
  if (!isPlainObject(value)) return undefined;
  const { offered, name, path, exists } = value;
  const there = folderIn(offered);
  const here = folderIn(name);
  if (there === undefined || here === undefined || typeof path !== 'string') return undefined;
  return { offered: there, name: here, path, exists: exists === true };
}

const folderIn = (value: unknown): FolderName | undefined =>
  typeof value === 'string' ? parseFolderName(value) : undefined;
