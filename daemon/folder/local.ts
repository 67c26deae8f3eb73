// Changes made here: what hints and scans point at is looked at, compared with the index, and becomes new versions.
import { type LocalChange, type Observation, type SeenStat, judge, looksSame } from '../core/observation.ts';
import { type DirPath, type RelativePath, ancestorsOf, comparePaths, parentOf } from '../core/path.ts';
import { type FileRecord, isLive } from '../core/record.ts';
import { allowsChange } from '../core/role.ts';
import { type ListedEntry, scan } from '../disk/scan.ts';
import type { Row } from '../index/file-state.ts';
import { isOtherwiseHere } from '../index/wanted.ts';
import type { Boundaries } from './boundaries.ts';
import { type FolderContext, makerOf } from './context.ts';
import { fetchAgain } from './damage.ts';
import type { KeptDirectories } from './kept-directories.ts';
import { LargeReads } from './large-reads.ts';
import type { Links } from './links.ts';
import { type Different, Listed, type ListedParts, batchOf } from './listed.ts';
import type { Litter } from './litter.ts';
import { LocalBatch } from './local-batch.ts';
import { MovedAlong } from './moved-along.ts';
import { observeBatch } from './observing.ts';
import { Restless } from './restless.ts';
import type { Roles } from './roles.ts';
import type { Superseded } from './superseded.ts';
import { withSyncedMode } from './permissions.ts';
import type { Watching } from './watching.ts';

/** Paths looked at in one job, directories listed in one. */
const LOOK_AT_ONCE = 256;
const LIST_AT_ONCE = 16;
/** While what one job has listed is compared, the next ones list. */
const JOBS_AT_ONCE = 8;
/** A kernel without fine-grained times may give a later write the same time for so long. */
const RACY_NS = 12_000_000n;
const RACY_AGAIN_MS = 30;
/** A directory that was replaced is looked at again, when nothing says until when its content rests. */
const EMPTIED_AGAIN_MS = 250;

interface LocalParts extends ListedParts {
  readonly boundaries: Boundaries;
  readonly links: Links;
  readonly litter: Litter;
  readonly keptDirectories: KeptDirectories;
  readonly roles: Roles;
  readonly superseded: Superseded;
  readonly watching: Watching;
}

type Changed = Extract<LocalChange, { kind: 'changed' }>;

export class LocalChanges {
  readonly #context: FolderContext;
  readonly #parts: LocalParts;
  readonly #restless: Restless;
  readonly #largeReads: LargeReads;
  readonly #listed: Listed;
  /** Directories that are still to be listed. */
  #queue: DirPath[] = [];
  /** Those of them of which only the names are read: what was in it before is not listed in its turn. */
  readonly #namesOnly = new Set<DirPath>();
  /** What the last listings have shown to be other than it was: looked at closely before more is listed. */
  #different: Different[] = [];
  /** When the full scan that is under way began: wall clock. */
  #fullSinceMs: number | undefined;
  /** When the last complete full scan began: wall clock for edits, monotonic for the next one. */
  #lastFullMs = Number.NEGATIVE_INFINITY;
  #lastFullDoneMs: number | undefined;

  constructor(context: FolderContext, parts: LocalParts) {
    this.#context = context;
    this.#parts = parts;
    this.#restless = new Restless(context.clock);
    this.#largeReads = new LargeReads(context, parts);
    this.#listed = new Listed(context, parts, (entry, row) => this.#enqueue(entry, row));
  }

  get scanning(): boolean {
    return this.#queue.length + this.#different.length > 0;
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
      this.#namesOnly.delete(dir);
      if (dir !== '') marked.paths.push(dir);
    }
    this.#listNames(marked.directories);
    if (marked.paths.length > 0) await this.#look(this.#withAncestors(marked.paths));
    if (!this.scanning) return marked.paths.length > 0;
    if (this.#different.length === 0) await this.#listSome();
    // A batch a turn: what has changed is told while the rest is looked at.
    else await this.#lookCloser(this.#different.splice(0, batchOf(this.#different)));
    this.#noteFullScan();
    return true;
  }

  #beginFullScan(why: string): void {
    this.#context.log.debug('scans the whole folder', { why });
    this.#queue = [''];
    this.#namesOnly.clear();
    this.#different = [];
    this.#fullSinceMs = this.#context.clock.nowMs();
  }

  /** One that was never listed, or could not be the last time, is listed with all below it, but for what we have just made. */
  #listNames(dirs: readonly DirPath[], isOurs = false): void {
    if (dirs.length === 0) return;
    const { sweep } = this.#parts.watching;
    const queued = new Set(this.#queue);
    for (const dir of dirs) {
      if (queued.has(dir)) continue;
      if (this.#parts.filtering.isIgnoredDirectory(dir)) {
        sweep.forget(dir);
        continue;
      }
      this.#queue.push(dir);
      if (isOurs || sweep.has(dir)) this.#namesOnly.add(dir);
    }
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
    const { workers } = this.#context;
    // One directory may have been marked twice, by a hint and as new: it is listed once, or what is in it would be new twice.
    const dirs = [...new Set(this.#queue.splice(-LIST_AT_ONCE * JOBS_AT_ONCE))];
    const tree = this.#context.tree();
    const sinceNs = BigInt(this.#context.clock.nowUs()) * 1000n - RACY_NS;
    const toList = (dir: DirPath) => ({ dir, expected: this.#listed.expectedIn(dir) });
    const jobs = Array.from({ length: Math.ceil(dirs.length / LIST_AT_ONCE) }, (_, i) =>
      workers.run(scan, { tree, dirs: dirs.slice(i * LIST_AT_ONCE, (i + 1) * LIST_AT_ONCE).map(toList) }),
    );
    // Where one of them fails, nobody waits for the others any more.
    for (const job of jobs) job.catch(() => undefined);
    for (const job of jobs) {
      const listings = await job;
      await this.#parts.filtering.noticeListings(listings);
      for (const listing of listings) {
        if (this.#parts.filtering.isIgnoredDirectory(listing.dir)) continue;
        this.#parts.watching.sweep.listed(listing, sinceNs);
        this.#different.push(...this.#listed.compare(listing));
        this.#namesOnly.delete(listing.dir);
      }
    }
  }

  #noteFullScan(): void {
    if (this.scanning || this.#fullSinceMs === undefined) return;
    const { index, clock, log } = this.#context;
    this.#lastFullMs = this.#fullSinceMs;
    this.#lastFullDoneMs = clock.monotonicMs();
    this.#fullSinceMs = undefined;
    this.#parts.superseded.end();
    log.debug('scanned the whole folder', { ...index.counts() });
  }

  #enqueue(entry: ListedEntry, row: Row | undefined): void {
    const { boundaries, watching } = this.#parts;
    const { index, clock } = this.#context;
    const isNew = row === undefined || row.record.entry.kind !== 'dir';
    if (!isNew && this.#namesOnly.has(parentOf(entry.path)) && watching.sweep.has(entry.path)) return;
    if (isNew) {
      const meta = boundaries.note(entry.path, entry.boundary);
      if (meta.length > 0) index.commit({ nowUs: clock.nowUs(), meta });
      // Found by scanning, it may be one that the watcher does not know.
      if (this.#lastFullDoneMs !== undefined) watching.addTree(entry.path);
    }
    this.#queue.push(entry.path);
    this.#namesOnly.delete(entry.path);
  }

  async #lookCloser(different: readonly Different[]): Promise<void> {
    const listed = new Map(different.map(({ path, seen }) => [path, seen]));
    await this.#look(this.#withAncestors([...listed.keys()]), listed);
  }

  /** `listed`: a scan says that these have changed, and lists their directories itself. */
  async #look(
    marked: readonly RelativePath[],
    listed?: ReadonlyMap<RelativePath, SeenStat | undefined>,
  ): Promise<void> {
    const { index, clock } = this.#context;
    const { filtering } = this.#parts;
    const paths = await filtering.admit(marked);
    if (paths.length === 0) return;
    const { deletions, skipped, hints, keptDirectories, superseded, watching } = this.#parts;
    const kept: Row[] = [];
    const beganNs = BigInt(clock.nowUs()) * 1000n;
    const rows = index.rows(paths);
    const movedAlong = new MovedAlong(this.#context, this.#parts);
    const items = paths.map((path) => {
      const row = rows.get(path);
      const growing = this.#restless.isGrowing(path);
      const isSure = row?.racy === false && isLive(row.record) && !hints.isStale(path);
      const isNew = !isLive(row?.record);
      const known = isSure ? row.seen : isNew ? movedAlong.knownAs(path, listed?.get(path)) : undefined;
      return known === undefined ? { path, growing } : { path, known, growing };
    });
    const isFirstScan = this.#lastFullDoneMs === undefined;
    const how = { isFirstScan, largeReads: this.#largeReads, listed, movedAlong };
    const observations = await observeBatch(this.#context, items, how);
    const nowMs = clock.nowMs();
    const batch = new LocalBatch(this.#context, this.#parts);
    const changes: { path: RelativePath; change: LocalChange }[] = paths.map((path, i) => {
      const observation = withSyncedMode(observations[i], rows.get(path), this.#context.settings());
      const want = index.wanted(path);
      // What was ignored until now was not looked at before: its own time says when it was edited.
      const sinceMs = want?.why === 'ignored' ? Number.NEGATIVE_INFINITY : this.#lastFullMs;
      const times = { nowMs, sinceMs };
      const before = observation.kind === 'present' ? superseded.of(path) : [];
      const coming = want === undefined ? before : [want.record, ...before];
      return { path, change: judge(path, observation, rows.get(path), coming, makerOf(this.#context), times) };
    });
    const { here } = this.#parts.roles;
    const mayChange = here === 'two-way';
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
    const waiting = new Set(paths.filter((path) => this.#listed.waits(path, rows.get(path))));
    changes.forEach(({ path, change }, i) => {
      const row = rows.get(path);
      const observation = observations[i];
      const isStale = hints.isStale(path);
      // One that has vanished may come back before that is believed.
      if (observation?.kind === 'present' || !isLive(row?.record)) hints.notStale(path);
      if (change.kind !== 'skip' && !waiting.has(path)) {
        // That a directory is there does not say that it can be listed: until it is, it stays named.
        if (!skipped.isOutOfReach(path) || !isDirectory(observation, row)) skipped.looksWell(path);
        else if (listed === undefined) this.#queue.push(path);
      }
      if (observation?.kind === 'present' || observation?.kind === 'same') {
        deletions.reappeared(path);
        if (!hints.beingRead.has(path)) this.#restless.forget(path);
      }
      if (observation?.kind === 'absent') {
        skipped.clearBelow(path, (below) => this.#listed.waits(below));
        this.#restless.forget(path);
        const above = keptDirectories.above(path);
        if (above !== undefined) hints.add({ kind: 'path', path: above });
      }
      switch (change.kind) {
        case 'same':
          // One that we have made: its names are known from our writing them, not from having read them.
          if (isDirectory(observation, row) && !watching.sweep.has(path)) this.#listNames([path], true);
          if (observation?.kind === 'absent' && row?.keptLocally === true) batch.notKept(row);
          else if (observation?.kind === 'present' && row?.keptLocally === true && live.has(path))
            batch.reviveKept(row, observation);
          else if (observation?.kind === 'present' && row?.keptLocally === true) kept.push(row);
          else if ((row?.racy === true || isStale) && row !== undefined && observation?.kind === 'present')
            batch.looked(row, observation.seen, { racy: false, mayChange, stale: isStale });
          return;
        case 'looked':
          if (row !== undefined)
            batch.looked(row, change.seen, {
              racy: this.#isRacy(path, change.seen, beganNs),
              mayChange,
              stale: isStale,
            });
          return;
        case 'changed': {
          if (isStale && row !== undefined && !row.racy && looksSame(row.seen, change.seen)) {
            this.#damaged(row);
            return;
          }
          if (this.#restless.mustRest(path, row?.record.entry, change.record.entry, hints)) return;
          if (!mayBe(path, change.record)) {
            this.#undo(batch, row, change);
            if (change.record.entry.kind === 'dir' && listed === undefined)
              this.#newDirectory(path, row, change.boundary);
            return;
          }
          if (change.record.entry.kind !== 'dir' && row !== undefined && !this.#isEmptied(row)) return;
          batch.changed(row, change.record, change.seen, change.boundary, this.#isRacy(path, change.seen, beganNs));
          if (change.record.entry.kind === 'dir' && listed === undefined)
            this.#newDirectory(path, row, change.boundary);
          return;
        }
        case 'arrived':
          batch.arrived(row, change.record, change.seen, change.boundary);
          return;
        case 'look again':
          this.#restless.lookAgain(path, hints, skipped);
          return;
        case 'skip':
          this.#listed.tellSkipped(skipped.set(path, change.code) ? [{ path, code: change.code }] : []);
          return;
        case 'vanished':
          return;
      }
    });
    batch.commit();
    superseded.looked(paths.filter((_, i) => observations[i]?.kind === 'present'));
    await keptDirectories.removeEmpty(kept);
    if (this.#lastFullDoneMs !== undefined) hints.addYoung(batch.come(), clock.monotonicMs());
    for (const path of waiting) if (!this.#listed.waits(path)) skipped.clear(path);
  }

  /** A peer asked for it in vain, and it is not what the row says behind the row's stat: nobody has edited it. */
  #damaged(row: Row): void {
    const want = this.#context.index.wanted(row.record.path);
    if (want !== undefined && isOtherwiseHere(want)) return;
    fetchAgain(this.#context, this.#parts.skipped, row, row.seen, 'was damaged on the disk');
  }

  /** It may not be so here: what was there comes back; what was made here stays where it is, or makes room. */
  #undo(batch: LocalBatch, row: Row | undefined, { record, seen, boundary }: Changed): void {
    const { unsynced, skipped } = this.#parts;
    const { path } = record;
    if (isLive(row?.record) && row !== undefined) {
      this.#listed.tellSkipped(skipped.set(path, 'E_ROLE') ? [{ path, code: 'E_ROLE' }] : []);
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

function isDirectory(observation: Observation | undefined, row: Row | undefined): boolean {
  if (observation?.kind === 'same') return row?.record.entry.kind === 'dir';
  return observation?.kind === 'present' && observation.entry.kind === 'dir';
}
