// How V8 looks for memory that nobody uses any more.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of the young generation, both halves. */
const YOUNG_BYTES = 8 << 20;

/**
 * In one go, when the heap has reached its limit, instead of beside the work from early on. What comes from the network in
 * buffers counts as memory, so that a large file made V8 go through the whole heap for every 16 MB of it: that took as
 * much processor time as all else that was done for the file. A heap of ours is gone through in 10 to 50 ms.
 *
 * The limit is what was left the last time and half as much: V8 would let it grow to four times as much while there is
 * much to do.
 */
export function collectInOneGo(): void {
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--heap-growing-percent=50');
}

/**
 * The young generation, which V8 doubles again and again while there is much to do, stops at one or two times
 * {@link YOUNG_BYTES} instead of 64 MB. What would hold it there is an option of the command line alone
 * (`--max-semi-space-size`); how much it grows by can be set at any time, and holds when it grows the next time.
 */
export function keepYoungSmall(): void {
  let grows = true;
  new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    const mayGrow = young === undefined || young.space_size < YOUNG_BYTES;
    if (mayGrow === grows) return;
    grows = mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  }).observe({ entryTypes: ['gc'] });
}
