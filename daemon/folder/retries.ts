// What could not be received or applied is tried again from time to time: disks get room, rights are given back.
import type { ErrorCode } from '../../protocol/errors.ts';
import { pages } from '../core/pages.ts';
import { type RelativePath, isBelow } from '../core/path.ts';
import { isLive } from '../core/record.ts';
import { relate } from '../core/version-vector.ts';
import { type Want, type WantMark, type WantedRow, isOtherwiseHere } from '../index/wanted.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import { tombstone } from '../core/observation.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Links } from './links.ts';
import type { Litter } from './litter.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';

const TICK_MS = 5_000;
const RETRY_MS = 10_000;
const NEXT_PAGE_MS = 1_000;
/** Wants tried again in one go. */
const AT_ONCE = 500;
/** Of more places at which something stood in the way, all is tried again. */
const MAX_PLACES = 1_000;
/** So often every device of the folder must have said that it does not have a content before that is named. */
const NOBODY_HAS_IT = 3;

interface Parts {
  readonly skipped: SkippedPaths;
  readonly links: Links;
  readonly litter: Litter;
  readonly roles: Roles;
}

export class Retries {
  readonly #context: FolderContext;
  readonly #fetcher: Fetcher;
  readonly #skipped: SkippedPaths;
  readonly #links: Links;
  readonly #litter: Litter;
  readonly #roles: Roles;
  #tickedMs = 0;
  #retriedMs = 0;
  /** Where the next page of what is skipped begins. */
  #after = '';
  /** All is to be tried again without a pause, for who waits; `again`: and once more from the beginning after that. */
  #asked: 'no' | 'yes' | 'again' = 'no';
  /** What stood in the way at them need not do so any more. */
  readonly #over = new Set<RelativePath>();

  constructor(context: FolderContext, fetcher: Fetcher, { skipped, links, litter, roles }: Parts) {
    this.#context = context;
    this.#fetcher = fetcher;
    this.#skipped = skipped;
    this.#links = links;
    this.#litter = litter;
    this.#roles = roles;
  }

  /** Something that was skipped is to be tried again at the next tick. */
  get isDue(): boolean {
    if (this.#context.index.wantedCounts().skipped === 0) return false;
    return this.#over.size > 0 || this.#asked !== 'no';
  }

  /** From the next tick on, whatever the interval. */
  now(): void {
    if (this.#asked === 'no') this.#after = '';
    this.#asked = this.#after === '' ? 'yes' : 'again';
  }

  /** What could not be written there or below may be possible now; `.` is the root. */
  over(path: string): void {
    if (path === '.' || this.#over.size >= MAX_PLACES) this.now();
    else this.#over.add(path as RelativePath);
  }

  /** True when it is to be called again at once. */
  tick(): boolean {
    this.#tryOver();
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#tickedMs > TICK_MS) {
      this.#tickedMs = nowMs;
      this.#fetcher.tick();
    }
    if (this.#asked === 'no' && nowMs - this.#retriedMs <= RETRY_MS) return false;
    this.#retriedMs = nowMs;
    const { index } = this.#context;
    const page = index.skipped(AT_ONCE, this.#after);
    // Whatever becomes of it, it stays acknowledged and named until it is here, or it would be told every time.
    index.tryAgain(page.map(({ path }) => path));
    const last = page.length < AT_ONCE ? undefined : page.at(-1);
    this.#after = last?.path ?? '';
    if (last === undefined) {
      this.#asked = this.#asked === 'again' ? 'yes' : 'no';
      if (index.wantedCounts().held > 0) this.#askAgain();
    }
    // Many are tried again page by page, so that the last of them has its turn too.
    else if (this.#asked === 'no') this.#retriedMs = nowMs - RETRY_MS + NEXT_PAGE_MS;
    return this.#asked !== 'no';
  }

  #tryOver(): void {
    const { index } = this.#context;
    const places = [...this.#over];
    this.#over.clear();
    for (const place of places) {
      if (index.wantedCounts().skipped === 0) return;
      const at = index.wanted(place);
      if (at !== undefined) this.#tryThere([at]);
      for (let after = `${place}/`; ;) {
        const page = index.skipped(AT_ONCE, after).filter(({ path }) => isBelow(path, place));
        const wants = page.flatMap(({ path }) => index.wanted(path) ?? []);
        this.#tryThere(wants);
        const last = page.at(-1);
        if (last === undefined || page.length < AT_ONCE) break;
        after = last.path;
      }
    }
  }

  /** What is not named any more counts as to come: whatever was in its way has gone. */
  #tryThere(wants: readonly WantedRow[]): void {
    const named: RelativePath[] = [];
    const free: WantedRow[] = [];
    for (const want of wants.filter(isKeptFrom))
      if (this.#skipped.code(want.record.path) === undefined) free.push(want);
      else named.push(want.record.path);
    this.#context.index.tryAgain(named);
    this.#fetch(free, 'anew');
  }

  /** A peer has come: it may have what nobody had. */
  onPeer(): void {
    this.now();
  }

  /**
   * Nobody has it who is connected: it waits, and does not stand before what can be had. When all are connected, and say
   * so again and again, there is nobody to wait for: then it is named, and nobody waits for it.
   */
  onNoSource(wants: readonly WantedRow[]): void {
    const { index, clock, log } = this.#context;
    const isAnybodyAway =
      this.#fetcher.isAnyResting ||
      [...this.#context.settings().peers.keys()].some((device) => this.#links.byDevice(device)?.caughtUp !== true);
    const unwant: RelativePath[] = [];
    const rows: RowChange[] = [];
    let isOursAlone = false;
    const mark = wants.flatMap((want): WantMark | [] => {
      const { record, attempts, sources } = want;
      const { path } = record;
      if (isAnybodyAway) return { path, why: 'held', code: lasting(want), attempts };
      if (attempts + 1 < NOBODY_HAS_IT) return { path, why: 'held', code: lasting(want), attempts: attempts + 1 };
      // It was ours, was ignored and removed meanwhile, and no device has announced that it has it: there is nothing to name.
      const row = index.row(path);
      if (sources.length === 0 && lasting(want) === undefined && row === undefined) {
        unwant.push(path);
        // What had come of it before its source went.
        this.#litter.add(record);
        isOursAlone = true;
        return [];
      }
      if (row !== undefined && this.#isOursLost(want, row)) {
        unwant.push(path);
        rows.push({
          record: tombstone(row.record, makerOf(this.#context), clock.nowMs()),
          seen: undefined,
          announce: true,
        });
        log.info('takes back what was edited and removed here before a peer had it', { path });
        return [];
      }
      const code = lasting(want) ?? 'E_NO_SOURCE';
      if (this.#skipped.set(path, code)) log.warn('no device has this content', { path, code });
      return { path, why: 'skipped', code, attempts };
    });
    // What it was made over others may still have, and have said so before: it is to come then. That is written down first,
    // because nobody comes back to what is not wanted any more.
    const heardAgain = isOursAlone ? [...this.#context.settings().peers.keys()] : [];
    for (const device of heardAgain) index.forgetPeer(device);
    index.commit({ nowUs: clock.nowUs(), mark, unwant, rows });
    for (const device of heardAgain) this.#links.byDevice(device)?.link.reopen();
  }

  /**
   * Edited here, and then deleted against the role: it was to come back, and no peer had it yet. They hold what it was made
   * over, and give that back when they hear that this is gone.
   */
  #isOursLost({ record, code }: WantedRow, row: Row): boolean {
    const { self } = this.#context;
    if (this.#roles.here === 'two-way' || row.record.origin !== self || !isLive(row.record)) return false;
    const isGone = row.seen === undefined || code === 'E_ROLE';
    return isGone && relate(record.vector, row.record.vector) === 'equal';
  }

  #askAgain(): void {
    for (const page of pages(this.#context.index.wantedAll(), AT_ONCE))
      this.#fetch(page.filter(({ why }) => why === 'held'));
  }

  #fetch(wants: readonly WantedRow[], counting?: 'anew'): void {
    if (wants.length === 0) return;
    const { index, clock } = this.#context;
    const mark = wants.map((want): WantMark => {
      const code = lasting(want);
      const attempts = counting === 'anew' && code === undefined ? 0 : want.attempts;
      return { path: want.record.path, why: 'fetch', code, attempts };
    });
    index.commit({ nowUs: clock.nowUs(), mark });
  }

  /** A want that cannot be had now: named in status until it can. */
  onProblem(path: RelativePath, code: ErrorCode): void {
    const { index, clock, log } = this.#context;
    const want = index.wanted(path);
    if (want !== undefined) {
      const mark = { path, why: 'skipped' as const, code: lasting(want) ?? code, attempts: want.attempts + 1 };
      index.commit({ nowUs: clock.nowUs(), mark: [mark] });
    }
    if (this.#skipped.set(path, code)) log.warn('cannot receive', { path, code });
  }
}

/** Every device of the folder has said, again and again, that it does not have this content. */
export function isNobodys({ why, code, attempts }: WantedRow): boolean {
  if (code === 'E_DAMAGED') return attempts + 1 >= NOBODY_HAS_IT;
  return why === 'skipped' && code === 'E_NO_SOURCE';
}

/** By something here: what no device has is not to be had, whatever was in the way. */
function isKeptFrom({ why, code }: WantedRow): boolean {
  return why === 'skipped' && code !== 'E_NO_SOURCE';
}

/** That a file is not what its row says stays known until it is: its stat says otherwise. */
export function lasting(want: Pick<Want, 'code'>): Want['code'] {
  return isOtherwiseHere(want) ? want.code : undefined;
}
