// Times, sizes, rates and shares as people write them: `10m`, `1.5GB`, `10MB/s`, `50%`.

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/;

/** Milliseconds. */
export function parseDuration(value: unknown): number | undefined {
  const [, amount, unit] = (typeof value === 'string' && DURATION.exec(value)) || [];
  return amount === undefined || !isKeyOf(UNIT_MS, unit) ? undefined : whole(Number(amount) * UNIT_MS[unit]);
}

/** The same time in the largest unit that shows it exactly. */
export function formatDuration(ms: number): string {
  const units = (['d', 'h', 'm', 's'] as const).filter((unit) => ms !== 0 && ms % UNIT_MS[unit] === 0);
  const unit = units[0] ?? 'ms';
  return `${ms / UNIT_MS[unit]}${unit}`;
}

// Units of ten count in thousands, as disks and links are sold; KiB and its like are powers of two.
const UNIT_BYTES = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;
const SIZE = /^(\d{1,15}(?:\.\d{1,6})?)([kKMGT]?i?B|)$/;

/** Bytes, from a number or from a number with a unit. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 ? whole(value) : undefined;
  const [, amount, unit] = (typeof value === 'string' && SIZE.exec(value)) || [];
  return amount === undefined || !isKeyOf(UNIT_BYTES, unit) ? undefined : whole(Number(amount) * UNIT_BYTES[unit]);
}

/** Bytes in a second: a size with `/s`; 0 alone is no limit. */
export function parseRate(value: unknown): number | undefined {
  if (value === 0 || value === '0') return 0;
  return typeof value === 'string' && value.endsWith('/s') ? parseSize(value.slice(0, -2)) : undefined;
}

/** The same rate in the largest unit that shows it exactly. */
export function formatRate(bytesPerSecond: number): string {
  const units = (['TB', 'GB', 'MB', 'kB'] as const).filter((unit) => bytesPerSecond % UNIT_BYTES[unit] === 0);
  const unit = units[0] ?? 'B';
  return `${bytesPerSecond / UNIT_BYTES[unit]}${unit}/s`;
}

const PERCENT = /^(\d{1,3}(?:\.\d{1,6})?)%$/;

/** A share from 0 to 1, from `0%` to `100%`. */
export function parsePercent(value: unknown): number | undefined {
  const [, amount] = (typeof value === 'string' && PERCENT.exec(value)) || [];
  return amount === undefined || Number(amount) > 100 ? undefined : Number(amount) / 100;
}

export function formatPercent(share: number): string {
  // 0.07 × 100 is 7.000000000000001.
  return `${Number((share * 100).toPrecision(12))}%`;
}

function whole(value: number): number | undefined {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

function isKeyOf<Table extends object>(table: Table, key: string | undefined): key is keyof Table & string {
  return key !== undefined && Object.hasOwn(table, key);
}
