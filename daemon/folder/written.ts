// What a batch of carried-out wants has done, as it is to be written down in one transaction.
import { sameFile } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Operation, Ready } from '../core/plan.ts';
import type { FileRecord } from '../core/record.ts';
import type { Outcome } from '../disk/apply.ts';
import { type Filed, hashText } from '../disk/versions.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import { type Want, type WantedRow, isOtherwiseHere } from '../index/wanted.ts';
import { type Happened, elsewhere, historyRow, sizeOf, whatHappened } from './chronicle.ts';
import type { FolderContext } from './context.ts';
import { type ConflictPlan, mergesMeta, plannedMerges, planConflict } from './merging.ts';
import { lasting } from './retries.ts';

export interface Decided {
  /** What is to be written down: what is wanted, merged with what is here. */
  readonly record: FileRecord;
  /** What is here lost against it. */
  readonly conflict: boolean;
}

export interface Candidate extends Decided {
  readonly want: WantedRow;
  readonly row: Row | undefined;
  readonly ready: Ready;
  readonly moveFrom: { readonly row: Row; readonly want: WantedRow; readonly record: FileRecord } | undefined;
}

export class Written {
  readonly rows: RowChange[] = [];
  readonly happened: Happened[] = [];
  readonly #unwant: RelativePath[] = [];
  readonly #want: Want[] = [];
  #merges: ConflictPlan['merges'];
  readonly #versions: KeptVersionRow[] = [];
  readonly #mark: { path: RelativePath; why: 'fetch' | 'skipped'; code?: WantedRow['code']; attempts: number }[] = [];
  readonly #context: FolderContext;

  constructor(context: FolderContext) {
    this.#context = context;
    this.#merges = plannedMerges(context);
  }

  parts() {
    const nowMs = this.#context.clock.nowMs();
    return {
      rows: this.rows,
      unwant: this.#unwant,
      want: this.#want,
      meta: [mergesMeta(this.#merges)],
      versions: this.#versions,
      mark: this.#mark,
      history: this.happened.map((one) => historyRow(one, nowMs)),
    };
  }

  done(candidate: Candidate, operation: Operation, { seen, filed }: Extract<Outcome, { kind: 'done' }>) {
    const { want, record, conflict, row, moveFrom } = candidate;
    const { path, entry } = record;
    const movedFrom = operation.kind === 'move' ? moveFrom?.row.record.path : undefined;
    const boundary = entry.kind === 'dir' && row?.boundary === true;
    this.rows.push({ record, movedFrom, seen: entry.kind === 'absent' ? undefined : seen, boundary, announce: true });
    this.#unwant.push(path);
    // Of what was damaged nobody knows the content.
    const isDamaged = isOtherwiseHere(want);
    for (const one of filed) this.#keep(one, isDamaged ? undefined : row, record);
    const before = row?.seen === undefined ? undefined : row.record.entry;
    this.happened.push({
      path,
      what:
        isDamaged && entry.kind !== 'absent'
          ? 'restored'
          : movedFrom === undefined
            ? whatHappened(before, entry)
            : 'moved',
      device: record.origin,
      direction: 'received',
      sizeBytes: sizeOf(record),
      version: filed[0]?.id,
      detail: movedFrom,
      hold: record.hold,
      before: isDamaged ? undefined : (before ?? { kind: 'absent' }),
      beforeMove: movedFrom === undefined ? undefined : moveFrom?.row.record.entry,
    });
    if (!conflict) {
      this.happened.push(...elsewhere(row?.record, record));
      return;
    }
    this.#conflict(record, filed[0]);
    if (row === undefined || filed.length === 0) return;
    const { want: copies, merges } = planConflict(this.#context, row.record, record, this.#merges);
    this.#want.push(...copies);
    this.#merges = merges;
  }

  #conflict(record: FileRecord, filed: Filed | undefined): void {
    const { path, origin } = record;
    this.#context.log.warn('conflict: the version here lost', { path, winner: this.#context.deviceName(origin) });
    this.happened.push({
      path,
      what: 'conflict',
      device: origin,
      direction: 'received',
      sizeBytes: sizeOf(record),
      version: filed?.id,
      detail: 'changed on both sides; the other version stays, the one here is kept',
    });
  }

  /** The old path of a move. */
  gone(record: FileRecord): void {
    this.rows.push({ record, seen: undefined, announce: true });
    this.#unwant.push(record.path);
  }

  /** Content that nobody had looked at and that could not go back to its place. */
  kept({ row, record }: Candidate, filed: readonly Filed[]): void {
    for (const one of filed) {
      this.#keep(one, row, record);
      const detail = 'was written here while another version arrived; kept beside it';
      this.happened.push({
        path: one.path,
        what: 'kept',
        device: this.#context.self,
        direction: 'local',
        sizeBytes: one.seen.size,
        version: one.id,
        detail,
      });
    }
  }

  problem(want: WantedRow, code: NonNullable<WantedRow['code']>): void {
    const { record, attempts } = want;
    this.#mark.push({ path: record.path, why: 'skipped', code: lasting(want) ?? code, attempts: attempts + 1 });
  }

  tryAgain(want: WantedRow): void {
    const { record, attempts } = want;
    this.#mark.push({ path: record.path, why: 'fetch', code: lasting(want), attempts: attempts + 1 });
  }

  /** Its tombstone holds, and the directory stays on this disk because of what is not synced in it. */
  keepDirectory({ record, want }: Candidate, row: Row): void {
    if (record.entry.kind !== 'absent') {
      this.#mark.push({ path: record.path, why: 'skipped', code: lasting(want) ?? 'E_DIR_KEPT', attempts: 1 });
      return;
    }
    this.rows.push({ record, seen: row.seen, keptLocally: true, boundary: row.boundary, announce: true });
    this.#unwant.push(record.path);
  }

  #keep({ id, path, storedAs, seen }: Filed, row: Row | undefined, by: FileRecord): void {
    const entry = row?.record.entry;
    const isKnown = row?.seen !== undefined && sameFile(row.seen, seen);
    const known = isKnown && entry?.kind === 'file' ? entry.sha256 : undefined;
    const sha256 = isKnown && entry?.kind === 'symlink' ? hashText(entry.target) : known;
    const isLost = sha256 !== undefined && by.lost.some((lost) => lost.sha256 === sha256);
    this.#versions.push({
      id,
      path,
      kind: seen.kind === 'symlink' ? 'symlink' : 'file',
      sizeBytes: seen.size,
      sha256,
      replacedMs: this.#context.clock.nowMs(),
      modifiedMs: Number(seen.mtimeNs / 1_000_000n),
      replacedBy: by.origin,
      why: isLost ? 'conflict' : by.entry.kind === 'absent' ? 'deleted' : 'replaced',
      storedAs,
      stat: seen,
    });
  }
}
