import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseAssignments } from '../../daemon/config/assignments.ts';
import { loadConfig } from '../../daemon/config/load.ts';
import { addFolder, addPeer, editFolder, grant, removeFolder, removePeer, revoke } from '../../daemon/config/write.ts';
import { CodedError } from '../../protocol/errors.ts';
import { deviceId, folderName, HUB, NAS, SELF, type Written, written } from './surroundings.ts';

const DOCS = folderName('docs');
const DOCS_FILE = '/var/lib/syncd/folders.d/docs.yaml';
const HUB_FILE = '/var/lib/syncd/peers.d/hub.yaml';
const AT = parseAssignments(['path=/srv/docs']);

/** What it does is refused with this code, and no file has changed. */
function refused(context: Written, code: string, act: () => unknown): CodedError {
  const before = new Map(context.texts);
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, code, error.message);
    assert.deepEqual(context.texts, before);
    return error;
  }
  return assert.fail('it was done');
}

test('an added folder is one new file that loads, and config.yaml stays as it is', () => {
  const context = written('# mine\nname: x\n');
  const config = addFolder(context, DOCS, [...AT, ...parseAssignments(['rescan=1m', 'versions.keep=7d'])]);
  assert.equal(config.folders.get(DOCS)?.versions.keepMs, 604_800_000);
  assert.deepEqual(loadConfig(context), config);
  assert.equal(context.texts.get('/etc/syncd/config.yaml'), '# mine\nname: x\n');
  assert.match(context.texts.get(DOCS_FILE) ?? '', /^# Kept by syncd.*\nfolders:\n  docs:\n    path: \/srv\/docs\n/);
});

test('the name of a folder that is no good name of a file is written so that it is one', () => {
  const context = written('');
  addFolder(context, folderName('my docs'), AT);
  assert.ok(context.texts.has('/var/lib/syncd/folders.d/my%20docs.yaml'));
});

test('a bad value changes nothing and is named without a line of a file that nobody has', () => {
  const context = written('', { [DOCS_FILE]: 'folders: { docs: { path: /srv/docs } }' });
  const error = refused(context, 'E_CONFIG', () => editFolder(context, DOCS, parseAssignments(['rescan=1s'])));
  assert.match(error.message, /^folders\.docs\.rescan: found 1s; expected a time/);
  refused(context, 'E_CONFIG', () => editFolder(context, DOCS, parseAssignments(['rescan=1m', 'nonsense=1'])));
  refused(context, 'E_FOLDER_EXISTS', () => addFolder(context, DOCS, AT));
  refused(context, 'E_NO_SUCH_FOLDER', () => editFolder(context, folderName('none'), AT));
  refused(context, 'E_FOLDER_NESTED', () =>
    addFolder(context, folderName('b'), parseAssignments(['path=/srv/docs/b'])),
  );
});

test('while another file is bad nothing is written', () => {
  const context = written('nmae: x');
  const error = refused(context, 'E_CONFIG', () => addFolder(context, DOCS, AT));
  assert.match(error.message, /config\.yaml:1: nmae/);
});

test('an edit keeps what a person wrote in the same file, and goes where the folder already is', () => {
  const mine = '/var/lib/syncd/folders.d/mine.yaml';
  const context = written('', { [mine]: 'folders: { docs: { path: /srv/docs, watch: poll }, b: { path: /srv/b } }' });
  const config = editFolder(context, DOCS, parseAssignments(['rescan=1m']));
  assert.deepEqual([...context.texts.keys()], ['/etc/syncd/config.yaml', mine]);
  assert.equal(config.folders.get(DOCS)?.watch, 'poll');
  assert.equal(config.folders.get(folderName('b'))?.path, '/srv/b');
});

test('an edit of a folder of config.yaml goes over it from folders.d, and null takes it back', () => {
  const context = written('folders: { docs: { path: /srv/docs, rescan: 1m } }');
  assert.equal(editFolder(context, DOCS, parseAssignments(['rescan=2m'])).folders.get(DOCS)?.rescanMs, 120_000);
  assert.equal(context.texts.get(DOCS_FILE)?.includes('path'), false);
  refused(context, 'E_FOLDER_IN_CONFIG', () => editFolder(context, DOCS, parseAssignments(['rescan=null'])));
  const own = written('', { [DOCS_FILE]: 'folders: { docs: { path: /srv/docs, rescan: 1m } }' });
  assert.equal(editFolder(own, DOCS, parseAssignments(['rescan='])).folders.get(DOCS)?.rescanMs, 600_000);
});

test('an edit that changes nothing leaves the file as it is, comments too', () => {
  const text = 'folders: # mine\n  docs: { path: /srv/docs }\n';
  const context = written('', { [DOCS_FILE]: text });
  editFolder(context, DOCS, AT);
  assert.equal(context.texts.get(DOCS_FILE), text);
});

test('a removed folder leaves no file; one that a person wrote is refused', () => {
  const context = written('', { [DOCS_FILE]: 'folders: { docs: { path: /srv/docs } }' });
  assert.equal(removeFolder(context, DOCS).folders.size, 0);
  assert.equal(context.texts.has(DOCS_FILE), false);
  const fixed = written('\nfolders: { docs: { path: /srv/docs } }', {
    [DOCS_FILE]: 'folders: { docs: { rescan: 1m } }',
  });
  const error = refused(fixed, 'E_FOLDER_IN_CONFIG', () => removeFolder(fixed, DOCS));
  assert.match(error.message, /folders\.docs is written in \/etc\/syncd\/config\.yaml:2, which commands never change/);
});

test('a removed folder leaves the others of its file', () => {
  const context = written('', { [DOCS_FILE]: 'folders: { docs: { path: /srv/docs }, b: { path: /srv/b } }' });
  assert.deepEqual([...removeFolder(context, DOCS).folders.keys()], ['b']);
});

test('a peer is added under its name, and its role in a folder under that', () => {
  const context = written('folders: { docs: { path: /srv/docs } }');
  const { name } = addPeer(context, 'hub', { id: HUB, addresses: ['wss://hub:9031', 'wss://[::1]:9031'] });
  assert.equal(name, 'hub');
  const config = grant(context, DOCS, name, 'two-way');
  assert.deepEqual(config.peers.get(HUB)?.addresses, ['wss://hub:9031', 'wss://[::1]:9031']);
  assert.equal(config.folders.get(DOCS)?.peers.get(HUB), 'two-way');
});

test('a name that is taken, by a peer or by this device, gets the beginning of the ID', () => {
  const context = written('name: debian');
  assert.equal(addPeer(context, 'debian', { id: HUB, addresses: [] }).name, 'debian-HHHH');
  assert.equal(addPeer(context, 'nas', { id: NAS, addresses: [] }).name, 'nas');
  assert.equal(addPeer(context, 'nas', { id: deviceId('Q'), addresses: [] }).name, 'nas-QQQQ');
});

test('what a peer calls itself becomes a name that a file and a private folder may have', () => {
  const names = ['../../etc/passwd', 'my laptop', '', '\u0000\n', 'Büro-PC', HUB, 'a'.repeat(500)].map(
    (wanted) => addPeer(written(''), wanted, { id: NAS, addresses: [] }).name,
  );
  assert.deepEqual(names, ['etc-passwd', 'my-laptop', 'device', 'device', 'Büro-PC', 'H'.repeat(48), 'a'.repeat(48)]);
});

test('a device that is known already keeps its name and takes the new address', () => {
  const context = written('');
  addPeer(context, 'hub', { id: HUB, addresses: ['wss://old:1'] });
  assert.equal(addPeer(context, 'other', { id: HUB, addresses: [] }).name, 'hub');
  const { name, config } = addPeer(context, 'other', { id: HUB, addresses: ['wss://new:1'] });
  assert.equal(name, 'hub');
  assert.deepEqual(config.peers.get(HUB)?.addresses, ['wss://new:1']);
});

test('removing a peer takes every folder from it, and leaves an authority by its ID', () => {
  const context = written('folders: { a: { path: /srv/a } }', {
    [HUB_FILE]: `peers: { hub: { id: ${HUB} } }`,
    '/var/lib/syncd/folders.d/a.yaml': `folders: { a: { peers: { ${HUB}: two-way } } }`,
    [DOCS_FILE]: 'folders: { docs: { path: /srv/docs, authority: hub, peers: { hub: two-way } } }',
  });
  const config = removePeer(context, HUB);
  assert.equal(config.peers.size, 0);
  assert.equal(config.folders.get(DOCS)?.authority, HUB);
  assert.deepEqual([...context.texts.keys()], ['/etc/syncd/config.yaml', DOCS_FILE]);
});

test('a peer, or its role in a folder, that a person wrote is not removed by a command', () => {
  const peers = written(`peers: { hub: { id: ${HUB} } }`);
  refused(peers, 'E_PEER_IN_CONFIG', () => removePeer(peers, HUB));
  const roles = written('folders: { docs: { path: /srv/docs, peers: { hub: two-way } } }', {
    [HUB_FILE]: `peers: { hub: { id: ${HUB} } }`,
  });
  refused(roles, 'E_FOLDER_IN_CONFIG', () => removePeer(roles, HUB));
  refused(roles, 'E_FOLDER_IN_CONFIG', () => revoke(roles, DOCS, HUB));
  refused(roles, 'E_NO_SUCH_PEER', () => removePeer(roles, SELF));
});

test('a revoked folder stays, for the other peers', () => {
  const context = written('', {
    [HUB_FILE]: `peers: { hub: { id: ${HUB} }, nas: { id: ${NAS} } }`,
    [DOCS_FILE]: 'folders: { docs: { path: /srv/docs, peers: { hub: two-way, nas: two-way } } }',
  });
  assert.deepEqual([...(revoke(context, DOCS, HUB).folders.get(DOCS)?.peers.keys() ?? [])], [NAS]);
  assert.deepEqual([...(revoke(context, DOCS, NAS).folders.get(DOCS)?.peers.keys() ?? [])], []);
});

test('an assignment is a key, perhaps dotted, and a value in YAML', () => {
  assert.deepEqual(parseAssignments(['a=1', 'b.c=[x, "y=z"]', 'peers.my.host=two-way', 'd=']), [
    { keys: ['a'], value: 1 },
    { keys: ['b', 'c'], value: ['x', 'y=z'] },
    { keys: ['peers', 'my.host'], value: 'two-way' },
    { keys: ['d'], value: null },
  ]);
});

for (const bad of ['rescan', '=5', 'a=[', 'a=x\nb: y', 'a=b: c', 'a=&x 1'])
  test(`not an assignment: ${JSON.stringify(bad)}`, () => {
    assert.throws(() => parseAssignments([bad]), { code: 'E_USAGE' });
  });
