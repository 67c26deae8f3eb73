// Commands that change the configuration, in any order and with any words: each is refused with a code and changes nothing,
// or is written; and at whatever write a kill comes, what lies there then can be loaded.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { parseAssignments } from '../../daemon/config/assignments.ts';
import { loadConfig } from '../../daemon/config/load.ts';
import { addFolder, addPeer, editFolder, grant, removeFolder, removePeer } from '../../daemon/config/write.ts';
import type { ConfigFiles } from '../../daemon/ports/config-files.ts';
import { CodedError } from '../../protocol/errors.ts';
import { rounds } from '../system/rounds.ts';
import { LOCATIONS, type Written, deviceId, folderName, written } from './surroundings.ts';

const MAIN =
  'folders:\n  fixed: { path: /srv/fixed, peers: { fixed: two-way } }\npeers: { fixed: { id: ' +
  'F'.repeat(52) +
  ' } }\n';

/** What commands have written before. */
const BEFORE = {
  '/var/lib/syncd/folders.d/docs.yaml':
    'folders: { docs: { path: /srv/docs, authority: hub, peers: { hub: two-way } } }\n',
  '/var/lib/syncd/folders.d/music.yaml': `folders: { music: { path: /srv/music, peers: { ${'A'.repeat(52)}: two-way } } }\n`,
  '/var/lib/syncd/peers.d/hub.yaml': `peers: { hub: { id: ${'A'.repeat(52)} } }\n`,
};

const name = fc
  .constantFrom('docs', 'music', 'fixed', 'laptop:docs', 'ü b', 'constructor', 'x'.repeat(63))
  .map(folderName);
const device = fc.constantFrom('A', 'B', 'F', 'S').map(deviceId);
const called = fc.oneof(
  fc.constantFrom(
    'hub',
    'laptop',
    '..',
    '../x',
    '',
    '.',
    '__proto__',
    'constructor',
    'a/b',
    'H'.repeat(52),
    '-',
    'fixed',
    'ü',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
);
const path = fc.constantFrom(
  '/srv/a',
  '/srv/b',
  '/srv/a/../b/',
  '/srv/a/inner',
  '/',
  '/proc',
  '/var/lib/syncd',
  '~',
  'relative',
  '',
);
const key = fc.oneof(
  fc.constantFrom(
    'path',
    'mode',
    'peers',
    'peers.hub',
    'peers.fixed',
    'rescan',
    'enabled',
    'versions.keep',
    'authority',
    'ignore',
  ),
  fc.constantFrom(
    '__proto__',
    '__proto__.x',
    'constructor.prototype',
    'a.b.c',
    '.',
    'versions.',
    'hooks',
    'toString',
    'max_delete',
  ),
  fc.string({ maxLength: 10 }),
);
const value = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    '5m',
    'two-way',
    '[]',
    '{}',
    '{ hub: two-way }',
    '/srv/c',
    '~',
    '',
    '50%',
    '&a [*a]',
    '!!set {a}',
  ),
  fc.constantFrom(
    '"\\0"',
    '{ __proto__: 1 }',
    'a\nb: c',
    '"a\\nb: c"',
    '- x',
    '# x',
    "'",
    '>-',
    '1e999',
    '0x',
    '[[[[',
    'a: b: c',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const set = fc.array(
  fc.tuple(key, value).map(([k, v]) => `${k}=${v}`),
  { maxLength: 3 },
);

type Command = (context: Written) => unknown;

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(name, path, set).map(
    ([folder, at, words]): Command =>
      (context) =>
        addFolder(context, folder, [{ keys: ['path'], value: at }, ...parseAssignments(words)]),
  ),
  fc.tuple(name, set).map(
    ([folder, words]): Command =>
      (context) =>
        editFolder(context, folder, parseAssignments(words)),
  ),
  name.map(
    (folder): Command =>
      (context) =>
        removeFolder(context, folder),
  ),
  fc.tuple(called, device).map(
    ([wanted, id]): Command =>
      (context) =>
        addPeer(context, wanted, { id, addresses: [] }),
  ),
  fc.tuple(name, device).map(([folder, id]): Command => (context) => {
    const peer = loadConfig(context).peers.get(id);
    return peer && grant(context, folder, peer.name, 'two-way');
  }),
  device.map(
    (id): Command =>
      (context) =>
        removePeer(context, id),
  ),
);

class Killed extends Error {}

/** The same files; the process dies before its `at`th change of them. */
function killedAt(files: ConfigFiles, at: number): ConfigFiles {
  let left = at;
  return {
    ...files,
    change: (texts) => {
      for (const one of texts) {
        if (left-- <= 0) throw new Killed();
        files.change(new Map([one]));
      }
    },
  };
}

const shown = (texts: ReadonlyMap<string, string>): string =>
  JSON.stringify([...texts].toSorted(([a], [b]) => (a < b ? -1 : 1)));

test('S58: whatever commands say, and wherever one is killed, the configuration can be loaded and names no other directory', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(command, fc.constantFrom(0, 1, 2, 99, 99, 99)), { minLength: 1, maxLength: 12 }),
      (steps) => {
        const context = written(MAIN, BEFORE);
        for (const [run, at] of steps) {
          const before = shown(context.texts);
          try {
            run({ ...context, files: killedAt(context.files, at) });
          } catch (error) {
            if (!(error instanceof Killed)) {
              assert.ok(error instanceof CodedError, String(error));
              assert.equal(shown(context.texts), before, `refused with ${error.code}, and changed all the same`);
            }
          }
          loadConfig(context);
        }
        for (const file of context.texts.keys())
          assert.match(file, /^\/etc\/syncd\/config\.yaml$|^\/var\/lib\/syncd\/(?:folders|peers)\.d\/[^/\0]+\.yaml$/);
        assert.equal(context.texts.get(LOCATIONS.configFile), MAIN);
      },
    ),
    { numRuns: rounds(300) },
  );
});
