// How many bytes of content may go each way in a second: always, and otherwise at times of the week.
import { type Windows, isWithin } from './windows.ts';

export type Direction = 'up' | 'down';

/** Bytes in a second; Infinity: no limit. */
export type Rates = Readonly<Record<Direction, number>>;

export interface Bandwidth extends Rates {
  /** Within these times instead, where a direction is named; where several hold, the least. */
  readonly at: readonly { readonly windows: Windows; readonly rates: Partial<Rates> }[];
}

export const UNLIMITED: Bandwidth = { up: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY, at: [] };

export function rateAt(bandwidth: Bandwidth, direction: Direction, nowMs: number): number {
  const now = bandwidth.at.flatMap(({ windows, rates }) => {
    const rate = rates[direction];
    return rate === undefined || !isWithin(windows, nowMs) ? [] : [rate];
  });
  return now.length === 0 ? bandwidth[direction] : Math.min(...now);
}

/** Whether it limits this direction at any time. */
export function isLimited(bandwidth: Bandwidth, direction: Direction): boolean {
  const rates = [bandwidth[direction], ...bandwidth.at.map(({ rates: { [direction]: rate } }) => rate)];
  return rates.some((rate) => rate !== undefined && rate !== Number.POSITIVE_INFINITY);
}
