// The sweep: which directories have had names come or go since they were listed. The watcher tells nothing of what it
// sees come and go within one batch, not even where that has taken the place of a file that was there before; the
// directory's own ctime does.
import type { DirPath } from '../core/path.ts';
import { changedDirectories } from '../disk/changed-directories.ts';
import type { Listing } from '../disk/scan.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';

/** Between two sweeps while there is something going on, … */
const SWEEP_MS = 5_000;
/** … and no more than one part in so many of the time. */
const SHARE = 100;
/** Looked at in one job. */
const AT_ONCE = 2_000;
/** Of more directories the rest is left to the rescan: about 30 MB. */
const MAX_DIRECTORIES = 200_000;

export class Sweep {
  readonly #context: FolderContext;
  readonly #hints: Hints;
  /** By directory its ctime when its names were last read; undefined: it may have changed once more within that tick. */
  readonly #ctimes = new Map<DirPath, bigint | undefined>();
  #isActive = false;
  #isRunning = false;
  #dueMs = 0;

  constructor(context: FolderContext, hints: Hints) {
    this.#context = context;
    this.#hints = hints;
  }

  has(dir: DirPath): boolean {
    return this.#ctimes.has(dir);
  }

  /** `sinceNs`: a directory that was changed later than that may change again without another ctime. */
  listed(listing: Listing, sinceNs: bigint): void {
    const { dir } = listing;
    if (listing.kind !== 'whole') this.forget(dir);
    else if (this.#ctimes.size < MAX_DIRECTORIES || this.#ctimes.has(dir))
      this.#ctimes.set(dir, listing.ctimeNs < sinceNs ? listing.ctimeNs : undefined);
  }

  forget(dir: DirPath): void {
    this.#ctimes.delete(dir);
  }

  /** Something has changed somewhere, whether or not it is told what. */
  noteActivity(): void {
    this.#isActive = true;
  }

  /** Does not wait for it: what it finds is hinted at. */
  runIfDue(): void {
    const { clock, log } = this.#context;
    if (!this.#isActive || this.#isRunning || clock.monotonicMs() < this.#dueMs) return;
    this.#isRunning = true;
    const beganMs = clock.monotonicMs();
    this.run()
      // The root has gone, or the folder stops: whoever notes that looks at everything.
      .catch((error: unknown) => {
        log.debug('could not look for changed directories', { error });
        this.#isActive = true;
      })
      .finally(() => {
        const nowMs = clock.monotonicMs();
        this.#dueMs = nowMs + Math.max(SWEEP_MS, SHARE * (nowMs - beganMs));
        this.#isRunning = false;
      });
  }

  /** Resolves when, of all directories listed before, those are hinted at in which a name has come or gone before the call. */
  async run(): Promise<void> {
    this.#isActive = false;
    const { workers } = this.#context;
    const tree = this.#context.tree();
    const sure: { dir: DirPath; ctimeNs: bigint }[] = [];
    for (const [dir, ctimeNs] of this.#ctimes) {
      if (ctimeNs === undefined) this.#hints.addDirectory(dir);
      else sure.push({ dir, ctimeNs });
    }
    for (let at = 0; at < sure.length; at += AT_ONCE) {
      const dirs = sure.slice(at, at + AT_ONCE);
      for (const dir of await workers.run(changedDirectories, { tree, dirs })) this.#hints.addDirectory(dir);
    }
  }
}
