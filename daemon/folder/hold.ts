// The brake: deletions made here that are too many to be believed wait for a person. What is held is in the index's notes,
// so that a restart does not forget it; only what is held waits.
import { type DeletionLog, holdDeletions, recent } from '../core/mass-deletion.ts';
import { type RelativePath, ancestorsOf, isBelow } from '../core/path.ts';
import type { FolderContext } from './context.ts';

const HELD = 'held';
const DELETIONS = 'deletions';

interface HeldNote {
  readonly sinceMs: number;
  readonly why: string;
  readonly entries: number;
  /** Topmost paths: a directory stands for all that is in it. */
  readonly paths: readonly RelativePath[];
}

export class Hold {
  readonly #context: FolderContext;
  #note: HeldNote | undefined;
  #paths: Set<RelativePath>;
  #log: DeletionLog;

  constructor(context: FolderContext) {
    this.#context = context;
    const held = context.index.meta(HELD);
    this.#note = held === undefined ? undefined : (JSON.parse(held) as HeldNote);
    this.#paths = new Set(this.#note?.paths);
    const log = context.index.meta(DELETIONS);
    this.#log = log === undefined ? [] : (JSON.parse(log) as DeletionLog);
  }

  get held(): { readonly why: string; readonly entries: number } | undefined {
    return this.#note;
  }

  get paths(): readonly RelativePath[] {
    return [...this.#paths];
  }

  covers(path: RelativePath): boolean {
    if (this.#paths.size === 0) return false;
    return this.#paths.has(path) || ancestorsOf(path).some((dir) => this.#paths.has(dir));
  }

  /** Whether these deletions are to be held; why, if so. */
  judge(files: number, entries: number): string | undefined {
    const counts = this.#context.index.counts();
    const heldEntries = this.#note?.entries ?? 0;
    return holdDeletions({
      files,
      filesBefore: counts.files,
      entriesBefore: counts.entries,
      entriesAfter: Math.max(0, counts.entries - entries - heldEntries),
      log: this.#log,
      nowMs: this.#context.clock.nowMs(),
      maxDelete: this.#context.settings().maxDelete,
    });
  }

  /** What the index is to remember when deletions go through. */
  passed(files: number): readonly [string, string] {
    const nowMs = this.#context.clock.nowMs();
    this.#log = [...recent(this.#log, nowMs), ...(files > 0 ? [{ atMs: nowMs, files }] : [])].slice(-10_000);
    return [DELETIONS, JSON.stringify(this.#log)];
  }

  hold(paths: readonly RelativePath[], entries: number, why: string): void {
    for (const path of paths) {
      for (const known of this.#paths) if (isBelow(known, path)) this.#paths.delete(known);
      if (!this.covers(path)) this.#paths.add(path);
    }
    this.#note = {
      sinceMs: this.#note?.sinceMs ?? this.#context.clock.nowMs(),
      why,
      entries: (this.#note?.entries ?? 0) + entries,
      paths: [...this.#paths],
    };
    this.#save();
  }

  /** A held path exists again, so it was not deleted for good: it leaves the hold. Siblings below the same directory stay. */
  reappeared(path: RelativePath, isNew: boolean, siblingsOf: (dir: RelativePath) => readonly RelativePath[]): void {
    if (!this.covers(path)) return;
    let left = isNew ? 0 : 1;
    for (const above of [...ancestorsOf(path).reverse(), path]) {
      if (!this.#paths.delete(above)) continue;
      if (above === path) break;
      left++;
      for (const sibling of siblingsOf(above)) this.#paths.add(sibling);
    }
    if (this.#paths.size === 0) this.release();
    else if (this.#note !== undefined) {
      this.#note = { ...this.#note, entries: Math.max(1, this.#note.entries - left), paths: [...this.#paths] };
      this.#save();
    }
  }

  /** Its deletion no longer waits for anybody. */
  settled(path: RelativePath): void {
    const { entries } = this.#note ?? { entries: 0 };
    this.#paths.delete(path);
    if (this.#paths.size === 0 || entries <= 1) this.release();
    else if (this.#note !== undefined) {
      this.#note = { ...this.#note, entries: entries - 1, paths: [...this.#paths] };
      this.#save();
    }
  }

  /** Nothing is held any more. */
  release(): void {
    this.#paths = new Set();
    this.#note = undefined;
    this.#save();
  }

  #save(): void {
    const { index, clock } = this.#context;
    const text = this.#note === undefined ? null : JSON.stringify(this.#note);
    index.commit({ nowUs: clock.nowUs(), meta: [[HELD, text]] });
  }
}
