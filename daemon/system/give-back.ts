// Memory that a first sync needed and that nobody uses any more goes back to the system when the process comes to rest.
// Of themselves neither V8 nor malloc give it back then: a heap is collected when it grows, and nothing grows at rest.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bind } from './libc.ts';

const LOOK_MS = 1_000;
/** Nothing is there to be given back: whether there is work again need not be known sooner, and each look costs. */
const SELDOM_MS = 2_000;
/** µs of processor time spent at work since memory was given back: less has left little behind. */
const WORK_US = 500_000;
/** µs of it in {@link LOOK_MS}: less is rest. */
const REST_US = 15_000;

/** malloc_trim(3): glibc has it. */
const mallocTrim = bind<(padBytes: number) => number>('int malloc_trim(size_t)');

/** Of itself a collection keeps the pages of the young generation, of which work has made up to 64 MB: this one does not. */
const ALL = { type: 'major', execution: 'sync', flavor: 'last-resort' } as const;

let collect: ((how: typeof ALL) => void) | undefined;

/** Of this thread's heap, and of the process's malloc. Takes some 50 ms for a heap of 100 MB. */
export function giveBack(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    // The function that the flag has brought.
    collect = runInNewContext('gc') as NonNullable<typeof collect>;
  }
  collect(ALL);
  mallocTrim?.(0);
}

/** Calls when much was done since the last call and nothing is done any more. Answers with what ends it. */
export function whenAtRest(rest: () => void): () => void {
  let usedUs = 0;
  let workedUs = 0;
  let timer: NodeJS.Timeout;
  const lookAfter = (ms: number): void => {
    timer = setTimeout(() => lookAfter(look((REST_US * ms) / LOOK_MS)), ms);
    timer.unref();
  };
  /** Answers with when to look again. */
  const look = (restUs: number): number => {
    const { user, system } = process.cpuUsage();
    const sinceUs = user + system - usedUs;
    usedUs += sinceUs;
    if (sinceUs > restUs) {
      workedUs += sinceUs;
      return LOOK_MS;
    }
    if (workedUs >= WORK_US) {
      workedUs = 0;
      rest();
    }
    return SELDOM_MS;
  };
  lookAfter(LOOK_MS);
  return () => clearTimeout(timer);
}
