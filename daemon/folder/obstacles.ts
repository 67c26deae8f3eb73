// What stands in the way of a want: a path lives in directories, and a directory goes when nothing lives in it.
import type { ErrorCode } from '../../protocol/errors.ts';
import { type RelativePath, ancestorsOf } from '../core/path.ts';
import { type FileRecord, isLive } from '../core/record.ts';
import type { Row } from '../index/file-state.ts';
import { type WantedRow, wantedVersions } from '../index/wanted.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import { type FolderContext, makerOf } from './context.ts';
import { isBroughtAlong, livesOn, madeAgain } from './directories.ts';
import type { Links } from './links.ts';
import type { Litter } from './litter.ts';
import type { Roles } from './roles.ts';

/** Others must do something first; it was decided otherwise; or something that cannot be done now stands in the way. */
export type Obstacle = 'wait' | 'decided' | { readonly blocked: ErrorCode };

interface Parts {
  readonly fetcher: Fetcher;
  readonly links: Links;
  readonly litter: Litter;
  readonly roles: Roles;
}

export class Obstacles {
  readonly #context: FolderContext;
  readonly #parts: Parts;

  constructor(context: FolderContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  get #areCaughtUp(): boolean {
    return this.#parts.links.areCaughtUp(this.#context.clock.monotonicMs());
  }

  /** What stands in the way: nothing; something that others must do first; or it was decided otherwise. */
  of(want: WantedRow, batch: ReadonlyMap<RelativePath, WantedRow>): Obstacle | undefined {
    const { record } = want;
    if (isLive(record)) {
      const above = this.#above(want, batch);
      if (above !== undefined) return above;
    }
    return record.entry.kind === 'dir' ? undefined : this.#below(want, batch);
  }

  /** A live path needs live directories above it. Whoever sees that one is missing, and that none is to come, makes it. */
  #above(child: WantedRow, batch: ReadonlyMap<RelativePath, WantedRow>): Obstacle | undefined {
    const { index, clock } = this.#context;
    for (const dir of ancestorsOf(child.record.path)) {
      const row = index.row(dir);
      const want = batch.get(dir) ?? index.wanted(dir);
      if (want === undefined && row?.record.entry.kind === 'dir' && row.seen !== undefined) return undefined;
      if (want?.record.entry.kind === 'dir') {
        if (batch.has(dir)) continue;
        if (want.why === 'skipped') return { blocked: want.code ?? 'E_UNREADABLE' };
        // It is passed through only, and now something in it is to come.
        if (want.why === 'ignored')
          index.commit({ nowUs: clock.nowUs(), mark: [{ path: dir, why: 'fetch', attempts: want.attempts }] });
        if (want.why === 'fetch' || want.why === 'ignored') this.#parts.fetcher.ready(dir);
        return 'wait';
      }
      if (want === undefined && row?.record.entry.kind === 'dir') {
        // It is in the index and not on the disk: wanted back.
        this.want(row.record);
        return 'wait';
      }
      const { links } = this.#parts;
      if (!this.#areCaughtUp) return 'wait';
      if (row?.record.entry.kind !== 'dir' && isBroughtAlong(child, links, clock.nowMs())) return 'wait';
      this.#makeDirectory(dir, row?.record, want);
      return 'wait';
    }
    return undefined;
  }

  /** What replaces or removes a directory needs it empty of what lives. */
  #below(want: WantedRow, batch: ReadonlyMap<RelativePath, WantedRow>): Obstacle | undefined {
    const { index } = this.#context;
    const { path } = want.record;
    const row = index.row(path);
    if (row?.record.entry.kind !== 'dir' || !isLive(row.record)) return undefined;
    for (const { record } of index.liveBelow(path)) {
      const below = batch.get(record.path) ?? index.wanted(record.path);
      if (below === undefined || isLive(below.record)) {
        if (!this.#areCaughtUp) return 'wait';
        if (this.#isSaidByMaster(want)) return { blocked: 'E_DIR_KEPT' };
        this.#reviveDirectory(row, want);
        return 'decided';
      }
      if (below.why === 'skipped') return { blocked: below.code ?? 'E_UNREADABLE' };
      if (!batch.has(record.path)) return 'wait';
    }
    return undefined;
  }

  /**
   * Who does not take everything from us says that the directory goes: said again, that it lives, it would be refused
   * again, and so on without end. It stays, and is named.
   */
  #isSaidByMaster({ sources }: WantedRow): boolean {
    return sources.some(({ peer }) => this.#parts.roles.isRestrictedBy(peer));
  }

  #makeDirectory(path: RelativePath, ours: FileRecord | undefined, want: WantedRow | undefined): void {
    const { clock, log } = this.#context;
    const announced = want === undefined ? [] : wantedVersions(want);
    log.info('makes a directory again, because something lives in it', { path });
    if (want !== undefined) this.#parts.litter.drop(want.record);
    this.want(madeAgain(path, ours, announced, makerOf(this.#context), clock.nowMs()));
  }

  /** This is to come, or to come back. */
  want(record: FileRecord, rivals: readonly FileRecord[] = [], code?: WantedRow['code']): void {
    const { index, clock } = this.#context;
    index.commit({ nowUs: clock.nowUs(), want: [{ record, rivals, why: 'fetch', code, sinceMs: clock.nowMs() }] });
    // What has a content is fetched first.
    if (record.entry.kind !== 'file') this.#parts.fetcher.ready(record.path);
  }

  /** Removed elsewhere, but something lives in it here: it lives on for everybody. */
  #reviveDirectory(row: Row, want: WantedRow): void {
    const { index, clock, log } = this.#context;
    const { path } = row.record;
    const record = livesOn(row.record, wantedVersions(want), makerOf(this.#context), clock.nowMs());
    log.info('keeps a directory that was removed elsewhere, because something new is in it', { path });
    this.#parts.litter.drop(want.record);
    index.commit({ nowUs: clock.nowUs(), rows: [{ ...row, record, announce: true }], unwant: [path] });
  }
}
