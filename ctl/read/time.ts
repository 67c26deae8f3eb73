// Times as people write them: RFC 3339, `2026-11-12 18:40`, `today`, `yesterday 14:00`, `14:00`, `2h` (ago). What has no
// zone is in the local one.
import { usage } from '../failure.ts';
import { parseDuration } from './duration.ts';

const DAY_AND_CLOCK = /^(?:(\d{4})-(\d\d)-(\d\d)|(today|yesterday))?[ T]?(?:(\d{1,2}):(\d\d)(?::(\d\d))?)?$/;
const WITH_ZONE = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; undefined where it is not a time. */
export function parseTime(text: string, nowMs: number): number | undefined {
  const given = text.trim();
  if (given === 'now') return nowMs;
  const ago = parseDuration(given.replace(/^-/, '').replace(/ ago$/, ''));
  if (ago !== undefined) return nowMs - ago;
  if (WITH_ZONE.test(given)) return valid(Date.parse(given.replace(' ', 'T')));
  const found = DAY_AND_CLOCK.exec(given);
  if (found === null || given === '') return undefined;
  const [, year, month, day, word, hours, minutes, seconds] = found;
  if (year === undefined && word === undefined && hours === undefined) return undefined;
  const now = new Date(nowMs);
  const date =
    year === undefined
      ? new Date(now.getFullYear(), now.getMonth(), now.getDate() - (word === 'yesterday' ? 1 : 0))
      : new Date(Number(year), Number(month) - 1, Number(day));
  // 31 February would become a day in March.
  if (day !== undefined && date.getDate() !== Number(day)) return undefined;
  if (Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59 || Number(seconds ?? 0) > 59) return undefined;
  date.setHours(Number(hours ?? 0), Number(minutes ?? 0), Number(seconds ?? 0));
  return valid(date.getTime());
}

const valid = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms);

/** The time that an option names, as the API takes it. Wrong usage where it names none. */
export function timeOption(option: string, text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined) return undefined;
  const ms = parseTime(text, nowMs);
  if (ms === undefined)
    throw usage(
      `${option} ${text} is not a time`,
      `Write ${option} 2026-11-12T18:40:00Z, ${option} 2h, or ${option} 'yesterday 14:00'.`,
    );
  return new Date(ms).toISOString();
}
