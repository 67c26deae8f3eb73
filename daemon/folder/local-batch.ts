// Changes made here, gathered into one transaction: new versions, moves, and what they mean for what is wanted.
import { settle } from '../core/conflict.ts';
import type { Observation, SeenStat } from '../core/observation.ts';
import { type RelativePath, comparePaths } from '../core/path.ts';
import {
  type Entry,
  type FileRecord,
  UNSYNCED_STAMP,
  isLive,
  newVersion,
  sameContent,
  sameEntry,
} from '../core/record.ts';
import { reconcileAll } from '../core/rivals.ts';
import { withOurMode } from '../core/role.ts';
import { relate } from '../core/version-vector.ts';
import { hashText } from '../disk/versions.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import { type Want, type WantMark, type WantSource, type WantedRow, wantedVersions } from '../index/wanted.ts';
import { unsyncedVersion } from './bring-back.ts';
import { type Happened, historyRow, sizeOf, stays, tell, whatHappened } from './chronicle.ts';
import { type FolderContext, makerOf, reconcileContext } from './context.ts';
import { isDamagedStill } from './damage.ts';
import type { Deletions } from './deletions.ts';
import { notSeenIn } from './directories.ts';
import type { Litter } from './litter.ts';
import { isNobodys, lasting } from './retries.ts';
import type { Roles } from './roles.ts';
import { takenAway } from './taken-away.ts';

/** Files with one content that are compared. */
const COMPARED = 64;

interface Parts {
  readonly deletions: Deletions;
  readonly litter: Litter;
  readonly roles: Roles;
}

export class LocalBatch {
  readonly #context: FolderContext;
  readonly #deletions: Deletions;
  readonly #litter: Litter;
  readonly #roles: Roles;
  readonly #rows: RowChange[] = [];
  readonly #moves: { readonly from: RowChange; readonly to: RowChange }[] = [];
  readonly #unwant: RelativePath[] = [];
  readonly #want: Want[] = [];
  readonly #sources: WantSource[] = [];
  readonly #mark: WantMark[] = [];
  readonly #happened: Happened[] = [];

  constructor(context: FolderContext, { deletions, litter, roles }: Parts) {
    this.#context = context;
    this.#roles = roles;
    this.#deletions = deletions;
    this.#litter = litter;
  }

  /**
   * The same entry behind another stat is nothing new. But a file that was moved over an equal one is meant to be here:
   * without a version of its own it would go with what it has replaced, if somebody has deleted that.
   * @param how.stale a peer could not have it: it is told anew that it can
   */
  looked(row: Row, seen: SeenStat, how: { readonly racy: boolean; mayChange: boolean; stale: boolean }): void {
    const { record, boundary } = row;
    const { racy, mayChange, stale } = how;
    this.#isAsItWas(record);
    const from = !mayChange || row.seen?.ino === seen.ino ? undefined : this.#movedOver(record, seen);
    if (from === undefined || !sameContent(from.record.entry, record.entry)) {
      this.#rows.push({ ...row, seen, racy, announce: stale });
      return;
    }
    const { maker, nowMs } = reconcileContext(this.#context);
    this.changed(row, newVersion(record.path, record.entry, [record], maker, nowMs, nowMs), seen, boundary, racy);
  }

  /** The path that this file was moved from, whether that was missed already or has not been looked at yet. */
  #movedOver({ path, entry }: FileRecord, { ino, nlink }: SeenStat): Row | undefined {
    const from = this.#deletions.movedFrom(ino);
    if (from !== undefined || entry.kind !== 'file' || nlink !== 1) return from;
    // A file with one name cannot be in two places.
    const same = this.#context.index.withContent(entry.sha256, COMPARED);
    return same.find(({ record, seen }) => record.path !== path && seen?.ino === ino && seen.nlink === 1);
  }

  /** What was changed against the role was changed back. */
  #isAsItWas({ path, vector }: FileRecord): void {
    const want = this.#context.index.wanted(path);
    if (want?.code !== 'E_ROLE') return;
    if (relate(want.record.vector, vector) !== 'equal') {
      this.#mark.push({ path, why: want.why, attempts: want.attempts });
      return;
    }
    this.#litter.drop(want.record);
    this.#unwant.push(path);
  }

  changed(row: Row | undefined, record: FileRecord, seen: SeenStat, boundary: boolean, racy: boolean): void {
    const { path, entry } = record;
    const want = this.#context.index.wanted(path);
    if (row === undefined && isDamagedStill(want, seen)) {
      this.#rows.push({ record: want.record, seen, boundary, announce: true });
      return;
    }
    const decided = this.#besideWanted(record);
    const change = { record: decided, seen, racy, boundary, announce: true };
    const before = row?.record.entry;
    const from = this.#movedFrom(row, entry, seen);
    if (from === undefined) {
      this.#rows.push(change);
      this.#say(path, whatHappened(before, entry), record, undefined);
    } else {
      const { record: gone, denied } = takenAway(this.#context, this.#roles, from.record);
      this.#deletions.moved(from.record.path);
      if (denied !== undefined) {
        this.#litter.drop(denied.record);
        this.#unwant.push(gone.path);
      }
      this.#moves.push({
        from: { record: gone, seen: undefined, announce: true },
        to: { ...change, movedFrom: from.record.path },
      });
      this.#say(path, 'moved', record, from.record.path);
    }
  }

  /** It may not be changed here: what is there is remembered as it looks, and what was there is wanted back. */
  undone(row: Row, seen: SeenStat): void {
    const { record } = row;
    const { index, clock } = this.#context;
    this.#rows.push({ ...row, seen, racy: false, announce: false });
    const want = index.wanted(record.path);
    if (want === undefined) this.#want.push({ record, why: 'fetch', code: 'E_ROLE', sinceMs: clock.nowMs() });
    else this.#mark.push({ path: record.path, why: want.why, code: 'E_ROLE', attempts: want.attempts });
  }

  /** Created here against the role, where something is to come: it makes room, and is kept as a version. */
  inTheWay({ path, entry }: Pick<FileRecord, 'path' | 'entry'>, seen: SeenStat, boundary: boolean): void {
    this.#rows.push({ record: unsyncedVersion(this.#context, path, entry), seen, boundary, announce: true });
  }

  /** The disk has what was wanted; a crash came before it was written down. Another version may be wanted by now. */
  arrived(row: Row | undefined, placed: FileRecord, seen: SeenStat, boundary: boolean): void {
    const want = this.#context.index.wanted(placed.path);
    const isLate = want !== undefined && relate(want.record.vector, placed.vector) !== 'equal';
    const announced = want === undefined || isLate ? [placed] : wantedVersions(want);
    const record = this.#over(row?.record, placed, announced);
    this.#rows.push({ record, seen, boundary, announce: true });
    // What is wanted by now is decided on against this, when it is to take its place.
    if (!isLate) {
      this.#unwant.push(record.path);
      this.#litter.drop(record);
    }
    // It was here all the time, and ignored: nobody has brought it.
    if (want?.why === 'ignored') return;
    const what = whatHappened(row?.record.entry, record.entry);
    const { path, origin } = record;
    const before: Entry = row?.seen === undefined ? { kind: 'absent' } : row.record.entry;
    this.#happened.push({ path, what, device: origin, direction: 'received', sizeBytes: sizeOf(record), before });
  }

  #over(ours: FileRecord | undefined, wanted: FileRecord, announced: readonly FileRecord[]): FileRecord {
    if (ours?.stamp === UNSYNCED_STAMP) return wanted;
    const { verdict, content } = reconcileAll(ours, announced, reconcileContext(this.#context));
    if (verdict.kind === 'take' && content !== undefined && sameEntry(content.entry, wanted.entry))
      return verdict.record;
    return ours === undefined ? wanted : settle(wanted, ours, hashText);
  }

  /** A directory that outlived its deletion is gone now: what comes in its place is new. */
  notKept(row: Row): void {
    this.#rows.push({ ...row, seen: undefined, keptLocally: false, announce: false });
  }

  /** A directory that outlived its deletion, because of what is not synced in it, has something live in it again. */
  reviveKept(row: Row, { entry, seen, boundary }: Extract<Observation, { kind: 'present' }>): void {
    const { nowMs } = reconcileContext(this.#context);
    const record = newVersion(row.record.path, entry, [row.record], makerOf(this.#context), nowMs, nowMs);
    this.changed(row, record, seen, boundary, false);
  }

  /** What was not here before, or was another. */
  come(): RelativePath[] {
    const rows = [...this.#rows, ...this.#moves.map(({ to }) => to)];
    return rows.filter(({ announce, seen }) => announce && seen !== undefined).map(({ record }) => record.path);
  }

  /** One transaction; announces nothing by itself. */
  commit(): void {
    const { index, clock } = this.#context;
    if (this.#rows.length + this.#moves.length === 0) return;
    this.#rows.sort((a, b) => comparePaths(a.record.path, b.record.path));
    const rows = [...this.#rows, ...this.#moves.flatMap(({ from, to }) => [from, to])];
    const history = this.#happened.map((one) => historyRow(one, clock.nowMs()));
    const wants = { unwant: this.#unwant, want: this.#want, sources: this.#sources, mark: this.#mark };
    index.commit({ nowUs: clock.nowUs(), rows, ...wants, history });
    tell(this.#context, this.#happened);
  }

  /** What is wanted here was wanted over something else: it is decided again, against what is here now. */
  #besideWanted(record: FileRecord): FileRecord {
    const wanted = this.#context.index.wanted(record.path);
    if (wanted === undefined) return record;
    const announced = wantedVersions(wanted);
    if (isNobodys(wanted)) return this.#anew(record, wanted);
    const ours = notSeenIn(announced, record);
    const { verdict } = reconcileAll(ours, announced, reconcileContext(this.#context));
    if (verdict.kind === 'take') {
      this.#wantWithMode(ours, wanted);
      return ours;
    }
    this.#litter.drop(wanted.record);
    this.#unwant.push(record.path);
    if (verdict.kind === 'revive') this.#happened.push(...stays(ours, verdict.record));
    return verdict.kind === 'known' ? ours : verdict.record;
  }

  /** What is to come from peers that may only edit leaves the mode that the file has got here meanwhile. */
  #wantWithMode(ours: FileRecord, wanted: WantedRow): void {
    const { rivals, movedFrom, why, sinceMs, sources } = wanted;
    if (sources.some(({ peer }) => this.#roles.granted(peer) !== 'edit-only')) return;
    const record = withOurMode(ours, wanted.record, reconcileContext(this.#context));
    if (record === wanted.record) return;
    this.#want.push({ record, rivals, movedFrom, why, code: lasting(wanted), sinceMs });
    // Nobody has announced this very version.
    this.#sources.push(...sources.map(({ peer, seq }) => ({ path: record.path, peer, seq, has: false })));
  }

  /** What no device has any more is settled by whoever writes the path anew: there is nothing left to be in conflict with. */
  #anew(record: FileRecord, wanted: WantedRow): FileRecord {
    const { path, entry, stamp } = record;
    const { maker, nowMs } = reconcileContext(this.#context);
    this.#litter.drop(wanted.record);
    this.#unwant.push(path);
    return newVersion(path, entry, [record, ...wantedVersions(wanted)], maker, stamp, nowMs);
  }

  /** The path that this file was moved from: the same inode and the same content, and it is gone from there. */
  #movedFrom(row: Row | undefined, entry: Entry, seen: SeenStat): Row | undefined {
    if (entry.kind !== 'file' || seen.nlink !== 1 || isLive(row?.record)) return undefined;
    const from = this.#deletions.movedFrom(seen.ino);
    return from !== undefined && sameContent(from.record.entry, entry) ? from : undefined;
  }

  #say(path: RelativePath, what: Happened['what'], record: FileRecord, detail: string | undefined): void {
    const device = this.#context.self;
    this.#happened.push({ path, what, device, direction: 'local', sizeBytes: sizeOf(record), detail });
  }
}
