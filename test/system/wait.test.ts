// `syncctl wait`: what scripts rely on. It covers all that was written before it was called, and it never hangs.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemon, startPair, temporaryDirectory } from './daemon.ts';
import { exists, plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('after wait the other device has what was written just before, every time', async (t) => {
  const { hub, left, right } = await startPair(t, { before: (root) => plantMany(join(root, 'fill'), 60) });

  for (let n = 0; n < 50; n++) {
    writeFileSync(join(left, 'f.txt'), `write ${n}`);
    await hub.ok('wait', 'docs');
    assert.equal(read(right, 'f.txt'), `write ${n}`);
  }
});

test('the same holds for deletions, deep directories and renames of trees', async (t) => {
  const { hub, left, right } = await startPair(t, { before: (root) => plantMany(join(root, 'fill'), 60) });

  for (let n = 0; n < 5; n++) {
    mkdirSync(join(left, `${n}/a/b/c/d/e`), { recursive: true });
    writeFileSync(join(left, `${n}/a/b/c/d/e/file.txt`), `${n}`);
    await hub.ok('wait', 'docs');
    assert.equal(read(right, `${n}/a/b/c/d/e/file.txt`), `${n}`);

    renameSync(join(left, `${n}/a`), join(left, `${n}/z`));
    await hub.ok('wait', 'docs');
    assert.equal(read(right, `${n}/z/b/c/d/e/file.txt`), `${n}`);
    assert.equal(exists(right, `${n}/a`), false);

    unlinkSync(join(left, `${n}/z/b/c/d/e/file.txt`));
    await hub.ok('wait', 'docs');
    assert.equal(exists(right, `${n}/z/b/c/d/e/file.txt`), false);
  }
});

test('wait exits 4 when its time is over and no peer is there, and 0 when one comes in time', async (t) => {
  const { hub, laptop, left, right } = await startPair(t, { before: (root) => plant(root, { 'a.txt': 'a' }) });
  await laptop.stop();
  plant(left, { 'b.txt': 'b' });

  const startedMs = performance.now();
  const late = await hub.ctl('wait', 'docs', '--timeout', '1');
  assert.equal(late.code, 4);
  assert.match(late.stderr, /^syncctl: E_(NO_PEER|TIMEOUT): /);
  assert.ok(performance.now() - startedMs < 15_000, 'it does not hang');

  const waiting = hub.ctl('wait', 'docs', '--timeout', '60');
  await laptop.start();
  assert.equal((await waiting).code, 0);
  assert.equal(read(right, 'b.txt'), 'b');
});

test('a folder without any peer is not in sync with anybody', async (t) => {
  const lonely = await startDaemon(t, { name: 'lonely' });
  await lonely.ok('add-folder', 'docs', join(temporaryDirectory(t), 'docs'));

  assert.equal((await lonely.ctl('wait', 'docs', '--timeout', '1')).code, 4);
});

test('a paused folder says so at once; announcements still arrive, contents after resume', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plant(root, { 'a.txt': 'a' }) });

  await laptop.ok('pause', 'docs');
  plant(left, { 'b.txt': 'while it is paused' });
  const waited = await laptop.ctl('wait', 'docs', '--timeout', '30');
  assert.equal(waited.code, 5);
  assert.match(waited.stderr, /E_PAUSED/);
  await waitFor('the announcement has arrived', async () => (await laptop.folder('docs')).pending_files === 1);
  assert.equal(exists(right, 'b.txt'), false);

  await laptop.restart();
  assert.equal((await laptop.folder('docs')).state, 'paused', 'a restart does not resume it');
  plant(right, { 'c.txt': 'made here while paused' });
  await laptop.ok('resume', 'docs');
  await same();
  assert.equal(read(right, 'b.txt'), 'while it is paused');
  assert.equal(read(left, 'c.txt'), 'made here while paused');
  assert.equal((await hub.folder('docs')).state, 'idle');
});

test('wait and sync without a folder mean all folders; one that does not exist is an error', async (t) => {
  const { hub, left, right } = await startPair(t, { before: (root) => plant(root, { 'a.txt': 'a' }) });

  plant(left, { 'b.txt': 'b' });
  await hub.ok('sync');
  await hub.ok('wait');
  assert.equal(read(right, 'b.txt'), 'b');
  const unknown = await hub.ctl('wait', 'nothing');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^syncctl: E_NO_SUCH_FOLDER: .*\nhint: .*\n$/);
});
