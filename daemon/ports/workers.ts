// Where disk work runs: in worker threads in production, inline over a disk in memory in tests. The code is the same.
import type { FileSystem } from './file-system.ts';

/** A synchronous piece of work over values that can be cloned. `name` is how a worker finds it. */
export interface Job<Input, Output> {
  readonly name: string;
  run(fs: FileSystem, input: Input): Output;
  /** It may take seconds, for the size of what it reads: such jobs never take the last thread. */
  isLong?(input: Input): boolean;
  /**
   * Jobs of one number go to the same thread, one after the other, as long as it lives and is not on something long: they
   * may find there what the one before left, and must do without it.
   */
  follows?(input: Input): number;
  /** Neither its input nor its output holds typed arrays: nobody looks for some to move. */
  readonly isPlain?: true;
}

/** From this size on reading a file is long: about a tenth of a second. */
export const LONG_BYTES = 64 << 20;

/** Smaller ones may lie in a pool with others. */
const LARGE_BYTES = 64 << 10;

/**
 * Whether a typed array has its memory for itself, so that it can be moved to another thread: all of it, or of large
 * memory all but a little, as the payload of a message has.
 */
export function fillsAlone({ buffer, byteLength }: ArrayBufferView): boolean {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0) return false;
  return byteLength === buffer.byteLength || (byteLength >= LARGE_BYTES && byteLength > (buffer.byteLength / 8) * 7);
}

/**
 * Frees large memory that nobody uses any more, at once. Left to the collector it counts as a reason to look through the
 * whole heap, again for every few of them.
 */
export function free(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength >= LARGE_BYTES && fillsAlone(bytes)) buffer.transfer(0);
}

export interface Workers {
  /**
   * Runs the job. Typed arrays in input and output may be moved, not copied: who gives them away does not touch them
   * again. Rejects with what the job threw (a FileSystemError keeps its code), or when the pool is closed.
   */
  run<Input, Output>(job: Job<Input, Output>, input: Input): Promise<Output>;
}
