// Changes made here: what hints and scans point at is looked at, compared with the index, and becomes new versions.
import { type LocalChange, type Observation, judge, looksSame } from '../core/observation.ts';
import { type DirPath, type RelativePath, ancestorsOf, comparePaths } from '../core/path.ts';
import { type Entry, type FileRecord, isLive } from '../core/record.ts';
import { allowsChange } from '../core/role.ts';
import { type ObserveInput, glance, observe } from '../disk/observe.ts';
import { type ListedEntry, type Listing, scan } from '../disk/scan.ts';
import type { Row } from '../index/file-state.ts';
import { isOtherwiseHere } from '../index/wanted.ts';
import type { Boundaries } from './boundaries.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Deletions } from './deletions.ts';
import type { Filtering } from './filtering.ts';
import type { Hints } from './hints.ts';
import type { KeptDirectories } from './kept-directories.ts';
import { LargeReads } from './large-reads.ts';
import type { Litter } from './litter.ts';
import { LocalBatch } from './local-batch.ts';
import { Restless } from './restless.ts';
import type { Refused } from './refused.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';
import type { Unsynced } from './unsynced.ts';
import { withSyncedMode } from './permissions.ts';

/** Paths looked at in one job, directories listed in one. */
const LOOK_AT_ONCE = 256;
const LIST_AT_ONCE = 64;
/** A kernel without fine-grained times may give a later write the same time for so long. */
const RACY_NS = 12_000_000n;
const RACY_AGAIN_MS = 30;
/** A directory that was replaced is looked at again, when nothing says until when its content rests. */
const EMPTIED_AGAIN_MS = 250;

interface LocalParts {
  readonly hints: Hints;
  readonly skipped: SkippedPaths;
  readonly deletions: Deletions;
  readonly boundaries: Boundaries;
  readonly filtering: Filtering;
  readonly litter: Litter;
  readonly keptDirectories: KeptDirectories;
  readonly roles: Roles;
  readonly unsynced: Unsynced;
  readonly refused: Refused;
  /** A directory that was found by scanning, which the watcher may not know. */
  onNewDirectory(dir: RelativePath): void;
  /** A directory that was skipped can be read again. */
  onReadable(): void;
}

type Changed = Extract<LocalChange, { kind: 'changed' }>;

export class LocalChanges {
  readonly #context: FolderContext;
  readonly #parts: LocalParts;
  readonly #restless: Restless;
  readonly #largeReads: LargeReads;
  /** Directories that are still to be listed. */
  #queue: DirPath[] = [];
  /** When the full scan that is under way began: wall clock. */
  #fullSinceMs: number | undefined;
  /** When the last complete full scan began: wall clock for edits, monotonic for the next one. */
  #lastFullMs = Number.NEGATIVE_INFINITY;
  #lastFullDoneMs: number | undefined;

  constructor(context: FolderContext, parts: LocalParts) {
    this.#context = context;
    this.#parts = parts;
    this.#restless = new Restless(context.clock);
    this.#largeReads = new LargeReads(context, parts.hints);
  }

  get scanning(): boolean {
    return this.#queue.length > 0;
  }

  /** What has vanished may turn up elsewhere: something is being scanned, or the moved file is large and being read. */
  get mayFindMoved(): boolean {
    return this.scanning || this.#largeReads.some(({ ino }) => this.#parts.deletions.movedFrom(ino) !== undefined);
  }

  /** Monotonic time at which the last full scan was complete; undefined before the first. */
  get lastFullScanMs(): number | undefined {
    return this.#lastFullDoneMs;
  }

  /** Works on what is marked, a batch. False when there was nothing to do. */
  async take(): Promise<boolean> {
    const { hints } = this.#parts;
    const marked = hints.take(LOOK_AT_ONCE, this.#context.clock.monotonicMs());
    if (marked.everything !== undefined) this.#beginFullScan(marked.everything);
    const { filtering } = this.#parts;
    await filtering.noticePaths(marked.paths);
    for (const dir of marked.trees) {
      if (filtering.isIgnoredDirectory(dir)) continue;
      this.#queue.push(dir);
      if (dir !== '') marked.paths.push(dir);
    }
    if (marked.paths.length > 0) await this.#look(this.#withAncestors(marked.paths), false);
    if (this.#queue.length > 0) {
      await this.#listSome();
      return true;
    }
    return marked.paths.length > 0;
  }

  #beginFullScan(why: string): void {
    this.#context.log.debug('scans the whole folder', { why });
    this.#queue = [''];
    this.#fullSinceMs = this.#context.clock.nowMs();
  }

  /** A live path has live directories above it: those that the index does not have are looked at first. */
  #withAncestors(paths: readonly RelativePath[]): RelativePath[] {
    const all = new Set(paths);
    const known = new Set<RelativePath>();
    for (const path of paths) {
      for (const dir of ancestorsOf(path)) {
        if (all.has(dir) || known.has(dir)) break;
        if (this.#context.index.row(dir)?.record.entry.kind === 'dir') known.add(dir);
        if (known.has(dir)) break;
        all.add(dir);
      }
    }
    return [...all].sort(comparePaths);
  }

  async #listSome(): Promise<void> {
    const { workers, index, clock } = this.#context;
    // One directory may have been marked twice, by a hint and as new: it is listed once, or what is in it would be new twice.
    const dirs = [...new Set(this.#queue.splice(-LIST_AT_ONCE))];
    const listings = await workers.run(scan, { tree: this.#context.tree(), dirs });
    await this.#parts.filtering.noticeListings(listings);
    const look: RelativePath[] = [];
    for (const listing of listings)
      if (!this.#parts.filtering.isIgnoredDirectory(listing.dir)) look.push(...this.#compare(listing));
    for (let at = 0; at < look.length; at += LOOK_AT_ONCE) await this.#look(look.slice(at, at + LOOK_AT_ONCE), true);
    if (this.#queue.length === 0 && this.#fullSinceMs !== undefined) {
      this.#lastFullMs = this.#fullSinceMs;
      this.#lastFullDoneMs = clock.monotonicMs();
      this.#fullSinceMs = undefined;
      this.#context.log.debug('scanned the whole folder', { ...index.counts() });
    }
  }

  /** One directory as it is, beside what the index has of it: what must be looked at closely. */
  #compare(listing: Listing): RelativePath[] {
    const { index } = this.#context;
    const { skipped, deletions, boundaries } = this.#parts;
    switch (listing.kind) {
      case 'absent':
        return listing.dir === '' ? [] : [listing.dir];
      case 'unknown':
        this.#tellSkipped(
          skipped.set(listing.dir === '' ? '.' : listing.dir, listing.code)
            ? [{ path: listing.dir, code: listing.code }]
            : [],
        );
        return [];
      case 'whole': {
        const own = listing.dir === '' ? '.' : listing.dir;
        // It could not be read, and now it can: what waits to be written into it need not wait any longer.
        if (skipped.isOutOfReach(own)) this.#parts.onReadable();
        if (listing.dir === '' || !(this.#waits(listing.dir) || skipped.code(own) === 'E_ROLE')) skipped.clear(own);
        const there = new Set<string>([...listing.entries.map(({ path }) => path), ...listing.unknown]);
        const named = listing.skipped.filter(({ path }) => !this.#isIgnored(path as RelativePath, 'file'));
        this.#tellSkipped(skipped.replaceIn(listing.dir, named, there, (path) => this.#waits(path)));
        const rows = new Map(index.children(listing.dir).map((row) => [row.record.path, row]));
        const look: RelativePath[] = [];
        for (const entry of listing.entries) {
          const row = rows.get(entry.path);
          rows.delete(entry.path);
          if (row?.keptLocally === true) skipped.set(entry.path, 'E_DIR_KEPT');
          const { kind } = this.#context.filter().decide(entry.path, entry.seen);
          if (kind === 'ignored') {
            if (row !== undefined) look.push(entry.path);
            continue;
          }
          if (kind === 'passage' && !isLive(row?.record)) {
            // Looked at only where something in it is.
            this.#enqueue(entry, row, boundaries);
            continue;
          }
          if (this.#parts.unsynced.stays(row, entry.path, entry.seen))
            this.#parts.unsynced.keep(entry.path, entry.seen);
          else if (!this.#isKnown(row, entry)) look.push(entry.path);
          else if (deletions.isPending(entry.path)) deletions.reappeared(entry.path);
          if (entry.seen.kind === 'dir') this.#enqueue(entry, row, boundaries);
        }
        // Named, but not to be looked at: nothing is concluded.
        for (const path of listing.unknown) rows.delete(path);
        for (const row of rows.values()) {
          if (this.#isIgnored(row.record.path, row.record.entry.kind)) continue;
          if (isLive(row.record)) deletions.vanished(row);
          else if (row.keptLocally) look.push(row.record.path);
        }
        return look;
      }
    }
  }

  #isIgnored(path: RelativePath, kind: Entry['kind']): boolean {
    return this.#context.filter().decide(path, { kind: kind === 'absent' ? undefined : kind }).kind === 'ignored';
  }

  /** What is to be there or gone cannot be so yet: it stays named, however well the path itself can be read. */
  #waits(path: RelativePath): boolean {
    const { index } = this.#context;
    const want = index.wanted(path);
    if (this.#parts.filtering.isRefused(path)) return true;
    if (this.#parts.refused.has(path)) return true;
    return (
      want?.why === 'skipped' || (want !== undefined && isOtherwiseHere(want)) || index.row(path)?.keptLocally === true
    );
  }

  #isKnown(row: Row | undefined, entry: ListedEntry): boolean {
    return row !== undefined && isLive(row.record) && !row.racy && looksSame(row.seen, entry.seen);
  }

  #enqueue(entry: ListedEntry, row: Row | undefined, boundaries: Boundaries): void {
    const { index, clock } = this.#context;
    const isNew = row === undefined || row.record.entry.kind !== 'dir';
    if (isNew) {
      const meta = boundaries.note(entry.path, entry.boundary);
      if (meta.length > 0) index.commit({ nowUs: clock.nowUs(), meta });
      if (this.#lastFullDoneMs !== undefined) this.#parts.onNewDirectory(entry.path);
    }
    this.#queue.push(entry.path);
  }

  #tellSkipped(found: readonly { readonly path: string; readonly code: string }[]): void {
    for (const { path, code } of found.slice(0, 20)) this.#context.log.warn('left alone', { path, code });
    if (found.length > 20) this.#context.log.warn(`and ${found.length - 20} more in this directory`);
  }

  /** One a path. A large file that is being read is as it was: the look that follows the reading tells. */
  async #observe(items: ObserveInput['items']): Promise<Observation[]> {
    const { workers } = this.#context;
    const tree = this.#context.tree();
    // Until the first scan is complete peers are told nothing, and nothing waits: it has to know large files too.
    if (this.#lastFullDoneMs === undefined) return workers.run(observe, { tree, items });
    const found = await workers.run(glance, { tree, items });
    return items.map(({ path, growing }, i): Observation => {
      const one = found[i];
      if (one?.kind !== 'unread') return one ?? { kind: 'changing' };
      return this.#largeReads.take(path, one.seen, growing === true) ?? { kind: 'same' };
    });
  }

  /** `listed`: a scan says that these have changed, and lists their directories itself. */
  async #look(marked: readonly RelativePath[], listed: boolean): Promise<void> {
    const { index, clock } = this.#context;
    const { filtering } = this.#parts;
    const paths = await filtering.admit(listed ? this.#withAncestors(marked) : marked);
    if (paths.length === 0) return;
    const { deletions, skipped, hints, litter, keptDirectories } = this.#parts;
    const kept: Row[] = [];
    const beganNs = BigInt(clock.nowUs()) * 1000n;
    const rows = index.rows(paths);
    const items = paths.map((path) => {
      const row = rows.get(path);
      const growing = this.#restless.isGrowing(path);
      const known = row?.racy === false && isLive(row.record) ? row.seen : undefined;
      return known === undefined ? { path, growing } : { path, known, growing };
    });
    const observations = await this.#observe(items);
    const nowMs = clock.nowMs();
    const batch = new LocalBatch(this.#context, deletions, litter);
    const changes: { path: RelativePath; change: LocalChange }[] = paths.map((path, i) => {
      const observation = withSyncedMode(observations[i], rows.get(path), this.#context.settings());
      const want = index.wanted(path);
      // What was ignored until now was not looked at before: its own time says when it was edited.
      const sinceMs = want?.why === 'ignored' ? Number.NEGATIVE_INFINITY : this.#lastFullMs;
      const times = { nowMs, sinceMs };
      return { path, change: judge(path, observation, rows.get(path), want?.record, makerOf(this.#context), times) };
    });
    const { here } = this.#parts.roles;
    const mayBe = (path: RelativePath, { entry }: FileRecord): boolean => {
      const row = rows.get(path);
      return here === 'two-way' || allowsChange(here, isLive(row?.record) ? row?.record.entry : undefined, entry);
    };
    const live = new Set(
      changes
        .filter(({ path, change }) => change.kind === 'changed' && mayBe(path, change.record))
        .flatMap(({ path }) => ancestorsOf(path)),
    );
    // What has gone first: a file that appears may be one of them, moved.
    for (const { path, change } of changes) {
      const row = rows.get(path);
      if (change.kind === 'vanished' && row !== undefined) deletions.vanished(row);
    }
    const waiting = new Set(paths.filter((path) => this.#waits(path)));
    changes.forEach(({ path, change }, i) => {
      const row = rows.get(path);
      const observation = observations[i];
      if (change.kind !== 'skip' && !waiting.has(path)) {
        if (row?.record.entry.kind === 'dir' && skipped.isOutOfReach(path)) this.#parts.onReadable();
        skipped.clear(path);
      }
      if (observation?.kind === 'present' || observation?.kind === 'same') {
        deletions.reappeared(path);
        if (!hints.beingRead.has(path)) this.#restless.forget(path);
      }
      if (observation?.kind === 'absent') {
        skipped.clearBelow(path);
        this.#restless.forget(path);
        const above = keptDirectories.above(path);
        if (above !== undefined) hints.add({ kind: 'path', path: above });
      }
      switch (change.kind) {
        case 'same':
          if (observation?.kind === 'absent' && row?.keptLocally === true) batch.notKept(row);
          else if (observation?.kind === 'present' && row?.keptLocally === true && live.has(path))
            batch.reviveKept(row, observation);
          else if (observation?.kind === 'present' && row?.keptLocally === true) kept.push(row);
          else if (row?.racy === true && observation?.kind === 'present')
            batch.looked(row, observation.seen, false, here === 'two-way');
          return;
        case 'looked':
          if (row !== undefined)
            batch.looked(row, change.seen, this.#isRacy(path, change.seen, beganNs), here === 'two-way');
          return;
        case 'changed': {
          if (this.#restless.mustRest(path, row?.record.entry, change.record.entry, hints)) return;
          if (!mayBe(path, change.record)) {
            this.#undo(batch, row, change);
            if (change.record.entry.kind === 'dir' && !listed) this.#newDirectory(path, row, change.boundary);
            return;
          }
          if (change.record.entry.kind !== 'dir' && row !== undefined && !this.#isEmptied(row)) return;
          batch.changed(row, change.record, change.seen, change.boundary, this.#isRacy(path, change.seen, beganNs));
          if (change.record.entry.kind === 'dir' && !listed) this.#newDirectory(path, row, change.boundary);
          return;
        }
        case 'arrived':
          batch.arrived(row, change.record, change.seen, change.boundary);
          return;
        case 'look again':
          this.#restless.lookAgain(path, hints, skipped);
          return;
        case 'skip':
          this.#tellSkipped(skipped.set(path, change.code) ? [{ path, code: change.code }] : []);
          return;
        case 'vanished':
          return;
      }
    });
    batch.commit();
    await keptDirectories.removeEmpty(kept);
    if (this.#lastFullDoneMs !== undefined) hints.addYoung(batch.come(), clock.monotonicMs());
    for (const path of waiting) if (!this.#waits(path)) skipped.clear(path);
  }

  /** It may not be so here: what was there comes back; what was made here stays where it is, or makes room. */
  #undo(batch: LocalBatch, row: Row | undefined, { record, seen, boundary }: Changed): void {
    const { unsynced, skipped } = this.#parts;
    const { path } = record;
    if (isLive(row?.record) && row !== undefined) {
      this.#tellSkipped(skipped.set(path, 'E_ROLE') ? [{ path, code: 'E_ROLE' }] : []);
      batch.undone(row, seen);
    } else if (isLive(this.#context.index.wanted(path)?.record)) {
      unsynced.forget(path);
      batch.inTheWay(record, seen, boundary);
    } else {
      unsynced.keep(path, seen);
    }
  }

  #newDirectory(path: RelativePath, row: Row | undefined, boundary: boolean): void {
    if (row?.record.entry.kind === 'dir' && isLive(row.record)) return;
    const { index, clock } = this.#context;
    const meta = this.#parts.boundaries.note(path, boundary);
    if (meta.length > 0) index.commit({ nowUs: clock.nowUs(), meta });
    this.#queue.push(path);
  }

  /**
   * Something else took a directory's place: what was in it is gone first, then this is new. Told the other way round,
   * a peer would see a directory replaced in which something lives, and make it again.
   */
  #isEmptied({ record: { path, entry } }: Row): boolean {
    if (entry.kind !== 'dir') return true;
    const { deletions, hints } = this.#parts;
    const content = deletions.vanishedFrom(path);
    // What is held waits for approve or reject, after which everything is looked at.
    if (content === 'resting')
      hints.addLater(path, deletions.dueMs ?? this.#context.clock.monotonicMs() + EMPTIED_AGAIN_MS);
    return content === 'gone';
  }

  #isRacy(path: RelativePath, seen: { kind: string; ctimeNs: bigint }, beganNs: bigint): boolean {
    if (seen.kind !== 'file' || seen.ctimeNs < beganNs - RACY_NS) return false;
    this.#parts.hints.addLater(path, this.#context.clock.monotonicMs() + RACY_AGAIN_MS);
    return true;
  }
}
