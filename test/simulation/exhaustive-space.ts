// All short histories: at most three things that users of two devices do to one small tree, at once, apart or one after
// the other. They are numbered, so that any part of them can be run. Of two that differ only in which device is which, one
// is there: the first thing is done on the first device.
import { type UserStep, tellStep } from './steps.ts';

/** at once: while the devices are connected. apart: before they are. in turn: one while the one before is on its way. */
export type Timing = 'at once' | 'apart' | 'in turn';

export interface Deed {
  readonly device: number;
  readonly does: UserStep;
}

export interface History {
  readonly timing: Timing;
  readonly deeds: readonly Deed[];
}

/** What both devices have before: each file has a content of its own. */
export const BEFORE: readonly string[] = ['a', 'b', 'd/a'];

export const MOST_DEEDS = 3;
const DEVICES = 2;

/** What a user may do. A content is unlike any other: it is named for who writes it, and when. */
const ALPHABET: readonly ((name: string) => UserStep)[] = [
  (content) => ({ kind: 'write', path: 'a', content }),
  (content) => ({ kind: 'save', path: 'a', content }),
  () => ({ kind: 'remove', path: 'a' }),
  () => ({ kind: 'rename', path: 'a', to: 'b' }),
  () => ({ kind: 'rename', path: 'b', to: 'a' }),
  () => ({ kind: 'chmod', path: 'a', mode: 0o600 }),
  (name) => ({ kind: 'symlink', path: 'a', target: `nowhere/${name}` }),
  () => ({ kind: 'mkdir', path: 'a' }),
  (content) => ({ kind: 'write', path: 'd/a', content }),
  () => ({ kind: 'remove', path: 'd' }),
  () => ({ kind: 'rename', path: 'd', to: 'e' }),
  (content) => ({ kind: 'write', path: 'e', content }),
];

/** Histories of so many deeds with one timing. */
function wordsOf(deeds: number): number {
  return ALPHABET.length * (ALPHABET.length * DEVICES) ** (deeds - 1);
}

/** One deed alone has nothing to be in turn with. */
function timingsOf(deeds: number): readonly Timing[] {
  return deeds === 1 ? ['at once', 'apart'] : ['at once', 'apart', 'in turn'];
}

export const HISTORIES = Array.from({ length: MOST_DEEDS }, (_, i) => wordsOf(i + 1) * timingsOf(i + 1).length).reduce(
  (sum, one) => sum + one,
  0,
);

/** The history of a number from 0 to {@link HISTORIES} − 1, the shorter ones first. */
export function historyOf(number: number): History {
  let left = number;
  for (let length = 1; length <= MOST_DEEDS; length++) {
    const timings = timingsOf(length);
    const words = wordsOf(length);
    if (left >= words * timings.length) {
      left -= words * timings.length;
      continue;
    }
    const timing = timings[Math.floor(left / words)];
    if (timing === undefined) break;
    return { timing, deeds: deedsOf(left % words, length) };
  }
  throw new RangeError(`there is no history ${number}`);
}

function deedsOf(word: number, length: number): Deed[] {
  const deeds: Deed[] = [];
  let left = word;
  for (let i = 0; i < length; i++) {
    const device = i === 0 ? 0 : left % DEVICES;
    if (i > 0) left = Math.floor(left / DEVICES);
    const make = ALPHABET[left % ALPHABET.length];
    left = Math.floor(left / ALPHABET.length);
    if (make !== undefined) deeds.push({ device, does: make(`${device} ${i}`) });
  }
  return deeds;
}

export function tellHistory({ timing, deeds }: History): string {
  return `${timing}: ${deeds.map((deed) => tellStep({ kind: 'user', ...deed })).join('; ')}`;
}
