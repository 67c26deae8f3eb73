// Contents that need no peer: another file of this folder has them, or the version store, or they are nothing at all.
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileEntry, type FileRecord, isLive, sameContent } from '../core/record.ts';
import type { Source } from '../disk/stage.ts';
import type { Row } from '../index/file-state.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import { isOtherwiseHere } from '../index/wanted.ts';

export interface LocalContentContext {
  readonly index: FolderIndex;
  /** It has vanished from the disk, and the index does not say so yet. */
  isGone(path: RelativePath): boolean;
}

/** Files with one content that are looked at: one of them is good. */
const LOOKED_AT = 8;
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' as Sha256;
const NONE: ReadonlySet<RelativePath> = new Set();

export class LocalContent {
  readonly #context: LocalContentContext;

  constructor(context: LocalContentContext) {
    this.#context = context;
  }

  /** Only mode or time differ, or a file of ours is to go whose content is to be there: a rename does it. */
  isHere(record: FileRecord, movedFrom?: RelativePath): boolean {
    const { index, isGone } = this.#context;
    const ours = index.row(record.path);
    if (ours?.seen !== undefined && !isGone(record.path) && sameContent(ours.record.entry, record.entry)) return true;
    return this.moveSource(record, movedFrom) !== undefined;
  }

  /**
   * A path of ours with this content that is itself wanted gone, and not among those taken already.
   * @param movedFrom where the peer says that it was: mostly it is there
   */
  moveSource({ path, entry }: FileRecord, movedFrom?: RelativePath, taken = NONE): RelativePath | undefined {
    const { index } = this.#context;
    if (entry.kind !== 'file' || index.wantedCounts().absent === 0) return undefined;
    const here = index.row(path);
    if (isLive(here?.record) && here?.seen !== undefined) return undefined;
    const told = movedFrom === undefined ? undefined : index.row(movedFrom);
    if (told !== undefined && sameContent(told.record.entry, entry) && this.#isToGo(told, taken)) return movedFrom;
    return index.withContent(entry.sha256, LOOKED_AT).find((row) => this.#isToGo(row, taken))?.record.path;
  }

  #isToGo({ record: { path }, seen }: Row, taken: ReadonlySet<RelativePath>): boolean {
    const { index, isGone } = this.#context;
    if (seen === undefined || taken.has(path) || isGone(path)) return false;
    const want = index.wanted(path);
    // One that was damaged or changed has not the content that its row says.
    return want?.record.entry.kind === 'absent' && !isOtherwiseHere(want);
  }

  /** Where it can be copied from; what is copied is verified, and `isWrong` are those that did not have it. */
  source({ sha256, size }: FileEntry, isWrong: (source: Source) => boolean = () => false): Source | undefined {
    const { index, isGone } = this.#context;
    if (size === 0 && sha256 === EMPTY_SHA256) return { kind: 'bytes', bytes: new Uint8Array(0) };
    for (const { record, seen } of index.withContent(sha256, LOOKED_AT)) {
      // Something of another kind may have been put there against the role.
      if (seen?.kind !== 'file' || isGone(record.path)) continue;
      const source: Source = { kind: 'copy', from: record.path, seen };
      if (!isWrong(source)) return source;
    }
    for (const { storedAs } of index.versionsByContent(sha256)) {
      const source: Source = { kind: 'version', storedAs };
      if (!isWrong(source)) return source;
    }
    const packed = index.mergeBases.packedByContent(sha256);
    return packed === undefined ? undefined : { kind: 'bytes', bytes: packed, packed: true };
  }
}
