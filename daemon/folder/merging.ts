// `conflict: merge`: what lost a conflict on this device is put together with what stays, by lines, from a content that both
// have begun from. Where there is none, or lines clash, the loser comes beside the winner, as with keep-both.
//
// It is planned in the transaction that writes the conflict down, and done afterwards; a stop in between loses nothing.
// Whoever merges the same contents makes the same file, so that two devices that do it come to one version.
import type { RelativePath } from '../core/path.ts';
import type { Sha256 } from '../core/ids.ts';
import {
  type Entry,
  type FileEntry,
  type FileRecord,
  type LiveEntry,
  type LostContent,
  isLive,
  isUnsynced,
  newVersion,
} from '../core/record.ts';
import { type VersionVector, relate } from '../core/version-vector.ts';
import { type MergedFiles, mergeFiles } from '../disk/text-jobs.ts';
import { lookAtVersion } from '../disk/versions-out.ts';
import type { Commit } from '../index/commit.ts';
import type { Row } from '../index/file-state.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import type { Want } from '../index/wanted.ts';
import { historyRow, sizeOf, tell, type Happened } from './chronicle.ts';
import { copyBeside } from './conflict-copies.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Hints } from './hints.ts';
import { KeepBases } from './merge-bases.ts';

/** Key of the index: merges that are planned. */
const PLANNED = 'merges';
/** More conflicts at once than this are not merged: both contents are kept. */
const MAX_PLANNED = 500;

interface Planned {
  readonly path: RelativePath;
  /** What lost. */
  readonly sha256: Sha256;
  readonly base: number;
}

export interface ConflictPlan {
  readonly want: readonly Want[];
  readonly merges: readonly Planned[];
}

/** What is to become of a content that lost here, by the folder's rule: to be written down with the conflict. */
export function planConflict(
  context: FolderContext,
  loser: FileRecord,
  winner: FileRecord,
  before: readonly Planned[],
): ConflictPlan {
  const rule = context.agreed().conflict.value;
  // What was never synced is nobody's to keep beside.
  if ((rule !== 'keep-both' && rule !== 'merge') || isUnsynced(loser, context.self))
    return { want: [], merges: before };
  const base = rule === 'merge' ? baseOf(context, loser, winner) : undefined;
  const { entry } = loser;
  if (base === undefined || entry.kind !== 'file' || before.length >= MAX_PLANNED)
    return { want: copyBeside(context, loser), merges: before };
  return { want: [], merges: [...before, { path: loser.path, sha256: entry.sha256, base }] };
}

export function plannedMerges({ index }: FolderContext): readonly Planned[] {
  const text = index.meta(PLANNED);
  return text === undefined ? [] : (JSON.parse(text) as Planned[]);
}

export function mergesMeta(planned: readonly Planned[]): readonly [string, string | null] {
  return [PLANNED, planned.length === 0 ? null : JSON.stringify(planned)];
}

/** The latest content that both have seen, neither of them itself. */
function baseOf({ index }: FolderContext, loser: FileRecord, winner: FileRecord): number | undefined {
  const { entry } = loser;
  if (entry.kind !== 'file' || winner.entry.kind !== 'file') return undefined;
  const over = winner.lost.find(({ sha256 }) => sha256 === entry.sha256)?.over;
  if (over === undefined) return undefined;
  const isBefore = (a: VersionVector, b: VersionVector): boolean => ['older', 'equal'].includes(relate(a, b));
  const common = index.mergeBases
    .ofPath(loser.path)
    .filter(({ vector }) => isBefore(vector, loser.vector) && isBefore(vector, over))
    .sort((a, b) => b.stamp - a.stamp);
  return common[0]?.id;
}

interface MergingParts {
  readonly fetcher: Fetcher;
  readonly hints: Hints;
}

export class Merging {
  readonly #context: FolderContext;
  readonly #bases: KeepBases;
  readonly #parts: MergingParts;

  constructor(context: FolderContext, parts: MergingParts) {
    this.#context = context;
    this.#bases = new KeepBases(context);
    this.#parts = parts;
  }

  /** Keeps what is new, and does one of the merges. False when there is nothing of either. */
  async take(mayAct: boolean): Promise<boolean> {
    const hasMerged = mayAct && (await this.#takeOne());
    return (await this.#bases.take()) || hasMerged;
  }

  /** One that can be done now. */
  async #takeOne(): Promise<boolean> {
    const planned = plannedMerges(this.#context);
    for (const one of planned) {
      const { index } = this.#context;
      const row = index.row(one.path);
      // Something else is on its way to this path: that comes first.
      if (index.wanted(one.path) !== undefined) continue;
      const lost = row?.record.lost.find(({ sha256 }) => sha256 === one.sha256);
      if (row === undefined || lost === undefined || row.record.entry.kind !== 'file') this.#done(one, {});
      else if (row.seen === undefined) continue;
      else await this.#merge(one, row, row.record.entry, lost);
      return true;
    }
    return false;
  }

  async #merge(one: Planned, row: Row, stays: FileEntry, lost: LostContent): Promise<void> {
    const { index, workers } = this.#context;
    const version = index.versionsByContent(one.sha256)[0];
    const base = index.mergeBases.packed(one.base);
    const tree = this.#context.tree();
    const merged: MergedFiles =
      version === undefined || base === undefined
        ? { kind: 'gone' }
        : await workers.run(mergeFiles, {
            tree,
            base,
            stays: { path: one.path, size: stays.size, sha256: stays.sha256 },
            lost: { storedAs: version.storedAs, size: lost.sizeBytes, sha256: lost.sha256 },
          });
    const seen =
      version === undefined ? undefined : await workers.run(lookAtVersion, { tree, storedAs: version.storedAs });
    // Peers may have said something, or somebody has written, while we were at work: then it is tried again.
    if (!isSame(index.row(one.path), row)) return;
    if (merged.kind === 'changed') return this.#parts.hints.add({ kind: 'path', path: one.path });
    if (merged.kind === 'merged' && version !== undefined && seen?.kind === 'file')
      this.#putTogether(one, row, stays, seen, version, merged);
    else this.#keepBoth(one, row.record, seen, lost, merged.kind);
  }

  #putTogether(
    one: Planned,
    row: Row,
    stays: FileEntry,
    lost: FileEntry,
    version: KeptVersionRow,
    { sha256, size, packed }: Extract<MergedFiles, { kind: 'merged' }>,
  ): void {
    const { index, clock, self } = this.#context;
    const { record } = row;
    const nowMs = clock.nowMs();
    const mtimeUs = stays.mtimeUs > lost.mtimeUs ? stays.mtimeUs : lost.mtimeUs;
    const entry: Entry = sha256 === stays.sha256 ? stays : { kind: 'file', size, sha256, mode: stays.mode, mtimeUs };
    const made = newVersion(record.path, entry, [record], makerOf(this.#context), record.stamp, nowMs);
    const merged = { ...made, lost: made.lost.filter((other) => other.sha256 !== one.sha256) };
    const { path } = record;
    // The content is at hand before it is wanted: nobody else has it.
    const { vector, stamp } = merged;
    this.#bases.keep([{ path, vector, stamp, sha256, seq: index.seq, isOwn: false, packed }]);
    const detail = 'what was changed on both sides is put together; both contents are kept as versions';
    const happened: Happened = {
      path,
      what: 'merged',
      device: self,
      direction: 'received',
      sizeBytes: sizeOf(merged),
      version: version.id,
      detail,
    };
    this.#done(one, {
      ...(entry === stays
        ? { rows: [{ ...row, record: merged, announce: true }] }
        : { want: [{ record: merged, why: 'fetch' as const, sinceMs: nowMs }] }),
      history: [historyRow(happened, nowMs)],
    });
    this.#parts.fetcher.drop(path);
    tell(this.#context, [happened]);
  }

  #keepBoth(one: Planned, record: FileRecord, content: LiveEntry | undefined, lost: LostContent, why: string): void {
    const { path } = one;
    const { origin, stamp } = lost;
    this.#context.log.warn('cannot merge: both contents are kept', { path, why });
    const want = content === undefined ? [] : copyBeside(this.#context, { ...record, entry: content, origin, stamp });
    this.#done(one, { want });
    for (const { record: copy } of want) this.#parts.fetcher.drop(copy.path);
  }

  #done(one: Planned, commit: Omit<Commit, 'nowUs' | 'meta'>): void {
    const { index, clock } = this.#context;
    const left = plannedMerges(this.#context).filter(({ path, sha256 }) => path !== one.path || sha256 !== one.sha256);
    index.commit({ nowUs: clock.nowUs(), ...commit, meta: [mergesMeta(left)] });
  }
}

function isSame(now: Row | undefined, then: Row): boolean {
  return now !== undefined && isLive(now.record) && relate(now.record.vector, then.record.vector) === 'equal';
}
