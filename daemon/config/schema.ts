// The JSON schema of what people write. `description` is what a message says was expected.
import type { SchemaObject } from 'ajv';

import type { Is } from './keywords.ts';
import { NOTICE_KINDS } from '../core/settings.ts';
import { LOG_LEVELS } from './written.ts';

const leaf = (is: Is, description: string): SchemaObject => ({ is, description });
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
  items: leaf('pattern', 'a pattern in quotes: at most 1024 characters, 28 names deep, 64 alternatives in braces'),
  maxItems: 1000,
  description: 'a list of patterns, such as ["*.tmp", "node_modules/**"]',
};
const rate = leaf('rate', 'bytes in a second of at least 10kB/s, such as 10MB/s, or 0 for no limit');
const rates: SchemaObject = {
  if: { type: 'object' },
  then: mapping({ up: rate, down: rate }, 'up and down'),
  else: rate,
  description: '{ up: 10MB/s, down: 0 }',
};
const times: SchemaObject = {
  type: 'object',
  propertyNames: leaf('times', 'times such as "mon-fri 08:00-18:00"'),
  additionalProperties: rates,
  maxProperties: 64,
  description: 'rates by time, such as { "mon-fri 08:00-18:00": { up: 1MB/s } }',
};
const bandwidth: SchemaObject = {
  if: { type: 'object' },
  then: mapping({ up: rate, down: rate, at: times }, 'up, down and at'),
  else: rate,
  description: '{ up: 10MB/s, down: 0 }',
};
const deviceName = leaf(
  'device name',
  'letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit',
);

const noticeKinds = NOTICE_KINDS.join(', ');
const notify: SchemaObject = {
  type: 'array',
  maxItems: 16,
  description: 'a list of at most 16 such as { on: [conflict, error], run: [/usr/local/bin/tell] }',
  items: {
    ...mapping(
      {
        on: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { enum: NOTICE_KINDS, description: noticeKinds },
          description: `a list of ${noticeKinds}`,
        },
        run: leaf(
          'command',
          'a list of the absolute path of a program and its arguments, such as [/usr/local/bin/tell]',
        ),
        timeout: leaf('timeout', 'a time from 1s to 10m'),
        desktop: { enum: [true], description: 'true' },
        after: leaf('absence', 'a time from 1s to 7d'),
      },
      'on: [conflict] and either run: [/usr/local/bin/tell] or desktop: true',
    ),
    is: 'notice rule',
  },
};

const folderKeys: Readonly<Record<string, SchemaObject>> = {
  peers: named(
    leaf('device name or ID', 'the name of a peer, or its device ID'),
    oneOf('two-way', 'edit-only', 'read-only'),
    'peers with their roles, such as { hub: two-way }',
  ),
  mode: oneOf('two-way', 'send-only', 'receive-only'),
  interval: leaf('interval', 'realtime, or a time from 5s to 7d'),
  rescan: leaf('rescan', 'a time from 5s to 7d, such as 10m'),
  schedule: leaf('schedule', 'windows such as "mon-fri 22:00-06:00", a cron expression such as "0 3 * * *", or always'),
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
      max_size: leaf('version room', 'a share of the file system above 0% and up to 100%, such as 10%'),
    },
    '{ keep: 30d, max_size: 10% }',
  ),
  priority: oneOf('high', 'normal', 'low'),
  compression: oneOf('auto', 'always', 'never'),
  bandwidth,
  notify,
};

const profileName = leaf(
  'profile name',
  'letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit',
);

const folderName = leaf('folder name', 'letters, digits, dot, dash, underscore and space, at most 63');

export const FOLDER_SCHEMA = mapping(
  {
    path: leaf('path', 'an absolute path, or one that begins with ~/'),
    profile: profileName,
    names: named(
      leaf('device name or ID', 'the name of a peer, or its device ID'),
      folderName,
      'what it is called on peers, such as { hub: "laptop:docs" }',
    ),
    owner: leaf('device ID', 'a device ID: 52 letters and digits, as syncctl status shows it'),
    ...folderKeys,
  },
  'keys of a folder',
);

/** What several folders have in common. */
const PROFILE_SCHEMA = mapping(folderKeys, 'keys of a folder other than path and profile');

export const PEER_SCHEMA = mapping(
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

const folders = named(folderName, FOLDER_SCHEMA, 'folders by name');
const peers = named(deviceName, PEER_SCHEMA, 'peers by name');

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
      defaults: PROFILE_SCHEMA,
      profiles: named(profileName, PROFILE_SCHEMA, 'profiles by name'),
      folders,
      peers,
    },
    'a mapping',
  ),
  folders: mapping({ folders }, '«folders:»'),
  peers: mapping({ peers }, '«peers:»'),
};
