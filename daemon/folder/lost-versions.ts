// What a killed run had moved into the version store before it could write so: without this nobody could restore it, and
// nothing would ever let it go.
import { pages } from '../core/pages.ts';
import type { DirPath } from '../core/path.ts';
import { type StoredVersion, listStored, lookAtStored, parseStoredName } from '../disk/stored-versions.ts';
import { lookAtVersion } from '../disk/versions-out.ts';
import { hashText } from '../disk/versions.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import type { FolderContext } from './context.ts';

/** Directories listed in one job, and names in them; a directory that has more is listed by itself. */
const LIST_AT_ONCE = 64;
/** Names that are looked up, or at, in one go: of a file that is written all day there are very many versions. */
const NAMES_AT_ONCE = 5_000;

export class LostVersions {
  readonly #context: FolderContext;
  #isFirst = true;

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** At a start after a run that did not end well, and when a root is back. */
  async find(): Promise<void> {
    const { index, workers, clock, log } = this.#context;
    const isNeeded = !this.#isFirst || !index.closedCleanly;
    this.#isFirst = false;
    if (!isNeeded) return;
    let count = 0;
    for (const queue: DirPath[] = ['']; queue.length > 0;) {
      const dirs = queue.splice(-LIST_AT_ONCE);
      const found = await workers.run(listStored, { tree: this.#context.tree(), dirs, atMost: NAMES_AT_ONCE });
      queue.push(...found.left);
      for (const { dir, names: all } of found.listed)
        for (const page of pages(all, NAMES_AT_ONCE)) {
          const names = this.#unknown(dir, page);
          const { versions, dirs: deeper } = await workers.run(lookAtStored, {
            tree: this.#context.tree(),
            dir,
            names,
          });
          queue.push(...deeper);
          for (const stored of versions) {
            const row = await this.#row(stored);
            if (row === undefined) continue;
            index.commit({ nowUs: clock.nowUs(), versions: [row] });
            count++;
          }
        }
    }
    if (count > 0) log.info('found older versions that an interrupted run had kept', { versions: count });
  }

  /** Without the versions that are written down: those need not be looked at. */
  #unknown(dir: DirPath, names: readonly string[]): string[] {
    const { keptVersions } = this.#context.index;
    return names.filter((name) => {
      const stored = parseStoredName(dir, name);
      return stored === undefined || !keptVersions.has(stored.id);
    });
  }

  async #row({ id, path, storedAs, seen }: StoredVersion): Promise<KeptVersionRow | undefined> {
    const { index, workers, self } = this.#context;
    const found = await workers.run(lookAtVersion, { tree: this.#context.tree(), storedAs });
    if (found === undefined) return undefined;
    const record = index.wanted(path)?.record ?? index.row(path)?.record;
    return {
      id,
      path,
      kind: found.kind,
      sizeBytes: seen.size,
      sha256: found.kind === 'file' ? found.sha256 : hashText(found.target),
      // Moving it there has set this time.
      replacedMs: Number(seen.ctimeNs / 1_000_000n),
      modifiedMs: Number(seen.mtimeNs / 1_000_000n),
      replacedBy: record?.origin ?? self,
      why: record?.entry.kind === 'absent' ? 'deleted' : 'replaced',
      storedAs,
      stat: seen,
    };
  }
}
