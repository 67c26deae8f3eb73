// The JSON schema of what people write. `description` is what a message says was expected. Every key of the contract is
// here, also those that this version refuses (unsupported.ts).
import { Ajv, type ErrorObject, type SchemaObject } from 'ajv';

import { parseDeviceId, parseFolderName } from '../core/ids.ts';
import type { ConflictRule, Mode, Role } from '../core/settings.ts';
import { parseListen, parsePeerAddress } from './addresses.ts';
import { type Document, keysOf, pointer } from './document.ts';
import { isDeviceName } from './names.ts';
import { type Problem, shown } from './problem.ts';
import { parseDuration, parsePercent, parseRate, parseSize } from './quantities.ts';
import { suggest } from './suggest.ts';

/** A folder as written, checked key by key. Keys that this version refuses are not named here. */
export interface RawFolder {
  readonly path?: string;
  readonly peers?: Readonly<Record<string, Role>>;
  readonly mode?: Mode;
  readonly rescan?: string;
  readonly enabled?: boolean;
  readonly permissions?: boolean;
  readonly watch?: 'auto' | 'inotify' | 'poll';
  readonly authority?: string;
  readonly conflict?: ConflictRule;
  readonly max_delete?: string;
  readonly versions?: { readonly keep?: string; readonly max_size?: string };
}

export interface RawPeer {
  readonly id?: string;
  readonly address?: string | readonly string[];
}

/** A file as written, checked key by key. */
export interface RawDocument {
  readonly name?: string;
  readonly listen?: string | false;
  readonly log?: { readonly level?: LogLevel; readonly file?: string };
  readonly defaults?: RawFolder;
  readonly folders?: Readonly<Record<string, RawFolder>>;
  readonly peers?: Readonly<Record<string, RawPeer>>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** No timer of the runtime is longer than 24.8 days: one that is set so fires at once. */
const MAX_RESCAN_MS = 7 * 86_400_000;
const MIN_PAUSE_MS = 5000;
const MAX_KEEP_MS = 100 * 366 * 86_400_000;

const CRON = /^\S+( \S+){4,5}$/;
const WINDOW = /^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/;
const within = (value: number | undefined, least: number, most: number): boolean =>
  value !== undefined && value >= least && value <= most;
const isPath = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:~|~?\/.*)$/s.test(value) && !value.includes('\0') && value.length <= 4096;

/** The keyword `is`: what a JSON schema has no words for. */
const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  path: isPath,
  'log file': (value) => isPath(value) || (typeof value === 'string' && /^[\w-][\w.-]{0,63}$/.test(value)),
  listen: (value) => parseListen(value) !== undefined,
  'peer address': (value) => parsePeerAddress(value) !== undefined,
  'device ID': (value) => typeof value === 'string' && parseDeviceId(value) !== undefined,
  'device name': isDeviceName,
  'device name or ID': (value) =>
    isDeviceName(value) || (typeof value === 'string' && parseDeviceId(value) !== undefined),
  'folder name': (value) => typeof value === 'string' && parseFolderName(value) !== undefined,
  rescan: (value) => within(parseDuration(value), MIN_PAUSE_MS, MAX_RESCAN_MS),
  interval: (value) => value === 'realtime' || within(parseDuration(value), MIN_PAUSE_MS, MAX_RESCAN_MS),
  keep: (value) => within(parseDuration(value), 1000, MAX_KEEP_MS),
  percent: (value) => parsePercent(value) !== undefined,
  size: (value) => parseSize(value) !== undefined,
  rate: (value) => parseRate(value) !== undefined,
  schedule: (value) =>
    typeof value === 'string' && (CRON.test(value) || value.split(/, */).every((one) => WINDOW.test(one))),
};

const leaf = (is: string, description: string): SchemaObject => ({ is, description });
const oneOf = (...values: string[]): SchemaObject => ({ enum: values, description: values.join(', ') });
const flag: SchemaObject = { enum: [true, false], description: 'true or false' };
const mapping = (properties: Readonly<Record<string, SchemaObject>>, description: string): SchemaObject => ({
  type: 'object',
  additionalProperties: false,
  properties,
  description,
});
const named = (name: SchemaObject, value: SchemaObject, description: string): SchemaObject => ({
  type: 'object',
  propertyNames: name,
  additionalProperties: value,
  // More folders a session does not carry.
  maxProperties: 1024,
  description,
});
const patterns: SchemaObject = {
  type: 'array',
  items: { type: 'string', minLength: 1, description: 'a pattern in quotes' },
  description: 'a list of patterns, such as ["*.tmp", "node_modules/**"]',
};
const rate = leaf('rate', 'bytes in a second such as 10MB/s, or 0 for no limit');
const bandwidth: SchemaObject = {
  if: { type: 'object' },
  then: mapping({ up: rate, down: rate }, 'up and down'),
  else: rate,
  description: '{ up: 10MB/s, down: 0 }',
};
const deviceName = leaf(
  'device name',
  'letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit',
);

const folderKeys: Readonly<Record<string, SchemaObject>> = {
  peers: named(
    leaf('device name or ID', 'the name of a peer, or its device ID'),
    oneOf('two-way', 'edit-only', 'read-only'),
    'peers with their roles, such as { hub: two-way }',
  ),
  mode: oneOf('two-way', 'send-only', 'receive-only'),
  interval: leaf('interval', 'realtime, or a time from 5s to 7d'),
  rescan: leaf('rescan', 'a time from 5s to 7d, such as 10m'),
  schedule: leaf('schedule', 'a cron expression, or windows such as "22:00-06:00"'),
  enabled: flag,
  ignore: patterns,
  only: patterns,
  content: oneOf('any', 'text'),
  hidden: flag,
  max_size: leaf('size', 'a size such as 100MB, or 0 for no limit'),
  permissions: flag,
  watch: oneOf('auto', 'inotify', 'poll'),
  authority: leaf('device name or ID', 'the name of a peer or of this device, or a device ID'),
  conflict: oneOf('newest', 'hub-wins', 'keep-both', 'largest', 'merge'),
  max_delete: leaf('percent', 'a share from 0% to 100%, such as 50%'),
  versions: mapping(
    {
      keep: leaf('keep', 'a time of at least 1s, such as 30d'),
      max_size: leaf('percent', 'a share of the file system from 0% to 100%, such as 10%'),
    },
    '{ keep: 30d, max_size: 10% }',
  ),
  priority: oneOf('high', 'normal', 'low'),
  compression: oneOf('auto', 'always', 'never'),
  bandwidth,
  notify: { type: 'array', description: 'a list' },
};

const folder = mapping(
  { path: leaf('path', 'an absolute path, or one that begins with ~/'), ...folderKeys },
  'keys of a folder',
);

const peer = mapping(
  {
    id: leaf('device ID', 'a device ID: 52 letters and digits, as syncctl status shows it'),
    address: {
      if: { type: 'array' },
      then: { type: 'array', items: leaf('peer address', 'wss://HOST:PORT'), maxItems: 16 },
      else: leaf('peer address', 'wss://HOST:PORT, or a list of such'),
      description: 'wss://HOST:PORT, or a list of at most 16 such',
    },
    bandwidth,
  },
  'id and address',
);

const folders = named(
  leaf('folder name', 'letters, digits, dot, dash, underscore and space, at most 63'),
  folder,
  'folders by name',
);
const peers = named(deviceName, peer, 'peers by name');

/** What a file may hold: `config.yaml` everything, the others what they are named for. */
export type FileKind = 'config' | 'folders' | 'peers';

export const SCHEMAS: Readonly<Record<FileKind, SchemaObject>> = {
  config: mapping(
    {
      name: deviceName,
      listen: leaf('listen', 'auto, "HOST:PORT" or false'),
      storage: leaf('path', 'an absolute path, or one that begins with ~/'),
      bandwidth,
      log: mapping(
        { level: oneOf(...LOG_LEVELS), file: leaf('log file', 'an absolute path, or a name such as syncd.log') },
        'level and file',
      ),
      defaults: mapping(folderKeys, 'keys of a folder other than path'),
      folders,
      peers,
    },
    'a mapping',
  ),
  folders: mapping({ folders }, '«folders:»'),
  peers: mapping({ peers }, '«peers:»'),
};

const ajv = new Ajv({ allErrors: true, verbose: true, allowMatchingProperties: true, strictRequired: false });
ajv.addKeyword({
  keyword: 'is',
  schemaType: 'string',
  compile: (is: string) => {
    const check = CHECKS[is];
    if (check === undefined) throw new Error(`no check is called ${is}`);
    return check;
  },
});

const validators = {
  config: ajv.compile<RawDocument>(SCHEMAS.config),
  folders: ajv.compile<RawDocument>(SCHEMAS.folders),
  peers: ajv.compile<RawDocument>(SCHEMAS.peers),
};
const isFolderValue = ajv.compile<RawFolder>(folder);
const isPeerValue = ajv.compile<RawPeer>(peer);

export type CheckedDocument =
  { readonly ok: true; readonly value: RawDocument } | { readonly ok: false; readonly problems: readonly Problem[] };

export function checkDocument(kind: FileKind, file: string, document: Document): CheckedDocument {
  const validate = validators[kind];
  const { value } = document;
  if (validate(value)) return { ok: true, value };
  const problems = new Map<string, Problem>();
  for (const error of validate.errors ?? []) {
    const problem = toProblem(error, file, document);
    // One key that is wrong in two ways is one problem.
    if (problem !== undefined && !problems.has(problem.key)) problems.set(problem.key, problem);
  }
  const inOrder = [...problems.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { ok: false, problems: inOrder };
}

/** A folder put together from several files has passed key by key; this says so to the compiler, and would notice a bug. */
export function isRawFolder(value: unknown): value is RawFolder {
  return isFolderValue(value);
}

export function isRawPeer(value: unknown): value is RawPeer {
  return isPeerValue(value);
}

/** Undefined for errors that only sum up others. */
function toProblem(error: ErrorObject, file: string, document: Document): Problem | undefined {
  const { keyword, propertyName } = error;
  if (keyword === 'if' || keyword === 'propertyNames') return undefined;
  const child: unknown = keyword === 'additionalProperties' ? error.params['additionalProperty'] : propertyName;
  const at = typeof child === 'string' ? error.instancePath + pointer(child) : error.instancePath;
  const expected: unknown = error.parentSchema?.['description'];
  const text =
    keyword === 'additionalProperties'
      ? unknownKey(String(child), error.parentSchema?.['properties'])
      : `found ${shown(propertyName ?? error.data)}; expected ${String(expected)}`;
  return { code: 'E_CONFIG', file, line: lineOf(document, at), key: keysOf(at).join('.'), text };
}

function unknownKey(key: string, properties: unknown): string {
  const known = Object.keys(properties ?? {});
  const near = suggest(key, known);
  return near === undefined ? `unknown key; expected one of ${known.join(', ')}` : `unknown key; did you mean ${near}?`;
}

function lineOf(document: Document, at: string): number | undefined {
  for (let place = at; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const line = document.lines.get(place);
    if (line !== undefined) return line;
  }
  return undefined;
}
