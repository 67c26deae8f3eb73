// What was created on this device although its role here does not allow it: it stays where it is, nobody is told of it, and
// status names it. It has no row in the index, as what is ignored has none.
import type { SeenStat } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { isLive } from '../core/record.ts';
import type { Row } from '../index/file-state.ts';
import type { FolderContext } from './context.ts';
import { lookAtUndone } from './bring-back.ts';
import type { Hints } from './hints.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';

/** Of more, each scan reads them anew, and none is recognised as moved. */
const MAX_KNOWN = 10_000;

export class Unsynced {
  readonly #context: FolderContext;
  readonly #skipped: SkippedPaths;
  readonly #inodes = new Map<RelativePath, bigint>();
  readonly #byInode = new Map<bigint, RelativePath>();
  /** Something else may be changed here since that was looked at. */
  #isDue = false;

  readonly #roles: Roles;
  readonly #hints: Hints;

  constructor(context: FolderContext, skipped: SkippedPaths, roles: Roles, hints: Hints) {
    this.#context = context;
    this.#roles = roles;
    this.#hints = hints;
    this.#skipped = skipped;
  }

  /** It was created here against the role, and looked at: it stays, and need not be read again. */
  stays(row: Row | undefined, path: RelativePath, { ino }: SeenStat): boolean {
    if (this.#roles.here === 'two-way' || isLive(row?.record) || row?.keptLocally === true) return false;
    return this.#inodes.get(path) === ino && this.#context.index.wanted(path) === undefined;
  }

  keep(path: RelativePath, { ino }: SeenStat): void {
    this.#skipped.set(path, 'E_ROLE');
    if (this.#inodes.get(path) === ino) return;
    this.#context.log.info('stays as it is, and is not synced', { path, code: 'E_ROLE' });
    if (this.#inodes.size >= MAX_KNOWN) return;
    this.forget(path);
    this.#inodes.set(path, ino);
    this.#byInode.set(ino, path);
  }

  /** Where the file is that had this inode elsewhere before: moved, if its content is the same too. */
  withInode(ino: bigint): RelativePath | undefined {
    return this.#byInode.get(ino);
  }

  forget(path: RelativePath): void {
    const ino = this.#inodes.get(path);
    if (ino === undefined) return;
    this.#inodes.delete(path);
    if (this.#byInode.get(ino) === path) this.#byInode.delete(ino);
  }

  /** Something else may be changed here from now on: all that was not is looked at again. */
  lookAgain(): void {
    this.#isDue = true;
    this.#hints.add({ kind: 'everything', why: 'the role of this device has changed' });
  }

  /** Before anything is looked at in a turn. */
  settle(): void {
    if (!this.#isDue) return;
    lookAtUndone(this.#context);
    this.#inodes.clear();
    this.#byInode.clear();
    this.#skipped.clearCode('E_ROLE');
    this.#isDue = false;
  }
}
