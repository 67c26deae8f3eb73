// Whether a clock may be believed when it says that something is old enough to be let go. One that has jumped into the
// future would say so of everything.

/** What is remembered between two looks, wall clock in milliseconds. */
export interface ClockSeen {
  readonly lastMs: number;
  /** Until then it is not believed. */
  readonly doubtedUntilMs: number;
}

/** A step longer than this was a jump, or the machine was off: nobody can tell. */
const LONGEST_STEP_MS = 7 * 24 * 60 * 60 * 1000;
/** After such a step it has to go on for so long. */
const DOUBT_MS = 24 * 60 * 60 * 1000;
/** A step back by more than this: it was wrong before. */
const STEP_BACK_MS = 60 * 60 * 1000;

/** What was noted from then on was noted by the clock as it goes now: of that alone a doubted one can say how old it is. */
export function goesSinceMs({ doubtedUntilMs }: ClockSeen): number {
  return doubtedUntilMs - DOUBT_MS;
}

/** One more look. `before` is undefined at the first one: then there is nothing to compare with, and nothing is old yet. */
export function lookAtClock(before: ClockSeen | undefined, nowMs: number): ClockSeen & { readonly isTrusted: boolean } {
  if (before === undefined || nowMs < before.lastMs - STEP_BACK_MS)
    return { lastMs: nowMs, doubtedUntilMs: nowMs + DOUBT_MS, isTrusted: false };
  const jumped = nowMs - before.lastMs > LONGEST_STEP_MS;
  const doubtedUntilMs = jumped ? nowMs + DOUBT_MS : before.doubtedUntilMs;
  return { lastMs: nowMs, doubtedUntilMs, isTrusted: nowMs >= doubtedUntilMs };
}
