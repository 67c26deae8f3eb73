// A batch of announcements of one peer, decided on one after the other; what they mean is committed when it is whole.
import type { DeviceId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, UNSYNCED_STAMP, isLive, sameContent, sameEntry } from '../core/record.ts';
import type { ReconcileContext } from '../core/reconcile.ts';
import { type Speaker, judgeByRole, takesBack } from '../core/role.ts';
import type { Role } from '../core/settings.ts';
import { reconcileAll, withAnnounced } from '../core/rivals.ts';
import { countOf, relate } from '../core/version-vector.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import { type Want, type WantMark, type WantSource, isOtherwiseHere, wantedVersions } from '../index/wanted.ts';
import type { Announcement, RefusedAnnouncement } from '../ports/peers.ts';
import { type Happened, stays } from './chronicle.ts';
import { type FolderContext, reconcileContext } from './context.ts';
import type { Filtering } from './filtering.ts';
import { lasting } from './retries.ts';

/** What came along with an announcement. */
export interface Content {
  readonly record: FileRecord;
  readonly bytes: Uint8Array;
  readonly packed: boolean;
}

/** What a path is as this batch has left it: the index sees the batch only when it is whole. */
interface Now {
  row: Omit<Row, 'seq'> | undefined;
  want: FileRecord | undefined;
  /** What is wanted, and all that was announced beside it. */
  announced: readonly FileRecord[];
}

/** A clock may be wrong by years. */
const CENTURY_MS = 100 * 365 * 86_400_000;
const NEVER_SEEN = { seen: undefined, racy: false, keptLocally: false, boundary: false };

/** Of what a peer announces: as it is taken, `corrected` where that is not as it was said. */
type Taken = Announcement & { readonly corrected?: boolean };

/** What the peer may do here, and what we may do there. */
export interface Standing {
  readonly role: Role;
  readonly speaker: Speaker;
  /** It does not take everything from us. */
  readonly restricts: boolean;
  /** Nor does any other peer: what we hold is theirs. */
  readonly master: Role | undefined;
}

export class ReceivedBatch {
  readonly rows = new Map<RelativePath, { readonly change: RowChange; readonly theirs: boolean }>();
  readonly wants = new Map<RelativePath, Want>();
  readonly unwant = new Set<RelativePath>();
  /** Wants that are others now, or gone. */
  readonly unwanted: FileRecord[] = [];
  readonly sources: WantSource[] = [];
  readonly mark: WantMark[] = [];
  readonly contents: Content[] = [];
  /** The peer has deleted what it may not have made. */
  readonly withdrawn: RelativePath[] = [];
  readonly refused: (RefusedAnnouncement & { readonly path: RelativePath; readonly isUnsure: boolean })[] = [];
  readonly happened: Happened[] = [];
  readonly #context: FolderContext;
  readonly #filtering: Filtering;
  readonly #peer: DeviceId;
  readonly #standing: Standing;
  readonly #reconcileContext: ReconcileContext;
  readonly #now = new Map<RelativePath, Now>();

  constructor(context: FolderContext, filtering: Filtering, peer: DeviceId, standing: Standing) {
    this.#context = context;
    this.#filtering = filtering;
    this.#peer = peer;
    this.#standing = standing;
    this.#reconcileContext = reconcileContext(context);
  }

  decide(announcement: Announcement): void {
    const { record: theirs } = announcement;
    const now = this.#nowAt(theirs.path);
    if (this.#isMadeUp(theirs, now.row?.record)) {
      const what = 'a version that this device is said to have made long from now';
      this.#context.log.warn('passed over what the peer sent', {
        peer: this.#context.deviceName(this.#peer),
        code: 'E_PROTOCOL',
        what,
      });
      return;
    }
    const taken = this.#byRole(announcement, now);
    if (taken !== undefined) this.#decideTaken(taken, now);
  }

  #decideTaken(announcement: Taken, now: Now): void {
    const { record: theirs, seq } = announcement;
    const { hash } = this.#reconcileContext;
    if (this.#adopts(announcement, now)) return;
    const announced = withAnnounced(now.announced, theirs, hash);
    if (announced === undefined) {
      const has = now.want !== undefined && relate(now.want.vector, theirs.vector) === 'equal';
      this.sources.push({ path: theirs.path, peer: this.#peer, seq, has });
      if (has && !this.wants.has(theirs.path)) this.#canBeHad(theirs.path);
      return;
    }
    const ours = now.row?.record;
    const { verdict, content } = reconcileAll(ours, announced, this.#reconcileContext);
    switch (verdict.kind) {
      case 'known':
        // It has refused ours perhaps, when it had nothing there: it must hear of it again, or both would wait.
        if (verdict.why === 'ours wins' && this.#standing.restricts && ours !== undefined)
          this.#putRow(ours, now, false);
        this.#dropWant(theirs.path, now);
        return;
      case 'join':
        this.#join(announcement, verdict.record, now);
        return;
      case 'revive':
        this.happened.push(...stays(ours, verdict.record));
        this.#putRow(verdict.record, now, false);
        this.#dropWant(theirs.path, now);
        return;
      case 'take':
        // A tombstone of what is not here, or of what is gone already, needs nothing of the disk.
        if (!isLive(verdict.record) && !isLive(ours) && !this.#ignores(verdict.record, now))
          this.#join(announcement, verdict.record, now);
        else if (content !== undefined) this.#take(announcement, content, announced, now);
        return;
    }
  }

  /** Nobody had it, and now somebody has. */
  #canBeHad(path: RelativePath): void {
    const want = this.#context.index.wanted(path);
    if (want === undefined) return;
    const isNobodys = want.why === 'skipped' && want.code === 'E_NO_SOURCE';
    // Of one that is tried again the peer is to hear when it is here.
    if (want.why !== 'held' && !isNobodys && !want.again) return;
    this.mark.push({ path, why: 'fetch', code: lasting(want), attempts: 0 });
  }

  /** What the role of the peer lets through; all else is dealt with here. */
  #byRole(announcement: Announcement, now: Now): Taken | undefined {
    const { role, speaker } = this.#standing;
    if (role === 'two-way') return announcement;
    const { record: theirs, seq, movedFrom } = announcement;
    const { path } = theirs;
    if (this.#takesBack(theirs, now)) this.#dropWant(path, now);
    const ours = now.want ?? now.row?.record;
    const from = movedFrom === undefined ? undefined : this.#nowAt(movedFrom);
    const movedOurs = from?.want ?? from?.row?.record;
    const ruling = judgeByRole(role, ours, theirs, movedOurs, speaker, this.#reconcileContext);
    switch (ruling.kind) {
      case 'allowed':
        return ruling.record === theirs ? announcement : { ...announcement, record: ruling.record, corrected: true };
      case 'join':
        this.happened.push(...stays(ours, ruling.record));
        this.#holdAnew(ruling.record, now, relate(ruling.record.vector, theirs.vector) === 'equal');
        return undefined;
      case 'answered':
        this.#holdAnew(ruling.answer, now, false);
        return undefined;
      case 'refused':
        this.refused.push({ path, seq, held: isLive(ours), isUnsure: ruling.why === 'unsure' });
        return undefined;
      case 'passed over': {
        const has = now.want !== undefined && relate(now.want.vector, theirs.vector) === 'equal';
        this.sources.push({ path, peer: this.#peer, seq, has });
        if (!isLive(theirs)) this.withdrawn.push(path);
        return undefined;
      }
    }
  }

  #takesBack(theirs: FileRecord, { want }: Now): boolean {
    const { sources = [] } = this.#context.index.wanted(theirs.path) ?? {};
    if (sources.some(({ peer, has }) => has && peer !== this.#peer)) return false;
    return takesBack(theirs, want, this.#peer, this.#standing.speaker);
  }

  /** What we hold or are to hold, with a vector that has seen more. */
  #holdAnew(record: FileRecord, now: Now, theirs: boolean): void {
    const { want, row } = now;
    const isToCome = want !== undefined && (row === undefined || relate(want.vector, row.record.vector) !== 'equal');
    if (!isToCome) {
      this.#putRow(record, now, theirs);
      this.#dropWant(record.path, now);
      return;
    }
    const { path } = record;
    const rivals = now.announced.filter((one) => one !== want && relate(one.vector, record.vector) !== 'older');
    const before = this.wants.get(path) ?? this.#context.index.wanted(path);
    const code = before === undefined ? undefined : lasting(before);
    this.unwant.delete(path);
    this.wants.set(path, { record, rivals, why: 'fetch', code, sinceMs: this.#context.clock.nowMs() });
    // Nobody has announced this very version.
    for (const { peer, seq } of this.#context.index.wanted(path)?.sources ?? [])
      this.sources.push({ path, peer, seq, has: false });
    now.want = record;
    now.announced = [record, ...rivals];
  }

  /**
   * All that we hold is our peers', who take little or nothing of ours: the same content made here apart from theirs is
   * theirs, and what was made here alone, which none of them takes, loses.
   */
  #adopts(announcement: Taken, now: Now): boolean {
    const { restricts, master } = this.#standing;
    const { row } = now;
    if (!restricts || master === undefined || row === undefined) return false;
    const { record: theirs } = announcement;
    const ours = row.record;
    if (relate(theirs.vector, ours.vector) !== 'concurrent') return false;
    if (sameEntry(ours.entry, theirs.entry)) {
      this.#join(announcement, theirs, now);
      return true;
    }
    if (master !== 'read-only' || ours.origin !== this.#context.self) return false;
    const record = { ...ours, stamp: UNSYNCED_STAMP };
    this.rows.set(record.path, { change: { ...row, record, announce: false }, theirs: false });
    now.row = { ...row, record };
    return false;
  }

  /** Only we count in our epoch. A count that no clock of ours reached would not rise with our next version. */
  #isMadeUp({ vector }: FileRecord, ours: FileRecord | undefined): boolean {
    const { maker, nowMs } = this.#reconcileContext;
    const reached = Math.max(countOf(ours?.vector ?? [], maker.epoch), nowMs + CENTURY_MS);
    return countOf(vector, maker.epoch) > reached;
  }

  #nowAt(path: RelativePath): Now {
    let now = this.#now.get(path);
    if (now === undefined) {
      const { index } = this.#context;
      const want = index.wanted(path);
      const announced = want === undefined ? [] : wantedVersions(want);
      now = { row: index.row(path), want: want?.record, announced };
      this.#now.set(path, now);
    }
    return now;
  }

  #join({ record: theirs }: Announcement, record: FileRecord, now: Now): void {
    const ours = now.row?.record;
    // Of two that meet for the first time, with one content, neither has been in a conflict now.
    if (ours !== undefined && relate(theirs.vector, ours.vector) === 'newer')
      this.happened.push(...stays(ours, record));
    this.#putRow(record, now, relate(record.vector, theirs.vector) === 'equal');
    this.#dropWant(record.path, now);
  }

  #putRow(record: FileRecord, now: Now, theirs: boolean): void {
    // What is known of the disk stays: a directory that is kept here must not look new, nor a file less than racy.
    const { seen, racy, keptLocally, boundary } = now.row ?? NEVER_SEEN;
    const row = { record, seen, racy, keptLocally: keptLocally && !isLive(record), boundary };
    // Put last: the order of a batch is the order of its sequences.
    this.rows.delete(record.path);
    this.rows.set(record.path, { change: { ...row, announce: true }, theirs });
    now.row = row;
  }

  #dropWant(path: RelativePath, now: Now): void {
    if (now.want === undefined) return;
    this.unwanted.push(now.want);
    const { row } = now;
    const code = this.#context.index.wanted(path)?.code;
    if (row !== undefined && isLive(row.record) && (row.seen === undefined || isOtherwiseHere({ code }))) {
      // It is not on the disk, or not as it should be: what is here is wanted back.
      const { record } = row;
      now.want = record;
      now.announced = [record];
      this.wants.set(path, { record, why: 'fetch', code, sinceMs: this.#context.clock.nowMs() });
      return;
    }
    this.wants.delete(path);
    this.unwant.add(path);
    now.want = undefined;
    now.announced = [];
  }

  /** What is not synced here is kept as it was announced: it will not be said again. */
  #ignores(record: FileRecord, { announced }: Now): boolean {
    return this.#filtering.ignores(record, announced.find(isLive));
  }

  #take(announcement: Taken, record: FileRecord, announced: readonly FileRecord[], now: Now): void {
    const { seq, content, packed = false, movedFrom, record: theirs, corrected } = announcement;
    const { path } = record;
    const rivals = announced.filter((one) => one !== record);
    // `has` says that a peer announced this very version, not only its content: it need not be told of it.
    const isTheirs = record === theirs;
    const has = isTheirs && corrected !== true;
    if (now.want === undefined || relate(now.want.vector, record.vector) !== 'equal')
      for (const other of this.#context.index.wanted(path)?.sources ?? [])
        if (other.peer !== this.#peer) this.sources.push({ path, peer: other.peer, seq: other.seq, has: false });
    this.sources.push({ path, peer: this.#peer, seq, has });
    this.unwant.delete(path);
    // What a power loss left here is still damaged when another version is wanted, of the same content perhaps.
    const before = this.wants.get(path) ?? this.#context.index.wanted(path);
    const code = before === undefined ? undefined : lasting(before);
    const why = this.#ignores(record, now) ? 'ignored' : 'fetch';
    // Of damage that is set aside it says until when nobody had touched it.
    const isSetAside = before?.why === 'ignored' && code === 'E_DAMAGED';
    const sinceMs = isSetAside ? before.sinceMs : this.#context.clock.nowMs();
    this.wants.set(path, { record, rivals, movedFrom: isTheirs ? movedFrom : undefined, why, code, sinceMs });
    const known = now.row?.seen === undefined ? undefined : now.row.record.entry;
    if (
      content !== undefined &&
      isTheirs &&
      why === 'fetch' &&
      !(known !== undefined && sameContent(known, record.entry))
    )
      this.contents.push({ record, bytes: content, packed });
    if (now.want !== undefined) this.unwanted.push(now.want);
    now.want = record;
    now.announced = announced;
  }
}
