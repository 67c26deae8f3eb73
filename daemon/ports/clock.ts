// Time. Nothing outside system/ reads a clock or sets a timer in any other way.

export interface Timer {
  /** After this the callback is not called. May be called twice. */
  cancel(): void;
}

export interface Clock {
  /** The wall clock: milliseconds since 1970. May jump, also backwards. */
  nowMs(): number;
  /** The wall clock in microseconds, an integer. */
  nowUs(): number;
  /** Milliseconds since some moment; never jumps. For durations and deadlines. */
  monotonicMs(): number;
  /** Calls back once, not before `delayMs` have passed. A timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}
