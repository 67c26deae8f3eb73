// Memory that a first sync needed and that nobody uses any more goes back to the system when the process comes to rest.
// Of themselves neither V8 nor malloc give it back then: a heap is collected when it grows, and nothing grows at rest.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bind } from './libc.ts';

const LOOK_MS = 10_000;
/** µs of processor time between two looks: more is work, … */
const WORK_US = 500_000;
/** … and less is rest. */
const REST_US = 100_000;

/** malloc_trim(3): glibc has it. */
const mallocTrim = bind<(padBytes: number) => number>('int malloc_trim(size_t)');

let collect: (() => void) | undefined;

/** Of this thread's heap, and of the process's malloc. Takes some 50 ms for a heap of 100 MB. */
export function giveBack(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    // The function that the flag has brought: `() => void`.
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  mallocTrim?.(0);
}

/** Calls when much was done and nothing is done any more, once for each such time. Answers with what ends it. */
export function whenAtRest(rest: () => void): () => void {
  let usedUs = 0;
  let hasWorked = false;
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage();
    const sinceUs = user + system - usedUs;
    usedUs += sinceUs;
    if (sinceUs > WORK_US) hasWorked = true;
    if (!hasWorked || sinceUs > REST_US) return;
    hasWorked = false;
    rest();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
