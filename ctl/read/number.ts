// Numbers in options.
import { usage } from '../failure.ts';
import { parseDuration } from './duration.ts';

export function wholeNumberOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw usage(`${option} ${text}: expected a whole number`);
  return Number(text);
}

/** Seconds: a number, or a duration such as `2m`. */
export function secondsOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  const ms = parseDuration(text);
  if (ms === undefined) throw usage(`${option} ${text}: expected a time such as 90, 90s, 5m or 1h`);
  return ms / 1000;
}
