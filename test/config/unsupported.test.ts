import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConfig } from '../../daemon/config/load.ts';
import { HUB, written } from './surroundings.ts';

const inFolder = (key: string): string =>
  `folders:\n  docs:\n    path: /srv/docs\n    ${key}\npeers: { hub: { id: ${HUB} } }`;

const REFUSED: readonly [key: string, text: string][] = [
  ['bandwidth', 'bandwidth: { up: 10MB/s, down: 0 }'],
  ['peers.hub.bandwidth', `peers: { hub: { id: ${HUB}, bandwidth: 1MB/s } }`],
  ...['priority: high', 'compression: never', 'bandwidth: { up: 1MB/s }'].map((key): [string, string] => [
    `folders.docs.${key.split(':')[0]}`,
    inFolder(key),
  ]),
];
for (const [key, text] of REFUSED)
  test(`what does nothing yet is not accepted in silence: ${text.split('\n')[3]?.trim() ?? text}`, () => {
    const line = text.startsWith('folders:\n') ? 4 : 1;
    const message = `/etc/syncd/config.yaml:${line}: ${key}: not supported by this version yet; leave it out`;
    assert.throws(() => loadConfig(written(text)), { code: 'E_UNSUPPORTED', message });
  });

test('what asks for nothing but the default is accepted', () => {
  const keys = `mode: two-way, interval: realtime, schedule: null, ignore: [], only: [], content: any, hidden: true, max_size: 0,
    conflict: newest, priority: normal, compression: auto, notify: [], bandwidth: { up: 0, down: 0 }, peers: {}`;
  loadConfig(written(`bandwidth: 0\ndefaults: { ${keys} }\nfolders: { docs: { path: /srv/docs, ${keys} } }`));
});

test('a value that is wrong is told as wrong, not as unsupported', () => {
  for (const key of ['mode: sideways', 'interval: 1s', 'schedule: at night', 'max_size: big', 'bandwidth: { up: 10 }'])
    assert.throws(() => loadConfig(written(inFolder(key))), { code: 'E_CONFIG' });
});
