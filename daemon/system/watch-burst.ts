// May events have been lost? The kernel drops events when its queue is full, and the watcher library drops the one that
// says so (IN_Q_OVERFLOW). But a queue that was full must afterwards have been read: whoever has read less than a full
// queue since it was last empty has lost nothing. Pure.

/** The least that one event takes: `struct inotify_event` without a name (inotify(7)). */
const MIN_EVENT_BYTES = 16;
/** A burst is over when the queue has been empty and nothing was read for this long. */
const QUIET_MS = 150;
/** During a long burst it is said again, at most this often. */
const REPEAT_MS = 3_000;
/** Where the length of the queue cannot be asked, it is taken for empty after so long with little read. */
const BLIND_MS = 2_000;

export interface QueueSample {
  /** Bytes read from the queue since the process began. */
  readonly readBytes: number;
  /** Bytes that wait in it, asked after `readBytes`; undefined: cannot be known. */
  readonly queuedBytes: number | undefined;
}

/** `during`: events may be missing and more are coming. `over`: they may be missing, and it is quiet now. */
export type Burst = 'none' | 'during' | 'over';

export class BurstMeter {
  readonly #fullBytes: number;
  #base: number | undefined;
  #baseMs = 0;
  #lastRead = 0;
  #lastReadMs = 0;
  #suspect = false;
  #saidMs: number | undefined;

  /** `maxQueuedEvents`: fs.inotify.max_queued_events when the queue was made. */
  constructor(maxQueuedEvents: number) {
    this.#fullBytes = maxQueuedEvents * MIN_EVENT_BYTES;
  }

  /** Whether a burst that may have lost events is going on. */
  get suspect(): boolean {
    return this.#suspect;
  }

  sample({ readBytes, queuedBytes }: QueueSample, nowMs: number): Burst {
    if (this.#base === undefined) {
      this.#base = readBytes;
      this.#baseMs = nowMs;
    }
    if (readBytes !== this.#lastRead) {
      this.#lastRead = readBytes;
      this.#lastReadMs = nowMs;
    }
    if (readBytes + (queuedBytes ?? 0) - this.#base >= this.#fullBytes) this.#suspect = true;
    const empty = queuedBytes === undefined ? nowMs - this.#baseMs >= BLIND_MS : queuedBytes === 0;
    if (empty) {
      this.#base = readBytes;
      this.#baseMs = nowMs;
    }
    if (!this.#suspect) return 'none';
    if (empty && nowMs - this.#lastReadMs >= QUIET_MS) {
      this.#suspect = false;
      this.#saidMs = undefined;
      return 'over';
    }
    this.#saidMs ??= nowMs;
    if (nowMs - this.#saidMs < REPEAT_MS) return 'none';
    this.#saidMs = nowMs;
    return 'during';
  }
}
