// Deletions made here: they rest, are looked at once more, pass the brake or are held by it, and become tombstones.
import { pages } from '../core/pages.ts';
import { type RelativePath, ancestorsOf, comparePaths } from '../core/path.ts';
import { isLive, isUnsynced } from '../core/record.ts';
import { observe } from '../disk/observe.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import { type Happened, historyRow, sizeOf, tell } from './chronicle.ts';
import type { FolderContext } from './context.ts';
import { bringBack } from './bring-back.ts';
import { winnersSince } from './deleted-winners.ts';
import { Hold } from './hold.ts';
import type { Hints } from './hints.ts';
import type { Litter } from './litter.ts';
import { elsewhereAmong, elsewhereOf } from './elsewhere.ts';
import type { Roles } from './roles.ts';
import type { Reported } from './reported.ts';
import { takenAway } from './taken-away.ts';
import type { Unsynced } from './unsynced.ts';
import { Vanished } from './vanished.ts';

/** Paths looked at in one job, and wanted back in one transaction. */
const AT_ONCE = 1000;
/** Tombstones in one transaction, and how long the next one waits: what is written down goes out meanwhile. */
const BURY_AT_ONCE = 512;
const GOES_OUT_MS = 2;

interface Parts {
  readonly roles: Roles;
  readonly unsynced: Unsynced;
  readonly litter: Litter;
  readonly hints: Hints;
  readonly reported: Reported;
}

export class Deletions {
  readonly #context: FolderContext;
  readonly #vanished: Vanished;
  readonly hold: Hold;
  readonly #hints: Hints;
  readonly #litter: Litter;
  readonly #roles: Roles;
  readonly #unsynced: Unsynced;
  readonly #tell: () => void;

  /** `tell`: tombstones can be told, while more are written. */
  constructor(context: FolderContext, { roles, unsynced, litter, hints, reported }: Parts, tell: () => void) {
    this.#context = context;
    this.#vanished = new Vanished(reported);
    this.#tell = tell;
    this.#hints = hints;
    this.#litter = litter;
    this.#roles = roles;
    this.#unsynced = unsynced;
    this.hold = new Hold(context);
  }

  /** Deletions that rest. */
  get resting(): number {
    return this.#vanished.size;
  }

  get dueMs(): number | undefined {
    return this.#vanished.dueMs;
  }

  vanished(row: Row): void {
    const { path, entry } = row.record;
    // What was never on the disk, because it is still to be brought back, has not vanished from it.
    if (row.seen === undefined || this.hold.covers(path)) return;
    const { index, clock } = this.#context;
    const isDirectory = entry.kind === 'dir';
    const inConflict = isDirectory ? index.conflicts(path).filter(({ record }) => isLive(record)) : [];
    this.#vanished.add(row, isDirectory ? index.below.inodes(path) : [], inConflict, {
      nowMs: clock.monotonicMs(),
      marked: this.#hints.marked,
    });
  }

  /** What was in a directory that is none any more: whether all of it is gone from the index too, rests or is held. */
  vanishedFrom(dir: RelativePath): 'gone' | 'resting' | 'held' {
    const left = this.#context.index.children(dir).filter((row) => isLive(row.record) && row.seen !== undefined);
    for (const row of left) if (!this.#vanished.has(row.record.path)) this.vanished(row);
    if (left.length === 0) return 'gone';
    return left.every(({ record }) => this.hold.covers(record.path)) ? 'held' : 'resting';
  }

  /** It, or a directory that it is in, has vanished and is about to be believed gone. */
  isResting(path: RelativePath): boolean {
    if (this.#vanished.size === 0) return false;
    return this.#vanished.has(path) || ancestorsOf(path).some((dir) => this.#vanished.has(dir));
  }

  isPending(path: RelativePath): boolean {
    return this.#vanished.has(path) || this.hold.covers(path);
  }

  reappeared(path: RelativePath): void {
    this.#vanished.remove(path);
    if (!this.hold.covers(path)) return;
    const row = this.#context.index.row(path);
    const isNew = row === undefined || !isLive(row.record);
    this.hold.reappeared(path, isNew, (dir) => this.#liveChildren(dir).filter((sibling) => sibling !== path));
  }

  /** A peer's version is to come to this path: it leaves the hold, and the directories above it are wanted back with it. */
  comesBack(path: RelativePath): void {
    if (!this.hold.covers(path)) return;
    const { index, clock } = this.#context;
    const gone = [path, ...ancestorsOf(path)]
      .filter((one) => this.hold.covers(one))
      .flatMap((one) => index.row(one) ?? [])
      .filter(({ record, seen }) => isLive(record) && seen !== undefined);
    index.commit({ nowUs: clock.nowUs(), rows: gone.map((row) => ({ ...row, seen: undefined, announce: false })) });
    this.reappeared(path);
  }

  /** A peer has deleted it as well: nobody needs to say anything any more. What is held below a directory stays held. */
  goneElsewhereToo(path: RelativePath): void {
    if (!this.hold.covers(path)) return;
    const { index, clock } = this.#context;
    const row = index.row(path);
    if (row === undefined || !isLive(row.record)) return;
    if (row.record.entry.kind !== 'dir')
      index.commit({ nowUs: clock.nowUs(), rows: [{ ...row, seen: undefined, announce: false }] });
    this.hold.settled(path);
  }

  /** The vanished file that had this inode, still in the index as it was. */
  movedFrom(inode: bigint): Row | undefined {
    const path = this.#vanished.byInode(inode);
    if (path === undefined) return undefined;
    const now = this.#context.index.row(path);
    return now !== undefined && isLive(now.record) && now.seen?.ino === inode ? now : undefined;
  }

  /** It is ignored from now on: whether it is there is nobody's business. */
  withdrawn(path: RelativePath): void {
    this.#vanished.remove(path);
    if (this.hold.paths.includes(path)) this.hold.settled(path);
  }

  /** It was moved, not deleted. */
  moved(path: RelativePath): void {
    this.#vanished.remove(path);
  }

  /**
   * Believes what has rested. While something is still being scanned, what has vanished may turn out to have moved.
   * False when there was nothing to do.
   */
  async settle(scanning: boolean): Promise<boolean> {
    const { index, clock } = this.#context;
    const { rows: rested, inConflict } = this.#vanished.take(clock.monotonicMs(), scanning, this.#hints.taken);
    if (rested.size === 0) return false;
    const gone = await this.#stillGone([...rested.keys()]);
    if (gone.length === 0) return false;
    const live = this.#liveAmong(gone);
    const won = winnersSince(index, live, (path) => rested.get(path) ?? inConflict.get(path));
    const all = won.size === 0 ? live : [...this.#withBelow(live)];
    this.#wantBack(won.values());
    // What was in a directory that comes back is gone all the same.
    const rows = all.filter(({ record }) => !won.has(record.path));
    if (rows.length === 0) return true;
    if (this.#roles.here !== 'two-way') {
      // What is only in the way here is nobody's.
      const mine = rows.filter(({ record }) => isUnsynced(record, this.#context.self));
      await bringBack(this.#context, this.#unsynced, this.#withBelow(rows.filter((row) => !mine.includes(row))));
      if (mine.length > 0) await this.#bury(mine, { counted: false });
      return true;
    }
    const { held } = this.hold;
    // A directory of which some is held already waits with it, or its deletion would take that along.
    const joining = held === undefined ? [] : rows.filter((row) => this.#holdsSome(row));
    if (held !== undefined && joining.length > 0) this.#hold(joining, this.#count(joining).entries, held.why);
    const others = rows.filter(({ record }) => !this.hold.covers(record.path));
    await this.#brake(others);
    return true;
  }

  /** What was moved is no deletion, also where it was found in its new place before it was missed in the old one. */
  async #brake(rows: readonly Row[]): Promise<void> {
    const { files, entries } = this.#count(rows);
    if (this.hold.judge(files, entries) === undefined) return void (await this.#bury(rows, { counted: true }));
    const gone = new Set(rows.map(({ record }) => record.path));
    const isGone = (path: RelativePath): boolean => gone.has(path) || this.isPending(path);
    const all = await elsewhereAmong(this.#context, this.#withBelow(rows), isGone);
    const moved = all.filter(({ record }) => !this.hold.covers(record.path));
    const why = this.hold.judge(files - moved.length, entries);
    if (why === undefined) return void (await this.#bury(rows, { counted: true }));
    await this.#bury(moved, { counted: false });
    const tombs = new Set(moved.map(({ record }) => record.path));
    const left = rows.filter(({ record }) => !tombs.has(record.path));
    this.#hold(left, entries - moved.length, why);
  }

  /** Those that live in the index; mostly a directory stands for all that was in it. */
  #liveAmong(gone: readonly RelativePath[]): Row[] {
    const { index } = this.#context;
    const standsForAll = index.conflictCount() === 0 && this.hold.held === undefined && this.#roles.here === 'two-way';
    const dirs = new Set<RelativePath>();
    const live: Row[] = [];
    for (const path of gone.toSorted(comparePaths)) {
      if (ancestorsOf(path).some((dir) => dirs.has(dir))) continue;
      const row = index.row(path);
      if (row === undefined || !isLive(row.record) || this.#ignores(row)) continue;
      live.push(row);
      if (standsForAll && row.record.entry.kind === 'dir') dirs.add(path);
    }
    return live;
  }

  /** A deletion is never concluded of what is ignored; that is set aside before it comes so far. */
  #ignores({ record: { path, entry } }: Row): boolean {
    return entry.kind !== 'absent' && this.#context.filter().decide(path, { kind: entry.kind }).kind === 'ignored';
  }

  #holdsSome({ record }: Row): boolean {
    if (record.entry.kind !== 'dir') return false;
    for (const below of this.#context.index.liveBelow(record.path))
      if (this.hold.covers(below.record.path)) return true;
    return false;
  }

  /** With all below, but without what is held already. */
  #count(rows: readonly Row[]): { readonly files: number; readonly entries: number } {
    if (this.hold.paths.length === 0) return this.#countAll(rows);
    let files = 0;
    let entries = 0;
    for (const { record } of this.#withBelow(rows)) {
      if (this.hold.covers(record.path)) continue;
      entries++;
      if (record.entry.kind === 'file') files++;
    }
    return { files, entries };
  }

  #countAll(rows: readonly Row[]): { readonly files: number; readonly entries: number } {
    const counts = topmost(rows).map(({ record: { path, entry } }) => {
      const below = entry.kind === 'dir' ? this.#context.index.below.count(path) : { files: 0, entries: 0 };
      return { files: below.files + (entry.kind === 'file' ? 1 : 0), entries: below.entries + 1 };
    });
    return {
      files: counts.reduce((sum, { files }) => sum + files, 0),
      entries: counts.reduce((sum, { entries }) => sum + entries, 0),
    };
  }

  #hold(rows: readonly Row[], entries: number, why: string): void {
    const { log, clock, index, self } = this.#context;
    const paths = rows.map(({ record }) => record.path);
    this.hold.hold(paths, entries, why);
    log.warn('holds deletions until approve or reject', { code: 'E_MASS_DELETE', deletions: entries, why });
    const first = paths[0];
    if (first === undefined) return;
    const happened: Happened = {
      path: first,
      what: 'held',
      device: self,
      direction: 'local',
      sizeBytes: undefined,
      detail: `${entries} deletions: ${why}`,
    };
    index.commit({ nowUs: clock.nowUs(), history: [historyRow(happened, clock.nowMs())] });
  }

  /** Lets exactly what is held through; what exists again is none of it. Answers with their number. */
  async approve(): Promise<number> {
    const { index } = this.#context;
    const gone = await this.#stillGone(this.hold.paths);
    const rows = gone.flatMap((path) => index.row(path) ?? []).filter((row) => isLive(row.record));
    const count = await this.#bury(rows, { counted: false, hold: this.#context.clock.nowMs() });
    // Last: what cannot be done now stays held, and is asked for again.
    this.hold.release();
    return count;
  }

  /** Wants back what is held. Answers with their number. */
  async reject(): Promise<number> {
    const { index } = this.#context;
    const gone = await this.#stillGone(this.hold.paths);
    const rows = gone.flatMap((path) => index.row(path) ?? []).filter((row) => isLive(row.record));
    const count = this.#wantBack(this.#withBelow(rows));
    this.hold.release();
    return count;
  }

  /** Answers with their number. */
  #wantBack(rows: Iterable<Row>): number {
    const { index, clock } = this.#context;
    let count = 0;
    for (const page of pages(rows, AT_ONCE)) {
      count += page.length;
      index.commit({
        nowUs: clock.nowUs(),
        // What is wanted is what is written: only that it is on our disk is no longer so.
        rows: page.map((row) => ({ ...row, seen: undefined, announce: false })),
        // What a peer has announced meanwhile is wanted already, and is newer.
        want: page
          .filter(({ record }) => index.wanted(record.path) === undefined)
          .map(({ record }) => ({ record, why: 'fetch' as const, sinceMs: clock.nowMs() })),
      });
    }
    return count;
  }

  /**
   * Tombstones for these and all below them. Answers with their number.
   * @param how.counted the brake has let them through, and is to count them
   * @param how.hold they were held, and are approved now
   */
  async #bury(
    rows: readonly Row[],
    { counted, hold }: { readonly counted: boolean; readonly hold?: number },
  ): Promise<number> {
    const { index, clock, self } = this.#context;
    let count = 0;
    let files = 0;
    for (const page of pages(this.#withBelow(rows), BURY_AT_ONCE)) {
      count += page.length;
      if (counted)
        files += page.filter(({ record }) => record.entry.kind === 'file').length - elsewhereOf(index, page).length;
      const nowMs = clock.nowMs();
      const gone = page.map(({ record }) => takenAway(this.#context, this.#roles, record, hold));
      const changes = gone.map(({ record }): RowChange => ({ record, seen: undefined, announce: true }));
      const denied = gone.flatMap((one) => one.denied ?? []);
      const happened = page.map(({ record }): Happened => {
        const { path } = record;
        return { path, what: 'deleted', device: self, direction: 'local', sizeBytes: sizeOf(record) };
      });
      // A peer's newer version of what was deleted here has been decided on when it came: it is a want, and stays one.
      const history = happened.map((one) => historyRow(one, nowMs));
      const unwant = denied.map(({ record }) => record.path);
      index.commit({ nowUs: clock.nowUs(), rows: changes, unwant, history });
      for (const { record } of denied) this.#litter.drop(record);
      tell(this.#context, happened);
      this.#tell();
      if (page.length === BURY_AT_ONCE) await new Promise<void>((resolve) => clock.after(GOES_OUT_MS, resolve));
    }
    if (count > 0) index.commit({ nowUs: clock.nowUs(), meta: [this.hold.passed(files)] });
    return count;
  }

  /** What is in a directory that is not there is not there either: the topmost are looked at first. */
  async #stillGone(paths: readonly RelativePath[]): Promise<RelativePath[]> {
    const all = new Set(paths);
    const isBelow = (path: RelativePath, dirs: ReadonlySet<RelativePath>): boolean =>
      ancestorsOf(path).some((dir) => dirs.has(dir));
    const [first, rest] = parted(paths, (path) => !isBelow(path, all));
    const gone = new Set(await this.#notThere(first));
    const [sure, unsure] = parted(rest, (path) => isBelow(path, gone));
    return [...gone, ...sure, ...(await this.#notThere(unsure))];
  }

  async #notThere(paths: readonly RelativePath[]): Promise<RelativePath[]> {
    const gone: RelativePath[] = [];
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const items = paths.slice(at, at + AT_ONCE).map((path) => ({ path }));
      const known = this.#context.index.rows(items.map(({ path }) => path));
      const looks = items.map(({ path }) => {
        const seen = known.get(path)?.seen;
        return seen === undefined ? { path } : { path, known: seen };
      });
      const seen = await this.#context.workers.run(observe, { tree: this.#context.tree(), items: looks });
      items.forEach(({ path }, i) => {
        if (seen[i]?.kind === 'absent') gone.push(path);
      });
    }
    return gone;
  }

  /**
   * These and all below them, a directory after what is in it, over all transactions: a peer that has heard only the first
   * of them must not see a directory go in which something lives, or it would keep it.
   */
  *#withBelow(rows: readonly Row[]): Generator<Row> {
    for (const row of topmost(rows)) {
      if (row.record.entry.kind === 'dir')
        for (const below of this.#context.index.liveBelowDeepestFirst(row.record.path))
          if (below.seen !== undefined) yield below;
      yield row;
    }
  }

  #liveChildren(dir: RelativePath): RelativePath[] {
    return this.#context.index
      .children(dir)
      .filter(({ record }) => isLive(record))
      .map(({ record }) => record.path);
  }
}

/** Without what is in a directory that is among them. */
function topmost(rows: readonly Row[]): readonly Row[] {
  const dirs = new Set(rows.filter(({ record }) => record.entry.kind === 'dir').map(({ record }) => record.path));
  return rows.filter(({ record }) => !ancestorsOf(record.path).some((dir) => dirs.has(dir)));
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
