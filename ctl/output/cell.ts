// Values as people read them on a terminal, and as programs do in a pipe.
import type { Tone } from './color.ts';

export interface Cell {
  /** On a terminal. */
  readonly shown: string;
  /** In a pipe: bytes, RFC 3339, digits. */
  readonly plain: string;
  readonly tone?: Tone;
}

export function text(value: string | null | undefined, tone?: Tone): Cell {
  return toned({ shown: value ?? '–', plain: value ?? '' }, tone);
}

/** Different words for people and for programs. */
export function words(shown: string, plain: string, tone?: Tone): Cell {
  return toned({ shown, plain }, tone);
}

export function count(value: number): Cell {
  return { shown: grouped(value), plain: String(value) };
}

export function size(bytes: number | null): Cell {
  return bytes === null ? text(null) : { shown: humanSize(bytes), plain: String(bytes) };
}

export function moment(time: string | null, nowMs: number): Cell {
  return time === null ? text(null) : { shown: humanMoment(Date.parse(time), nowMs), plain: time };
}

function toned(cell: Cell, tone: Tone | undefined): Cell {
  return tone === undefined ? cell : { ...cell, tone };
}

/** 12,408 */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** 1 file, 12,408 files */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** 3.1 GiB, 418 GiB, 80 B */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

/** 3d 4h, 5m 10s, 4s: two units at most. */
export function humanDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ');
}

/** `now`, `4s ago`, `today 10:02`, `yesterday 18:40`, `12 Nov 18:40`, `12 Nov 2025`: in the local time zone. */
export function humanMoment(ms: number, nowMs: number): string {
  const age = nowMs - ms;
  if (Math.abs(age) < 1000) return 'now';
  if (age > 0 && age < 3_600_000) return `${humanDuration(age)} ago`;
  const then = new Date(ms);
  const now = new Date(nowMs);
  const clock = `${String(then.getHours()).padStart(2, '0')}:${String(then.getMinutes()).padStart(2, '0')}`;
  if (then.toDateString() === now.toDateString()) return `today ${clock}`;
  const dayBefore = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (then.toDateString() === dayBefore.toDateString()) return `yesterday ${clock}`;
  const day = `${then.getDate()} ${MONTHS[then.getMonth()] ?? ''}`;
  return then.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${day} ${then.getFullYear()}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
