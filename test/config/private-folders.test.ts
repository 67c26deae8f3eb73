// Whose a private folder is, and where folders are made that peers bring.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConfig } from '../../daemon/config/load.ts';
import { addFolder, addPeer, peerName, removePeer } from '../../daemon/config/write.ts';
import { deviceId, folderName, HUB, NAS, written } from './surroundings.ts';

const PEERS = `peers: { laptop: { id: ${HUB} }, nas: { id: ${NAS} } }\n`;
const notes = folderName('laptop:notes');
const load = (text: string): ReturnType<typeof loadConfig> => loadConfig(written(text));

test('a private folder belongs to the device of its name, and inherits no peers', () => {
  const config = load(`${PEERS}defaults: { peers: { nas: two-way }, rescan: 1m }
folders:
  "laptop:notes": { path: /srv/notes, peers: { laptop: two-way } }
  docs: { path: /srv/docs }`);
  const folder = config.folders.get(notes);
  assert.deepEqual([folder?.owner, [...(folder?.peers.keys() ?? [])], folder?.rescanMs], [HUB, [HUB], 60_000]);
  const docs = config.folders.get(folderName('docs'));
  assert.deepEqual([docs?.owner, [...(docs?.peers.keys() ?? [])]], [undefined, [NAS]]);
});

const STORAGE = 'storage: /srv/syncd\n';
const REFUSED: readonly { readonly why: string; readonly text: string; readonly message: RegExp }[] = [
  {
    why: 'a private folder with a peer that is another device',
    text: `${PEERS}folders:\n  "laptop:notes": { path: /n, peers: { laptop: two-way, nas: two-way } }`,
    message: /yaml:3: folders\.laptop:notes\.peers\.nas: private to laptop; expected no other peer than laptop/,
  },
  {
    why: 'a private folder of a device that is unknown, with a peer',
    text: `${PEERS}folders: { "phone:notes": { path: /n, peers: { nas: two-way } } }`,
    message: /private to phone; expected no other peer/,
  },
  {
    why: 'an owner that is not the device of that name',
    text: `${PEERS}folders: { "laptop:notes": { path: /n, owner: ${NAS} } }`,
    message: /folders\.laptop:notes\.owner: not the device that is called laptop here; expected H{52}/,
  },
  {
    why: 'an owner of a shared folder',
    text: `${PEERS}folders: { docs: { path: /n, owner: ${NAS} } }`,
    message: /folders\.docs\.owner: not a private folder/,
  },
  { why: 'an owner by name', text: `folders: { "a:b": { path: /n, owner: a } }`, message: /expected a device ID/ },
  { why: 'an owner for all', text: `defaults: { owner: ${NAS} }`, message: /defaults\.owner: unknown key/ },
  { why: 'two colons', text: 'folders: { "a:b:c": { path: /n } }', message: /expected letters, digits/ },
  { why: 'a device that leads upwards', text: 'folders: { "..:b": { path: /n } }', message: /expected letters/ },
  { why: 'a relative storage', text: 'storage: srv', message: /yaml:1: storage: found srv; expected an absolute path/ },
  {
    why: 'a storage in a folder',
    text: `${STORAGE}folders: { all: { path: /srv } }`,
    message: /yaml:1: storage: \/srv\/syncd lies inside the folder all \(\/srv\)/,
  },
  {
    why: 'a storage that is a folder',
    text: `${STORAGE}folders: { all: { path: /srv/syncd/ } }`,
    message: /is the path of the folder all/,
  },
  { why: 'a storage in the state', text: 'storage: /var/lib/syncd/x', message: /lies in the daemon's own/ },
  { why: 'a storage around the state', text: 'storage: /var', message: /holds the daemon's own/ },
  { why: 'a storage that is no disk', text: 'storage: /proc/1', message: /made by the kernel/ },
];
for (const { why, text, message } of REFUSED)
  test(`refused with its place: ${why}`, () => {
    assert.throws(() => load(text), { message });
  });

test('folders lie in the storage, and do not go with it', () => {
  const inIt = 'folders: { docs: { path: /srv/syncd/docs } }\n';
  assert.equal(load(`${STORAGE}${inIt}`).storage, '/srv/syncd');
  assert.equal(load(inIt).storage, undefined);
  assert.equal(load('storage: ~/hub/').storage, '/home/ana/hub');
});

test('a device is known by the name of its private folder for ever, and nobody else is', () => {
  const context = written(STORAGE);
  const phone = deviceId('P');
  const settings = [
    { keys: ['path'], value: '/srv/syncd/laptop:notes' },
    { keys: ['owner'], value: HUB },
  ];
  assert.equal(peerName(context, 'laptop', phone), `laptop-PPPP`, 'the daemon itself is called so');
  addFolder(context, folderName('nas:notes'), [{ keys: ['path'], value: '/n' }]);
  assert.equal(peerName(context, 'nas', NAS), 'nas-NNNN', 'what belongs to nobody yet is reserved');
  addFolder(context, folderName('phone:notes'), settings);
  assert.equal(peerName(context, 'other', HUB), 'phone');
  assert.equal(peerName(context, 'phone', phone), 'phone-PPPP');

  assert.equal(addPeer(context, 'other', { id: HUB, addresses: [] }).name, 'phone');
  removePeer(context, HUB);
  assert.equal(addPeer(context, 'phone', { id: phone, addresses: [] }).name, 'phone-PPPP');
  assert.equal(peerName(context, 'whatever', HUB), 'phone');
});
