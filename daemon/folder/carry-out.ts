// Wants whose content is here are carried out: checked against the tree around them, planned, applied, and written down.
import type { ErrorCode } from '../../protocol/errors.ts';
import { type DirPath, type RelativePath, ancestorsOf } from '../core/path.ts';
import { type Operation, type Ready, plan } from '../core/plan.ts';
import { type Entry, type FileRecord, isLive, sameEntry } from '../core/record.ts';
import { type DecidedAmong, reconcileAll } from '../core/rivals.ts';
import { relate } from '../core/version-vector.ts';
import { type Outcome, apply } from '../disk/apply.ts';
import { stagedNameOf } from '../disk/stage.ts';
import type { Row } from '../index/file-state.ts';
import { type WantMark, type WantedRow, isOtherwiseHere, wantedVersions } from '../index/wanted.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import { notText } from './arriving-text.ts';
import { historyRow, stays, tell } from './chronicle.ts';
import { type FolderContext, newVersionId, reconcileContext } from './context.ts';
import type { Deletions } from './deletions.ts';
import type { Filtering } from './filtering.ts';
import type { Hints } from './hints.ts';
import type { KeptDirectories } from './kept-directories.ts';
import type { Links } from './links.ts';
import type { Litter } from './litter.ts';
import { Modes } from './modes.ts';
import { Obstacles } from './obstacles.ts';
import { appliedMode } from './permissions.ts';
import { lasting } from './retries.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';
import type { Stranded } from './stranded.ts';
import type { Superseded } from './superseded.ts';
import type { VersionRoom } from './version-room.ts';
import { type Candidate, type Decided, Written } from './written.ts';

/** Operations of one job and one transaction. */
const BATCH = 512;
/** Set-aside wants that are looked at together: directories that empty each other. */
const UNPARKED_BATCH = 4096;

/** A path that is not as expected so often is left for a while. */
const MAX_ATTEMPTS = 10;

interface Parts {
  readonly deletions: Deletions;
  readonly fetcher: Fetcher;
  readonly filtering: Filtering;
  readonly hints: Hints;
  readonly links: Links;
  readonly litter: Litter;
  readonly keptDirectories: KeptDirectories;
  readonly skipped: SkippedPaths;
  readonly versionRoom: VersionRoom;
  readonly stranded: Stranded;
  readonly superseded: Superseded;
  readonly roles: Roles;
  /** What peers say next of other paths than these can be decided on. */
  receiveBeside(busy: ReadonlySet<RelativePath>): void;
}

export class CarryOut {
  readonly #context: FolderContext;
  readonly #parts: Parts;
  /** Something was carried out since what is set aside was looked at. */
  #hasDone = false;
  #wasCaughtUp = false;
  readonly #obstacles: Obstacles;
  readonly #modes: Modes;

  constructor(context: FolderContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    this.#obstacles = new Obstacles(context, parts);
    this.#modes = new Modes(context, parts.hints);
  }

  /** Modes are still to be set. */
  get isDue(): boolean {
    return this.#modes.isDue;
  }

  /** Applies what is ready, a batch. False when nothing could be done. */
  async take(): Promise<boolean> {
    try {
      return (await this.#modes.take()) || (await this.#takeBatch());
    } catch (error) {
      // The root has gone, or the index cannot be written: what was in our hands must not stay there for ever.
      this.#parts.fetcher.toApply.releaseAll();
      this.#parts.superseded.begin();
      throw error;
    }
  }

  async #takeBatch(): Promise<boolean> {
    let candidates = await this.#nextCandidates(BATCH);
    if (candidates.length === 0 && this.#unpark()) candidates = await this.#nextCandidates(UNPARKED_BATCH);
    if (candidates.length > 0) candidates = await this.#withoutOthers(candidates);
    if (candidates.length === 0) return false;
    const operations = plan(candidates.map(({ ready }) => ready));
    const paths = operations.flatMap(pathsOf);
    // The watcher tells of what we do before we have written it down.
    this.#parts.hints.addPut(paths, this.#context.clock.monotonicMs());
    const applying = this.#context.workers.run(apply, { tree: this.#context.tree(), operations });
    this.#parts.receiveBeside(new Set(paths));
    const outcomes = await applying;
    const byPath = new Map(candidates.map((one) => [one.want.record.path, one]));
    this.#writeDown(operations, outcomes, byPath);
    // Rules that a peer has changed hold before it is told that we have them.
    await this.#parts.filtering.noticePaths(paths);
    return outcomes.some(({ kind }) => kind === 'done');
  }

  async #nextCandidates(atMost: number): Promise<Candidate[]> {
    const { fetcher, versionRoom } = this.#parts;
    const paths = fetcher.takeReady(atMost);
    return paths.length === 0 ? [] : this.#candidates(await versionRoom.admit(paths));
  }

  /** Without what has come and is not synced here: only now can be seen that it is no text. */
  async #withoutOthers(candidates: Candidate[]): Promise<Candidate[]> {
    const others = new Set(await notText(this.#context, candidates));
    if (others.size === 0) return candidates;
    this.#parts.filtering.ignoreWants([...others].map(({ want }) => want));
    return candidates.filter((one) => !others.has(one));
  }

  /** What was set aside is looked at again when something has happened, or when nothing else is to come. */
  #unpark(): boolean {
    const { fetcher } = this.#parts;
    const areCaughtUp = this.#parts.links.areCaughtUp(this.#context.clock.monotonicMs());
    const isNews = this.#hasDone || areCaughtUp !== this.#wasCaughtUp;
    if (fetcher.active > 0 && !isNews) return false;
    this.#hasDone = false;
    this.#wasCaughtUp = areCaughtUp;
    return fetcher.toApply.unpark();
  }

  #candidates(paths: readonly RelativePath[]): Candidate[] {
    const { index } = this.#context;
    const { fetcher } = this.#parts;
    const wants = new Map<RelativePath, WantedRow>();
    for (const path of paths) {
      const want = index.wanted(path);
      if (want?.why === 'fetch') wants.set(path, want);
      else fetcher.toApply.release(path);
    }
    const candidates: Candidate[] = [];
    const moved = new Set<RelativePath>();
    const blocked: WantMark[] = [];
    for (const [path, want] of wants) {
      if (isLive(want.record)) this.#parts.deletions.comesBack(path);
      else this.#parts.deletions.goneElsewhereToo(path);
      if (this.#isUnsettled(path)) {
        fetcher.toApply.release(path);
        fetcher.ready(path);
        continue;
      }
      const row = index.row(path);
      const decided = this.#decide(want, row);
      const problem = decided === undefined ? 'decided' : this.#obstacles.of(want, wants);
      if (decided !== undefined && problem === undefined) candidates.push(this.#candidate(want, decided, row, moved));
      else if (problem === 'wait') fetcher.toApply.park(path);
      else fetcher.toApply.release(path);
      if (typeof problem === 'object') blocked.push(skippedFor(want, problem.blocked));
    }
    this.#skip(blocked);
    // What a move takes away needs no deletion of its own.
    return candidates.filter(({ want }) => {
      if (!moved.has(want.record.path)) return true;
      fetcher.toApply.release(want.record.path);
      return false;
    });
  }

  /** What is there now, or a directory above it, is to be looked at first, or rests. */
  #isUnsettled(path: RelativePath): boolean {
    const { hints, deletions } = this.#parts;
    return [path, ...ancestorsOf(path)].some((one) => hints.isMarked(one)) || deletions.isResting(path);
  }

  #skip(mark: readonly WantMark[]): void {
    if (mark.length === 0) return;
    const { index, clock } = this.#context;
    index.commit({ nowUs: clock.nowUs(), mark });
    for (const { path, code } of mark) if (code !== undefined) this.#parts.skipped.set(path, code);
  }

  /** What is wanted, beside what is here by now. Undefined when that settles it without the disk. */
  #decide(want: WantedRow, row: Row | undefined): Decided | undefined {
    const { record } = want;
    const { verdict, content } = this.#amongAnnounced(want, row);
    if (verdict.kind === 'take') {
      if (content === undefined || sameEntry(content.entry, record.entry)) return verdict;
      // What is here has changed meanwhile, and with it which of them is to come.
      this.#obstacles.want(
        content,
        wantedVersions(want).filter((one) => one !== content),
        lasting(want),
      );
      return undefined;
    }
    if (row === undefined) return { record, conflict: false };
    const now = verdict.kind === 'known' ? row.record : verdict.record;
    if (isLive(row.record) && (isOtherwiseHere(want) || row.seen === undefined)) {
      // Not on the disk, or not as it should be: what is here is wanted back.
      if (sameEntry(now.entry, record.entry)) return { record: now, conflict: false };
      this.#parts.litter.add(record);
      if (want.code !== undefined && isOtherwiseHere(want)) this.#parts.skipped.set(record.path, want.code);
      this.#obstacles.want(now, [], want.code);
      return undefined;
    }
    const { index, clock } = this.#context;
    // Our deletion wins by the order, but an edit lives on: its holder makes it anew, with the content that has come.
    if (isLive(record) && !isLive(row.record)) this.#parts.litter.addLater(record);
    else this.#parts.litter.add(record);
    const rows = verdict.kind === 'known' ? [] : [{ ...row, record: now, announce: true }];
    const happened = verdict.kind === 'revive' ? stays(row.record, now) : [];
    const history = happened.map((one) => historyRow(one, clock.nowMs()));
    index.commit({ nowUs: clock.nowUs(), rows, unwant: [record.path], history });
    tell(this.#context, happened);
    return undefined;
  }

  #amongAnnounced(want: WantedRow, row: Row | undefined): DecidedAmong {
    return reconcileAll(row?.record, wantedVersions(want), reconcileContext(this.#context));
  }

  #candidate(want: WantedRow, decided: Decided, row: Row | undefined, moved: Set<RelativePath>): Candidate {
    const { record } = decided;
    const { path, entry } = record;
    const from = this.#moveSource(record, want.movedFrom, moved);
    const settings = this.#context.settings();
    const applied: FileRecord =
      entry.kind === 'file' || entry.kind === 'dir'
        ? { ...record, entry: { ...entry, mode: appliedMode(entry, row, settings) } }
        : record;
    const ready: Ready = {
      record: applied,
      ours: row === undefined ? undefined : { entry: entryHere(row), seen: row.seen },
      staged: stagedNameOf(path, entry),
      moveFrom: from === undefined ? undefined : { path: from.row.record.path, seen: from.seen },
      version: newVersionId(this.#context),
      damaged: isOtherwiseHere(want),
    };
    return { ...decided, want, row, ready, moveFrom: from };
  }

  #moveSource(record: FileRecord, movedFrom: RelativePath | undefined, moved: Set<RelativePath>) {
    const { index } = this.#context;
    const path = this.#parts.fetcher.local.moveSource(record, movedFrom, moved);
    if (path === undefined) return undefined;
    const row = index.row(path);
    const want = index.wanted(path);
    if (row?.seen === undefined || want === undefined) return undefined;
    const { verdict } = this.#amongAnnounced(want, row);
    if (verdict.kind !== 'take' || isLive(verdict.record)) return undefined;
    moved.add(path);
    return { row, want, record: verdict.record, seen: row.seen };
  }

  #writeDown(
    operations: readonly Operation[],
    outcomes: readonly Outcome[],
    candidates: ReadonlyMap<RelativePath, Candidate>,
  ): void {
    const { index, clock } = this.#context;
    const { fetcher } = this.#parts;
    const written = new Written(this.#context);
    const knownTo: { readonly at: number; readonly want: WantedRow; readonly record: FileRecord }[] = [];
    operations.forEach((operation, i) => {
      const candidate = candidates.get(operation.path);
      const outcome = outcomes[i];
      if (candidate === undefined || outcome === undefined) return;
      const { path } = operation;
      switch (outcome.kind) {
        case 'done':
          this.#hasDone = true;
          if (operation.kind !== 'place' && fetcher.mayBeStaged(candidate.want.record))
            this.#parts.litter.add(candidate.want.record);
          fetcher.done(path);
          this.#parts.skipped.clear(path);
          if (candidate.moveFrom !== undefined && operation.kind === 'move') {
            const { want, record } = candidate.moveFrom;
            fetcher.done(record.path);
            this.#parts.skipped.clear(record.path);
            knownTo.push({ at: written.rows.length, want, record });
            written.gone(record);
          }
          knownTo.push({ at: written.rows.length, want: candidate.want, record: candidate.record });
          written.done(candidate, operation, outcome);
          return;
        case 'changed':
          written.kept(candidate, outcome.filed);
          this.#lookAgain(operation);
          this.#tryAgain(candidate, written);
          return;
        case 'not staged':
          fetcher.done(path);
          return;
        case 'not empty':
          this.#notEmpty(candidate, written);
          return;
        case 'problem':
          written.problem(candidate.want, outcome.code);
          this.#parts.skipped.set(path, outcome.code);
          if (outcome.stranded === true) this.#parts.stranded.add(operation);
          this.#context.log.warn('cannot apply', { path, code: outcome.code, message: outcome.message });
          fetcher.drop(path);
          return;
      }
    });
    const committed = index.commit({ nowUs: clock.nowUs(), ...written.parts() });
    for (const { at, want, record } of knownTo) {
      const seq = committed[at]?.seq;
      // Who announced this very version need not be told of it; of a merged one all are told.
      if (seq === undefined || relate(record.vector, want.record.vector) !== 'equal') continue;
      for (const { peer, has } of want.sources) if (has) this.#parts.links.byDevice(peer)?.knows(seq);
    }
    for (const { record, seen } of written.rows) {
      const above = seen === undefined ? this.#parts.keptDirectories.above(record.path) : undefined;
      if (above !== undefined) this.#parts.hints.add({ kind: 'path', path: above });
    }
    // Somebody may have changed them within the same batch of the watcher's events.
    const paths = written.rows.map(({ record }) => record.path);
    this.#parts.hints.addPut(paths, clock.monotonicMs());
    tell(this.#context, written.happened);
  }

  /** What the look shows decides. Where it shows nothing that could be replaced, trying again at once would be for ever. */
  #tryAgain({ want }: Candidate, written: Written): void {
    const { fetcher, skipped } = this.#parts;
    const { path } = want.record;
    fetcher.toApply.release(path);
    if (want.attempts < MAX_ATTEMPTS) {
      written.tryAgain(want);
      return;
    }
    const code = [path, ...ancestorsOf(path)].map((one) => skipped.code(one)).find(Boolean) ?? 'E_CHANGING';
    written.problem(want, code);
    skipped.set(path, code);
  }

  #lookAgain(operation: Operation): void {
    const { hints } = this.#parts;
    // It may be the directory above that is none any more.
    for (const path of pathsOf(operation))
      for (const one of [path, ...ancestorsOf(path).slice(0, 1)]) hints.add({ kind: 'path', path: one });
  }

  /** Looked at once more; what then is still in it and not in the index is nothing that is synced: the directory stays. */
  #notEmpty(candidate: Candidate, written: Written): void {
    const { want, row } = candidate;
    const { path } = want.record;
    const { fetcher, hints, skipped } = this.#parts;
    if (want.attempts === 0 || row === undefined) {
      written.tryAgain(want);
      hints.add({ kind: 'tree', dir: path as DirPath as RelativePath });
      fetcher.toApply.park(path);
      return;
    }
    // Looked at by itself: to list the directory again and again would keep what rests in it from ever being believed.
    if (this.#livesIn(path, written)) {
      fetcher.toApply.park(path);
      return;
    }
    fetcher.drop(path);
    skipped.set(path, lasting(want) ?? 'E_DIR_KEPT');
    written.keepDirectory(candidate, row);
  }

  /** What could not be taken away with this batch is still synced, and the directory with it. */
  #livesIn(dir: RelativePath, { rows }: Written): boolean {
    const gone = new Set(rows.filter(({ record }) => !isLive(record)).map(({ record }) => record.path));
    for (const { record } of this.#context.index.liveBelow(dir)) if (!gone.has(record.path)) return true;
    return false;
  }
}

/**
 * What is on our disk, as the index has it: of a tombstone whose directory is kept here, the directory. Where something of
 * another kind was put there against the role, that: nobody has looked closer at it.
 */
function entryHere({ record, seen, keptLocally }: Row): Entry {
  if (seen === undefined) return { kind: 'absent' };
  if (keptLocally) return { kind: 'dir', mode: seen.mode & 0o777 };
  if (seen.kind === record.entry.kind) return record.entry;
  return seen.kind === 'dir' ? { kind: 'dir', mode: seen.mode & 0o777 } : { kind: 'symlink', target: '' };
}

function pathsOf(operation: Operation): RelativePath[] {
  return operation.kind === 'move' ? [operation.path, operation.from] : [operation.path];
}

function skippedFor(want: WantedRow, code: ErrorCode): WantMark {
  return { path: want.record.path, why: 'skipped', code: lasting(want) ?? code, attempts: want.attempts };
}
