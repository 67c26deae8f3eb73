// What a folder is doing and how far it is: paused or not, scanned or not, in sync or not. status, wait and the log read it.
import type { Condition } from './condition.ts';
import { needsAttention } from './condition.ts';
import type { FolderContext } from './context.ts';
import type { Deletions } from './deletions.ts';
import type { Filtering } from './filtering.ts';
import type { Health } from './health.ts';
import type { Hints } from './hints.ts';
import type { Links } from './links.ts';
import type { LocalChanges } from './local.ts';
import type { SkippedPaths } from './skipped.ts';
import { snapshotOf } from './snapshot.ts';
import type { Talk } from './talk.ts';
import type { Tasks } from './tasks.ts';
import type { Timetable } from './timetable.ts';
import type { FolderProgress, FolderSnapshot } from './view.ts';
import { type WaitNow, standing } from './waiting.ts';
import type { Watching } from './watching.ts';

const PAUSED = 'paused';
const SCANNED = 'scanned';

export interface StateParts {
  readonly deletions: Deletions;
  readonly filtering: Filtering;
  readonly health: Health;
  readonly hints: Hints;
  readonly links: Links;
  readonly local: LocalChanges;
  readonly skipped: SkippedPaths;
  readonly talk: Talk;
  readonly tasks: Tasks;
  readonly timetable: Timetable;
  readonly watching: Watching;
  /** What is due the next turn takes up. */
  readonly work: readonly { readonly isDue: boolean }[];
}

export class FolderState {
  readonly #context: FolderContext;
  readonly #parts: StateParts;
  #paused: boolean;
  #scannedOnce: boolean;
  #lastSyncMs: number | undefined;
  #shown = '';

  constructor(context: FolderContext, parts: StateParts) {
    this.#context = context;
    this.#parts = parts;
    this.#paused = context.index.meta(PAUSED) !== undefined;
    this.#scannedOnce = context.index.meta(SCANNED) !== undefined;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Survives a restart. False when it was so already. */
  setPaused(paused: boolean): boolean {
    if (this.#paused === paused) return false;
    const { index, clock, log } = this.#context;
    index.commit({ nowUs: clock.nowUs(), meta: [[PAUSED, paused ? 'yes' : null]] });
    this.#paused = paused;
    log.info(paused ? 'paused' : 'resumed');
    return true;
  }

  /** Neither paused nor outside of its schedule. */
  get mayAct(): boolean {
    return !this.#paused && this.#parts.timetable.isOpen;
  }

  noteTime(): void {
    const { timetable, local } = this.#parts;
    timetable.tick(local.lastFullScanMs !== undefined, () => {
      const now = this.standing();
      return now.kind === 'in sync' || (now.kind === 'waiting for peers' && now.connected > 0);
    });
  }

  /** Until the first scan is complete, nothing is done for peers, and most are told nothing: offers.ts. */
  get scannedOnce(): boolean {
    return this.#scannedOnce;
  }

  /** True when it has just been completed. */
  noteFirstScan(): boolean {
    if (this.#scannedOnce || this.#parts.local.lastFullScanMs === undefined) return false;
    const { index, clock } = this.#context;
    index.commit({ nowUs: clock.nowUs(), meta: [[SCANNED, 'yes']] });
    this.#scannedOnce = true;
    return true;
  }

  /** Whoever stands still cannot say so: what is on the disk is not known. */
  noteSync(): void {
    if (this.#parts.health.trouble === undefined) this.#lastSyncMs = this.#context.clock.nowMs();
  }

  get condition(): Condition {
    const { health, deletions, local, hints, talk, timetable } = this.#parts;
    if (health.trouble !== undefined) return health.trouble;
    if (this.#paused) return { kind: 'paused' };
    const { held } = deletions.hold;
    if (held !== undefined) {
      const waits = held.entries === 1 ? '1 deletion waits' : `${held.entries} deletions wait`;
      const message = `${held.why}; ${waits} for approve or reject`;
      return { kind: 'held', code: 'E_MASS_DELETE', message, deletions: held.entries };
    }
    // Nobody has looked since the start: a disk that does not answer must not seem to be in sync.
    if (local.lastFullScanMs === undefined || !this.#scannedOnce) return { kind: 'scanning' };
    if (timetable.closedUntilMs !== undefined) return outsideSchedule(timetable.closedUntilMs);
    const { fetch } = this.#context.index.wantedCounts();
    // A deletion that rests may be held in a moment: that is not rest.
    const busy = fetch > 0 || hints.size > 0 || talk.waiting > 0 || deletions.resting > 0;
    return busy ? { kind: 'syncing' } : { kind: 'idle' };
  }

  /** Tells of a condition when it changes. */
  show(): void {
    const { condition } = this;
    if (condition.kind === this.#shown) return;
    this.#shown = condition.kind;
    const code = 'code' in condition ? condition.code : undefined;
    const what = 'message' in condition ? `${condition.kind}: ${condition.message}` : condition.kind;
    this.#context.emit({
      kind: needsAttention(condition) ? 'warning' : 'condition',
      path: undefined,
      what,
      device: undefined,
      direction: undefined,
      sizeBytes: undefined,
      code,
    });
  }

  get progress(): FolderProgress {
    const { fetch, held } = this.#context.index.wantedCounts();
    return { condition: this.condition, pendingFiles: fetch + held + this.#parts.hints.size };
  }

  snapshot(): FolderSnapshot {
    const { links, skipped, timetable, watching } = this.#parts;
    return snapshotOf({
      context: this.#context,
      progress: this.progress,
      links,
      skipped,
      watchState: watching.state,
      polledFileSystem: watching.polledFileSystem,
      lastSyncMs: this.#lastSyncMs,
      tellsInMs: timetable.tellsInMs,
    });
  }

  /** How it stands for somebody who waits. */
  standing(): WaitNow {
    const { hints, deletions, filtering, local, tasks, talk, links, work } = this.#parts;
    const localDone =
      !work.some(({ isDue }) => isDue) &&
      filtering.isSettled &&
      hints.unsettled === 0 &&
      deletions.resting === 0 &&
      !local.scanning &&
      tasks.size === 0 &&
      talk.waiting === 0;
    const { index, settings } = this.#context;
    return standing({ condition: this.condition, localDone, peers: [...settings().peers.keys()], links, index });
  }
}

function outsideSchedule(untilMs: number): Condition {
  const until = untilMs === Number.POSITIVE_INFINITY ? '' : ` until ${new Date(untilMs).toISOString().slice(0, 16)}Z`;
  return { kind: 'paused', code: 'E_SCHEDULE', message: `outside of its schedule${until}` };
}
