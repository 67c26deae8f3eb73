// What a power loss takes from a disk in memory, as ext4 does with data=ordered and delayed allocation: names, modes and
// times come back as they were at some earlier moment, all in their order; a content that was written since may be there,
// torn, or missing. What was synced, or is old enough to have been written by itself, is durable.
import type { SeededRandom } from './random.ts';
import type { FileInode } from './memory-tree.ts';

/** The kernel writes what is older by itself (vm.dirty_expire_centisecs, and its thread's period). */
const WRITTEN_BACK_MS = 35_000;
const PAGE = 4096;

interface Done {
  readonly atMs: number;
  readonly undo: () => void;
}

interface Unwritten {
  lastMs: number;
  /** What is on the disk; undefined where the file is newer than that. */
  readonly durable: { readonly content: Uint8Array; readonly mtimeNs: bigint; readonly ctimeNs: bigint } | undefined;
}

export class Journal {
  readonly #nowMs: () => number;
  #done: Done[] = [];
  #unwritten = new Map<FileInode, Unwritten>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Something was done to names or attributes. */
  note(undo: () => void): void {
    const atMs = this.#nowMs();
    this.#done.push({ atMs, undo });
    if (this.#done.length % 256 === 0) this.#done = this.#done.filter((one) => atMs - one.atMs < WRITTEN_BACK_MS);
  }

  /** A file is about to be written. */
  writes(file: FileInode): void {
    const known = this.#unwritten.get(file);
    const lastMs = this.#nowMs();
    if (known !== undefined) known.lastMs = lastMs;
    else {
      const content = file.content.slice(0, file.size);
      const durable = file.nlink > 0 ? { content, mtimeNs: file.mtimeNs, ctimeNs: file.ctimeNs } : undefined;
      this.#unwritten.set(file, { lastMs, durable });
    }
  }

  /** Whether a power loss leaves its content as it is. */
  isDurable(file: FileInode): boolean {
    const unwritten = this.#unwritten.get(file);
    return unwritten === undefined || this.#nowMs() - unwritten.lastMs >= WRITTEN_BACK_MS;
  }

  /** All is durable now. */
  sync(): void {
    this.#done = [];
    this.#unwritten.clear();
  }

  /** The power fails. `put` gives a file other bytes. */
  lose(random: SeededRandom, put: (file: FileInode, content: Uint8Array) => void): void {
    const nowMs = this.#nowMs();
    const recent = this.#done.filter(({ atMs }) => nowMs - atMs < WRITTEN_BACK_MS);
    // Often all of it is there: the journal is written every few seconds.
    const kept = random.oneIn(3) ? recent.length : random.below(recent.length + 1);
    for (const { undo } of recent.slice(kept).toReversed()) undo();
    // A file's size is in the journal too: no content is there that is newer than the names.
    const namesMs = recent[kept]?.atMs ?? Infinity;
    for (const [file, { lastMs, durable }] of this.#unwritten) {
      if (nowMs - lastMs >= WRITTEN_BACK_MS) continue;
      const content = file.content.slice(0, file.size);
      switch (random.below(lastMs >= namesMs ? 3 : 5)) {
        case 0:
          put(file, new Uint8Array(0));
          break;
        case 1:
          put(file, torn(content, random));
          break;
        case 2:
          if (durable === undefined) put(file, new Uint8Array(0));
          else {
            put(file, durable.content);
            file.mtimeNs = durable.mtimeNs;
            file.ctimeNs = durable.ctimeNs;
          }
          break;
        default:
      }
    }
    this.sync();
  }
}

/** Some pages never reached the disk: they are zeros, or the file ends there. */
function torn(content: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(Math.ceil(content.length / PAGE) + 1) * PAGE;
  if (random.oneIn(2)) return content.slice(0, at);
  return content.slice().fill(0, at);
}
