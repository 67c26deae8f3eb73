// Tells each connected peer what is new here, in the order of our sequences, as fast as that peer takes it. Small contents
// go along where the peer cannot have them: what was made here since it connected, and everything into an empty folder.
import type { Sequence } from '../core/ids.ts';
import { type FileRecord, type SequencedRecord, isUnsynced } from '../core/record.ts';
import { readWhole } from '../disk/read.ts';
import { type Announcement, contentBytes } from '../ports/peers.ts';
import type { Packing } from '../transfer/packing.ts';
import type { FolderContext } from './context.ts';
import type { LinkState } from './links.ts';

/** Records of one round. */
const PAGE = 256;
/** Content that goes along with its announcement; and in one round altogether. */
const INLINE_BYTES = 64 << 10;
const INLINE_ROUND_BYTES = 2 << 20;
/** Above this a peer is given nothing more until it has taken what is queued. */
const QUEUE_BYTES = 1 << 20;

interface AnnouncerParts {
  readonly packing: Packing;
  isSilent(): boolean;
  /** Our changes up to here may be told. */
  mayTell(): Sequence;
  /** A round is over. */
  wake(): void;
  onFailure(error: unknown): void;
}

export class Announcer {
  readonly #context: FolderContext;
  readonly #parts: AnnouncerParts;

  constructor(context: FolderContext, parts: AnnouncerParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Goes on with this peer if there is anything for it and it has room. Returns at once. */
  pump(state: LinkState): void {
    // Each turn of the loop comes here, and mostly there is nothing: then the index is not asked.
    if (state.pumping || state.theirs === undefined || state.cursor >= this.#context.index.seq) return;
    state.pumping = true;
    this.#rounds(state)
      .catch((error: unknown) => this.#parts.onFailure(error))
      .finally(() => {
        state.pumping = false;
      });
  }

  async #rounds(state: LinkState): Promise<void> {
    const { index } = this.#context;
    const { link } = state;
    const isLeft = (): boolean => state.cursor < index.seq;
    while (isLeft() && !this.#parts.isSilent() && link.queuedBytes < QUEUE_BYTES && state.hasRoom) {
      const from = state.cursor;
      const page = wholeMoves(index.after(from, PAGE + 1));
      const rows = this.#tellable(state, page);
      const last = rows.at(-1);
      if (last === undefined) {
        if (page.length > 0) return;
        // The last changes may be tombstones that were forgotten: there is no more to tell all the same.
        if (from < index.seq) {
          state.cursor = index.seq;
          this.#parts.wake();
        }
        return;
      }
      const { self } = this.#context;
      const unknown = rows.filter(
        (row) => !state.known.delete(row.seq) && !isUnsynced(row.record, self) && !this.#ignores(row),
      );
      this.#parts.packing.look(link);
      const announcements = await this.#withContents(state, unknown);
      // The peer's INDEX may have come anew while we read: then it begins anew.
      if (state.cursor !== from) continue;
      // Contents are given away.
      const bytes = contentBytes(announcements);
      if (announcements.length > 0) link.announce(announcements);
      this.#parts.packing.gave(link);
      state.cursor = last.seq;
      if (announcements.length > 0) state.sent(last.seq, announcements.length, bytes);
      this.#context.traffic.up.spent(this.#context.name, link.device, bytes);
      this.#parts.wake();
    }
  }

  /** Those before the first that is still gathered; what the peer knows already need not wait for it. */
  #tellable(state: LinkState, rows: readonly SequencedRecord[]): readonly SequencedRecord[] {
    const upTo = this.#parts.mayTell();
    const end = rows.findIndex(({ seq }) => seq > upTo && !state.known.has(seq));
    return end < 0 ? rows : rows.slice(0, end);
  }

  /** A device relays nothing that it ignores. */
  #ignores({ record: { path, entry } }: SequencedRecord): boolean {
    const kind = entry.kind === 'absent' ? undefined : entry.kind;
    return this.#context.filter().decide(path, { kind }).kind === 'ignored';
  }

  async #withContents(state: LinkState, rows: readonly SequencedRecord[]): Promise<Announcement[]> {
    const { name, traffic } = this.#context;
    const { device } = state.link;
    // Beyond a limit they are asked for, and come in their turn.
    const room = traffic.up.isFree(name, device) ? traffic.up.portionOf(name, device) : 0;
    const inline = new Map<Sequence, { path: SequencedRecord['record']['path']; size: number; sha256: string }>();
    let bytes = 0;
    for (const { record, seq, movedFrom } of rows) {
      const { entry, path } = record;
      if (entry.kind !== 'file' || entry.size > INLINE_BYTES || bytes + entry.size > INLINE_ROUND_BYTES) continue;
      if (!state.hasRoomForContent || !this.#mayGoAlong(state, record.origin, seq) || bytes + entry.size > room)
        continue;
      // What was moved, swapped or copied the peer has: if not, it asks.
      const mayHave = !state.wasEmpty || seq > state.liveFrom; // empty when it connected, but not now
      if (mayHave && (movedFrom !== undefined || this.#context.index.isFamiliar(entry.sha256))) continue;
      inline.set(seq, { path, size: entry.size, sha256: entry.sha256 });
      bytes += entry.size;
    }
    const files = rows.flatMap(({ record, seq }) =>
      inline.has(seq) && record.entry.kind === 'file'
        ? [
            {
              path: record.path,
              size: record.entry.size,
              sha256: record.entry.sha256,
              seq,
              packs: this.#packs(state, record),
            },
          ]
        : [],
    );
    const triesAll = this.#context.settings().compression === 'always';
    const contents =
      files.length === 0
        ? []
        : (await this.#context.workers.run(readWhole, { tree: this.#context.tree(), files, triesAll })).contents;
    const bySeq = new Map(files.map(({ seq }, i) => [seq, contents[i]]));
    return rows.map(({ record, seq, movedFrom }): Announcement => {
      const content = bySeq.get(seq);
      return {
        seq,
        record,
        ...(movedFrom === undefined ? {} : { movedFrom }),
        ...(content === undefined ? {} : { content: content.bytes }),
        ...(content?.packed === true ? { packed: true } : {}),
      };
    });
  }

  #packs({ link }: LinkState, { path }: FileRecord): boolean {
    return this.#parts.packing.packs(link, path, path);
  }

  /** A peer that holds something may have this content too; one that is linked to the maker gets it from there. */
  #mayGoAlong(state: LinkState, origin: string, seq: Sequence): boolean {
    if (state.theirs?.asks === true) return false;
    if (state.wasEmpty && seq <= state.liveFrom) return true;
    return seq > state.liveFrom && origin === this.#context.self;
  }
}

/** A page that does not end between the two records of a move: who has heard only the deletion would put the file aside. */
function wholeMoves(rows: readonly SequencedRecord[]): readonly SequencedRecord[] {
  return rows.length > PAGE && rows[PAGE]?.movedFrom === undefined ? rows.slice(0, PAGE) : rows;
}
