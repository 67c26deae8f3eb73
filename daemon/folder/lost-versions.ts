// What a killed run had moved into the version store before it could write so: without this nobody could restore it, and
// nothing would ever let it go.
import { type StorePlace, type StoredVersion, listStored } from '../disk/stored-versions.ts';
import { lookAtVersion } from '../disk/versions-out.ts';
import { hashText } from '../disk/versions.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import type { FolderContext } from './context.ts';

/** Directories listed in one job, and entries of them: of a file that is written all day there are many versions in one. */
const LIST_AT_ONCE = 64;
const ENTRIES_AT_ONCE = 5_000;

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
    for (const queue: StorePlace[] = [{ dir: '' }]; queue.length > 0;) {
      const places = queue.splice(-LIST_AT_ONCE);
      const listed = await workers.run(listStored, { tree: this.#context.tree(), places, atMost: ENTRIES_AT_ONCE });
      queue.push(...listed.places);
      for (const stored of listed.versions) {
        if (index.version(stored.id, stored.path).some(({ id }) => id === stored.id)) continue;
        const row = await this.#row(stored);
        if (row === undefined) continue;
        index.commit({ nowUs: clock.nowUs(), versions: [row] });
        count++;
      }
    }
    if (count > 0) log.info('found older versions that an interrupted run had kept', { versions: count });
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
