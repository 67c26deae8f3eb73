// Contents that came along with their announcements: in memory, until they are written to where they take their place. A
// content that did not take it at the first try waits on the disk.
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileEntry } from '../core/record.ts';
import type { Source } from '../disk/stage.ts';

/** Twice as many as are carried out together. */
const MAX_CONTENTS = 1024;

export type Bytes = Extract<Source, { kind: 'bytes' }>;

export interface Content {
  readonly path: RelativePath;
  readonly entry: FileEntry;
  readonly source: Bytes;
}

export class InHand {
  readonly #contents = new Map<RelativePath, Content>();
  readonly #tried = new Set<RelativePath>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** False where there are so many already that it is better off on the disk. */
  add(content: Content): boolean {
    this.delete(content.path);
    if (this.#contents.size >= MAX_CONTENTS) return false;
    this.#contents.set(content.path, content);
    this.#bytes += content.source.bytes.length;
    return true;
  }

  /** This content, or any of the path. */
  has(path: RelativePath, sha256?: Sha256): boolean {
    const content = this.#contents.get(path);
    return content !== undefined && (sha256 === undefined || content.entry.sha256 === sha256);
  }

  delete(path: RelativePath): void {
    const content = this.#contents.get(path);
    if (content === undefined) return;
    this.#contents.delete(path);
    this.#tried.delete(path);
    this.#bytes -= content.source.bytes.length;
  }

  /** It is to be carried out now: what is still here afterwards is {@link left}. */
  handOver(path: RelativePath): void {
    if (this.#contents.has(path)) this.#tried.add(path);
  }

  get left(): readonly Content[] {
    return [...this.#tried].flatMap((path) => this.#contents.get(path) ?? []);
  }

  of(path: RelativePath, sha256: Sha256): Bytes | undefined {
    const content = this.#contents.get(path);
    return content?.entry.sha256 === sha256 ? content.source : undefined;
  }
}

/** A copy of the contents, one behind the other: one memory is moved to a worker instead of one for each. */
export function inOneMemory(sources: readonly (Bytes | undefined)[]): {
  readonly contents: readonly (Bytes | undefined)[];
  readonly memory: Uint8Array;
} {
  const memory = new Uint8Array(sources.reduce((sum, source) => sum + (source?.bytes.length ?? 0), 0));
  let at = 0;
  const contents = sources.map((source) => {
    if (source === undefined) return undefined;
    memory.set(source.bytes, at);
    return { ...source, bytes: memory.subarray(at, (at += source.bytes.length)) };
  });
  return { contents, memory };
}
