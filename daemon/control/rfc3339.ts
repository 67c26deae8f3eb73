// Times as the API writes and reads them. Pure: conversions of a given moment, never the present one.

/** RFC 3339 in UTC, with milliseconds. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

export function rfc3339OrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : rfc3339(ms);
}

/** Milliseconds since 1970; undefined unless it is a date with time and zone. */
export function parseRfc3339(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
