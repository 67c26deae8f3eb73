// What could not be received or applied is tried again from time to time: disks get room, rights are given back.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RelativePath } from '../core/path.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import type { FolderContext } from './context.ts';
import type { SkippedPaths } from './skipped.ts';

const TICK_MS = 5_000;
const RETRY_MS = 30_000;
/** Wants tried again in one go. */
const AT_ONCE = 1_000;

export class Retries {
  readonly #context: FolderContext;
  readonly #fetcher: Fetcher;
  readonly #skipped: SkippedPaths;
  #tickedMs = 0;
  #retriedMs = 0;

  constructor(context: FolderContext, fetcher: Fetcher, skipped: SkippedPaths) {
    this.#context = context;
    this.#fetcher = fetcher;
    this.#skipped = skipped;
  }

  /** At the next tick, whatever the interval. */
  now(): void {
    this.#retriedMs = Number.NEGATIVE_INFINITY;
  }

  tick(): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#tickedMs > TICK_MS) {
      this.#tickedMs = nowMs;
      this.#fetcher.tick();
    }
    if (nowMs - this.#retriedMs <= RETRY_MS) return;
    this.#retriedMs = nowMs;
    const { index, clock } = this.#context;
    const again = index.skipped(AT_ONCE).flatMap(({ path }) => index.wanted(path) ?? []);
    if (again.length === 0) return;
    const mark = again.map(({ record, attempts }) => ({ path: record.path, why: 'fetch' as const, attempts }));
    index.commit({ nowUs: clock.nowUs(), mark });
  }

  /** A want that cannot be had now: named in status until it can. */
  onProblem(path: RelativePath, code: ErrorCode): void {
    const { index, clock, log } = this.#context;
    const attempts = (index.wanted(path)?.attempts ?? 0) + 1;
    index.commit({ nowUs: clock.nowUs(), mark: [{ path, why: 'skipped', code, attempts }] });
    if (this.#skipped.set(path, code)) log.warn('cannot receive', { path, code });
  }
}
