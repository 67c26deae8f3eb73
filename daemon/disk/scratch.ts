// Room for what is read step by step, hashed or written on, and forgotten: one buffer of each thread. A new one for each
// file would lie about until the collector comes by, which is after tens of megabytes.

/** What is read at a time. */
export const STEP_BYTES = 1 << 20;

let spare: Uint8Array | undefined;

/**
 * Room for `length` bytes while `use` runs; what is in it is of those before. Whoever asks within `use`, or for more than
 * {@link STEP_BYTES}, gets room of its own.
 */
export function withScratch<R>(length: number, use: (room: Uint8Array) => R): R {
  if (length > STEP_BYTES) return use(new Uint8Array(length));
  const room = spare ?? new Uint8Array(STEP_BYTES);
  spare = undefined;
  try {
    return use(room.subarray(0, length));
  } finally {
    spare = room;
  }
}
