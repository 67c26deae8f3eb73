// Times of the week, as people write them: `22:00-06:00`, `mon-fri 18:00-07:00, sat-sun`, `08:00-18:00 Europe/Berlin`. By the
// clock on the wall: what daylight saving leaves out does not come, what it doubles comes twice.
const MINUTE_MS = 60_000;
const DAY_MIN = 1440;
const WEEK_MIN = 7 * DAY_MIN;
/** Clocks are changed at a quarter of an hour, wherever they are. */
const QUARTER_MIN = 15;
/** Longer than from any moment to the next change of any windows. */
const LOOK_AHEAD_MS = 15 * DAY_MIN * MINUTE_MS;

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = /^(mon|tue|wed|thu|fri|sat|sun)(?:-(mon|tue|wed|thu|fri|sat|sun))?$/i;
const TIME = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/;

/** Minutes of the week, from Monday 0:00; it may last into the next one. */
interface Span {
  readonly from: number;
  readonly lasts: number;
}

/** A moment is within them or not. */
export interface Windows {
  readonly text: string;
  /** Undefined: the machine's. */
  readonly zone: string | undefined;
  readonly spans: readonly Span[];
}

/**
 * Days, times and perhaps a time zone, in this order: `sat,sun 01:00-09:00, 22:00-24:00 UTC`. Days hold for the times that
 * follow them; days that no time follows are whole days. A window across midnight belongs to the day on which it begins.
 */
export function parseWindows(text: string): Windows | undefined {
  const words = text.split(/,?\s+/).filter((word) => word !== '');
  const zone = zoneAtEnd(words);
  if (zone !== undefined) words.pop();
  const spans: Span[] = [];
  /** Days that no time has followed yet are whole days; these have one. */
  let days: readonly number[] = [...DAYS.keys()];
  let areWhole = false;
  const endDays = (): void => {
    if (areWhole) spans.push(...days.map((day) => ({ from: day * DAY_MIN, lasts: DAY_MIN })));
  };
  for (const word of words) {
    const named = eachOf(word, daysOf)?.flat();
    const times = eachOf(word, timeOf);
    if (named !== undefined) {
      endDays();
      [days, areWhole] = [named, true];
    } else if (times !== undefined) {
      areWhole = false;
      for (const { from, lasts } of times) for (const day of days) spans.push({ from: day * DAY_MIN + from, lasts });
    } else return undefined;
  }
  endDays();
  return spans.length === 0 ? undefined : { text, zone, spans };
}

/** What is between commas, if all of it can be read. */
function eachOf<Read>(word: string, read: (part: string) => Read | undefined): Read[] | undefined {
  const found = word.split(',').map(read);
  const known = found.filter((one) => one !== undefined);
  return known.length === found.length ? known : undefined;
}

/** The last word, where it is the name of a time zone that this machine knows. */
export function zoneAtEnd(words: readonly string[]): string | undefined {
  const last = words.at(-1);
  if (last === undefined || !/^[A-Za-z]\w*(?:\/[\w+-]+)*$/.test(last) || DAY.test(last)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: last }).resolvedOptions().timeZone && last;
  } catch {
    return undefined;
  }
}

function daysOf(word: string): number[] | undefined {
  const [, first, last] = DAY.exec(word.toLowerCase()) ?? [];
  if (first === undefined) return undefined;
  const from = DAYS.indexOf(first);
  const to = last === undefined ? from : DAYS.indexOf(last);
  // `sat-mon` goes over the end of the week.
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, n) => (from + n) % 7);
}

function timeOf(word: string): { readonly from: number; readonly lasts: number } | undefined {
  const [, ...parts] = TIME.exec(word) ?? [];
  const [fromHour = 24, fromMinute = 0, toHour = 25, toMinute = 0] = parts.map(Number);
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  if (from >= DAY_MIN || to > DAY_MIN || fromMinute > 59 || toMinute > 59 || from === to) return undefined;
  return { from, lasts: (to - from + DAY_MIN) % DAY_MIN || DAY_MIN };
}

export function isWithin({ spans, zone }: Windows, atMs: number): boolean {
  const minute = minuteOfWeek(zone, atMs);
  return spans.some(({ from, lasts }) => (minute - from + WEEK_MIN) % WEEK_MIN < lasts);
}

/** When it next becomes otherwise; undefined: never, they hold all of the week. */
export function nextChangeMs(windows: Windows, fromMs: number): number | undefined {
  const { spans, zone } = windows;
  const before = isWithin(windows, fromMs);
  const edges = spans.flatMap(({ from, lasts }) => [from, (from + lasts) % WEEK_MIN]);
  for (let atMs = fromMs; atMs < fromMs + LOOK_AHEAD_MS;) {
    const minute = minuteOfWeek(zone, atMs);
    // To the next edge, but never over a moment at which the clocks may be changed.
    const toEdge = Math.min(...edges.map((edge) => (edge - minute + WEEK_MIN - 1) % WEEK_MIN)) + 1;
    const step = Math.min(toEdge, QUARTER_MIN - (minute % QUARTER_MIN));
    atMs = Math.floor(atMs / MINUTE_MS + step) * MINUTE_MS;
    if (isWithin(windows, atMs) !== before) return atMs;
  }
  return undefined;
}

/** Making one costs a thousand times as much as using it. */
const clocks = new Map<string | undefined, Intl.DateTimeFormat>();

function minuteOfWeek(zone: string | undefined, atMs: number): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const shown = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    clock = new Intl.DateTimeFormat('en-GB', { ...shown, ...(zone === undefined ? {} : { timeZone: zone }) });
    clocks.set(zone, clock);
  }
  const parts = new Map(clock.formatToParts(atMs).map(({ type, value }) => [type, value]));
  const day = DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase());
  return day * DAY_MIN + Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
}
