// Both sides change the same path without knowing of each other: one content is in the folder afterwards, the other is
// kept, listed and brought back by name.
import assert from 'node:assert/strict';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPair, temporaryDirectory, type Daemon } from './daemon.ts';
import { exists, plant, plantMany, read } from './trees.ts';

interface Conflict {
  readonly path: string;
  readonly version: string | null;
  readonly winner_name: string;
}
interface Version {
  readonly version: string;
  readonly why: string;
}

/** Longer than the clocks of file systems and daemons are coarse. */
const APART_MS = 50;

test('of two edits the newest wins on both sides, and the other content is listed and can be restored', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'plan.txt': 'as it was', 'other.txt': 'untouched' }),
  });

  await laptop.stop();
  writeFileSync(join(left, 'plan.txt'), 'edited on the hub');
  await sleep(APART_MS);
  writeFileSync(join(right, 'plan.txt'), 'edited on the laptop, later');
  await laptop.start();
  await same();

  assert.equal(read(left, 'plan.txt'), 'edited on the laptop, later');
  for (const device of [hub, laptop]) {
    const [conflict, ...more] = await conflictsOf(device);
    assert.equal(conflict?.path, 'plan.txt', `listed on ${device.name}`);
    assert.equal(conflict?.winner_name, 'laptop');
    assert.deepEqual(more, []);
    assert.equal((await device.folder('docs')).conflicts, 1);
  }
  const version = (await conflictsOf(hub))[0]?.version;
  assert.ok(typeof version === 'string', 'the hub keeps what it had');

  await hub.ok('restore', 'docs', 'plan.txt', '--version', version);
  await same();
  assert.equal(read(right, 'plan.txt'), 'edited on the hub', 'restored as a new change, it reaches the other device');
});

test('a file deleted here and edited there lives', async (t) => {
  const { laptop, left, right, same } = await startPair(t, {
    before: (root) => plant(root, { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' }),
  });

  await laptop.stop();
  unlinkSync(join(left, 'a.txt'));
  writeFileSync(join(right, 'a.txt'), 'a, edited');
  unlinkSync(join(right, 'b.txt'));
  writeFileSync(join(left, 'b.txt'), 'b, edited');
  await laptop.start();
  await same();

  assert.equal(read(left, 'a.txt'), 'a, edited');
  assert.equal(read(right, 'b.txt'), 'b, edited');
});

test('the same edit on both sides is no conflict', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plant(root, { 'a.txt': 'a' }) });

  await laptop.stop();
  for (const root of [left, right]) {
    writeFileSync(join(root, 'a.txt'), 'the same edit');
    plant(root, { 'made/on both.txt': 'equal' });
  }
  await laptop.start();
  await same();

  assert.deepEqual(await conflictsOf(hub), []);
  assert.deepEqual(await conflictsOf(laptop), []);
});

test('a file made here and a directory of that name made there: both contents are kept', async (t) => {
  const { hub, laptop, left, right, same } = await startPair(t, { before: (root) => plant(root, { 'x.txt': 'x' }) });

  await laptop.stop();
  plant(left, { thing: 'I am a file' });
  plant(right, { 'thing/inside.txt': 'I am in a directory' });
  await laptop.start();
  await same();

  assert.equal(read(left, 'thing/inside.txt'), 'I am in a directory', 'what lives inside keeps its directory');
  const all = [...(await conflictsOf(hub)), ...(await conflictsOf(laptop))];
  assert.ok(all.some((conflict) => conflict.path === 'thing'));
  const kept = all.find((conflict) => conflict.version !== null)?.version;
  assert.ok(typeof kept === 'string', 'the file is in a version store');
});

test('what a remote change replaced or deleted is kept and comes back by restore', async (t) => {
  const { laptop, left, right, same } = await startPair(t, {
    before: (root) => {
      plantMany(root, 30);
      plant(root, { 'text.txt': 'first', 'gone.txt': 'do not lose me' });
    },
  });

  writeFileSync(join(left, 'text.txt'), 'second');
  await same();
  writeFileSync(join(left, 'text.txt'), 'third');
  unlinkSync(join(left, 'gone.txt'));
  await same();

  const versions = await versionsOf(laptop, 'text.txt');
  assert.equal(versions.length, 2, 'the first and the second content are kept');
  await laptop.ok('restore', 'docs', 'text.txt');
  await laptop.ok('restore', 'docs', 'gone.txt');
  await same();
  assert.equal(read(left, 'text.txt'), 'second', 'without a version named: the one before the current');
  assert.equal(read(left, 'gone.txt'), 'do not lose me');

  const aside = join(temporaryDirectory(t), 'aside.txt');
  const oldest = versions.at(-1)?.version;
  assert.ok(oldest !== undefined);
  await laptop.ok('restore', 'docs', 'text.txt', '--version', oldest, '--to', aside);
  assert.equal(readFileSync(aside, 'utf8'), 'first');
  assert.equal(read(right, 'text.txt'), 'second', 'the folder itself is not touched');

  const history = (await laptop.json('history', 'docs')) as { path: string; what: string; device_name: string }[];
  assert.ok(
    history.some((entry) => entry.path === 'gone.txt' && entry.what === 'deleted' && entry.device_name === 'hub'),
  );
  assert.ok(history.some((entry) => entry.path === 'gone.txt' && entry.what === 'restored'));
  const unknown = await laptop.ctl('restore', 'docs', 'never.txt');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /E_NO_SUCH_(PATH|VERSION)/);
  assert.equal(exists(right, 'never.txt'), false);
});

async function conflictsOf(device: Daemon): Promise<Conflict[]> {
  return (await device.json('conflicts', 'docs')) as Conflict[];
}

async function versionsOf(device: Daemon, path: string): Promise<Version[]> {
  const entries = (await device.json('history', 'docs', path)) as { version: string | null; why?: string }[];
  return entries.flatMap((entry) => (entry.version === null ? [] : [{ version: entry.version, why: entry.why ?? '' }]));
}
