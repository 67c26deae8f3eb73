import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathsIn } from '../../daemon/system/mounted-elsewhere.ts';
import { startDaemon, temporaryDirectory } from './daemon.ts';
import { bind, withoutMounts } from './mounts.ts';
import { exists } from './trees.ts';
import { waitFor } from './wait-for.ts';

const MOUNTS = `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 8:2 / /data rw - ext4 /dev/sdb1 rw
23 21 8:1 /srv/my\\040docs/in /mnt/in rw - ext4 /dev/sda1 rw
24 21 8:2 /a/b /mnt/b rw - ext4 /dev/sdb1 rw
25 24 8:1 /srv/x /mnt/b rw - ext4 /dev/sda1 rw
26 21 8:3 /deep /mnt/alone rw - ext4 /dev/sdc1 rw
`;

test('a path in a bind mount is also below what shows more of its file system', () => {
  assert.deepEqual(pathsIn(MOUNTS, '/mnt/in'), ['/srv/my docs/in']);
  assert.deepEqual(pathsIn(MOUNTS, '/mnt/in/new'), ['/srv/my docs/in/new']);
  assert.deepEqual(pathsIn(MOUNTS, '/mnt/b/c'), ['/srv/x/c'], 'the mount on top is the one that is seen');
  for (const path of ['/', '/srv/x', '/data/a/b', '/mnt/inner', '/mnt/alone/x'])
    assert.deepEqual(pathsIn(MOUNTS, path), []);
});

test(
  'a directory of a folder, or of its .syncd, that is reached by a bind mount is refused as nested',
  { skip: withoutMounts() },
  async (t) => {
    const place = temporaryDirectory(t);
    const first = await startDaemon(t, { name: 'first' });
    const second = await startDaemon(t, { name: 'second' });
    const docs = join(place, 'docs');
    await first.ok('add-folder', 'docs', docs);
    await waitFor('the folder is looked after', async () => (await first.folder('docs')).state === 'idle');
    mkdirSync(join(docs, 'inner'));
    for (const [name, from] of Object.entries({ seen: 'inner', own: '.syncd/versions' })) {
      mkdirSync(join(place, name));
      bind(t, join(docs, from), join(place, name));
    }

    for (const daemon of [first, second])
      for (const path of ['seen', 'seen/deeper', 'own']) {
        const refused = await daemon.ctl('add-folder', 'more', join(place, path));
        assert.match(refused.stderr, /E_FOLDER_NESTED/, path);
      }
    assert.equal(exists(place, 'seen/deeper'), false);
    assert.equal(exists(place, 'seen/.syncd'), false);
  },
);
