// Whether the version store has room for what a batch would file there. Where it has none, and all in it is younger than a
// day, the change waits, named: nothing is replaced that could not be kept. So does a path that alone has filled half of it.
import type { RelativePath } from '../core/path.ts';
import { sameContent } from '../core/record.ts';
import { type WantMark, type WantedRow, isOtherwiseHere } from '../index/wanted.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import type { FolderContext } from './context.ts';
import { type Retention, weightOf } from './retention.ts';
import { lasting } from './retries.ts';
import type { SkippedPaths } from './skipped.ts';

const CODE = 'E_VERSIONS_FULL';

interface Parts {
  readonly retention: Retention;
  readonly fetcher: Fetcher;
  readonly skipped: SkippedPaths;
}

/** What carrying out a want would file. */
interface Cost {
  readonly want: WantedRow;
  readonly weight: number;
}

export class VersionRoom {
  readonly #context: FolderContext;
  readonly #parts: Parts;

  constructor(context: FolderContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Those of the paths that may be carried out now; the others are set aside and tried again from time to time. */
  async admit(paths: readonly RelativePath[]): Promise<readonly RelativePath[]> {
    const costs = this.#costs(paths);
    if (costs.length === 0) return paths;
    const { retention } = this.#parts;
    const crowding = await retention.crowding(costs.map(({ want }) => want.record.path));
    const mayGoOn = costs.filter(({ want }) => !crowding.has(want.record.path));
    const all = mayGoOn.reduce((sum, { weight }) => sum + weight, 0);
    let left = await retention.makeRoom(all);
    if (left >= all && crowding.size === 0) return paths;
    const refused = costs.filter(({ want, weight }) => {
      if (weight > left || crowding.has(want.record.path)) return true;
      left -= weight;
      return false;
    });
    this.#refuse(refused);
    const waiting = new Set(refused.map(({ want }) => want.record.path));
    return paths.filter((path) => !waiting.has(path));
  }

  #costs(paths: readonly RelativePath[]): Cost[] {
    const { index } = this.#context;
    const wants = paths.flatMap((path) => index.wanted(path) ?? []).filter(({ why }) => why === 'fetch');
    const arriving = new Set(wants.map(({ record: { entry } }) => (entry.kind === 'file' ? entry.sha256 : undefined)));
    return wants.flatMap((want): Cost[] => {
      const { path, entry } = want.record;
      const row = index.row(path);
      if (row?.seen === undefined || row.seen.kind === 'dir') return [];
      const here = row.record.entry;
      if (!isOtherwiseHere(want)) {
        if (sameContent(here, entry)) return [];
        // It is renamed.
        if (entry.kind === 'absent' && here.kind === 'file' && arriving.has(here.sha256)) return [];
      }
      return [{ want, weight: weightOf(row.seen.size) }];
    });
  }

  #refuse(costs: readonly Cost[]): void {
    const { index, clock, log } = this.#context;
    const { fetcher, skipped } = this.#parts;
    const mark = costs.map(({ want }): WantMark => {
      const { record, attempts } = want;
      return { path: record.path, why: 'skipped', code: lasting(want) ?? CODE, attempts };
    });
    index.commit({ nowUs: clock.nowUs(), mark });
    let news = 0;
    for (const { path, code } of mark) {
      fetcher.toApply.release(path);
      if (code !== undefined && skipped.set(path, code)) news++;
    }
    if (news > 0) log.warn('the older contents take all the room that they may: changes wait', { paths: news });
  }
}
