// When a folder syncs: within windows of the week, or at each time that a cron expression names. Time is given; nothing
// here looks at a clock.
import { Cron } from 'croner';

import { type Windows, isWithin, nextChangeMs, parseWindows, zoneAtEnd } from './windows.ts';

export type Schedule =
  | { readonly kind: 'windows'; readonly text: string; readonly windows: Windows }
  | { readonly kind: 'cron'; readonly text: string; readonly expression: string; readonly zone: string | undefined };

const FIELD = /^[\d*,/A-Za-z#?-]+$/;
const FIELDS = 5;

/** Five fields of cron and perhaps a time zone, or {@link parseWindows}. Undefined also for what never comes. */
export function parseSchedule(text: string): Schedule | undefined {
  const windows = parseWindows(text);
  if (windows !== undefined) return { kind: 'windows', text, windows };
  const words = text.trim().split(/\s+/);
  const zone = words.length > FIELDS ? zoneAtEnd(words) : undefined;
  const fields = zone === undefined ? words : words.slice(0, -1);
  if (fields.length !== FIELDS || !fields.every((field) => FIELD.test(field))) return undefined;
  const cron: Schedule = { kind: 'cron', text, expression: fields.join(' '), zone };
  return nextTimeMs(cron, 0) === undefined ? undefined : cron;
}

/** The next time after this one at which it changes: windows open or close, cron says now. Undefined: never. */
export function nextTimeMs(schedule: Schedule, afterMs: number): number | undefined {
  if (schedule.kind === 'windows') return nextChangeMs(schedule.windows, afterMs);
  const { expression, zone } = schedule;
  try {
    const options = { paused: true, mode: '5-part', ...(zone === undefined ? {} : { timezone: zone }) } as const;
    return new Cron(expression, options).nextRun(new Date(afterMs))?.getTime();
  } catch {
    return undefined; // not cron, whatever it looks like
  }
}

/** Within its windows. A time of cron is a moment, and lasts as long as there is something to do. */
export function isOpenAt(schedule: Schedule, atMs: number): boolean {
  return schedule.kind === 'windows' && isWithin(schedule.windows, atMs);
}
