// The dirty set: which paths may have changed. Hints only mark; the loop takes a batch at its own pace. Beyond a bound
// everything is marked, which is never wrong.
import { type DirPath, type RelativePath, ancestorsOf, mayBeMangled, nearestSayable } from '../core/path.ts';
import type { Hint } from '../ports/watch.ts';

/** More than this is cheaper to find by a full scan, and bounds the memory. */
const MAX_PATHS = 50_000;
/**
 * The watcher gathers events for half a second at most, and tells nothing of what has come and gone within one batch:
 * what was seen in between would be held to be there until the next rescan. So it is looked at once more, this much later.
 */
const YOUNG_MS = 1_000;
/** Of so many that we have put there the watcher tells as well, of each once or twice, soon after one another. */
const MANY_PUT = 64;
/** What it tells of them is gathered for so long. Of fewer than {@link MANY_PUT} one may be an edit, for which somebody waits elsewhere. */
const TOGETHER_MS = 25;

export interface Marked {
  readonly paths: RelativePath[];
  readonly trees: DirPath[];
  /** To be listed, without what is below. */
  readonly directories: DirPath[];
  /** Look at everything, and why. */
  readonly everything: string | undefined;
}

export class Hints {
  readonly #paths = new Set<RelativePath>();
  readonly #trees = new Set<DirPath>();
  readonly #directories = new Set<DirPath>();
  /** Looked at again at a time of the monotonic clock: what was not at rest. */
  readonly #later = new Map<RelativePath, number>();
  /** What has come to the disk lately, or gone, and when it is to be looked at once more; the oldest first. */
  readonly #young = new Map<RelativePath, number>();
  /** Those of them that we have put there, or taken away. */
  readonly #put = new Set<RelativePath>();
  /** Those of them, if they are many, of which the watcher has told, and until when that is gathered. */
  readonly #toldOf = new Set<RelativePath>();
  #toldOfDueMs: number | undefined;
  #manyYoungMs: number | undefined;
  /** Large files that are being read beside the loop. */
  readonly #beingRead = new Set<RelativePath>();
  /** Peers were told that they cannot have these. */
  readonly #stale = new Set<RelativePath>();
  #everything: string | undefined;
  /** Paths that were ever marked. */
  #marked = 0;
  /** Called whenever something is marked. */
  readonly #wake: () => void;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Marked now, without what waits for its time. */
  get size(): number {
    return this.#paths.size + this.#listings + (this.#everything === undefined ? 0 : 1);
  }

  get #listings(): number {
    return this.#trees.size + this.#directories.size;
  }

  /** All that is marked, also what waits or is being read. */
  get unsettled(): number {
    return this.size + this.#later.size + this.#toldOf.size + this.#beingRead.size;
  }

  /** How many paths were ever marked. The first marked is the first taken. */
  get marked(): number {
    return this.#marked;
  }

  /** How many of them have been taken. */
  get taken(): number {
    return this.#marked - this.#paths.size;
  }

  /** Directories, or everything, are to be listed. */
  get areListings(): boolean {
    return this.#listings > 0 || this.#everything !== undefined;
  }

  get beingRead(): ReadonlySet<RelativePath> {
    return this.#beingRead;
  }

  beginRead(path: RelativePath): void {
    this.#beingRead.add(path);
  }

  /** It is to be looked at now. */
  endRead(path: RelativePath): void {
    this.#beingRead.delete(path);
    this.add({ kind: 'path', path });
  }

  /** This path is to be looked at, now or later, or is being read. */
  isMarked(path: RelativePath): boolean {
    return this.#paths.has(path) || this.#later.has(path) || this.#beingRead.has(path);
  }

  /** From the watcher. */
  told(hint: Hint, nowMs: number): void {
    if (hint.kind === 'path' && this.#put.size >= MANY_PUT && this.#put.has(hint.path)) {
      this.#toldOf.add(hint.path);
      if (this.#toldOfDueMs !== undefined) return;
      this.#toldOfDueMs = nowMs + TOGETHER_MS;
      this.#wake();
      return;
    }
    // Nothing may be there but a name that only reads so.
    if (hint.kind === 'path' && mayBeMangled(hint.path)) this.addDirectory(nearestSayable(hint.path));
    this.add(hint);
  }

  add(hint: Hint): void {
    switch (hint.kind) {
      case 'path':
        this.#mark(hint.path);
        break;
      case 'tree':
        this.#trees.add(hint.dir);
        break;
      case 'everything':
        this.#everything ??= hint.why;
        break;
    }
    this.#bound();
    this.#wake();
  }

  #mark(path: RelativePath): void {
    if (!this.#paths.has(path)) this.#marked++;
    this.#paths.add(path);
  }

  /** Names have come to this directory, or gone from it: it is listed. */
  addDirectory(dir: DirPath): void {
    this.#directories.add(dir);
    this.#bound();
    this.#wake();
  }

  #bound(): void {
    if (this.#paths.size + this.#listings > MAX_PATHS) this.#everything ??= 'very many changes at once';
    if (this.#everything === undefined) return;
    this.#paths.clear();
    this.#trees.clear();
    this.#directories.clear();
  }

  /** Marks a path for a look in a while. */
  addLater(path: RelativePath, atMs: number): void {
    if (this.#later.size < MAX_PATHS) this.#later.set(path, atMs);
    else this.add({ kind: 'path', path });
  }

  /**
   * A peer has asked for this in vain, because it was not as the index has it: it is read again, and announced anew as it
   * is then. It may have been away for a moment only, and nobody else would tell the peer that it is back.
   */
  addStale(path: RelativePath): void {
    const [oldest] = this.#stale;
    // Whoever asked for that one asks again in a while.
    if (oldest !== undefined && this.#stale.size >= MAX_PATHS) this.#stale.delete(oldest);
    this.#stale.add(path);
    this.add({ kind: 'path', path });
  }

  get hasStale(): boolean {
    return this.#stale.size > 0;
  }

  isStale(path: RelativePath): boolean {
    return this.#stale.has(path);
  }

  notStale(path: RelativePath): void {
    this.#stale.delete(path);
  }

  /** We have just put these there, or taken them away. */
  addPut(paths: readonly RelativePath[], nowMs: number): void {
    this.addYoung(paths, nowMs);
    for (const path of paths) if (this.#young.has(path)) this.#put.add(path);
  }

  /** These have just come to the disk. Of very many, everything is looked at once more. */
  addYoung(paths: Iterable<RelativePath>, nowMs: number): void {
    for (const path of paths) {
      this.#young.delete(path);
      this.#put.delete(path);
      if (this.#young.size < MAX_PATHS) this.#young.set(path, nowMs + YOUNG_MS);
      else this.#manyYoungMs = nowMs + YOUNG_MS;
    }
  }

  /** Somebody waits: what is young is looked at now. The watcher has told all that it will of what was done before. */
  ripen(): void {
    this.#takeToldOf(Infinity);
    this.#takeYoung(Infinity);
    if (this.size > 0) this.#wake();
  }

  #takeToldOf(nowMs: number): void {
    if (this.#toldOfDueMs === undefined || this.#toldOfDueMs > nowMs) return;
    // So many at once are what we have put there: each is young, and has its second look without that.
    if (this.#toldOf.size < MANY_PUT) for (const path of this.#toldOf) this.#mark(path);
    this.#toldOf.clear();
    this.#toldOfDueMs = undefined;
    this.#bound();
  }

  #takeYoung(nowMs: number): void {
    for (const [path, at] of this.#young) {
      if (at > nowMs) break;
      this.#young.delete(path);
      this.#put.delete(path);
      this.#mark(path);
    }
    if (this.#manyYoungMs === undefined || this.#manyYoungMs > nowMs) return;
    this.#manyYoungMs = undefined;
    this.add({ kind: 'everything', why: 'very many changes at once' });
  }

  /** When the next one that waits is due. */
  get nextDueMs(): number | undefined {
    const [firstYoung] = this.#young.values();
    let next = Math.min(this.#manyYoungMs ?? Infinity, this.#toldOfDueMs ?? Infinity, firstYoung ?? Infinity);
    for (const at of this.#later.values()) next = Math.min(next, at);
    return next === Infinity ? undefined : next;
  }

  take(limit: number, nowMs: number): Marked {
    for (const [path, at] of this.#later) {
      if (at > nowMs) continue;
      this.#later.delete(path);
      this.#mark(path);
    }
    this.#takeToldOf(nowMs);
    this.#takeYoung(nowMs);
    const everything = this.#everything;
    this.#everything = undefined;
    const trees = [...this.#trees].filter((dir) => !this.#isInMarkedTree(dir));
    this.#trees.clear();
    const directories = [...this.#directories];
    this.#directories.clear();
    const paths: RelativePath[] = [];
    for (const path of this.#paths) {
      if (paths.length >= limit) break;
      paths.push(path);
      this.#paths.delete(path);
    }
    return { paths, trees, directories, everything };
  }

  #isInMarkedTree(dir: DirPath): boolean {
    if (dir === '') return false;
    return this.#trees.has('') || ancestorsOf(dir).some((above) => this.#trees.has(above));
  }
}
