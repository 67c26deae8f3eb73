// A device of the model: records, wants and a tree, and what the folder does with them, without index, disk and network:
// a scan makes versions, an announcement is decided on, and what is wanted is planned and carried out.
import { settle } from '../../../daemon/core/conflict.ts';
import type { DeviceId, Epoch, Sha256, VersionId } from '../../../daemon/core/ids.ts';
import { type SeenStat, judge, tombstone } from '../../../daemon/core/observation.ts';
import { type RelativePath, ancestorsOf, comparePaths, isBelow } from '../../../daemon/core/path.ts';
import { type Ready, plan } from '../../../daemon/core/plan.ts';
import type { ReconcileContext } from '../../../daemon/core/reconcile.ts';
import { type Entry, type FileRecord, isLive, sameContent, sameEntry } from '../../../daemon/core/record.ts';
import { type DecidedAmong, reconcileAll, withAnnounced } from '../../../daemon/core/rivals.ts';
import { relate } from '../../../daemon/core/version-vector.ts';
import { livesOn, madeAgain, notSeenIn } from '../../../daemon/folder/directories.ts';
import { hash } from '../build.ts';
import { ModelTree } from './tree.ts';

export interface Row {
  readonly record: FileRecord;
  readonly seen: SeenStat | undefined;
}

/** The other devices, as this one sees them. */
export interface Surroundings {
  announce(record: FileRecord, exceptTo: readonly number[]): void;
  /** Nothing is on the way to this device. */
  isCaughtUp(): boolean;
  /** Something else may still happen. */
  isPatient(): boolean;
  /** Somebody could send it. */
  hasContent(sha256: Sha256): boolean;
  say?: ((what: string) => void) | undefined;
}

interface Want {
  /** The version whose content is wanted, as it was announced. */
  readonly record: FileRecord;
  readonly announced: readonly FileRecord[];
  /** Who announced this very version. */
  readonly from: readonly number[];
  /** Who announced anything about it. */
  readonly sources: readonly number[];
}

interface Candidate {
  readonly record: FileRecord;
  readonly want: Want;
  readonly row: Row | undefined;
  readonly moveFrom: RelativePath | undefined;
}

const VERSION = 'version1' as VersionId;
const STAGED = 'staged';
/** An operation finds another tree than the plan assumed so often at most. */
const MAX_ATTEMPTS = 3;
const hashes = new Map<string, Sha256>();

function hashText(text: string): Sha256 {
  const known = hashes.get(text) ?? hash(text);
  hashes.set(text, known);
  return known;
}

export class ModelDevice {
  readonly tree = new ModelTree();
  readonly rows = new Map<RelativePath, Row>();
  readonly wants = new Map<RelativePath, Want>();
  readonly context: ReconcileContext;
  /** What did not hold. */
  readonly broken: string[] = [];
  /** Somebody has changed the tree since the last scan. */
  isTouched = false;
  readonly #around: Surroundings;
  readonly #attempts = new Map<RelativePath, number>();
  readonly #sinceMs: number;

  constructor(letter: string, mark: boolean, nowMs: number, sinceMs: number, around: Surroundings) {
    const maker = { device: letter.repeat(52) as DeviceId, epoch: letter.repeat(16) as Epoch, mark };
    this.context = { maker, nowMs, hash: hashText, rule: 'newest' };
    this.#sinceMs = sinceMs;
    this.#around = around;
  }

  /** Looks at the whole tree: what is gone first, then what is new. */
  scan(): void {
    this.isTouched = false;
    const { maker, nowMs } = this.context;
    const times = { nowMs, sinceMs: this.#sinceMs };
    const vanished: Row[] = [];
    for (const row of this.rows.values())
      if (!this.tree.nodes.has(row.record.path)) {
        const change = judge(row.record.path, ABSENT, { ...row, keptLocally: false }, [], maker, times);
        if (change.kind === 'vanished') vanished.push(row);
      }
    if (vanished.length > 1) vanished.sort((a, b) => comparePaths(b.record.path, a.record.path));
    for (const { record } of vanished) this.#put(tombstone(record, maker, nowMs), undefined, []);
    const changed: [FileRecord, SeenStat][] = [];
    for (const [path, { entry, seen }] of this.tree.nodes) {
      const row = this.rows.get(path);
      if (row?.seen === seen) continue;
      const want = this.wants.get(path);
      const known = row === undefined ? undefined : { ...row, keptLocally: false };
      const look = { kind: 'present', entry, seen, boundary: false } as const;
      const change = judge(path, look, known, want === undefined ? [] : [want.record], maker, times);
      if (change.kind === 'looked' && row !== undefined) this.rows.set(path, { ...row, seen });
      if (change.kind === 'changed') changed.push([this.#besideWanted(change.record), seen]);
      if (change.kind === 'arrived' && want !== undefined) {
        changed.push([this.#over(row, want), seen]);
        this.wants.delete(path);
      }
    }
    if (changed.length > 1) changed.sort(([a], [b]) => comparePaths(a.path, b.path));
    for (const [record, seen] of changed) this.#put(record, seen, []);
  }

  receive(theirs: FileRecord, from: number): void {
    const { path } = theirs;
    const want = this.wants.get(path);
    const announced = withAnnounced(want?.announced ?? [], theirs, hashText);
    if (announced === undefined) {
      if (want === undefined) return;
      const has = relate(want.record.vector, theirs.vector) === 'equal' ? [from] : [];
      this.wants.set(path, { ...want, from: [...want.from, ...has], sources: [...want.sources, from] });
      return;
    }
    const row = this.rows.get(path);
    const { verdict, content } = reconcileAll(row?.record, announced, this.context);
    switch (verdict.kind) {
      case 'known':
        this.wants.delete(path);
        return;
      case 'revive':
        this.#put(verdict.record, row?.seen, []);
        this.wants.delete(path);
        return;
      case 'join':
        this.#join(verdict.record, row, theirs, from);
        return;
      case 'take':
        if (!isLive(verdict.record) && !isLive(row?.record)) this.#join(verdict.record, row, theirs, from);
        else if (content !== undefined) {
          const has = content === theirs ? [from] : [];
          const before = want?.record === content ? want.from : [];
          const sources = [...(want?.sources ?? []), from];
          this.wants.set(path, { record: content, announced, from: [...before, ...has], sources });
        }
        return;
    }
  }

  /** Carries out what is wanted at these paths. False when nothing came of it. */
  carryOut(paths: Iterable<RelativePath>): boolean {
    const before = this.#progress;
    const batch = new Map<RelativePath, Want>();
    for (const path of paths) {
      const want = this.wants.get(path);
      if (want !== undefined && this.#isHere(want)) batch.set(path, want);
    }
    const candidates = this.#candidates(batch);
    const operations = plan(candidates.map((one) => this.#ready(one)));
    const isWhole = candidates.length === batch.size && batch.size === this.wants.size && !this.isTouched;
    let looksAgain = false;
    for (const operation of operations) {
      const candidate = candidates.find(({ record }) => record.path === operation.path);
      if (candidate === undefined) continue;
      const outcome = this.tree.carryOut(operation);
      this.#around.say?.(`${operation.kind} ${operation.path}: ${outcome}`);
      if (outcome === 'done') {
        const { moveFrom } = candidate;
        if (moveFrom !== undefined && operation.kind === 'move') this.#wroteTombstone(moveFrom);
        this.#wrote(candidate);
        continue;
      }
      looksAgain = true;
      if (this.isTouched) continue;
      const attempts = (this.#attempts.get(operation.path) ?? 0) + 1;
      this.#attempts.set(operation.path, attempts);
      // Only what was left out of the batch, and will be in the next, may stand in the way.
      if (isWhole || attempts > MAX_ATTEMPTS) this.#break(`${operation.kind} ${operation.path}: ${outcome}`);
    }
    if (looksAgain) this.scan();
    return this.#progress !== before;
  }

  #progress = 0;

  #break(what: string): void {
    this.broken.push(`${this.context.maker.epoch[0] ?? ''}: ${what}`);
  }

  #put(record: FileRecord, seen: SeenStat | undefined, exceptTo: readonly number[]): void {
    this.#progress++;
    const before = this.rows.get(record.path)?.record;
    if (before !== undefined) {
      const relation = relate(record.vector, before.vector);
      // The vector of an equal version may only learn of losers, and one that is older is never written.
      if (relation !== 'newer' && !(relation === 'equal' && sameEntry(record.entry, before.entry)))
        this.#break(`${record.path} became a version that is ${relation}`);
      if (relation === 'newer' && record.stamp < before.stamp) this.#break(`the stamp of ${record.path} went back`);
    }
    this.rows.set(record.path, { record, seen: isLive(record) ? seen : undefined });
    this.#around.say?.(`records ${tellRecord(record)}`);
    this.#around.announce(record, exceptTo);
  }

  #join(record: FileRecord, row: Row | undefined, theirs: FileRecord, from: number): void {
    this.#put(record, row?.seen, relate(record.vector, theirs.vector) === 'equal' ? [from] : []);
    this.wants.delete(record.path);
  }

  /** {@link daemon/folder/local-batch.ts}: what is wanted here was wanted over something else. */
  #besideWanted(record: FileRecord): FileRecord {
    const want = this.wants.get(record.path);
    if (want === undefined) return record;
    const ours = notSeenIn(want.announced, record);
    const { verdict } = reconcileAll(ours, want.announced, this.context);
    if (verdict.kind === 'take') return ours;
    this.wants.delete(record.path);
    return verdict.kind === 'known' ? ours : verdict.record;
  }

  #over(row: Row | undefined, want: Want): FileRecord {
    if (row === undefined) return want.record;
    const { verdict, content } = reconcileAll(row.record, want.announced, this.context);
    return verdict.kind === 'take' && content !== undefined && sameEntry(content.entry, want.record.entry)
      ? verdict.record
      : settle(want.record, row.record, hashText);
  }

  /** What is wanted needs no content, has it here, or somebody can send it. */
  #isHere({ record }: Want): boolean {
    const { entry } = record;
    if (entry.kind !== 'file') return true;
    const row = this.rows.get(record.path);
    return (row !== undefined && sameContent(row.record.entry, entry)) || this.#around.hasContent(entry.sha256);
  }

  #candidates(batch: ReadonlyMap<RelativePath, Want>): Candidate[] {
    const candidates: Candidate[] = [];
    const moved = new Set<RelativePath>();
    for (const [path, want] of batch) {
      const row = this.rows.get(path);
      const record = this.#decide(want, row);
      if (record === undefined || this.#isInTheWay(want, batch)) continue;
      const moveFrom = this.#moveSource(record, row, batch, moved);
      candidates.push({ record, want, row, moveFrom });
    }
    return moved.size === 0 ? candidates : candidates.filter(({ record }) => !moved.has(record.path));
  }

  /** What is to be written down. Undefined when that is settled without the tree. */
  #decide(want: Want, row: Row | undefined): FileRecord | undefined {
    const { path } = want.record;
    const { verdict, content } = this.#among(want, row);
    if (verdict.kind === 'take') {
      if (content === undefined || sameEntry(content.entry, want.record.entry)) return verdict.record;
      this.wants.set(path, { ...want, record: content, from: [] });
      this.#progress++;
      return undefined;
    }
    if (row === undefined) return want.record;
    if (verdict.kind !== 'known') this.#put(verdict.record, row.seen, []);
    this.wants.delete(path);
    this.#progress++;
    return undefined;
  }

  #among(want: Want, row: Row | undefined): DecidedAmong {
    return reconcileAll(row?.record, want.announced, this.context);
  }

  /** A tombstone of this batch whose content this is. */
  #moveSource(
    { entry, path }: FileRecord,
    row: Row | undefined,
    batch: ReadonlyMap<RelativePath, Want>,
    moved: Set<RelativePath>,
  ): RelativePath | undefined {
    if (entry.kind !== 'file' || isLive(row?.record)) return undefined;
    for (const [from, want] of batch) {
      if (isLive(want.record) || from === path || moved.has(from)) continue;
      const source = this.rows.get(from);
      if (source?.seen === undefined || !sameContent(source.record.entry, entry)) continue;
      const { verdict } = this.#among(want, source);
      if (verdict.kind !== 'take' || isLive(verdict.record)) continue;
      moved.add(from);
      return from;
    }
    return undefined;
  }

  /** {@link daemon/folder/carry-out.ts}: a live child makes every ancestor a live directory. */
  #isInTheWay(want: Want, batch: ReadonlyMap<RelativePath, Want>): boolean {
    const { record } = want;
    if (isLive(record) && this.#isParentMissing(want, batch)) return true;
    return record.entry.kind !== 'dir' && this.#hasLiveBelow(want, batch);
  }

  #isParentMissing({ record: { path }, sources }: Want, batch: ReadonlyMap<RelativePath, Want>): boolean {
    for (const dir of ancestorsOf(path)) {
      const row = this.rows.get(dir);
      const want = batch.get(dir) ?? this.wants.get(dir);
      if (want === undefined && row?.record.entry.kind === 'dir') return false;
      if (want?.record.entry.kind === 'dir') {
        if (batch.has(dir)) continue;
        return true;
      }
      // Who announced it has that directory, and makes it anew when it hears that ours is gone.
      const isBroughtAlong = row?.record.entry.kind !== 'dir' && sources.length > 0 && this.#around.isPatient();
      if (this.#around.isCaughtUp() && !isBroughtAlong) this.#makeDirectory(dir, row, want);
      return true;
    }
    return false;
  }

  #hasLiveBelow(want: Want, batch: ReadonlyMap<RelativePath, Want>): boolean {
    const { path } = want.record;
    const row = this.rows.get(path);
    if (row?.record.entry.kind !== 'dir') return false;
    for (const { record } of this.rows.values()) {
      if (!isBelow(record.path, path) || !isLive(record)) continue;
      const below = batch.get(record.path) ?? this.wants.get(record.path);
      if (below === undefined || isLive(below.record)) {
        if (this.#around.isCaughtUp()) this.#reviveDirectory(row, want);
        return true;
      }
      if (!batch.has(record.path)) return true;
    }
    return false;
  }

  #makeDirectory(path: RelativePath, row: Row | undefined, want: Want | undefined): void {
    const record = madeAgain(path, row?.record, want?.announced ?? [], this.context.maker, this.context.nowMs);
    this.wants.set(path, { record, announced: [record], from: [], sources: want?.sources ?? [] });
    this.#progress++;
  }

  #reviveDirectory({ record: ours, seen }: Row, { announced }: Want): void {
    this.#put(livesOn(ours, announced, this.context.maker, this.context.nowMs), seen, []);
    this.wants.delete(ours.path);
  }

  #ready({ record, row, moveFrom }: Candidate): Ready {
    const entry: Entry = row?.seen === undefined ? { kind: 'absent' } : row.record.entry;
    const from = moveFrom === undefined ? undefined : this.rows.get(moveFrom)?.seen;
    return {
      record,
      ours: row === undefined ? undefined : { entry, seen: row.seen },
      staged: STAGED,
      moveFrom: moveFrom === undefined || from === undefined ? undefined : { path: moveFrom, seen: from },
      version: VERSION,
    };
  }

  #wrote({ record, want, row }: Candidate): void {
    // Nothing is deleted or replaced but by a version that has seen what was here.
    if (row !== undefined && relate(record.vector, row.record.vector) !== 'newer')
      this.#break(`I4: ${record.path} was replaced by a version that had not seen it`);
    const knows = relate(record.vector, want.record.vector) === 'equal' ? want.from : [];
    this.#put(record, this.tree.nodes.get(record.path)?.seen, knows);
    this.wants.delete(record.path);
  }

  /** The old path of a move. */
  #wroteTombstone(path: RelativePath): void {
    const want = this.wants.get(path);
    const row = this.rows.get(path);
    if (want === undefined || row === undefined) return;
    const { verdict } = this.#among(want, row);
    if (verdict.kind === 'take') this.#wrote({ record: verdict.record, want, row, moveFrom: undefined });
  }
}

const ABSENT = { kind: 'absent' } as const;

export function tellRecord({ path, entry, vector, stamp, maker }: FileRecord): string {
  const content = entry.kind === 'file' ? ` ${entry.sha256.replace(/^0+/, '')}` : '';
  const seen = vector.map(([epoch, count]) => `${epoch[0] ?? ''}${count}`).join(' ');
  return `${path}: ${entry.kind}${content} {${seen}} stamp ${stamp} by ${maker[0] ?? ''}`;
}
