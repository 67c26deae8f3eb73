// The last records of the log, in memory, for who asks later and for who follows.
import { type LogLevel, type LogRecord, isAtLeast } from './log-record.ts';

export class LogRing {
  readonly #capacity: number;
  readonly #records: LogRecord[] = [];
  /** Where the next one goes, which is where the oldest is. */
  #next = 0;
  readonly #subscribers = new Set<(record: LogRecord) => void>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(record: LogRecord): void {
    this.#records[this.#next] = record;
    this.#next = (this.#next + 1) % this.#capacity;
    for (const subscriber of this.#subscribers) subscriber(record);
  }

  /** Oldest first, of this level or above. */
  recent(level: LogLevel): LogRecord[] {
    const inOrder =
      this.#records.length < this.#capacity
        ? this.#records
        : [...this.#records.slice(this.#next), ...this.#records.slice(0, this.#next)];
    return inOrder.filter((record) => isAtLeast(record.level, level));
  }

  /** Calls with each record to come until the answer is called. What it does must not log. */
  subscribe(receive: (record: LogRecord) => void): () => void {
    // A function of its own for each call: the same one may subscribe twice.
    const subscriber = (record: LogRecord): void => receive(record);
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }
}
