// What connects the devices of a world. Two kinds: messages handed over as values (simulated-session.ts), and links of
// bytes between the sessions that ship (simulated-host.ts).
import type { DeviceId } from '../../daemon/core/ids.ts';

/** How a connection ends. half-open: one side is not told; black hole: neither is. */
export type Cut = 'reset' | 'half-open' | 'black hole';

/** How a process ends: with a goodbye, with its sockets closed by the kernel, or with the whole machine. */
export type ProcessEnd = 'stopped' | 'killed' | 'powerless';

export interface Wires {
  /** These two can reach each other from now on. */
  heal(a: number, b: number): void;
  /** They cannot, from now on. */
  cut(a: number, b: number, how: Cut): void;
  began(device: number): void;
  ended(device: number, how: ProcessEnd): void;
  /** ports/peers, Backpressure. */
  setReading(device: number, from: DeviceId, on: boolean): void;
  /** All that should be connected are, and each message arrives. */
  readonly isWhole: boolean;
  end(): void;
}

/** Tells of messages that go over the wires: all but those that only say that somebody is there. */
export interface OnMessages {
  (from: string, to: string, words: () => string): void;
}

export function linkKey(a: number, b: number): string {
  return `${Math.min(a, b)}-${Math.max(a, b)}`;
}
