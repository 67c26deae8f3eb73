// One file on its way that is asked for whole: it is verified when it is staged.
import type { Packable } from '../disk/pack.ts';
import type { ChunkWant } from '../ports/peers.ts';
import { type BytesAnswer, RangeInParts } from './range-in-parts.ts';

export interface SmallFetchTalk {
  ask(want: ChunkWant): void;
  /** Calls when it is its turn, with the bytes that may be asked for; the answer is how many are. */
  whenFree(ask: (mostBytes: number) => number, goesOn: boolean): void;
  /** The peer owes this, and so much of it may be in memory. */
  asked(bytes: number): void;
  /** Part of it has come: as long as that, in so many bytes. */
  came(length: number, payloadBytes: number): void;
  onWhole(content: Packable): void;
  /** The peer sent what cannot be right. */
  onRefused(): void;
}

export class SmallFetch {
  readonly #range: RangeInParts;
  readonly #talk: SmallFetchTalk;

  constructor(size: number, talk: SmallFetchTalk) {
    this.#range = new RangeInParts(0, size);
    this.#talk = talk;
  }

  start(): void {
    this.#talk.asked(this.#range.length);
    this.#askNext(false);
  }

  #askNext(goesOn: boolean): void {
    this.#talk.whenFree((mostBytes) => {
      const part = this.#range.ask(mostBytes);
      this.#talk.ask({ kind: 'bytes', ranges: [part] });
      if (!this.#range.isAsked) this.#askNext(true);
      return part.length;
    }, goesOn);
  }

  onBytes(answer: BytesAnswer): void {
    const came = this.#range.take(answer);
    if (came === undefined) return this.#talk.onRefused();
    this.#talk.came(came.length, answer.payload.length);
    if (came.whole !== undefined) this.#talk.onWhole(came.whole);
  }
}
