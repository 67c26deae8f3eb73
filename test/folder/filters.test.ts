// Ignored is not deleted: what a filter takes out of a folder and puts back into it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const GONE = { kind: 'absent' } as const;

/** A running device; the rules in force, and every file in place. */
async function withFiles(files: Readonly<Record<string, string>>, filter = {}) {
  const device = new OneDevice();
  device.filter(filter);
  return device.start(files);
}

/** A filter that is changed, and all that follows from it. */
async function refilter(device: OneDevice, filter: Parameters<OneDevice['filter']>[0]) {
  device.filter(filter);
  await device.clock.advance(4_000);
}

test('I4: T49: what is ignored from now on is neither deleted here nor told to be', async () => {
  const device = await withFiles({ 'a.txt': 'a', 'b.log': 'b', 'd/c.log': 'c' });
  await refilter(device, { ignore: ['*.log'] });

  assert.equal(device.row('b.log'), undefined);
  assert.equal(device.wanted('d/c.log')?.why, 'ignored');
  assert.ok(device.exists('b.log') && device.exists('d/c.log'));
  device.remove('b.log');
  device.write('d/c.log', 'changed');
  await device.clock.advance(4_000);
  assert.ok(device.peer.told.every(({ record }) => record.entry.kind !== 'absent'));
  assert.equal(device.peer.told.filter(({ record }) => record.path === 'd/c.log').length, 1);
  await device.stop();
});

test('I4: L3: what was removed while it was ignored comes back, and is deleted nowhere', async () => {
  const device = await withFiles({ 'b.log': 'b' });
  await refilter(device, { ignore: ['*.log'] });
  device.remove('b.log');
  await device.clock.advance(4_000);
  device.peer.contents.set('b.log', 'b');
  await refilter(device, {});

  assert.ok(device.peer.told.every(({ record }) => record.entry.kind !== 'absent'));
  await device.until(() => device.exists('b.log'), 'the file from the peer');
  assert.equal(device.read('b.log'), 'b');
  await device.stop();
});

test('I4: a peer deletes what is ignored here: it stays, and lives on for all when it is not ignored any more', async () => {
  const device = await withFiles({ 'b.log': 'b', 'a.txt': 'a' });
  const before = device.row('b.log')?.record;
  assert.ok(before !== undefined);
  await refilter(device, { ignore: ['*.log'] });
  device.peer.tell(device.peer.version('b.log', GONE, before));
  await device.clock.advance(2_000);
  assert.equal(device.wanted('b.log')?.record.entry.kind, 'absent');
  assert.equal(device.peer.acknowledged?.held, device.peer.lastSeq);
  await refilter(device, {});

  assert.equal(device.read('b.log'), 'b');
  assert.equal(device.peer.lastTold('b.log')?.entry.kind, 'file');
  assert.equal(device.wanted('b.log'), undefined);
  await device.stop();
});

test('what a peer announces of an ignored path is confirmed and kept, and comes when it is ignored no more', async () => {
  const device = await withFiles({}, { ignore: ['node_modules/**'] });
  device.peer.tell(device.peer.version('node_modules', { kind: 'dir', mode: 0o755 }, null));
  device.peer.tell(device.peer.version('node_modules/x.js', file('x'), null), 'x');
  await device.clock.advance(2_000);
  assert.equal(device.exists('node_modules'), false);
  assert.equal(device.peer.acknowledged?.held, device.peer.lastSeq);
  assert.equal((await device.wait()).kind, 'in sync');
  device.peer.contents.set('node_modules/x.js', 'x');
  await refilter(device, {});

  await device.until(() => device.exists('node_modules/x.js'), 'what was ignored');
  assert.deepEqual(
    device.peer.asked.map(({ path }) => path),
    ['node_modules/x.js'],
  );
  await device.stop();
});

test('what was ignored on both sides and is equal joins; what differs is a conflict that loses nothing', async () => {
  const device = await withFiles({ 'same.log': 'same', 'other.log': 'ours' }, { ignore: ['*.log'] });
  device.clock.nowMs();
  device.peer.tell(device.peer.version('same.log', file('same'), null));
  device.peer.tell({ ...device.peer.version('other.log', file('theirs'), null), stamp: Number.MAX_SAFE_INTEGER - 1 });
  device.peer.contents.set('other.log', 'theirs');
  await device.clock.advance(1_000);
  await refilter(device, {});
  await device.until(() => device.read('other.log') === 'theirs', 'the winner');

  assert.deepEqual(device.kept(), ['ours']);
  assert.equal(device.read('same.log'), 'same');
  assert.equal(device.wanted('same.log'), undefined);
  await device.stop();
});

test('an own file that is synced again is the version that it was', async () => {
  const device = await withFiles({ 'b.log': 'b' });
  const before = device.row('b.log')?.record;
  await refilter(device, { ignore: ['*.log'] });
  await refilter(device, {});
  assert.deepEqual(device.row('b.log')?.record, before);
  assert.equal(device.folder.conflicts().length, 0);
  assert.equal(device.folder.history({ path: 'b.log', limit: 10 }).length, 1);
  await device.stop();
});

test('I11: a directory with ignored children outlives its deletion elsewhere, and is named', async () => {
  const device = await withFiles({ 'd/a.txt': 'a', 'd/x.log': 'x' }, { ignore: ['*.log'] });
  for (const path of ['d/a.txt', 'd']) device.peer.tell(device.peer.version(path, GONE));
  await device.until(() => !device.exists('d/a.txt'), 'the deletion');
  await device.clock.advance(4_000);
  assert.ok(device.exists('d/x.log'));
  assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'd', code: 'E_DIR_KEPT' }]);
  assert.equal(device.row('d')?.record.entry.kind, 'absent');
  await refilter(device, {});
  assert.equal(device.peer.lastTold('d/x.log')?.entry.kind, 'file');
  assert.equal(device.row('d')?.record.entry.kind, 'dir');
  await device.stop();
});

test('a device does not relay what it ignores', async () => {
  const device = await withFiles({}, { ignore: ['*.log'] });
  device.peer.tell(device.peer.version('a.log', file('a'), null), 'a');
  device.peer.tell(device.peer.version('gone.log', GONE, null));
  device.peer.tell(device.peer.version('a.txt', file('a'), null), 'a');
  await device.clock.advance(1_000);
  device.other.connect();
  await device.clock.advance(2_000);
  assert.deepEqual(
    device.other.told.map(({ record }) => record.path),
    ['a.txt'],
  );
  await device.stop();
});

test('T49: .syncignore: a file that is written, changed and removed holds at once; it is synced itself', async () => {
  const device = await withFiles({ 'd/a.log': 'a', 'd/b.tmp': 'b', 'c.log': 'c' });
  device.write('d/.syncignore', '*.log\n');
  await device.until(() => device.wanted('d/a.log')?.why === 'ignored', 'the rule');
  assert.ok(device.row('c.log') !== undefined && device.row('d/b.tmp') !== undefined);
  assert.equal(device.peer.lastTold('d/.syncignore')?.entry.kind, 'file');

  device.write('d/.syncignore', '*.tmp\n');
  await device.until(() => device.row('d/a.log') !== undefined, 'the file that is not named any more');
  assert.equal(device.row('d/b.tmp'), undefined);

  device.remove('d/.syncignore');
  await device.until(() => device.row('d/b.tmp') !== undefined, 'the other file');
  assert.ok(device.peer.told.every(({ record }) => record.entry.kind !== 'absent' || record.path === 'd/.syncignore'));
  await device.stop();
});

test('T49: .syncignore: one that a peer sends holds as soon as it is here', async () => {
  const device = await withFiles({ 'a.log': 'a' });
  device.peer.tell(device.peer.version('.syncignore', file('*.log\n'), null), '*.log\n');
  await device.until(() => device.wanted('a.log')?.why === 'ignored', 'the rule');
  assert.ok(device.exists('a.log'));
  await device.stop();
});

test('.syncignore: what it ignored stays ignored over a crash, also before anything is scanned', async () => {
  const device = await withFiles({ '.syncignore': '*.log\n', 'a.log': 'a' });
  await device.crash();
  device.remove('a.log');
  device.folder.start();
  device.peer.connect();
  await device.clock.advance(4_000);
  assert.ok(device.peer.told.every(({ record }) => record.path !== 'a.log'));
  await device.stop();
});

test('a filter that changed while the daemon was down is no deletion either', async () => {
  const device = await withFiles({ 'a.log': 'a', 'b.txt': 'b' });
  await device.crash();
  device.remove('a.log');
  device.filter({ ignore: ['*.log'] });
  device.folder.start();
  device.peer.connect();
  await device.clock.advance(4_000);
  assert.ok(device.peer.told.every(({ record }) => record.entry.kind !== 'absent'));
  assert.equal(device.wanted('a.log')?.why, 'ignored');
  await device.stop();
});

test('I11: .syncignore: a directory that is removed elsewhere with its rules does not bring back what they ignored', async () => {
  const device = await withFiles({ 'd/.syncignore': '*.log\n', 'd/a.txt': 'a', 'd/x.log': 'x' });
  for (const path of ['d/.syncignore', 'd/a.txt']) device.peer.tell(device.peer.version(path, GONE));
  await device.clock.advance(500);
  device.peer.tell(device.peer.version('d', GONE));
  await device.clock.advance(20_000);
  void device.folder.sync();
  await device.clock.advance(5_000);
  assert.ok(device.exists('d/x.log'));
  assert.equal(device.peer.lastTold('d/x.log'), undefined);
  assert.equal(device.row('d')?.keptLocally, true);
  await device.stop();
});

test('only: a directory is synced when something in it is', async () => {
  const device = await withFiles({ 'a/b/x.md': 'x', 'a/b/x.bin': 'x', 'c/y.bin': 'y' }, { only: ['*.md'] });
  assert.deepEqual(device.peer.told.map(({ record }) => record.path).toSorted(), ['a', 'a/b', 'a/b/x.md']);
  for (const dir of ['e', 'f', 'f/g']) device.peer.tell(device.peer.version(dir, { kind: 'dir', mode: 0o755 }, null));
  device.peer.tell(device.peer.version('f/g/z.md', file('z'), null), 'z');
  device.peer.tell(device.peer.version('f/g/z.bin', file('z'), null), 'z');
  await device.until(() => device.exists('f/g/z.md'), 'the file in its directories');
  assert.equal(device.exists('e'), false);
  assert.equal(device.exists('f/g/z.bin'), false);
  device.write('c/new.md', 'new');
  await device.until(() => device.peer.lastTold('c/new.md') !== undefined, 'the new file');
  assert.equal(device.peer.lastTold('c')?.entry.kind, 'dir');
  await device.stop();
});

test('max_size: a file that grows over it is set aside, one that is too large does not come; nothing is deleted', async () => {
  const device = await withFiles({ 'a.txt': 'small' }, { maxSizeBytes: 10 });
  device.write('a.txt', 'much too large by now');
  device.peer.tell(device.peer.version('b.txt', file('also far too large'), null), 'also far too large');
  await device.until(() => device.wanted('a.txt')?.why === 'ignored', 'it to be set aside');
  assert.ok(device.peer.told.every(({ record }) => record.entry.kind === 'file' && record.entry.size <= 10));
  assert.equal(device.exists('b.txt'), false);
  assert.equal((await device.wait()).kind, 'in sync');
  device.peer.contents.set('b.txt', 'also far too large');
  await refilter(device, { maxSizeBytes: 100 });
  await device.until(() => device.exists('b.txt'), 'what is not too large any more');
  assert.equal(device.peer.lastTold('a.txt')?.entry.kind, 'file');
  await device.stop();
});

test('max_size: a larger version of a peer does not come, and the smaller one here stays', async () => {
  const device = await withFiles({ 'a.txt': 'small' }, { maxSizeBytes: 10 });
  device.peer.tell(device.peer.version('a.txt', file('much too large by now')), 'much too large by now');
  await device.clock.advance(2_000);
  assert.equal(device.read('a.txt'), 'small');
  device.peer.tell(device.peer.version('a.txt', file('less')), 'less');
  await device.until(() => device.read('a.txt') === 'less', 'the version that is small enough');
  await device.stop();
});

test('content: text: bytes decide on both sides, where the name does not', async () => {
  const device = await withFiles({ notes: 'text', 'a.bin': 'text', data: 'a\0b' }, { content: 'text' });
  assert.deepEqual(
    device.peer.told.map(({ record }) => record.path),
    ['notes'],
  );
  device.peer.tell(device.peer.version('blob', file('x\0y'), null), 'x\0y');
  device.peer.tell(device.peer.version('plain', file('words'), null), 'words');
  await device.until(() => device.exists('plain'), 'the text');
  await device.clock.advance(2_000);
  assert.equal(device.exists('blob'), false);
  assert.equal(device.peer.acknowledged?.held, device.peer.lastSeq);
  device.write('notes', 'no\0text');
  await device.until(() => device.wanted('notes')?.why === 'ignored', 'it to be set aside');
  assert.equal(device.peer.lastTold('notes')?.entry.kind, 'file');
  await device.stop();
});

test('content: text: set on a running folder it looks into what is synced; taken back, everything comes', async () => {
  const device = await withFiles({ notes: 'text', data: 'a\0b' });
  await refilter(device, { content: 'text' });
  assert.equal(device.row('data'), undefined);
  assert.ok(device.row('notes') !== undefined);
  await refilter(device, {});
  assert.ok(device.row('data') !== undefined);
  await device.stop();
});

test('a move out of what is ignored is a creation, a move into it a deletion', async () => {
  const device = await withFiles({ 'in/a.txt': 'a', 'out/b.txt': 'b' }, { ignore: ['out/'] });
  device.user.rename(`${ROOT}/out/b.txt`, `${ROOT}/in/b.txt`);
  device.user.rename(`${ROOT}/in/a.txt`, `${ROOT}/out/a.txt`);
  await device.until(() => device.peer.lastTold('in/a.txt')?.entry.kind === 'absent', 'the deletion');
  assert.equal(device.peer.lastTold('in/b.txt')?.entry.kind, 'file');
  assert.equal(device.peer.lastTold('out/a.txt'), undefined);
  await device.stop();
});

test('an ignored tree costs a scan nothing', async () => {
  const files = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`node_modules/m${i}/index.js`, 'x']));
  const device = await withFiles({ 'a.txt': 'a', ...files }, { ignore: ['node_modules/'] });
  void device.folder.sync();
  assert.ok((await device.jobsIn(3_000)) < 10);
  await device.stop();
});

test('.syncignore: a file that cannot be used is named, and what it said before holds on', async () => {
  const device = await withFiles({ '.syncignore': '*.log\n', 'a.log': 'a' });
  device.write('.syncignore', '#'.repeat(70_000));
  const isNamed = () => device.folder.snapshot().skipped.some(({ code }) => code === 'E_IGNORE_RULES');
  await device.until(isNamed, 'its name');
  await device.clock.advance(3_000);
  assert.ok(isNamed());
  assert.equal(device.row('a.log'), undefined);
  device.write('.syncignore', '*.tmp\n');
  await device.until(() => !isNamed() && device.row('a.log') !== undefined, 'the end of it');
  await device.stop();
});

test('restore and undo say of an ignored path that it is not synced, and change nothing', async () => {
  const device = await withFiles({ 'a.log': 'a' });
  device.peer.tell(device.peer.version('a.log', file('b')), 'b');
  await device.until(() => device.read('a.log') === 'b', 'the new version');
  await refilter(device, { ignore: ['*.log'] });
  const path = 'a.log' as RelativePath;
  const restoring = assert.rejects(
    device.folder.restore({ path, version: undefined, atMs: undefined, to: undefined, dryRun: false }),
    { code: 'E_IGNORED' },
  );
  await device.clock.advance(1_000);
  await restoring;
  const undoing = device.folder.undo({ last: true, sinceMs: undefined, id: undefined, dryRun: false });
  await device.clock.advance(1_000);
  assert.equal((await undoing).paths[0]?.code, 'E_IGNORED');
  await device.clock.advance(3_000);
  assert.equal(device.read('a.log'), 'b');
  await device.stop();
});
