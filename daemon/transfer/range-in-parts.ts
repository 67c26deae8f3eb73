// One range of a file that is on its way. With a limit it is asked for, or sent, in parts, each no more than may go at once;
// else all of it is one part, and stays packed as it came.
import { type Packable, withPlain } from '../disk/pack.ts';
import type { ChunkAnswer } from '../ports/peers.ts';

export type BytesAnswer = Extract<ChunkAnswer, { kind: 'bytes' }>;

export interface Came {
  /** Bytes of the file. */
  readonly length: number;
  /** All that was asked for, with the last part. */
  readonly whole: Packable | undefined;
}

export class RangeInParts {
  readonly offset: number;
  readonly length: number;
  #asked = 0;
  /** Offset → length: asked for, and not come. */
  readonly #open = new Map<number, number>();
  #bytes: Uint8Array | undefined;
  #came = 0;

  constructor(offset: number, length: number) {
    this.offset = offset;
    this.length = length;
  }

  /** All of it has been asked for. */
  get isAsked(): boolean {
    return this.#asked === this.length;
  }

  holds(offset: number): boolean {
    return offset >= this.offset && offset < this.offset + this.length;
  }

  /** What to ask for next. */
  ask(mostBytes: number): { readonly offset: number; readonly length: number } {
    const offset = this.offset + this.#asked;
    const length = Math.min(this.length - this.#asked, Math.max(1, Math.floor(mostBytes)));
    this.#asked += length;
    this.#open.set(offset, length);
    return { offset, length };
  }

  /** Undefined for what was not asked for, or is not as long as it should be. */
  take({ offset, payload, packed = false, length: part }: BytesAnswer): Came | undefined {
    const asked = this.#open.get(offset);
    const length = part ?? asked;
    if (asked === undefined || length === undefined || length > asked) return undefined;
    if (!packed && payload.length !== length) return undefined;
    this.#open.delete(offset);
    if (length < asked) this.#open.set(offset + length, asked - length);
    if (length === this.length) return { length, whole: { bytes: payload, packed } };
    const all = (this.#bytes ??= new Uint8Array(this.length));
    const isPut = withPlain({ bytes: payload, packed }, length, (plain) => {
      if (plain !== undefined) all.set(plain, offset - this.offset);
      return plain !== undefined;
    });
    if (!isPut) return undefined;
    this.#came += length;
    return { length, whole: this.#came === this.length ? { bytes: all, packed: false } : undefined };
  }
}
