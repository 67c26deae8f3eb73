// A log file that is rolled by size, written by a thread of its own, so that a slow or full disk never stops the daemon:
// what cannot be written is dropped and counted.
import { resolve } from 'node:path';
import pino from 'pino';

const ROLL_AT = '10m';
const KEPT_FILES = 5;
/** Of what the thread has not taken yet. */
const MAX_WAITING_CHARACTERS = 4 << 20;
const TRY_AGAIN_AFTER_MS = 60_000;
const CLOSE_WITHIN_MS = 1_000;

/** What is used of the stream to pino's thread. */
interface Transport {
  write(line: string): boolean;
  end(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'drain', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export class LogFile {
  readonly #path: string;
  readonly #tell: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  #transport: Transport | undefined;
  #failedAtMs: number | undefined;
  #waiting = 0;
  #dropped = 0;

  /** `tell` hears when the file cannot be written and when lines were dropped; it must not write here. */
  constructor(path: string, tell: (message: string, fields: Readonly<Record<string, unknown>>) => void) {
    this.#path = resolve(path);
    this.#tell = tell;
    this.#transport = this.#open();
  }

  write(line: string): void {
    if (this.#failedAtMs !== undefined && performance.now() - this.#failedAtMs > TRY_AGAIN_AFTER_MS) {
      this.#failedAtMs = undefined;
      this.#transport = this.#open();
    }
    if (this.#transport === undefined || this.#waiting > MAX_WAITING_CHARACTERS) {
      this.#dropped++;
      return;
    }
    if (this.#transport.write(line)) this.#waiting = 0;
    else this.#waiting += line.length;
  }

  /** Writes what is waiting, within a second. */
  async close(): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    if (transport === undefined) return;
    const closed = Promise.withResolvers<void>();
    const timeout = setTimeout(closed.resolve, CLOSE_WITHIN_MS);
    transport.once('close', closed.resolve);
    transport.end();
    await closed.promise;
    clearTimeout(timeout);
  }

  #open(): Transport {
    const transport: Transport = pino.transport({
      // By its address: a name would be looked up from wherever the daemon was started.
      target: import.meta.resolve('pino-roll'),
      options: {
        file: this.#path,
        size: ROLL_AT,
        limit: { count: KEPT_FILES, removeOtherLogFiles: true },
        mkdir: true,
        mode: 0o640,
      },
    });
    transport.on('error', (error) => {
      if (this.#transport !== transport) return;
      this.#transport = undefined;
      this.#failedAtMs = performance.now();
      this.#waiting = 0;
      this.#tell('the log file cannot be written; trying again in a minute', { file: this.#path, error });
    });
    transport.on('drain', () => {
      this.#waiting = 0;
      if (this.#dropped === 0) return;
      this.#tell('records were left out of the log file', { file: this.#path, records: this.#dropped });
      this.#dropped = 0;
    });
    return transport;
  }
}
