// One large file on its way: manifest, what our own copy has of it, and ranges of what is missing. Pure bookkeeping; the
// fetcher does what it says.
import { type Extent, bytesOf } from '../disk/parts.ts';
import { type BytesAnswer, type Came, RangeInParts } from './range-in-parts.ts';

/** As much as comes within this time may be on its way for one file, so that others need not wait for longer. */
const WINDOW_MS = 1_000;
const LEAST_WINDOW_BYTES = 64 << 10;
const WINDOW_BYTES = 8 << 20;
/** One range asks for a part of the window: a small file may come between two of them. */
const RANGES_IN_WINDOW = 4;
const RANGE_BYTES = 1 << 20;

export interface AskedRange<Piece extends Extent> {
  readonly range: RangeInParts;
  readonly pieces: readonly Piece[];
  /** Monotonic. */
  readonly askedMs: number;
  /** What was on its way then, with this. */
  readonly openBytes: number;
}

export class MissingPieces<Piece extends Extent> {
  readonly #waiting: Piece[];
  readonly #asked = new Set<AskedRange<Piece>>();
  /** A part of it is still to be asked for. */
  #begun: RangeInParts | undefined;
  #writing = 0;
  #waitingBytes: number;
  /** Asked for, or here and not written yet: a slow disk holds back what is asked for. */
  #openBytes = 0;
  #windowBytes = LEAST_WINDOW_BYTES;

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

  /** Something is to be asked for, and the window has room. */
  get hasNext(): boolean {
    return this.#begun !== undefined || (this.#waiting.length > 0 && this.#openBytes < this.#windowBytes);
  }

  /** A part of a range has been asked for, and the rest has not. */
  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  /**
   * Ranges to ask for now, on the monotonic clock: neighbours in one, as many as the window holds.
   * @param mostBytes all together; the last may be a part of one
   */
  next(nowMs: number, mostBytes: number = Number.POSITIVE_INFINITY): { offset: number; length: number }[] {
    const parts: { offset: number; length: number }[] = [];
    for (let bytes = 0; bytes < mostBytes && this.hasNext; bytes += parts.at(-1)?.length ?? 0) {
      const range = this.#begun ?? this.#begin(nowMs);
      if (range === undefined) break;
      parts.push(range.ask(mostBytes - bytes));
      this.#begun = range.isAsked ? undefined : range;
    }
    return parts;
  }

  #begin(nowMs: number): RangeInParts | undefined {
    const asked = this.#takeRange(nowMs);
    if (asked === undefined) return undefined;
    this.#asked.add(asked);
    this.#openBytes += asked.range.length;
    this.#waitingBytes -= asked.range.length;
    return asked.range;
  }

  #takeRange(askedMs: number): AskedRange<Piece> | undefined {
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
    return first === undefined
      ? undefined
      : { range: new RangeInParts(first.offset, length), pieces, askedMs, openBytes: this.#openBytes + length };
  }

  /**
   * Bytes came: of which range. When that is whole it is being written from now on. Undefined for what was not asked for.
   */
  arrived(answer: BytesAnswer, nowMs: number): (Came & { readonly asked: AskedRange<Piece> }) | undefined {
    const asked = [...this.#asked].find(({ range }) => range.holds(answer.offset));
    const came = asked?.range.take(answer);
    if (asked === undefined || came === undefined) return undefined;
    if (came.whole !== undefined) {
      this.#asked.delete(asked);
      this.#writing++;
      this.#fitWindow(asked, nowMs);
    }
    return { ...came, asked };
  }

  /** Up to what comes in the time at once, twofold at most; down half-way, as one late answer may be chance. */
  #fitWindow({ askedMs, openBytes }: AskedRange<Piece>, nowMs: number): void {
    const fits = (openBytes * WINDOW_MS) / Math.max(1, nowMs - askedMs);
    const next = fits > this.#windowBytes ? Math.min(fits, this.#windowBytes * 2) : (fits + this.#windowBytes) / 2;
    this.#windowBytes = Math.min(WINDOW_BYTES, Math.max(LEAST_WINDOW_BYTES, Math.floor(next)));
  }

  /** A range was written; these pieces of it were not what they should be, and are asked for again. */
  written({ range }: AskedRange<Piece>, wrong: readonly Piece[]): void {
    this.#writing--;
    this.#openBytes -= range.length;
    this.#waiting.push(...wrong);
    this.#waitingBytes += bytesOf(wrong);
    if (wrong.length > 0) this.#waiting.sort((a, b) => b.offset - a.offset);
  }
}
