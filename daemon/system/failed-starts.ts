// How often in a row the service has ended without being told to, kept over its restarts: the pause before the next try
// grows with it. systemd can do that by itself only from version 254 on (RestartSteps=).
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from './make-directories.ts';

/** A number is always as long as this, so that it is written in place, and needs no room on a full disk. */
const DIGITS = 6;

export class FailedStarts {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** How many there were; this start is one more until it is forgotten. Undefined: it cannot be counted here. */
  begin(): number | undefined {
    try {
      makeDirectories(dirname(this.#path), 0o700);
      const failed = this.#read();
      this.#write(failed + 1);
      return failed;
    } catch {
      // What is wrong with the directory is told by who needs it.
      return undefined;
    }
  }

  /** It has run for long enough, or was told to stop. */
  forget(): void {
    try {
      this.#write(0);
    } catch {
      // Then the next start waits a little.
    }
  }

  #read(): number {
    return this.#open((fd) => {
      const bytes = Buffer.alloc(DIGITS);
      const failed = Number(bytes.toString('latin1', 0, readSync(fd, bytes, 0, DIGITS, 0)));
      return Number.isSafeInteger(failed) && failed > 0 ? failed : 0;
    });
  }

  #write(failed: number): void {
    this.#open((fd) => writeSync(fd, `${Math.min(failed, 10 ** DIGITS - 1)}`.padStart(DIGITS, '0'), 0));
  }

  #open<Result>(use: (fd: number) => Result): Result {
    const fd = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}
