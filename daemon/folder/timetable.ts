// When this folder may act: within its schedule contents go either way and changes are told; with an interval, changes are
// gathered and told together. `sync` overrides both until all is in sync, or for an hour.
import type { Sequence } from '../core/ids.ts';
import { type Schedule, isOpenAt, nextTimeMs } from '../core/schedule.ts';
import type { FolderContext } from './context.ts';

/** A peer that never confirms must not make a schedule void. */
const LONGEST_OVERRIDE_MS = 60 * 60 * 1000;
/** All is in sync, and it goes on for so long: `syncctl sync && syncctl wait` is to hear that. */
const LINGER_MS = 10_000;

/** What the schedule says, and the span of the wall clock in which it says so. */
interface Hours {
  readonly schedule: Schedule;
  readonly isOpen: boolean;
  readonly fromMs: number;
  /** Infinity: for ever. */
  readonly untilMs: number;
}

export class Timetable {
  readonly #context: FolderContext;
  #hours: Hours | undefined;
  /** Until when `sync` overrides: monotonic ms. */
  #overrideMs = Number.NEGATIVE_INFINITY;
  /** Ours up to here may be told. */
  #released: Sequence;
  /** Since when something waits to be told: monotonic ms. */
  #waitsSinceMs: number | undefined;
  #hasScanned = false;

  constructor(context: FolderContext) {
    this.#context = context;
    this.#released = context.index.seq;
    this.#readSchedule();
  }

  /** Contents may be sent, received and applied, and changes told. */
  get isOpen(): boolean {
    return this.#hours === undefined || this.#hours.isOpen || this.#isOverridden;
  }

  /** Until when it stands still: wall clock, ms; undefined: it does not. */
  get closedUntilMs(): number | undefined {
    return this.isOpen ? undefined : this.#hours?.untilMs;
  }

  /** Our changes up to here may be told to peers. */
  get mayTell(): Sequence {
    const { index, settings } = this.#context;
    return settings().intervalMs === 0 || this.#isOverridden ? index.seq : this.#released;
  }

  /** In how long what is gathered will be told: ms; undefined: nothing waits for the interval. */
  get tellsInMs(): number | undefined {
    if (this.#waitsSinceMs === undefined) return undefined;
    const waitedMs = this.#context.clock.monotonicMs() - this.#waitsSinceMs;
    return Math.max(0, this.#context.settings().intervalMs - waitedMs);
  }

  /** Now, whatever interval and schedule say, and until all is in sync. */
  override(): void {
    this.#overrideMs = this.#context.clock.monotonicMs() + LONGEST_OVERRIDE_MS;
  }

  /**
   * Takes note of the time. To be called each turn.
   * @param hasScanned a full scan has been completed since the start
   * @param isDone all is in sync with those who are connected
   */
  tick(hasScanned: boolean, isDone: () => boolean): void {
    if (this.#isOverridden && isDone())
      this.#overrideMs = Math.min(this.#overrideMs, this.#context.clock.monotonicMs() + LINGER_MS);
    const before = this.isOpen;
    this.#readSchedule();
    if (before !== this.isOpen)
      this.#context.log.info(this.isOpen ? 'goes on: within its schedule' : 'outside of its schedule');
    this.#gather(hasScanned);
  }

  get #isOverridden(): boolean {
    return this.#context.clock.monotonicMs() < this.#overrideMs;
  }

  /** Looked up anew when its time is over, when the clock was set back, and when it is another schedule. */
  #readSchedule(): void {
    const nowMs = this.#context.clock.nowMs();
    const { schedule } = this.#context.settings();
    const hours = this.#hours;
    if (hours?.schedule.text === schedule?.text) {
      if (hours === undefined || (nowMs >= hours.fromMs && nowMs < hours.untilMs)) return;
      // A machine that slept through the time of cron does it when it wakes.
      if (hours.schedule.kind === 'cron' && nowMs >= hours.untilMs) this.override();
    }
    this.#hours = schedule && {
      schedule,
      isOpen: isOpenAt(schedule, nowMs),
      fromMs: nowMs,
      untilMs: nextTimeMs(schedule, nowMs) ?? Number.POSITIVE_INFINITY,
    };
  }

  /** From the first change on everything is gathered until the interval is over. What was missed while off goes at once. */
  #gather(hasScanned: boolean): void {
    const { index, clock } = this.#context;
    const isFirstScan = hasScanned && !this.#hasScanned;
    this.#hasScanned = hasScanned;
    if (isFirstScan || this.mayTell >= index.seq) {
      this.#released = index.seq;
      this.#waitsSinceMs = undefined;
      return;
    }
    this.#waitsSinceMs ??= clock.monotonicMs();
    if (this.tellsInMs !== 0) return;
    this.#released = index.seq;
    this.#waitsSinceMs = undefined;
  }
}
