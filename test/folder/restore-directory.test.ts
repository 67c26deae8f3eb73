// A directory brought back as it was: what others have changed and deleted in it, and nothing that anybody has made since.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DirPath, RelativePath } from '../../daemon/core/path.ts';
import type { Restored, RestoreRequest } from '../../daemon/folder/view.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const absent = { kind: 'absent' } as const;

async function restore(device: OneDevice, path: string, request: Partial<RestoreRequest> = {}): Promise<Restored> {
  let done: Restored | Error | undefined;
  const asked = { version: undefined, atMs: undefined, to: undefined, dryRun: false, ...request };
  device.folder.restore({ path: path as DirPath, ...asked }).then(
    (restored) => (done = restored),
    (error: unknown) => (done = error instanceof Error ? error : new Error(String(error))),
  );
  await device.until(() => done !== undefined, 'restore to answer');
  await device.clock.advance(2_000);
  assert(done !== undefined);
  if (done instanceof Error) throw done;
  return done;
}

function told(restored: Restored): string[] {
  assert(restored.kind === 'dir');
  return restored.paths.map(({ path, what, code }) => [what, path, ...(code === undefined ? [] : [code])].join(' '));
}

async function peerMakes(device: OneDevice, path: string, content: string | undefined): Promise<void> {
  const entry = content === undefined ? absent : file(content);
  device.peer.tell(device.peer.version(path, entry), content);
  await device.until(() => device.wanted(path) === undefined && device.row(path) !== undefined, path);
  await device.clock.advance(300);
}

/** A folder in which the peer has changed, deleted and made things below `d`; when that was not so yet, and the tree then. */
async function changed() {
  const device = await new OneDevice().start({ 'd/a': 'old a', 'd/e/b': 'old b', 'd/same': 'same', other: 'old' });
  await device.clock.advance(60_000);
  const atMs = device.clock.nowMs();
  const before = device.user.tree(ROOT);
  await device.clock.advance(1_000);
  await peerMakes(device, 'd/a', 'new a');
  await peerMakes(device, 'd/e/b', undefined);
  await peerMakes(device, 'd/e', undefined);
  await peerMakes(device, 'other', 'new');
  await peerMakes(device, 'd/made', 'made there');
  device.write('d/mine', 'made here');
  await device.clock.advance(2_000);
  return { device, atMs, before };
}

test('I1: a directory is as it was at a time: contents, modes and times; what was made since stays', async () => {
  const { device, atMs, before } = await changed();
  const dry = await restore(device, 'd', { atMs, dryRun: true });
  assert.equal(device.read('d/a'), 'new a', 'a dry run does nothing');

  const restored = await restore(device, 'd', { atMs });

  assert.deepEqual(told(restored), ['restored d/a', 'restored d/e', 'restored d/e/b', 'kept d/made']);
  assert.deepEqual(restored, dry);
  const after = device.user.tree(ROOT);
  for (const path of ['d/a', 'd/e', 'd/e/b', 'd/same']) assert.equal(after.get(path), before.get(path), path);
  assert.deepEqual([device.read('d/made'), device.read('d/mine')], ['made there', 'made here']);
  assert.equal(device.read('other'), 'new', 'what is not in the directory is left alone');
  assert(device.kept().includes('new a'));
  assert.equal(device.peer.lastTold('d/e/b')?.entry.kind, 'file', 'the others get it too');
  await device.stop();
});

test('the whole folder can be restored, and a directory without a time as before the last changes of one device', async () => {
  const { device, atMs, before } = await changed();
  await restore(device, '', { atMs });
  assert.equal(device.read('other'), 'old');
  await device.clock.advance(60_000);
  await peerMakes(device, 'd/e/b', 'again');
  await device.clock.advance(60_000);
  await peerMakes(device, 'other', 'last');
  assert.deepEqual(told(await restore(device, 'd')), ['restored d/e/b']);
  assert.equal(device.user.tree(ROOT).get('d/e/b'), before.get('d/e/b'));
  await device.stop();
});

test('S56: a directory comes back whose parent is a file by now; the file is kept', async () => {
  const device = await new OneDevice().start({ 'd/e/a': 'old' });
  await device.clock.advance(60_000);
  const atMs = device.clock.nowMs();
  await device.clock.advance(1_000);
  for (const path of ['d/e/a', 'd/e']) await peerMakes(device, path, undefined);
  await peerMakes(device, 'd', 'a file now');
  await restore(device, 'd/e', { atMs });
  await device.until(() => device.exists('d/e/a'), 'the directory', 120_000);
  assert.equal(device.read('d/e/a'), 'old');
  assert(device.kept().includes('a file now'));
  await device.stop();
});

test('a directory is copied to another place as it was, and the folder stays as it is', async () => {
  const { device, atMs, before } = await changed();
  const now = device.user.tree(ROOT);
  device.user.mkdir('/tmp');
  const restored = await restore(device, 'd', { atMs, to: '/tmp/was' });
  assert.deepEqual(told(restored), ['restored d/a', 'restored d/e', 'restored d/e/b', 'restored d/same']);
  const was = [...before].filter(([path]) => path.startsWith('d/')).map(([path, what]) => [path.slice(2), what]);
  assert.deepEqual(Object.fromEntries(device.user.tree('/tmp/was')), Object.fromEntries(was));
  assert.deepEqual(device.user.tree(ROOT), now);
  await assert.rejects(restore(device, 'd', { atMs, to: '/tmp/was' }), { code: 'E_FOLDER_PATH' });
  await device.stop();
});

test('I11: what is not kept any more, and what cannot be put where something lives, is named', async () => {
  const device = await new OneDevice().start({ 'd/a': 'old', 'd/f': 'a file' });
  await device.clock.advance(60_000);
  const atMs = device.clock.nowMs();
  await device.clock.advance(1_000);
  await peerMakes(device, 'd/a', undefined);
  await peerMakes(device, 'd/f', undefined);
  device.user.mkdir(`${ROOT}/d/f`);
  device.write('d/f/mine', 'lives here');
  await device.clock.advance(2_000);
  for (const { id } of device.index.versions('d/a' as RelativePath))
    device.index.commit({ nowUs: 1, dropVersions: [id] });
  assert.deepEqual(told(await restore(device, 'd', { atMs })), [
    'impossible d/a E_VERSION_GONE',
    'impossible d/f E_DIR_KEPT',
  ]);
  assert.equal(device.read('d/f/mine'), 'lives here');
  await device.stop();
});

test('I1: what an index that was made anew has no events of comes back all the same', async () => {
  const { device, atMs } = await changed();
  device.index.trimHistory(0, Number.MAX_SAFE_INTEGER);
  assert.deepEqual(told(await restore(device, 'd', { atMs })), ['restored d/a', 'restored d/e/b']);
  assert.deepEqual([device.read('d/a'), device.read('d/e/b')], ['old a', 'old b']);
  await device.stop();
});

test('a directory of which nothing is known, and one in which nobody else has changed anything, are refused', async () => {
  const device = await new OneDevice().start({ 'd/a': 'mine' });
  await assert.rejects(restore(device, 'd'), { code: 'E_NO_SUCH_VERSION' });
  await assert.rejects(restore(device, 'nothing'), { code: 'E_NO_SUCH_PATH' });
  assert.deepEqual(told(await restore(device, 'd', { atMs: 0 })), []);
  await device.stop();
});
