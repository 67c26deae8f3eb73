// Keeps a session with one peer that has addresses: dials, holds, dials again, for ever. Pauses double from 1 s to 30 s,
// with jitter; a session that lasted begins them anew.
import pRetry from 'p-retry';
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { Ending } from './conversation.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** The longest pause is shortened by up to this, so that many devices do not dial a hub in step. */
const SPREAD_MS = 6_000;
/** A session that lasted so long was a good one. */
const SETTLED_MS = 20_000;
/** Trying again soon changes nothing about these: a person has to. */
const SLOW: readonly ErrorCode[] = ['E_REMOVED', 'E_NOT_TRUSTED', 'E_TWIN', 'E_PROTOCOL_VERSION', 'E_WRONG_KEY'];
/** Believed when it comes twice in a row: a link that is cut during the handshake looks the same. */
const GUESSED: ErrorCode = 'E_NOT_TRUSTED';

export interface DialerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One try: dials unless a session is there already, and resolves when the session has ended. Rejects with CodedErrors only. */
  readonly attempt: (signal: AbortSignal) => Promise<Ending>;
  /** A try has failed, or a session has ended before its time. */
  readonly failed: (error: CodedError) => void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #stop = new AbortController();
  /** Set while it pauses: aborting it begins the next try at once. */
  #pause: AbortController | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Does not wait for the end of the pause. */
  wake(): void {
    this.#pause?.abort();
  }

  stop(): void {
    this.#stop.abort();
    this.#pause?.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const pause = new AbortController();
      let before: ErrorCode | undefined = undefined;
      try {
        await pRetry(() => this.#try(), {
          retries: Infinity,
          factor: 2,
          minTimeout: FIRST_PAUSE_MS,
          maxTimeout: LONGEST_PAUSE_MS - this.#spreadMs(),
          randomize: true,
          unref: true,
          signal: pause.signal,
          onFailedAttempt: async ({ error }) => {
            if (this.#stop.signal.aborted) return;
            this.#pause = pause;
            if (!(error instanceof CodedError)) return;
            this.#options.failed(error);
            const isSlow = SLOW.includes(error.code) && (error.code !== GUESSED || error.code === before);
            before = error.code;
            if (isSlow) await this.#wait(pause.signal);
          },
        });
      } catch {
        // Woken, or stopped: the loop knows which.
      } finally {
        this.#pause = undefined;
      }
    }
  }

  /** Resolves after a good session, rejects after anything else. */
  async #try(): Promise<void> {
    this.#pause = undefined;
    const { clock, attempt } = this.#options;
    const began = clock.monotonicMs();
    const ending = await attempt(this.#stop.signal);
    if (clock.monotonicMs() - began >= SETTLED_MS || this.#stop.signal.aborted) return;
    if (ending.kind === 'done') throw new CodedError('E_UNREACHABLE', 'the session ended at once');
    throw new CodedError(ending.code ?? 'E_UNREACHABLE', ending.message);
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined = undefined;
      const done = (): void => {
        timer?.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      timer = this.#options.clock.after(LONGEST_PAUSE_MS - this.#spreadMs(), done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  #spreadMs(): number {
    return ((this.#options.random.bytes(1)[0] ?? 0) / 256) * SPREAD_MS;
  }
}
