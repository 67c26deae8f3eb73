// How often in a row the service has ended without being told to, kept over its restarts: the pause before the next try
// grows with it. A boot begins anew. systemd can do that by itself only from version 254 on (RestartSteps=).
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { bootId } from './boot-id.ts';
import { makeDirectories } from './make-directories.ts';

/** A number is always as long as this, so that it is written in place, and needs no room on a full disk. */
const DIGITS = 6;
/** After it, which boot it is of. */
const BOOT_BYTES = 36;

export class FailedStarts {
  readonly #path: string;
  readonly #boot: string;

  constructor(path: string, boot = bootId() ?? '') {
    this.#path = path;
    this.#boot = boot.padEnd(BOOT_BYTES).slice(0, BOOT_BYTES);
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
      const bytes = Buffer.alloc(DIGITS + BOOT_BYTES);
      const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
      if (text.slice(DIGITS) !== this.#boot) return 0;
      const failed = Number(text.slice(0, DIGITS));
      return Number.isSafeInteger(failed) && failed > 0 ? failed : 0;
    });
  }

  #write(failed: number): void {
    const digits = `${Math.min(failed, 10 ** DIGITS - 1)}`.padStart(DIGITS, '0');
    this.#open((fd) => writeSync(fd, `${digits}${this.#boot}`, 0));
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
