// Durations as people write them: `90s`, `1h`, `2h30m`, `30d`.

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?[smhdw])+$/;

/** Milliseconds; undefined where it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g))
    ms += Number(number) * (UNIT_MS[unit ?? ''] ?? NaN);
  return Number.isFinite(ms) ? ms : undefined;
}
