// The index of one folder: the only truth about its paths. It is opened, asked, and changed by commits; a commit is one
// transaction, durable when it returns. All calls are synchronous; one owner uses it.
import type Database from 'better-sqlite3';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId, Epoch, Sequence, Sha256 } from '../core/ids.ts';
import type { DirPath, RelativePath } from '../core/path.ts';
import type { SequencedRecord } from '../core/record.ts';
import type { AppliedChange } from '../core/undo.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { Below } from './below.ts';
import { Checkpoint } from './checkpoint.ts';
import { type Commit, saysPositionsAlone } from './commit.ts';
import { Devices } from './devices.ts';
import { type Counts, FileState, type Row } from './file-state.ts';
import { History, type HistoryQuery, type HistoryRow } from './history.ts';
import { Life, type NewNames } from './life.ts';
import { MergeBases } from './merge-bases.ts';
import { Meta } from './meta.ts';
import { type HowOpened, type OpenedDatabase, openDatabase } from './open-database.ts';
import { keysBelow, paged, pagedBack } from './paging.ts';
import { type Heard, Peers, type Position } from './peers.ts';
import { codedFailure, isDamage } from './sqlite-failure.ts';
import { Survey, type Surveyed } from './survey.ts';
import { VersionSurvey } from './version-survey.ts';
import { type KeptVersionRow, type VersionTotals, Versions } from './versions.ts';
import { Wanted, type WantedRow } from './wanted.ts';
import type { WantedCounts } from './wanted-counts.ts';

export interface OpenOptions extends NewNames {
  /** Sets a damaged file aside. Without it a damaged index is E_INDEX. */
  readonly fs?: FileSystem;
}

export class FolderIndex {
  /** Where this index came from; `damaged`: where the old file lies now. */
  readonly opened: HowOpened;
  /** False after a crash or a power loss: what was not durable is to be verified. */
  readonly closedCleanly: boolean;
  readonly run: Life['run'];
  readonly keptVersions: VersionSurvey;
  readonly below: Below;
  readonly mergeBases: MergeBases;
  readonly #file: string;
  readonly #db: Database.Database;
  readonly #life: Life;
  readonly #checkpoint: Checkpoint;
  readonly #devices: Devices;
  readonly #files: FileState;
  readonly #wanted: Wanted;
  readonly #peers: Peers;
  readonly #history: History;
  readonly #versions: Versions;
  readonly #meta: Meta;
  readonly #survey: Survey;
  readonly #transaction: Database.Transaction<(run: () => unknown) => unknown>;
  #damaged = false;

  /**
   * @param file a path, `:memory:`, what {@link serialise} gave, or a database that is open already
   * @throws CodedError E_INDEX_NEWER, E_DISK_FULL, E_READ_ONLY, E_IO, E_ACCESS, E_FOLDER_LOCKED, E_INDEX
   */
  static open(file: string | Buffer | OpenedDatabase, options: OpenOptions): FolderIndex {
    return new FolderIndex(file, options);
  }

  private constructor(file: string | Buffer | OpenedDatabase, { fs, ...names }: OpenOptions) {
    this.#file = typeof file === 'string' ? file : ':memory:';
    const { db, how, closedCleanly } = typeof file === 'object' && 'db' in file ? file : openDatabase(file, fs);
    this.opened = how;
    this.closedCleanly = closedCleanly;
    this.#db = db;
    this.#transaction = db.transaction((run) => run());
    try {
      this.#life = new Life(db, names);
      this.run = this.#life.run;
      this.#checkpoint = new Checkpoint(db);
      this.#devices = new Devices(db);
      this.#files = new FileState(db, this.#devices, this.#life);
      this.#wanted = new Wanted(db, this.#devices);
      this.#peers = new Peers(db, this.#devices);
      this.#history = new History(db, this.#devices);
      this.#versions = new Versions(db, this.#devices);
      this.keptVersions = new VersionSurvey(db, (question) => this.#ask(question));
      this.below = new Below(db, (question) => this.#ask(question));
      this.#meta = new Meta(db);
      this.mergeBases = new MergeBases(db, (run) => this.#write(run));
      this.#survey = new Survey(db);
    } catch (error) {
      db.close();
      throw codedFailure(error, this.#file);
    }
  }

  get epoch(): Epoch {
    return this.#life.epoch;
  }

  /** The highest sequence that was given out. */
  get seq(): Sequence {
    return this.#life.seq;
  }

  /** False: this index and one of which a peer has heard are copies that went apart. */
  hasSaid(heard: Heard): boolean {
    return this.#ask(() => this.#life.hasSaid(heard));
  }

  /** Keeps all rows; sequences go on rising. */
  beginEpoch(epoch: Epoch): void {
    this.#write(() => this.#life.beginEpoch(epoch));
  }

  // Paths.

  row(path: RelativePath): Row | undefined {
    return this.#ask(() => this.#files.row(path));
  }

  /** Those of the paths that have a row. */
  rows(paths: Iterable<RelativePath>): Map<RelativePath, Row> {
    return this.#ask(() => this.#files.rows(paths));
  }

  /** The direct children of a directory by path, tombstones too. */
  children(dir: DirPath): Row[] {
    return this.#ask(() => this.#files.children(dir));
  }

  /** What a listing of the directory is to show (core/expected-names.ts). */
  expectedIn(dir: DirPath): string {
    return this.#ask(() => this.#files.expectedIn(dir));
  }

  /** By path. Commits may happen between two steps: each page of rows is as it was when it was read. */
  liveBelow(dir: DirPath): IterableIterator<Row> {
    const page = (range: ReturnType<typeof keysBelow>): Row[] => this.#ask(() => this.#files.livePage(range));
    return paged(keysBelow(dir), page, (row) => row.record.path);
  }

  /** The other way round: what is in a directory comes before it, as it does when a tree is removed. */
  liveBelowDeepestFirst(dir: DirPath): IterableIterator<Row> {
    const page = (range: ReturnType<typeof keysBelow>): Row[] => this.#ask(() => this.#files.livePageBack(range));
    return pagedBack(keysBelow(dir), page, (row) => row.record.path);
  }

  /** By sequence, tombstones too. */
  after(seq: Sequence, limit: number): SequencedRecord[] {
    return this.#ask(() => this.#files.after(seq, limit));
  }

  /** Live files with this content. */
  withContent(sha256: Sha256, limit: number): Row[] {
    return this.#ask(() => this.#files.withContent(sha256, limit));
  }

  /** Whether this content is nothing new here: other paths have it, or one had it lately. */
  isFamiliar(sha256: Sha256): boolean {
    return this.#files.former.has(sha256) || this.withContent(sha256, 2).length > 1;
  }

  /** O(1), as all counts here. */
  counts(): Counts {
    return this.#files.counts;
  }

  /** Rows below `dir` with conflicts that nobody has settled, by path. */
  conflicts(dir: DirPath = '', limit = 10_000): Row[] {
    return this.#ask(() => this.#files.conflicts(keysBelow(dir), limit));
  }

  conflictCount(): number {
    return this.#files.conflictCount;
  }

  // Wants.

  wanted(path: RelativePath): WantedRow | undefined {
    return this.#ask(() => this.#wanted.row(path));
  }

  /** What is to be fetched next: small ones first, of equal size the latest; without `skipPaths`. */
  wantedNext(limit: number, skipPaths: ReadonlySet<string> = new Set()): WantedRow[] {
    return this.#ask(() => this.#wanted.next(limit, skipPaths));
  }

  /** By path; commits may happen between two steps. */
  wantedAll(): IterableIterator<WantedRow> {
    const page = (range: ReturnType<typeof keysBelow>): WantedRow[] => this.#ask(() => this.#wanted.page(range));
    return paged(keysBelow(''), page, (row) => row.record.path);
  }

  wantedCounts(): WantedCounts {
    return this.#wanted.counts;
  }

  /** The least of the peer's sequences that is wanted and not skipped: everything below is held. */
  lowestWanted(peer: DeviceId): Sequence | undefined {
    return this.#ask(() => this.#wanted.lowest(peer));
  }

  /** Those of the paths that are skipped are to be fetched once more: nothing of it is written down, or told. */
  tryAgain(paths: readonly RelativePath[]): void {
    this.#ask(() => {
      for (const path of paths) this.#wanted.tryAgain(path);
    });
  }

  /** By path, those behind `after`; those that are tried again are among them. */
  skipped(limit: number, after = ''): { path: RelativePath; code: ErrorCode }[] {
    return this.#ask(() => this.#wanted.skipped(limit, after));
  }

  have(peer: DeviceId): Heard | undefined {
    return this.#ask(() => this.#peers.have(peer));
  }

  holds(peer: DeviceId): Position | undefined {
    return this.#ask(() => this.#peers.holds(peer));
  }

  forgetPeer(peer: DeviceId): void {
    this.#write(() => {
      this.#wanted.forgetPeer(peer);
      this.#peers.forget(peer);
    });
  }

  /**
   * One transaction, durable when it returns; positions alone are written with what comes next. Answers with the rows that are announced, in order of their sequences.
   * On failure nothing has changed, here and on the disk.
   */
  commit(commit: Commit): SequencedRecord[] {
    const renewed = this.#ask(() => this.#peers.renewed(commit));
    if (renewed.length === 0 && saysPositionsAlone(commit)) {
      this.#ask(() => this.#peers.set(commit));
      return [];
    }
    return this.#write(() => {
      for (const path of commit.withdraw ?? []) this.#files.drop(path);
      const announced = this.#files.put(commit.rows ?? [], commit.nowUs);
      for (const peer of renewed) this.#wanted.forgetPeer(peer);
      this.#peers.set(commit);
      for (const path of commit.unwant ?? []) this.#wanted.unwant(path);
      for (const want of commit.want ?? []) this.#wanted.want(want);
      for (const source of commit.sources ?? []) this.#wanted.addSource(source);
      for (const mark of commit.mark ?? []) this.#wanted.mark(mark);
      for (const event of commit.history ?? []) this.#history.add(event);
      for (const version of commit.versions ?? []) this.#versions.put(version);
      for (const id of commit.dropVersions ?? []) this.#versions.drop(id);
      for (const [key, value] of commit.meta ?? []) this.#meta.set(key, value);
      return announced;
    });
  }

  // History and versions.

  /** Newest first. */
  history(query: HistoryQuery): HistoryRow[] {
    return this.#ask(() => this.#history.query(query));
  }

  /** What the daemon itself has changed on the disk, newest first, before this event (or all). */
  applied(limit: number, beforeId = Number.MAX_SAFE_INTEGER): AppliedChange[] {
    return this.#ask(() => this.#history.applied(beforeId, limit));
  }

  /** Whether anything has changed at the path after this event. */
  changedAfter(path: RelativePath, eventId: number): boolean {
    return this.#ask(() => this.#history.changedAfter(path, eventId));
  }

  /** The events that left a version whose ID begins so; of many the first two. */
  eventsOfVersion(idPrefix: string): number[] {
    return this.#ask(() => this.#history.ofVersion(idPrefix));
  }

  /** The time from which on all events are known; undefined when none was ever let go. */
  historySinceMs(): number | undefined {
    return this.#ask(() => this.#history.knownSinceMs);
  }

  /** Drops events before `beforeMs`, and the oldest beyond `maxRows`. Answers how many. */
  trimHistory(maxRows: number, beforeMs: number): number {
    return this.#write(() => this.#history.trim(maxRows, beforeMs));
  }

  /** Of one path, newest first. */
  versions(path: RelativePath, limit = Number.MAX_SAFE_INTEGER): KeptVersionRow[] {
    return this.#ask(() => this.#versions.ofPath(path, limit));
  }

  /** All whose ID begins so, of one path or of any; of many the first few. */
  version(idPrefix: string, path?: RelativePath): KeptVersionRow[] {
    return this.#ask(() => this.#versions.byPrefix(idPrefix, path));
  }

  /** Replaced since, newest first. */
  recentVersions(sinceMs: number, limit = 1000): KeptVersionRow[] {
    return this.#ask(() => this.#versions.since(sinceMs, limit));
  }

  /** With this content, newest first; of many the first few. */
  versionsByContent(sha256: Sha256): KeptVersionRow[] {
    return this.#ask(() => this.#versions.byContent(sha256));
  }

  versionTotals(): VersionTotals {
    return this.#versions.totals;
  }

  meta(key: string): string | undefined {
    return this.#ask(() => this.#meta.get(key));
  }

  /** Content of rows up to here is known to be on the disk. */
  get durableSeq(): Sequence {
    return this.#checkpoint.seq;
  }

  markDurable(seq: Sequence): void {
    this.#write(() => this.#checkpoint.mark(seq));
  }

  /** Rows whose content a power loss may have taken, by sequence, from behind `from` on. Tombstones too. */
  afterDurable(limit: number, from: Sequence = this.durableSeq): Row[] {
    return this.#ask(() => this.#files.after(from > this.durableSeq ? from : this.durableSeq, limit));
  }

  // Upkeep.

  /** Forgets tombstones with older stamps and sequences up to `upToSeq`, but none that is kept locally; and ignored ones. Answers how many. */
  dropTombstones(beforeMs: number, upToSeq: Sequence, limit: number): number {
    return this.#write(
      () => this.#files.dropTombstones(beforeMs, upToSeq, limit) + this.#wanted.dropTombstones(beforeMs, limit),
    );
  }

  /** What `doctor` asks: reads every row. */
  survey(nowMs: number): Surveyed {
    return this.#ask(() => this.#survey.of(nowMs));
  }

  /** Throws when the index cannot be asked. */
  ping(): void {
    this.#ask(() => this.#db.prepare('SELECT 1').get());
  }

  /** The whole database as bytes, as of the last commit: {@link open} takes it. */
  serialise(): Buffer {
    return this.#db.serialize();
  }

  /** May be called twice. */
  close(isSure = true): void {
    if (!this.#db.open) return;
    try {
      if (!this.#damaged && isSure) this.#write(() => this.#life.setState('closed'));
    } finally {
      this.#db.close();
    }
  }

  #ask<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #write<T>(run: () => T): T {
    const parts = [this.#life, this.#files, this.#wanted, this.#peers, this.#versions, this.#meta];
    const undo = parts.map((part) => part.remember());
    try {
      return this.#transaction.immediate(() => {
        const result = run();
        this.#peers.write();
        return result;
      }) as T;
    } catch (error) {
      for (const restore of undo) restore();
      this.#devices.forget();
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    if (isDamage(error) && !this.#damaged) {
      this.#damaged = true;
      try {
        // quick_check does not see everything: without the note a damaged index would be opened again for ever.
        this.#life.setState('damaged');
      } catch {
        // Then it is found as it was left: not closed, and checked.
      }
    }
    return codedFailure(error, this.#file);
  }
}
