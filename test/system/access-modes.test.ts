// Rights that the daemon does not have, and modes that are in its way: what it may not read or write is named, deleted
// nowhere, and made good when it may; modes are put back exactly.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { atEnd } from './at-end.ts';
import { pair, settle, startDaemon, temporaryDirectory, type Daemon, type Pair } from './daemon.ts';
import { assertSameTrees, compareTrees, countFiles, describeTree, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

/** Root may read and write everything; the daemon runs without that. */
const UNDER = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : undefined;
const ORDINARY = 10;

/** In its place with its mode and owner: the daemon must not see it before it has them. */
function plantForeign(root: string, path: string, content: string, mode: number, owner?: number): void {
  const aside = `${root}, aside`;
  writeFileSync(aside, content);
  chmodSync(aside, mode);
  if (owner !== undefined) chownSync(aside, owner, owner);
  renameSync(aside, join(root, path));
}

/** As startPair, but the laptop has no more rights than any user. */
async function startRestricted(t: TestContext, before: (left: string) => void): Promise<Pair> {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(right);
  for (let n = 0; n < ORDINARY; n++) plant(left, { [`ordinary/${n}.txt`]: `ordinary ${n}` });
  before(left);
  const config = 'defaults: { rescan: 5s }\n';
  const hub = await startDaemon(t, { name: 'hub', config });
  const laptop = await startDaemon(t, { name: 'laptop', config, ...(UNDER === undefined ? {} : { under: UNDER }) });
  await pair(hub, laptop, 'docs', [left, right]);
  const same = async (): Promise<void> => {
    await settle('docs', hub, laptop);
    assertSameTrees(left, right);
  };
  await same();
  return { hub, laptop, left, right, same };
}

async function skippedOf(daemon: Daemon): Promise<string[]> {
  return (await daemon.folder('docs')).skipped.map(({ path, code }) => `${path} ${code}`);
}

test('S46 T23 I1 I4 I15: a directory that may not be read is named and unknown; edits on both sides are kept', async (t) => {
  const { hub, laptop, left, right, same } = await startRestricted(t, (root) => {
    for (let n = 0; n < 100; n++) plant(root, { [`closed/${n}.txt`]: `first ${n}` });
  });
  const closed = join(right, 'closed');
  writeFileSync(join(closed, '99.txt'), 'edited here just before');
  await waitFor('it has gone out', () => read(left, 'closed/99.txt') === 'edited here just before');

  chmodSync(closed, 0);
  atEnd(t, () => chmodSync(closed, 0o755));
  for (let n = 0; n < 10; n++) {
    writeFileSync(join(left, `closed/${n}.txt`), `edited ${n}`);
    rmSync(join(left, `closed/${n + 10}.txt`));
    writeFileSync(join(left, `closed/new ${n}.txt`), `new ${n}`);
  }
  // As root may.
  if (UNDER !== undefined) writeFileSync(join(closed, '50.txt'), 'written here meanwhile');
  plant(left, { 'ordinary/sentinel.txt': 'I arrive' });
  await waitFor('it is named', async () => (await skippedOf(laptop)).some((line) => line.startsWith('closed')));
  await waitFor('the rest goes on', () => read(right, 'ordinary/sentinel.txt') === 'I arrive');
  await laptop.ok('sync', 'docs');
  await hub.ok('sync', 'docs');
  const nothing = (line: string): boolean => line.startsWith('closed/closed');
  assert.equal((await skippedOf(laptop)).some(nothing), false, 'what is not there is not named');
  assert.equal(countFiles(join(left, 'closed')), 100, 'nothing is deleted elsewhere');
  // To be written into it would have to be readable too: its mode is not touched, not for a moment.
  for (let n = 0; n < 200; n++) {
    assert.equal(statSync(closed).mode & 0o777, 0);
    await pause(5);
  }

  chmodSync(closed, 0o755);
  await waitFor('nothing is named any more', async () => (await skippedOf(laptop)).length === 0);
  await same();
  if (UNDER !== undefined) assert.equal(read(left, 'closed/50.txt'), 'written here meanwhile');
  assert.equal(read(right, 'closed/3.txt'), 'edited 3');
  assert.equal(exists(right, 'closed/13.txt'), false);
  assert.equal((await laptop.folder('docs')).conflicts, 0);
});

test('T23 I4 I11: a file that may not be read, and a root that may not be entered, are named and deleted nowhere', async (t) => {
  const { laptop, left, right, same } = await startRestricted(t, (root) => plant(root, { 'secret.txt': 'first' }));
  plantForeign(right, 'secret.txt', 'changed, and nobody may read it', 0);
  await waitFor('it is named', async () => (await skippedOf(laptop)).includes('secret.txt E_ACCESS'));
  assert.equal(read(left, 'secret.txt'), 'first');
  chmodSync(join(right, 'secret.txt'), 0o644);
  await waitFor('it is sent', () => read(left, 'secret.txt') === 'changed, and nobody may read it');
  await same();

  chmodSync(right, 0);
  atEnd(t, () => chmodSync(right, 0o755));
  const folder = await waitFor('the folder is halted', async () => {
    const found = await laptop.folder('docs');
    return found.state === 'halted' && found;
  });
  assert.equal(folder.error?.code, 'E_ACCESS');
  plant(left, { 'meanwhile.txt': 'meanwhile' });
  assert.equal(countFiles(left), ORDINARY + 2);
  chmodSync(right, 0o755);
  await waitFor('it goes on', async () => (await laptop.folder('docs')).state !== 'halted');
  await same();
});

test('S47: what happens in a directory without write permission happens, and its mode is as it was', async (t) => {
  const { laptop, left, right, same } = await startRestricted(t, (root) => {
    plant(root, { 'fixed/a.txt': 'a', 'fixed/b.txt': 'b', 'fixed/c.txt': 'c', 'fixed/deep/d.txt': 'd' });
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'deep/d.txt']) chmodSync(join(root, 'fixed', name), 0o444);
    for (const name of ['deep', '.']) chmodSync(join(root, 'fixed', name), 0o555);
  });
  atEnd(t, () => {
    for (const root of [left, right]) for (const name of ['fixed', 'fixed/deep']) chmodSync(join(root, name), 0o755);
  });
  const modes = (): string[] =>
    ['fixed', 'fixed/deep'].map((name) => (statSync(join(right, name)).mode & 0o7777).toString(8));
  assert.deepEqual(modes(), ['555', '555']);

  // The user of the hub is root, or owns it: he opens it for a moment.
  const inFixed = (act: () => void): void => {
    chmodSync(join(left, 'fixed'), 0o755);
    act();
    chmodSync(join(left, 'fixed'), 0o555);
  };
  inFixed(() => {
    rmSync(join(left, 'fixed/a.txt'));
    writeFileSync(join(left, 'fixed/a.txt'), 'edited');
    chmodSync(join(left, 'fixed/a.txt'), 0o444);
    rmSync(join(left, 'fixed/b.txt'));
    renameSync(join(left, 'fixed/c.txt'), join(left, 'fixed/renamed.txt'));
    plant(left, { 'fixed/new.txt': 'new' });
  });
  await waitFor('it is the same', () => compareTrees(left, right).length === 0);
  await same();
  assert.deepEqual(modes(), ['555', '555'], 'never left open');
  assert.deepEqual(await skippedOf(laptop), []);
});

test('S15: setuid, setgid and sticky bits stay where they are; other modes arrive; what may not be read is not deleted', async (t) => {
  if (UNDER === undefined) return t.skip('only root may give files to others');
  const { hub, laptop, left, right } = await startRestricted(t, (root) => {
    plant(root, { 'setuid.sh': '1', 'read-only.txt': '4', 'shared/x.txt': 'x', 'sticky/y.txt': 'y' });
    chmodSync(join(root, 'setuid.sh'), 0o4755);
    chmodSync(join(root, 'shared'), 0o2775);
    chmodSync(join(root, 'sticky'), 0o1777);
    chmodSync(join(root, 'read-only.txt'), 0o444);
    chownSync(join(root, 'shared/x.txt'), 1234, 1234);
  });
  const modeOf = (root: string, name: string): string => (statSync(join(root, name)).mode & 0o7777).toString(8);
  const names = ['setuid.sh', 'shared', 'sticky', 'read-only.txt'];
  assert.deepEqual(
    names.map((name) => modeOf(right, name)),
    ['755', '775', '777', '444'],
  );
  assert.deepEqual(
    names.map((name) => modeOf(left, name)),
    ['4755', '2775', '1777', '444'],
    'untouched at home',
  );
  assert.notEqual(statSync(join(right, 'shared/x.txt')).uid, 1234);

  writeFileSync(join(right, 'setuid.sh'), 'edited there');
  writeFileSync(join(right, 'sticky/y.txt'), 'edited there');
  plantForeign(right, 'mode 000.txt', 'nobody', 0);
  plantForeign(right, 'not mine.txt', 'of another user', 0o600, 1234);
  await waitFor('both are named', async () => {
    const named = await skippedOf(laptop);
    return named.includes('mode 000.txt E_ACCESS') && named.includes('not mine.txt E_ACCESS');
  });
  await settle('docs', hub, laptop);
  assert.equal(read(left, 'setuid.sh'), 'edited there');
  assert.equal(modeOf(left, 'sticky'), '1777', 'a directory keeps its bits when what is in it changes');
  assert.deepEqual(
    [...describeTree(left).keys()].filter((path) => path.startsWith('not') || path.startsWith('mode')),
    [],
  );
  chmodSync(join(right, 'mode 000.txt'), 0o600);
  chownSync(join(right, 'not mine.txt'), 0, 0);
  await waitFor('nothing is named any more', async () => (await skippedOf(laptop)).length === 0);
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
});
