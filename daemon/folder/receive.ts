// Changes made elsewhere: announcements are decided on in the order in which they came, a batch in one transaction, and
// become wants, new records of what is here already, or nothing.
import type { DeviceId, Sequence } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, isLive, sameContent } from '../core/record.ts';
import { type Verdict, reconcile } from '../core/reconcile.ts';
import { relate } from '../core/version-vector.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import type { Want, WantSource } from '../index/wanted.ts';
import type { Announcement } from '../ports/peers.ts';
import { type Happened, historyRow, sizeOf, tell } from './chronicle.ts';
import { type FolderContext, reconcileContext } from './context.ts';
import type { LinkState, Links } from './links.ts';
import type { Litter } from './litter.ts';

export interface Received {
  /** Wants that are new, with the content that came along. */
  readonly contents: readonly { readonly record: FileRecord; readonly bytes: Uint8Array }[];
  /** Paths whose want is another one now, or gone. */
  readonly changedWants: readonly RelativePath[];
}

/** What a path is as this batch has left it: the index sees the batch only when it is whole. */
interface Now {
  row: Pick<Row, 'record' | 'seen'> | undefined;
  want: FileRecord | undefined;
}

export class Receiver {
  readonly #context: FolderContext;
  readonly #links: Links;
  readonly #litter: Litter;

  constructor(context: FolderContext, links: Links, litter: Litter) {
    this.#context = context;
    this.#links = links;
    this.#litter = litter;
  }

  /** Decides on announcements of one peer, and commits what they mean. */
  receive(state: LinkState, announcements: readonly Announcement[]): Received {
    const { index, clock } = this.#context;
    const batch = new ReceivedBatch(this.#context, state.link.device);
    for (const announcement of announcements) batch.decide(announcement);
    const last = announcements.at(-1)?.seq ?? state.received;
    const epoch = state.theirs?.epoch;
    state.received = Math.max(state.received, last) as Sequence;
    const have = epoch === undefined ? [] : [{ peer: state.link.device, epoch, seq: state.received }];
    const changes = [...batch.rows.values()];
    const committed = index.commit({
      nowUs: clock.nowUs(),
      have,
      unwant: [...batch.unwant],
      want: [...batch.wants.values()],
      sources: batch.sources,
      rows: changes.map(({ change }) => change),
      history: batch.happened.map((one) => historyRow(one, clock.nowMs())),
    });
    for (const record of batch.unwanted) this.#litter.add(record);
    const announced = changes.filter(({ change }) => change.announce);
    committed.forEach(({ seq }, i) => {
      // The peer said so itself: it need not be told.
      if (announced[i]?.theirs === true) this.#links.of(state.link)?.knows(seq);
    });
    tell(this.#context, batch.happened);
    return {
      contents: batch.contents.filter(({ record }) => batch.wants.get(record.path)?.record === record),
      changedWants: [...batch.unwant, ...batch.wants.keys()],
    };
  }
}

class ReceivedBatch {
  readonly rows = new Map<RelativePath, { readonly change: RowChange; readonly theirs: boolean }>();
  readonly wants = new Map<RelativePath, Want>();
  readonly unwant = new Set<RelativePath>();
  /** Wants that are others now, or gone. */
  readonly unwanted: FileRecord[] = [];
  readonly sources: WantSource[] = [];
  readonly contents: { readonly record: FileRecord; readonly bytes: Uint8Array }[] = [];
  readonly happened: Happened[] = [];
  readonly #context: FolderContext;
  readonly #peer: DeviceId;
  readonly #now = new Map<RelativePath, Now>();

  constructor(context: FolderContext, peer: DeviceId) {
    this.#context = context;
    this.#peer = peer;
  }

  decide(announcement: Announcement): void {
    const { record: theirs } = announcement;
    const now = this.#nowAt(theirs.path);
    const candidate = this.#besideWanted(now.want, announcement);
    if (candidate === undefined) return;
    const ours = now.row?.record;
    const verdict = reconcile(ours, candidate, reconcileContext(this.#context));
    // A tombstone of what is not here, or of what is gone already, needs nothing of the disk.
    if (verdict.kind === 'take' && !isLive(verdict.record) && !isLive(ours))
      this.#join(announcement, verdict.record, now);
    else this.#carryOut(verdict, announcement, now);
  }

  #nowAt(path: RelativePath): Now {
    let now = this.#now.get(path);
    if (now === undefined) {
      const { index } = this.#context;
      now = { row: index.row(path), want: index.wanted(path)?.record };
      this.#now.set(path, now);
    }
    return now;
  }

  /** Beside what is wanted already: the better of the two, or undefined when that stays. */
  #besideWanted(want: FileRecord | undefined, { record: theirs, seq }: Announcement): FileRecord | undefined {
    if (want === undefined) return theirs;
    const verdict = reconcile(want, theirs, reconcileContext(this.#context));
    switch (verdict.kind) {
      case 'take':
        return verdict.record;
      case 'join':
        // The same entry, with more known about it: the content that is on its way is the right one.
        return verdict.record;
      case 'known':
      case 'revive': {
        // What is wanted stays so; whoever holds the other one will say what becomes of it.
        const has = relate(want.vector, theirs.vector) === 'equal';
        this.sources.push({ path: want.path, peer: this.#peer, seq, has });
        return undefined;
      }
    }
  }

  #carryOut(verdict: Verdict, announcement: Announcement, now: Now): void {
    switch (verdict.kind) {
      case 'known':
        this.#dropWant(announcement.record.path, now);
        return;
      case 'join':
        this.#join(announcement, verdict.record, now);
        return;
      case 'revive':
        this.#putRow(verdict.record, now, false);
        this.#dropWant(verdict.record.path, now);
        return;
      case 'take':
        this.#take(announcement, verdict.record, verdict.conflict, now);
        return;
    }
  }

  #join({ record: theirs }: Announcement, record: FileRecord, now: Now): void {
    this.#putRow(record, now, relate(record.vector, theirs.vector) === 'equal');
    this.#dropWant(record.path, now);
  }

  #putRow(record: FileRecord, now: Now, theirs: boolean): void {
    const seen = now.row?.seen;
    // Put last: the order of a batch is the order of its sequences.
    this.rows.delete(record.path);
    this.rows.set(record.path, { change: { record, seen, announce: true }, theirs });
    now.row = { record, seen };
  }

  #dropWant(path: RelativePath, now: Now): void {
    if (now.want === undefined) return;
    this.unwanted.push(now.want);
    this.wants.delete(path);
    this.unwant.add(path);
    now.want = undefined;
  }

  #take(announcement: Announcement, record: FileRecord, conflict: boolean, now: Now): void {
    const { seq, content, movedFrom, record: theirs } = announcement;
    const { path } = record;
    const source = { peer: this.#peer, seq };
    this.unwant.delete(path);
    // `has` says that a peer need not be told: so of this very version, not only of its content.
    for (const other of this.#context.index.wanted(path)?.sources ?? [])
      if (other.peer !== this.#peer) this.sources.push({ path, peer: other.peer, seq: other.seq, has: false });
    if (relate(record.vector, theirs.vector) !== 'equal')
      this.sources.push({ path, peer: this.#peer, seq, has: false });
    this.wants.set(path, { record, movedFrom, why: 'fetch', sinceMs: this.#context.clock.nowMs(), source });
    const known = now.row?.seen === undefined ? undefined : now.row.record.entry;
    if (content !== undefined && !(known !== undefined && sameContent(known, record.entry)))
      this.contents.push({ record, bytes: content });
    if (now.want !== undefined) this.unwanted.push(now.want);
    now.want = record;
    if (!conflict) return;
    const winner = this.#context.deviceName(record.origin);
    this.#context.log.warn('conflict: the version here lost', { path, winner });
    const detail = 'changed on both sides; the other version is newer, the one here is kept';
    const sizeBytes = sizeOf(record);
    this.happened.push({ path, what: 'conflict', device: record.origin, direction: 'received', sizeBytes, detail });
  }
}
