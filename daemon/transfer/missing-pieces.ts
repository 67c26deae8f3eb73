// One large file on its way: manifest, what our own copy has of it, and ranges of what is missing. Pure bookkeeping; the
// fetcher does what it says.
import { type Piece, bytesOf } from '../disk/parts.ts';

/** One request asks for this much of a file, and this much may be on its way for one file. */
const RANGE_BYTES = 1 << 20;
const WINDOW_BYTES = 8 << 20;

export interface AskedRange {
  readonly offset: number;
  readonly length: number;
  readonly pieces: readonly Piece[];
}

export class MissingPieces {
  readonly #waiting: Piece[];
  readonly #asked = new Map<number, AskedRange>();
  #writing = 0;
  #waitingBytes: number;
  /** Asked for, or here and not written yet: a slow disk holds back what is asked for. */
  #openBytes = 0;

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

  /** Ranges to ask for now: neighbours in one, as many as the window holds. */
  next(): AskedRange[] {
    const ranges: AskedRange[] = [];
    while (this.#openBytes < WINDOW_BYTES) {
      const range = this.#takeRange();
      if (range === undefined) break;
      this.#asked.set(range.offset, range);
      this.#openBytes += range.length;
      this.#waitingBytes -= range.length;
      ranges.push(range);
    }
    return ranges;
  }

  #takeRange(): AskedRange | undefined {
    const pieces: Piece[] = [];
    let length = 0;
    for (let piece = this.#waiting.at(-1); piece !== undefined; piece = this.#waiting.at(-1)) {
      const last = pieces.at(-1);
      if (last !== undefined && (last.offset + last.length !== piece.offset || length + piece.length > RANGE_BYTES))
        break;
      pieces.push(piece);
      length += piece.length;
      this.#waiting.pop();
    }
    const first = pieces[0];
    return first === undefined ? undefined : { offset: first.offset, length, pieces };
  }

  /** Bytes came: the range that they answer, which is being written from now on. Undefined for what was not asked for. */
  arrived(offset: number, length: number): AskedRange | undefined {
    const range = this.#asked.get(offset);
    if (range === undefined || range.length !== length) return undefined;
    this.#asked.delete(offset);
    this.#writing++;
    return range;
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
