// A change of our own, made to see when it comes back: whatever was changed before it has then been reported, because
// one queue carries all events of a process in order. One is under way at a time; who asks meanwhile shares the next. No
// link is followed to it: whoever may write to the root may have put one there.
import { closeSync, constants, futimesSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** After this the answer is no. */
export const PROBE_TIMEOUT_MS = 1_000;
/** An answer that comes too late is not taken for that of the next probes. */
const FILES = 4;

export class Probe {
  readonly #dir: string;
  #count = 0;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;
  #waiting: { readonly name: string; readonly done: (seen: boolean) => void } | undefined;

  /** `dir`: exists only for this, inside of what is watched. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Makes the directory and its files. Throws what the disk says. */
  prepare(): void {
    // Not what is above it: a root whose own directory is gone is a missing disk, and nothing is made there.
    within(openSync(dirname(this.#dir), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), (above) => {
      try {
        mkdirSync(`${above}/${basename(this.#dir)}`, { mode: 0o700 });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
    });
    this.#inDir((dir) => {
      for (let i = 0; i < FILES; i++)
        closeSync(openSync(`${dir}/${i}`, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600));
    });
  }

  #inDir(work: (dir: string) => void): void {
    within(openSync(dirname(this.#dir), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), (above) =>
      within(openSync(`${above}/${basename(this.#dir)}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), work),
    );
  }

  /** The watcher has reported a change of this file. */
  seen(name: string): void {
    if (this.#waiting?.name === name) this.#waiting.done(true);
  }

  /** Whether everything that was changed before the call has been reported; false: that cannot be said in time. */
  ask(): Promise<boolean> {
    if (this.#running !== undefined) {
      this.#next ??= this.#running.then(() => this.#start());
      return this.#next;
    }
    return this.#start();
  }

  async #start(): Promise<boolean> {
    this.#next = undefined;
    this.#running = this.#touch();
    const seen = await this.#running;
    // Who waited for this one has its turn first.
    if (this.#next === undefined) this.#running = undefined;
    return seen;
  }

  #touch(): Promise<boolean> {
    const name = String(this.#count++ % FILES);
    try {
      const now = new Date();
      this.#inDir((dir) => {
        const file = openSync(`${dir}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        try {
          futimesSync(file, now, now);
        } finally {
          closeSync(file);
        }
      });
    } catch {
      return Promise.resolve(this.#restore());
    }
    return new Promise((resolve) => {
      const done = (seen: boolean) => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(seen);
      };
      const timer = setTimeout(() => done(false), PROBE_TIMEOUT_MS);
      this.#waiting = { name, done };
    });
  }

  /** Somebody removed the directory, or the disk refuses: this time nothing can be said. */
  #restore(): boolean {
    try {
      this.prepare();
    } catch {
      // A full or read-only disk; the next probe tries again.
    }
    return false;
  }
}

/** Works below an open directory, whatever becomes of its name meanwhile, and closes it. */
function within(fd: number, work: (dir: string) => void): void {
  try {
    work(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
