// How V8 looks for memory that nobody uses any more.
import { setFlagsFromString } from 'node:v8';

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
