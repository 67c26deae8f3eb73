import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNLIMITED } from '../../daemon/core/bandwidth.ts';
import type { Config } from '../../daemon/config/config.ts';
import { checkConfig, loadConfig } from '../../daemon/config/load.ts';
import { ConfigError } from '../../daemon/config/problem.ts';
import type { FolderSettings } from '../../daemon/core/settings.ts';
import { deviceId, folderName, HUB, LOCATIONS, NAS, SELF, written } from './surroundings.ts';

const PEERS = `peers:
  hub: { id: ${HUB}, address: "wss://hub.example:9031" }
  nas: { id: ${NAS} }
`;

function folder(config: Config, name: string): FolderSettings {
  const found = config.folders.get(folderName(name));
  assert.ok(found, `there is a folder ${name}`);
  return found;
}

function refusal(config: string, others: Record<string, string> = {}): ConfigError {
  try {
    loadConfig(written(config, others));
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  assert.fail('it loads');
}

test('no configuration file at all is a working configuration', () => {
  const context = written('');
  context.texts.clear();
  const config = loadConfig(context);
  assert.equal(config.name, 'laptop');
  assert.deepEqual(config.listen, { kind: 'auto' });
  assert.equal(config.folders.size, 0);
  assert.equal(config.peers.size, 0);
});

test('a file that somebody named must be there', () => {
  const context = written('');
  context.texts.clear();
  const locations = { ...LOCATIONS, configMustExist: true };
  assert.throws(() => loadConfig({ ...context, locations }), /config\.yaml: there is no such file/);
});

test('a folder that says nothing but its path has the documented defaults', () => {
  const docs = folder(loadConfig(written('folders: { docs: { path: ~/Documents/ } }')), 'docs');
  assert.deepEqual(docs, {
    name: 'docs',
    path: '/home/ana/Documents',
    profile: undefined,
    notify: [],
    peers: new Map(),
    names: new Map(),
    owner: undefined,
    mode: 'two-way',
    enabled: true,
    intervalMs: 0,
    rescanMs: 600_000,
    schedule: undefined,
    permissions: true,
    filter: { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 },
    watch: 'auto',
    authority: undefined,
    conflict: undefined,
    maxDelete: 0.5,
    priority: 'normal',
    compression: 'auto',
    bandwidth: UNLIMITED,
    versions: { keepMs: 2_592_000_000, maxShare: 0.1 },
  });
});

test('every key that is built arrives', () => {
  const config = loadConfig(
    written(`name: büro
listen: "[::1]:9100"
log: { level: debug, file: syncd.log }
folders:
  docs:
    path: /srv/docs
    peers: { hub: two-way, ${NAS}: two-way }
    interval: 90s
    rescan: 1h
    schedule: 22:00-06:00 UTC
    enabled: false
    permissions: false
    watch: poll
    authority: nas
    max_delete: 12.5%
    versions: { keep: 7d, max_size: 20% }
${PEERS}`),
  );
  assert.equal(config.name, 'büro');
  assert.deepEqual(config.listen, { kind: 'at', host: '::1', port: 9100 });
  assert.deepEqual(config.log, { level: 'debug', file: '/var/lib/syncd/syncd.log' });
  assert.deepEqual(config.peers.get(HUB), { name: 'hub', id: HUB, addresses: ['wss://hub.example:9031'] });
  const docs = folder(config, 'docs');
  assert.deepEqual(
    [...docs.peers],
    [
      [HUB, 'two-way'],
      [NAS, 'two-way'],
    ],
  );
  assert.equal(docs.authority, NAS);
  assert.deepEqual([docs.intervalMs, docs.rescanMs], [90_000, 3_600_000]);
  assert.equal(docs.schedule?.text, '22:00-06:00 UTC');
  assert.equal(docs.maxDelete, 0.125);
  assert.deepEqual(docs.versions, { keepMs: 604_800_000, maxShare: 0.2 });
  assert.deepEqual([docs.enabled, docs.permissions, docs.watch], [false, false, 'poll']);
});

test('defaults are inherited key by key, and what the folder says goes over them', () => {
  const config = loadConfig(
    written(`defaults: { rescan: 1m, peers: { hub: two-way }, versions: { keep: 1d } }
folders:
  a: { path: /srv/a, rescan: 2m, versions: { max_size: 5% } }
  b: { path: /srv/b, peers: { nas: two-way } }
${PEERS}`),
  );
  assert.equal(folder(config, 'a').rescanMs, 120_000);
  assert.deepEqual(folder(config, 'a').versions, { keepMs: 86_400_000, maxShare: 0.05 });
  assert.equal(folder(config, 'b').rescanMs, 60_000);
  assert.deepEqual([...folder(config, 'b').peers.keys()], [HUB, NAS]);
});

test('a file in folders.d overrides single keys and may bring whole folders; the state directory goes last', () => {
  const config = loadConfig(
    written(`folders: { docs: { path: /srv/docs, rescan: 1m, watch: poll, peers: { hub: two-way } } }\n${PEERS}`, {
      '/etc/syncd/folders.d/docs.yaml': 'folders: { docs: { rescan: 2m, enabled: false } }',
      '/var/lib/syncd/folders.d/any.yml': `folders: { docs: { rescan: 3m, peers: { nas: two-way } }, new: { path: /srv/new } }`,
      '/var/lib/syncd/folders.d/README': 'not read',
    }),
  );
  const docs = folder(config, 'docs');
  assert.deepEqual([docs.rescanMs, docs.enabled, docs.watch], [180_000, false, 'poll']);
  assert.deepEqual([...docs.peers.keys()], [HUB, NAS]);
  assert.equal(folder(config, 'new').path, '/srv/new');
});

test('a key without a value is as if it were not there', () => {
  const config = loadConfig(written('folders:\ndefaults:\npeers: # none yet\nname: ~\n'));
  assert.equal(config.name, 'laptop');
});

test('an entry for this device itself is left out, so that one file serves all machines', () => {
  const config = loadConfig(
    written(`folders: { docs: { path: /srv/docs, authority: me, peers: { hub: two-way, me: two-way } } }
peers: { me: { id: ${SELF} }, hub: { id: ${HUB} } }`),
  );
  assert.deepEqual([...config.peers.keys()], [HUB]);
  assert.deepEqual([...folder(config, 'docs').peers.keys()], [HUB]);
  assert.equal(folder(config, 'docs').authority, SELF);
});

test('an authority is a peer, this device by its name, or any device by its ID', () => {
  const other = deviceId('Q');
  const authority = (text: string) =>
    folder(loadConfig(written(`folders: { d: { path: /d, authority: ${text} } }\n${PEERS}`)), 'd').authority;
  assert.equal(authority('hub'), HUB);
  assert.equal(authority('laptop'), SELF);
  assert.equal(authority(other), other);
  const text = `folders: { d: { path: /d, authority: hub } }\nname: hub\n${PEERS}`;
  assert.match(refusal(text).message, /the name of this device and of a peer; expected a device ID/);
});

const REFUSED: readonly { why: string; text: string; message: RegExp; code?: string }[] = [
  {
    why: 'a misspelt key',
    text: 'folders:\n  d:\n    path: /d\n    rescn: 5m',
    message: /config\.yaml:4: folders\.d\.rescn: unknown key; did you mean rescan\?$/,
  },
  {
    why: 'a key from nowhere',
    text: 'colour: red',
    message: /config\.yaml:1: colour: unknown key; expected one of name, listen/,
  },
  {
    why: 'a wrong kind of value',
    text: 'folders: { d: { path: 5 } }',
    message: /folders\.d\.path: found 5; expected an absolute path/,
  },
  {
    why: 'a relative path',
    text: 'folders: { d: { path: srv/d } }',
    message: /found srv\/d; expected an absolute path/,
  },
  { why: "another user's home", text: 'folders: { d: { path: ~bob/d } }', message: /expected an absolute path/ },
  {
    why: 'a folder without a path',
    text: 'folders:\n  d: { rescan: 5m }',
    message: /config\.yaml:2: folders\.d: no path/,
  },
  {
    why: 'a rescan that is too frequent',
    text: 'folders: { d: { path: /d, rescan: 4s } }',
    message: /found 4s; expected a time from 5s to 7d, such as 10m/,
  },
  { why: 'a rescan no timer can wait for', text: 'defaults: { rescan: 30d }', message: /defaults\.rescan: found 30d/ },
  {
    why: 'a time without a unit',
    text: 'defaults: { rescan: 600 }',
    message: /defaults\.rescan: found 600; expected a time/,
  },
  {
    why: 'a share without a percent sign',
    text: 'defaults: { max_delete: 0.5 }',
    message: /found 0\.5; expected a share from 0% to 100%/,
  },
  { why: 'a share above all', text: 'defaults: { max_delete: 101% }', message: /found 101%/ },
  {
    why: 'a role that does not exist',
    text: `folders: { d: { path: /d, peers: { hub: admin } } }\n${PEERS}`,
    message: /folders\.d\.peers\.hub: found admin; expected two-way, edit-only, read-only/,
  },
  {
    why: 'a peer nobody has named',
    text: `folders:\n  d:\n    path: /d\n    peers:\n      hup: two-way\n${PEERS}`,
    message: /config\.yaml:5: folders\.d\.peers\.hup: unknown peer; did you mean hub\?/,
  },
  {
    why: 'a device ID that is not trusted',
    text: `folders: { d: { path: /d, peers: { ${deviceId('Q')}: two-way } } }`,
    message: /unknown peer; expected a name under «peers:»/,
  },
  {
    why: 'one peer named in two ways',
    text: `folders: { d: { path: /d, peers: { hub: two-way, ${HUB}: two-way } } }\n${PEERS}`,
    message: /hub is named twice/,
  },
  {
    why: 'an unknown authority',
    text: `folders: { d: { path: /d, authority: hubb } }\n${PEERS}`,
    message: /unknown device hubb; did you mean hub\?/,
  },
  {
    why: 'a peer without an ID',
    text: 'peers:\n  hub: { address: "wss://h:1" }',
    message: /config\.yaml:2: peers\.hub: no id/,
  },
  {
    why: 'two peers with one ID',
    text: `peers: { a: { id: ${HUB} }, b: { id: ${HUB} } }`,
    message: /peers\.b\.id: the device ID of a too/,
  },
  {
    why: 'two folders that a peer would take for one',
    text: `folders:\n  a: { path: /a, peers: { hub: two-way } }\n  b: { path: /b, peers: { hub: two-way }, names: { hub: a } }\n${PEERS}`,
    message: /yaml:3: folders\.b\.names\.hub: a is a on hub too; expected each of its folders once/,
  },
  {
    why: 'a name for the folder on nobody',
    text: `folders: { a: { path: /a, names: { hup: b } } }\n${PEERS}`,
    message: /folders\.a\.names\.hup: unknown peer; did you mean hub\?/,
  },
  {
    why: 'a name there that no folder may have',
    text: `folders: { a: { path: /a, names: { hub: ../b } } }\n${PEERS}`,
    message: /folders\.a\.names\.hub: found \S+; expected letters, digits/,
  },
  { why: 'an ID cut short', text: 'peers: { a: { id: K5QX } }', message: /found K5QX; expected a device ID/ },
  {
    why: 'an address without TLS',
    text: `peers: { a: { id: ${HUB}, address: "ws://h:1" } }`,
    message: /peers\.a\.address: found ws:\/\/h:1; expected wss:\/\/HOST:PORT/,
  },
  {
    why: 'an address without a port in a list',
    text: `peers: { a: { id: ${HUB}, address: ["wss://h:1", "wss://h"] } }`,
    message: /peers\.a\.address\.1: found wss:\/\/h; expected/,
  },
  {
    why: 'listening on a port too high',
    text: 'listen: "0.0.0.0:70000"',
    message: /config\.yaml:1: listen: found 0\.0\.0\.0:70000; expected auto, "HOST:PORT" or false/,
  },
  { why: 'listening on true', text: 'listen: true', message: /listen: found true/ },
  {
    why: 'a folder name with a slash',
    text: 'folders: { "../x": { path: /d } }',
    message: /folders\.\.\.\/x: found \.\.\/x; expected letters/,
  },
  { why: 'a name that is a device ID', text: `name: ${HUB}`, message: /name: found H+…?; expected letters/ },
  {
    why: 'a nested folder',
    text: 'folders: { a: { path: /srv }, b: { path: /srv/b } }',
    message: /\/srv\/b lies inside the folder a \(\/srv\)/,
    code: 'E_FOLDER_NESTED',
  },
  {
    why: 'a folder nested behind a neighbour that sorts between',
    text: 'folders: { a: { path: /srv/a }, b: { path: /srv/a-b }, c: { path: /srv/a/c } }',
    message: /\/srv\/a\/c lies inside the folder a/,
    code: 'E_FOLDER_NESTED',
  },
  {
    why: 'two folders on one path, written differently',
    text: 'folders: { a: { path: /srv/x/../a/ }, b: { path: //srv/a } }',
    message: /also the path of/,
    code: 'E_FOLDER_NESTED',
  },
  {
    why: 'a folder that holds the key of the device',
    text: 'folders: { a: { path: /var } }',
    message: /holds the daemon's own/,
    code: 'E_FOLDER_PATH',
  },
  {
    why: 'a folder inside of the state directory',
    text: 'folders: { a: { path: /var/lib/syncd/x } }',
    message: /lies in the daemon's own/,
    code: 'E_FOLDER_PATH',
  },
  {
    why: 'the whole machine',
    text: 'folders: { a: { path: / } }',
    message: /holds the daemon's own/,
    code: 'E_FOLDER_PATH',
  },
  {
    why: 'the files of the kernel',
    text: 'folders: { a: { path: /proc/self } }',
    message: /made by the kernel/,
    code: 'E_FOLDER_PATH',
  },
  {
    why: 'a key given twice',
    text: 'name: a\nname: b',
    message: /config\.yaml:2:1: not valid YAML: duplicated mapping key/,
  },
  {
    why: 'bad YAML, with line and column',
    text: 'folders:\n\td: x',
    message: /config\.yaml:2:1: not valid YAML: tab characters/,
  },
  { why: 'an anchor', text: 'name: &a x\n', message: /config\.yaml:1: found an anchor/ },
  { why: 'a merge key', text: 'folders: { d: { <<: { path: /d } } }', message: /folders\.d\.<<: unknown key/ },
  { why: 'two documents', text: 'name: a\n---\nname: b', message: /found 2 documents; expected one/ },
  { why: 'a list where keys belong', text: '- a', message: /expected keys with values/ },
  { why: 'a tag of a language', text: 'name: !!js/function x', message: /unknown scalar tag/ },
  { why: 'endless nesting', text: `name: ${'['.repeat(1000)}`, message: /not valid YAML/ },
  {
    why: 'a folder called __proto__ that is none',
    text: 'folders: { __proto__: { paht: /d } }',
    message: /folders\.__proto__\.paht: unknown key; did you mean path\?/,
  },
];

for (const { why, text, message, code } of REFUSED)
  test(`refused with file, line and key: ${why}`, () => {
    const error = refusal(text);
    assert.match(error.message, message);
    assert.equal(error.code, code ?? 'E_CONFIG');
  });

test('names that every object has are ordinary names', () => {
  const config = loadConfig(
    written(`folders: { __proto__: { path: /p }, constructor: { path: /c, peers: { toString: two-way } } }
peers: { toString: { id: ${HUB} } }`),
  );
  assert.deepEqual([...config.folders.keys()].toSorted(), ['__proto__', 'constructor']);
  assert.deepEqual([...folder(config, 'constructor').peers.keys()], [HUB]);
});

test('all that is wrong in all files is told at once, five in words and the rest counted', () => {
  const error = refusal('a: 1\nb: 1\nc: 1\nd: 1', { '/etc/syncd/folders.d/x.yaml': 'name: x\nlisten: false\ne: 1' });
  assert.equal(error.problems.length, 7);
  assert.match(
    error.message,
    /config\.yaml:1: a: .* \| .*config\.yaml:4: d: .*x\.yaml:1: name: unknown key.* \| and 2 more$/,
  );
});

test('an aliases bomb is refused before it grows', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(',')}]`);
  assert.match(refusal(lines.join('\n')).message, /found an anchor/);
});

test('values with control characters cannot forge a line of the log', () => {
  const { message } = refusal('name: "a\\nb\\e[0m"');
  assert.match(message, /name: found "a\\nb\\u001b\[0m"; expected/);
});

test('a byte order mark at the start is no key', () => {
  assert.equal(loadConfig(written('\uFEFFname: x')).name, 'x');
});

test('before the device has a key its configuration can be checked', () => {
  const context = written('folders: { d: { path: /d, authority: laptop } }');
  assert.equal(folder(loadConfig({ ...context, self: undefined }), 'd').authority, undefined);
});

test('another file, or a text, can be checked in place of config.yaml', () => {
  const context = written('name: a', { '/tmp/new.yaml': 'name: b' });
  assert.equal(checkConfig(context, { file: '/tmp/new.yaml' }).name, 'b');
  assert.equal(checkConfig(context, { file: '/tmp/none.yaml', text: 'name: c' }).name, 'c');
  assert.throws(() => checkConfig(context, { file: '/tmp/none.yaml' }), /\/tmp\/none\.yaml: there is no such file/);
  assert.throws(() => checkConfig(context, { file: 'stdin', text: 'x: 1' }), /stdin:1: x: unknown key/);
});
