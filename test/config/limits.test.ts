// Limits, priority and compression as they are written: what is refused, and in which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseAssignments } from '../../daemon/config/assignments.ts';
import { loadConfig } from '../../daemon/config/load.ts';
import { editFolder } from '../../daemon/config/write.ts';
import { folderName, HUB, written } from './surroundings.ts';

const RATE = 'expected bytes in a second of at least 10kB/s, such as 10MB/s, or 0 for no limit';

for (const [why, text, message] of [
  ['below the least', 'bandwidth: 5kB/s', `1: bandwidth: found 5kB/s; ${RATE}`],
  ['without a unit of time', 'bandwidth: { up: 10MB }', `1: bandwidth.up: found 10MB; ${RATE}`],
  ['a number alone', '\nbandwidth: { down: 10 }', `2: bandwidth.down: found 10; ${RATE}`],
  [
    'another direction',
    'bandwidth: { sideways: 1MB/s }',
    '1: bandwidth.sideways: unknown key; expected one of up, down, at',
  ],
  [
    'times that are none',
    'bandwidth:\n  at: { "at night": 1MB/s }',
    '2: bandwidth.at.at night: found "at night"; expected times such as "mon-fri 08:00-18:00"',
  ],
  ['of a peer', `peers:\n  hub:\n    id: ${HUB}\n    bandwidth: fast`, `4: peers.hub.bandwidth: found fast; ${RATE}`],
  [
    'a priority',
    'folders:\n  docs:\n    path: /srv/docs\n    priority: urgent',
    '4: folders.docs.priority: found urgent; expected high, normal, low',
  ],
  [
    'a compression',
    'defaults: { compression: gzip }',
    '1: defaults.compression: found gzip; expected auto, always, never',
  ],
] as const)
  test(`a limit or setting of traffic is refused in one line that says where and what is expected: ${why}`, () => {
    assert.throws(() => loadConfig(written(text)), { code: 'E_CONFIG', message: `/etc/syncd/config.yaml:${message}` });
  });

test('a folder that names one direction has the other from defaults, also where that is one rate for both', () => {
  for (const [above, down] of [
    ['500kB/s', 500_000],
    ['{ up: 500kB/s, down: 20kB/s }', 20_000],
    ['{ up: 500kB/s }', Infinity],
  ] as const) {
    const text = `defaults: { bandwidth: ${above} }\nfolders: { docs: { path: /srv/docs, bandwidth: { up: 2MB/s } } }`;
    const { bandwidth } = loadConfig(written(text)).folders.get(folderName('docs')) ?? {};
    assert.deepEqual(bandwidth, { up: 2_000_000, down, at: [] });
  }
});

test('edit-folder changes one direction, or the times, of what is one rate for both ways', () => {
  const file = '/var/lib/syncd/folders.d/docs.yaml';
  for (const [set, up, down, times] of [
    ['bandwidth.up=2MB/s', 2_000_000, 1_000_000, 0],
    ['bandwidth.up=', Infinity, 1_000_000, 0],
    ['bandwidth.at={sat: 0}', 1_000_000, 1_000_000, 1],
  ] as const) {
    const context = written('', { [file]: 'folders: { docs: { path: /srv/docs, bandwidth: 1MB/s } }' });
    const edited = editFolder(context, folderName('docs'), parseAssignments([set]));
    const bandwidth = edited.folders.get(folderName('docs'))?.bandwidth;
    assert.ok(bandwidth);
    assert.deepEqual([bandwidth.up, bandwidth.down, bandwidth.at.length], [up, down, times], set);
  }
});
