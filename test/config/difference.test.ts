import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Config } from '../../daemon/config/config.ts';
import { loadConfig } from '../../daemon/config/load.ts';
import { differenceOf } from '../../daemon/config/reload.ts';
import { showConfig, showConfigText } from '../../daemon/config/show.ts';
import { HUB, NAS, SELF, written } from './surroundings.ts';

const load = (text: string): Config => loadConfig(written(text));
const BEFORE = `
folders: { a: { path: /a }, b: { path: /b }, c: { path: /c, peers: { hub: two-way } } }
peers: { hub: { id: ${HUB} } }`;

/** Only what is different. */
function changes(before: string, after: string): Record<string, unknown> {
  const difference = Object.entries(differenceOf(load(before), load(after)));
  return Object.fromEntries(
    difference.filter(([, value]) => value !== false && !(Array.isArray(value) && !value.length)),
  );
}

const names = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map((one: unknown) => (typeof one === 'object' && one && 'name' in one ? one.name : one))
    : value;
const named = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).map(([key, value]) => [key, names(value)]));

test('the same text twice is no difference', () => {
  assert.deepEqual(changes(BEFORE, BEFORE), {});
});

test('folders and peers that come, go, move and change are told apart', () => {
  const after = `
name: other
listen: false
log: { level: debug }
folders: { a: { path: /a2, rescan: 1m }, c: { path: /c }, d: { path: /d } }
peers: { nas: { id: ${NAS} }, hub: { id: ${HUB}, address: "wss://h:1" } }`;
  assert.deepEqual(named(changes(BEFORE, after)), {
    foldersAdded: ['d'],
    foldersRemoved: ['b'],
    foldersChanged: ['c'],
    foldersMoved: ['a'],
    peersAdded: ['nas'],
    peersChanged: ['hub'],
    listenChanged: true,
    nameChanged: true,
    logChanged: true,
  });
  assert.deepEqual(changes(after, BEFORE)['peersRemoved'], [NAS]);
});

const SETTINGS = [
  'enabled: false',
  'interval: 1m',
  'rescan: 1m',
  'schedule: 22:00-06:00',
  'permissions: false',
  'watch: poll',
  'authority: hub',
  'names: { hub: docs }',
  'max_delete: 100%',
  'priority: high',
  'compression: always',
  'bandwidth: 1MB/s',
  'bandwidth: { at: { "08:00-18:00": { up: 1MB/s } } }',
  'versions: { keep: 1d }',
  'versions: { max_size: 1% }',
];
for (const setting of SETTINGS)
  test(`a folder is changed by ${setting}`, () => {
    const after = BEFORE.replace('path: /a', `path: /a, ${setting}`);
    assert.deepEqual(named(changes(BEFORE, after)), { foldersChanged: ['a'] });
  });

test('another name for a peer is a change of the peer', () => {
  const after = BEFORE.replaceAll('hub:', 'nabe:');
  assert.deepEqual(named(changes(BEFORE, after)), { peersChanged: ['nabe'] });
});

test('what is shown is complete and means the same when it is read again', () => {
  const config = load(`
name: laptop
listen: "[::]:9031"
log: { file: /var/log/x.log }
defaults: { interval: 30s, rescan: 90s, schedule: 22:00-06:00, bandwidth: { up: 1.5MB/s, at: { 'mon 08:00-18:00': { up: 10kB/s } } }, versions: { max_size: 7% } }
folders: { docs: { path: ~/docs, authority: laptop, peers: { hub: two-way }, names: { hub: "laptop:docs" }, conflict: largest }, b: { path: /b, authority: hub, interval: realtime, schedule: always } }
peers: { hub: { id: ${HUB}, address: ["wss://a:1", "wss://b:2"] }, nas: { id: ${NAS}, address: "wss://n:1" } }`);
  assert.deepEqual(load(showConfigText(config, SELF)), config);
  const shown = JSON.parse(JSON.stringify(showConfig(config, SELF))) as { folders: Record<string, unknown> };
  assert.deepEqual(shown.folders['docs'], {
    path: '/home/ana/docs',
    peers: { hub: 'two-way' },
    names: { hub: 'laptop:docs' },
    mode: 'two-way',
    interval: '30s',
    rescan: '90s',
    schedule: '22:00-06:00',
    enabled: true,
    ignore: [],
    only: [],
    content: 'any',
    hidden: true,
    max_size: 0,
    permissions: true,
    watch: 'auto',
    authority: SELF,
    conflict: 'largest',
    priority: 'normal',
    compression: 'auto',
    bandwidth: { up: '1500kB/s', down: 0, at: { 'mon 08:00-18:00': { up: '10kB/s' } } },
    max_delete: '50%',
    versions: { keep: '30d', max_size: '7%' },
  });
});
