// One large file on its way: manifest, what our own copy has of it, and ranges of what is missing. Pure bookkeeping; the
// fetcher does what it says.
import { type Piece, bytesOf } from '../disk/parts.ts';

/** So much may be on its way for one file: little at first, more as long as the answers come at once. */
const LEAST_WINDOW_BYTES = 128 << 10;
const WINDOW_BYTES = 8 << 20;
/** One range asks for a part of the window, so that small files need not wait for a large message on a slow link. */
const RANGES_IN_WINDOW = 4;
const RANGE_BYTES = 1 << 20;
/** An answer that took no longer, or no longer than some times the quickest, did not have to queue … */
const QUICK = { ms: 500, timesLeast: 1.5 };
/** … and one that took longer than both had to, for too long. */
const SLOW = { ms: 1_500, timesLeast: 3 };

export interface AskedRange {
  readonly offset: number;
  readonly length: number;
  readonly pieces: readonly Piece[];
  /** Monotonic. */
  readonly askedMs: number;
}

export class MissingPieces {
  readonly #waiting: Piece[];
  readonly #asked = new Map<number, AskedRange>();
  #writing = 0;
  #waitingBytes: number;
  /** Asked for, or here and not written yet: a slow disk holds back what is asked for. */
  #openBytes = 0;
  #windowBytes = LEAST_WINDOW_BYTES;
  #leastMs = Infinity;

  constructor(missing: readonly Piece[]) {
    this.#waiting = [...missing].sort((a, b) => b.offset - a.offset);
    this.#waitingBytes = bytesOf(missing);
  }

  /** Everything has arrived and is written. */
  get complete(): boolean {
    return this.#waiting.length === 0 && this.#asked.size === 0 && this.#writing === 0;
  }

  /** What has still to be written. */
  get bytes(): number {
    return this.#waitingBytes + this.#openBytes;
  }

  /** Ranges to ask for now, on the monotonic clock: neighbours in one, as many as the window holds. */
  next(nowMs: number): AskedRange[] {
    const ranges: AskedRange[] = [];
    while (this.#openBytes < this.#windowBytes) {
      const range = this.#takeRange(nowMs);
      if (range === undefined) break;
      this.#asked.set(range.offset, range);
      this.#openBytes += range.length;
      this.#waitingBytes -= range.length;
      ranges.push(range);
    }
    return ranges;
  }

  #takeRange(askedMs: number): AskedRange | undefined {
    const mostBytes = Math.min(this.#windowBytes / RANGES_IN_WINDOW, RANGE_BYTES);
    const pieces: Piece[] = [];
    let length = 0;
    for (let piece = this.#waiting.at(-1); piece !== undefined; piece = this.#waiting.at(-1)) {
      const last = pieces.at(-1);
      if (last !== undefined && (last.offset + last.length !== piece.offset || length + piece.length > mostBytes))
        break;
      pieces.push(piece);
      length += piece.length;
      this.#waiting.pop();
    }
    const first = pieces[0];
    return first === undefined ? undefined : { offset: first.offset, length, pieces, askedMs };
  }

  /** Bytes came: the range that they answer, which is being written from now on. Undefined for what was not asked for. */
  arrived(offset: number, length: number, nowMs: number): AskedRange | undefined {
    const range = this.#asked.get(offset);
    if (range === undefined || range.length !== length) return undefined;
    this.#asked.delete(offset);
    this.#writing++;
    this.#fitWindow(nowMs - range.askedMs);
    return range;
  }

  #fitWindow(tookMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, tookMs);
    const exceeds = ({ ms, timesLeast }: typeof QUICK): boolean => tookMs > Math.max(ms, timesLeast * this.#leastMs);
    if (exceeds(SLOW)) this.#windowBytes = Math.max(this.#windowBytes / 2, LEAST_WINDOW_BYTES);
    else if (!exceeds(QUICK)) this.#windowBytes = Math.min(this.#windowBytes * 2, WINDOW_BYTES);
  }

  /** A range was written; these pieces of it were not what they should be, and are asked for again. */
  written(range: AskedRange, wrong: readonly Piece[]): void {
    this.#writing--;
    this.#openBytes -= range.length;
    this.#waiting.push(...wrong);
    this.#waitingBytes += bytesOf(wrong);
    if (wrong.length > 0) this.#waiting.sort((a, b) => b.offset - a.offset);
  }
}
