// `conflict: merge`: keeps the content of every text file as it is now, so that it is at hand when two devices have edited it
// apart. It follows the index: what is new there is read, a batch a turn.
import { MAX_MERGE_BYTES } from '../core/merge-text.ts';
import { NO_SEQUENCE, type Sequence } from '../core/ids.ts';
import { packTexts } from '../disk/text-jobs.ts';
import type { NewMergeBase } from '../index/merge-bases.ts';
import type { FolderContext } from './context.ts';

/** Records looked at in one turn. */
const AT_ONCE = 64;
/** Key of the index: up to which sequence everything is kept. */
const KEPT_UP_TO = 'merge bases';

export class KeepBases {
  readonly #context: FolderContext;
  #isCleared = false;

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** A batch. False when there is nothing new. */
  async take(): Promise<boolean> {
    const { index, clock, workers, agreed, self } = this.#context;
    if (agreed().conflict.value !== 'merge') {
      this.#clear();
      return false;
    }
    this.#isCleared = false;
    const from = this.#keptUpTo;
    if (from >= index.seq) return false;
    const page = index.after(from, AT_ONCE);
    const texts = page.flatMap(({ record, seq }) => {
      const { entry, path } = record;
      if (entry.kind !== 'file' || entry.size > MAX_MERGE_BYTES) return [];
      return [{ record, seq, file: { path, size: entry.size, sha256: entry.sha256 } }];
    });
    const files = texts.map(({ file }) => file);
    const packed = files.length === 0 ? [] : await workers.run(packTexts, { tree: this.#context.tree(), files });
    const bases = texts.flatMap(({ record, seq, file: { sha256 } }, i): NewMergeBase[] => {
      const content = packed[i];
      const { path, vector, stamp, origin } = record;
      return content === undefined
        ? []
        : [{ path, vector, stamp, sha256, seq, isOwn: origin === self, packed: content }];
    });
    this.keep(bases);
    const upTo = page.at(-1)?.seq ?? index.seq;
    index.commit({ nowUs: clock.nowUs(), meta: [[KEPT_UP_TO, String(upTo)]] });
    return page.length > 0;
  }

  keep(bases: readonly NewMergeBase[]): void {
    const { index, log } = this.#context;
    const gone = index.mergeBases.put(bases, this.#heard);
    if (gone > 0)
      log.info('lets go of the oldest contents that are kept for merging: a conflict of these files is not merged', {
        contents: gone,
      });
  }

  get #keptUpTo(): Sequence {
    const text = this.#context.index.meta(KEPT_UP_TO);
    return text === undefined ? NO_SEQUENCE : (Number(text) as Sequence);
  }

  /** Ours up to here some peer holds: it may begin from that. */
  get #heard(): Sequence {
    const { index, settings } = this.#context;
    const held = [...settings().peers.keys()].flatMap((device) => {
      const holds = index.holds(device);
      return holds?.epoch === index.epoch ? [holds.seq] : [];
    });
    return held.reduce<Sequence>((most, seq) => (seq > most ? seq : most), NO_SEQUENCE);
  }

  /** With another rule nothing is merged, and nothing needs to be kept for it. */
  #clear(): void {
    if (this.#isCleared) return;
    this.#isCleared = true;
    const { index, clock } = this.#context;
    index.mergeBases.clear();
    if (index.meta(KEPT_UP_TO) !== undefined) index.commit({ nowUs: clock.nowUs(), meta: [[KEPT_UP_TO, null]] });
  }
}
