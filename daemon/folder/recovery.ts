// At start, before anything else: what an interrupted run left in staging finds its place. Later what could not be filed then.
import type { RelativePath } from '../core/path.ts';
import type { Entry } from '../core/record.ts';
import { recover } from '../disk/recover.ts';
import { stagedNameOf } from '../disk/stage.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import { historyRow } from './chronicle.ts';
import { type FolderContext, newVersionId } from './context.ts';
import { LostVersions } from './lost-versions.ts';

/** Names given away in one go; more is rare, and is asked for again. */
const IDS = 64;
/** Wanted files whose staging names are looked up; of more, the rest is fetched again. */
const MAX_WANTED = 100_000;

export class Recovery {
  readonly #context: FolderContext;
  readonly #fetcher: Fetcher;
  readonly #lostVersions: LostVersions;

  constructor(context: FolderContext, fetcher: Fetcher) {
    this.#context = context;
    this.#fetcher = fetcher;
    this.#lostVersions = new LostVersions(context);
  }

  /**
   * Keeps what is still wanted, whole or in part; files what somebody had in the version store.
   * @param names in staging, when only these are to be looked at: at others jobs may be at work
   */
  async run(names?: ReadonlySet<string>): Promise<void> {
    if (names?.size !== 0) await this.#stagedContents(names);
    await this.#lostVersions.find();
  }

  async #stagedContents(names: ReadonlySet<string> | undefined): Promise<void> {
    const { index, workers, clock, log, self } = this.#context;
    const wanted: { staged: string; path: RelativePath; entry: Entry }[] = [];
    for (const { record } of index.wantedAll()) {
      if (wanted.length >= MAX_WANTED) break;
      const { path, entry } = record;
      wanted.push({ staged: stagedNameOf(path, entry), path, entry });
    }
    for (let more = true; more;) {
      const ids = Array.from({ length: IDS }, () => newVersionId(this.#context));
      const found = await workers.run(recover, { tree: this.#context.tree(), wanted, ids, names });
      more = found.more;
      for (const path of found.ready) {
        const want = index.wanted(path);
        if (want !== undefined) this.#fetcher.staged(want.record);
      }
      if (found.filed.length === 0) continue;
      const nowMs = clock.nowMs();
      index.commit({
        nowUs: clock.nowUs(),
        versions: found.filed.map(({ id, path, storedAs, seen, sha256 }) => ({
          id,
          path,
          kind: seen.kind === 'symlink' ? ('symlink' as const) : ('file' as const),
          sizeBytes: seen.size,
          sha256,
          replacedMs: nowMs,
          modifiedMs: Number(seen.mtimeNs / 1_000_000n),
          replacedBy: index.wanted(path)?.record.origin ?? self,
          why: 'replaced' as const,
          storedAs,
          stat: seen,
        })),
        history: found.filed.map(({ id, path, seen }) =>
          historyRow(
            {
              path,
              what: 'kept',
              device: self,
              direction: 'local',
              sizeBytes: seen.size,
              version: id,
              detail: 'was being replaced when the daemon stopped',
            },
            nowMs,
          ),
        ),
      });
      log.info('kept what an interrupted run had replaced', { versions: found.filed.length });
    }
  }
}
