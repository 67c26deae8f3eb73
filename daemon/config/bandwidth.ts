// `bandwidth` as people write it and as it is meant: one rate for both ways, or one each, and others at times of the week.
import { type Bandwidth, type Direction, type Rates, UNLIMITED } from '../core/bandwidth.ts';
import { assert } from '../core/assert.ts';
import { parseWindows } from '../core/windows.ts';
import { formatRate, parseRate } from './quantities.ts';
import type { RawBandwidth, RawRates } from './written.ts';

const DIRECTIONS: readonly Direction[] = ['up', 'down'];

/** One rate as what it means; anything else as it is. */
export function bothWays(raw: unknown): unknown {
  return typeof raw === 'string' || typeof raw === 'number' ? { up: raw, down: raw } : raw;
}

/** It has passed the schema. */
export function toBandwidth(raw: RawBandwidth | undefined): Bandwidth {
  if (raw === undefined) return UNLIMITED;
  const at = typeof raw === 'object' ? Object.entries(raw.at ?? {}) : [];
  return {
    ...UNLIMITED,
    ...toRates(raw),
    at: at.map(([text, rates]) => {
      const windows = parseWindows(text);
      assert(windows !== undefined, 'times have passed the schema');
      return { windows, rates: toRates(rates) };
    }),
  };
}

function toRates(raw: RawRates): Partial<Rates> {
  if (typeof raw !== 'object') return { up: toRate(raw), down: toRate(raw) };
  return Object.fromEntries(
    DIRECTIONS.flatMap((direction) => {
      const rate = raw[direction];
      return rate === undefined ? [] : [[direction, toRate(rate)]];
    }),
  );
}

/** 0 is no limit. */
function toRate(raw: string | number): number {
  return parseRate(raw) || Number.POSITIVE_INFINITY;
}

/** As it would be written. */
export function showBandwidth(bandwidth: Bandwidth): RawBandwidth {
  const { at } = bandwidth;
  const shown = showRates(bandwidth);
  if (at.length === 0) return shown;
  return { ...shown, at: Object.fromEntries(at.map(({ windows, rates }) => [windows.text, showRates(rates)])) };
}

function showRates(rates: Partial<Rates>): Exclude<RawRates, string | number> {
  return Object.fromEntries(
    DIRECTIONS.flatMap((direction) => {
      const rate = rates[direction];
      if (rate === undefined) return [];
      return [[direction, rate === Number.POSITIVE_INFINITY ? 0 : formatRate(rate)]];
    }),
  );
}

export function sameBandwidth(a: Bandwidth, b: Bandwidth): boolean {
  return JSON.stringify(showBandwidth(a)) === JSON.stringify(showBandwidth(b));
}
