// What a value may be where JSON schema has no words for it: the values of the keyword `is`.
import { assert } from '../core/assert.ts';
import { parsePattern } from '../core/filter-rule.ts';
import { parseDeviceId, parseFolderName } from '../core/ids.ts';
import { parseSchedule } from '../core/schedule.ts';
import { parseWindows } from '../core/windows.ts';
import { parseListen, parsePeerAddress } from './addresses.ts';
import { isPlainObject } from './document.ts';
import { isDeviceName } from './names.ts';
import { parseDuration, parsePercent, parseRate, parseSize } from './quantities.ts';

/** No timer of the runtime is longer than 24.8 days: one that is set so fires at once. */
const MAX_RESCAN_MS = 7 * 86_400_000;
const MIN_PAUSE_MS = 5000;
const MAX_TIMEOUT_MS = 600_000;
/** Bytes in a second. */
const LEAST_RATE = 10_000;
const MAX_KEEP_MS = 100 * 366 * 86_400_000;

const PROFILE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._-]{0,62}$/u;

const within = (value: number | undefined, least: number, most: number): boolean =>
  value !== undefined && value >= least && value <= most;
const isPath = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:~|~?\/.*)$/s.test(value) && !value.includes('\0') && value.length <= 4096;

const isPattern = (value: unknown): boolean => typeof value === 'string' && parsePattern(value, { key: 'ignore' }).ok;
/** What a program is started with is bounded by the kernel too. */
function isCommand(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > 64) return false;
  const words: readonly unknown[] = value;
  const areTexts = words.every((word) => typeof word === 'string' && !word.includes('\0') && word.length <= 4096);
  return areTexts && isPath(words[0]) && words[0] !== '/';
}

const CHECKS = {
  path: isPath,
  'log file': (value) => isPath(value) || (typeof value === 'string' && /^[\w-][\w.-]{0,63}$/.test(value)),
  listen: (value) => parseListen(value) !== undefined,
  'peer address': (value) => parsePeerAddress(value) !== undefined,
  'device ID': (value) => typeof value === 'string' && parseDeviceId(value) !== undefined,
  'device name': isDeviceName,
  'device name or ID': (value) =>
    isDeviceName(value) || (typeof value === 'string' && parseDeviceId(value) !== undefined),
  'profile name': (value) => typeof value === 'string' && PROFILE_NAME.test(value),
  'folder name': (value) => typeof value === 'string' && parseFolderName(value) !== undefined,
  pattern: isPattern,
  rescan: (value) => within(parseDuration(value), MIN_PAUSE_MS, MAX_RESCAN_MS),
  interval: (value) => value === 'realtime' || within(parseDuration(value), MIN_PAUSE_MS, MAX_RESCAN_MS),
  keep: (value) => within(parseDuration(value), 1000, MAX_KEEP_MS),
  command: isCommand,
  timeout: (value) => within(parseDuration(value), 1000, MAX_TIMEOUT_MS),
  absence: (value) => within(parseDuration(value), 1000, MAX_RESCAN_MS),
  'notice rule': (value) =>
    !isPlainObject(value) ||
    (value['on'] !== undefined && (value['run'] === undefined) !== (value['desktop'] === undefined)),
  percent: (value) => parsePercent(value) !== undefined,
  // With room for none, no change could replace anything.
  'version room': (value) => (parsePercent(value) ?? 0) > 0,
  size: (value) => parseSize(value) !== undefined,
  // Below it, one file of some size would keep a peer silent for longer than anybody waits.
  rate: (value) => parseRate(value) === 0 || (parseRate(value) ?? 0) >= LEAST_RATE,
  times: (value) => typeof value === 'string' && value.length <= 500 && parseWindows(value) !== undefined,
  // Nobody means a longer one.
  schedule: (value) =>
    value === 'always' || (typeof value === 'string' && value.length <= 500 && parseSchedule(value) !== undefined),
} as const satisfies Record<string, (value: unknown) => boolean>;

/** A name that the keyword may have. */
export type Is = keyof typeof CHECKS;

/** For ajv. */
export const KEYWORD = { keyword: 'is', schemaType: 'string', compile: checkNamed } as const;

/** The check of that name; a name that does not exist is a mistake in the schema. */
function checkNamed(is: string): (value: unknown) => boolean {
  const check = new Map<string, (value: unknown) => boolean>(Object.entries(CHECKS)).get(is);
  assert(check !== undefined, `a check is called ${is}`);
  return check;
}
