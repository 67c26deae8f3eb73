// Directories that outlived their deletion because of what was not synced in them: when that is gone, they go too.
import { type RelativePath, comparePaths, parentOf } from '../core/path.ts';
import { apply } from '../disk/apply.ts';
import type { Row } from '../index/file-state.ts';
import type { FolderContext } from './context.ts';
import type { SkippedPaths } from './skipped.ts';

export class KeptDirectories {
  readonly #context: FolderContext;
  readonly #skipped: SkippedPaths;

  constructor(context: FolderContext, skipped: SkippedPaths) {
    this.#context = context;
    this.#skipped = skipped;
  }

  /** These were looked at, and are still there: the empty ones are removed, the deepest first. */
  async removeEmpty(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const { workers, index, clock } = this.#context;
    const kept = rows.toSorted((a, b) => comparePaths(b.record.path, a.record.path));
    const operations = kept.map(({ record }) => ({ kind: 'rmdir', path: record.path }) as const);
    const outcomes = await workers.run(apply, { tree: this.#context.tree(), operations });
    const gone = kept.filter((_, i) => outcomes[i]?.kind === 'done');
    if (gone.length === 0) return;
    const change = { seen: undefined, keptLocally: false, announce: false };
    index.commit({ nowUs: clock.nowUs(), rows: gone.map((row) => ({ ...row, ...change })) });
    for (const { record } of gone) this.#skipped.clear(record.path);
  }

  /** The directory above a path, if it is kept: it may be empty now. */
  above(path: RelativePath): RelativePath | undefined {
    const dir = parentOf(path);
    const row = dir === '' ? undefined : this.#context.index.row(dir);
    return row?.keptLocally === true ? row.record.path : undefined;
  }
}
