// A kill between filing an old content in the version store and writing that down.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { Commit } from '../../daemon/index/commit.ts';
import { OneDevice, file } from './one-device.ts';

test('I1, I12: what a killed run had filed in the version store can be restored after the next start', async () => {
  const device = await new OneDevice().start({ 'd/a.txt': 'old', 'b.txt': 'gone' });
  const { index } = device;
  const commit = index.commit.bind(index);
  index.commit = (what: Commit) => {
    if (what.versions !== undefined && what.versions.length > 0) throw new Error('killed');
    return commit(what);
  };
  device.peer.tell(device.peer.version('d/a.txt', file('new')), 'new');
  device.peer.tell(device.peer.version('b.txt', { kind: 'absent' }));
  await device.until(() => device.kept().length === 2, 'both to be filed');
  await device.crash();
  device.folder.start();
  await device.until(() => device.folder.progress.condition.kind === 'idle', 'the folder', 120_000);

  for (const [path, content] of [
    ['d/a.txt', 'old'],
    ['b.txt', 'gone'],
  ] as const) {
    const [version, ...more] = device.folder.versions(path as RelativePath);
    assert.deepEqual(more, []);
    assert.equal(version?.sizeBytes, content.length);
    const restored = device.folder.restore({
      path: path as RelativePath,
      version: version?.id,
      atMs: undefined,
      dryRun: false,
      to: undefined,
    });
    await device.until(() => device.exists(path) && device.read(path) === content, `${path} to be restored`);
    await restored;
  }
  await device.stop();
});
