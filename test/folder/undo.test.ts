// Rolling back what others have changed: paths are as they were, nothing that anybody has made is lost, and an undo can be
// undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { UndoPlan, UndoRequest } from '../../daemon/folder/view.ts';
import { OneDevice, file } from './one-device.ts';

const absent = { kind: 'absent' } as const;
const LAST = { last: true, sinceMs: undefined, id: undefined, dryRun: false };

async function undo(device: OneDevice, request: Partial<UndoRequest>): Promise<UndoPlan> {
  let done: UndoPlan | Error | undefined;
  device.folder.undo({ ...LAST, last: false, ...request }).then(
    (plan) => (done = plan),
    (error: unknown) => (done = error instanceof Error ? error : new Error(String(error))),
  );
  await device.until(() => done !== undefined, 'undo to answer');
  await device.clock.advance(2_000);
  assert(done !== undefined);
  if (done instanceof Error) throw done;
  return done;
}

const told = ({ paths }: UndoPlan): string[] => paths.map(({ path, what }) => `${what} ${path}`);

/** The peer says what becomes of a path, and it comes to pass. */
async function peerMakes(device: OneDevice, path: string, content: string | undefined): Promise<void> {
  const entry = content === undefined ? absent : file(content);
  device.peer.tell(device.peer.version(path, entry), content);
  await device.until(() => device.wanted(path) === undefined && device.row(path) !== undefined, path);
  await device.clock.advance(300);
}

test('I1: the last changes of one device are rolled back: what was changed, deleted and made', async () => {
  const device = await new OneDevice().start({ changed: 'old', deleted: 'gone', before: 'earlier' });
  await peerMakes(device, 'before', 'another day');
  await device.clock.advance(60_000);
  const modes = device.user.tree('/srv/docs');
  await peerMakes(device, 'changed', 'new');
  await peerMakes(device, 'deleted', undefined);
  await peerMakes(device, 'made', 'unwanted');
  assert.deepEqual(told(await undo(device, LAST)), ['restored changed', 'restored deleted', 'removed made']);
  assert.deepEqual(device.user.tree('/srv/docs'), modes, 'contents, modes and times are as they were');
  assert(device.kept().includes('new') && device.kept().includes('unwanted'), 'what was rolled back is kept');
  assert.equal(device.folder.conflicts().length, 0);
  await device.stop();
});

test('an undo is undone by the next one', async () => {
  const device = await new OneDevice().start({ f: 'old' });
  await peerMakes(device, 'f', 'new');
  await undo(device, LAST);
  assert.equal(device.read('f'), 'old');
  await device.clock.advance(60_000);
  await undo(device, LAST);
  assert.equal(device.read('f'), 'new');
  await device.stop();
});

test('undone since a time twice is as undone once', async () => {
  const device = await new OneDevice().start({ f: 'old' });
  const sinceMs = device.clock.nowMs();
  await peerMakes(device, 'f', 'new');
  assert.deepEqual(told(await undo(device, { sinceMs })), ['restored f']);
  assert.deepEqual(told(await undo(device, { sinceMs })), []);
  assert.equal(device.read('f'), 'old');
  await device.stop();
});

test('a dry run changes nothing', async () => {
  const device = await new OneDevice().start({ f: 'old' });
  await peerMakes(device, 'f', 'new');
  assert.deepEqual(told(await undo(device, { ...LAST, dryRun: true })), ['restored f']);
  assert.equal(device.read('f'), 'new');
  await device.stop();
});

test('I1: what somebody has made here since is a conflict, and what they have made of a new file stays', async () => {
  const device = await new OneDevice().start({ f: 'old' });
  await peerMakes(device, 'f', 'new');
  await peerMakes(device, 'made', 'theirs');
  device.write('f', 'my later work');
  device.write('made', 'mine by now');
  await device.clock.advance(3_000);
  const plan = await undo(device, LAST);
  assert.deepEqual(told(plan), ['restored f', 'kept made']);
  assert.equal(device.read('f'), 'old');
  assert.equal(device.read('made'), 'mine by now');
  const [conflict] = device.folder.conflicts();
  assert.equal(conflict?.path, 'f');
  assert(device.kept().includes('my later work'));
  await device.stop();
});

test('a directory that was moved and encrypted elsewhere comes back under its names', async () => {
  const device = await new OneDevice().start();
  device.user.mkdir('/srv/docs/d');
  device.write('d/a', 'plain a');
  device.write('d/b', 'plain b');
  await device.clock.advance(3_000);
  const before = device.user.tree('/srv/docs');
  const sinceMs = device.clock.nowMs();
  for (const name of ['d/a', 'd/b']) {
    // First renamed with its content, then overwritten.
    const gone = device.peer.version(name, absent);
    const entry = device.row(name)?.record.entry;
    assert(entry?.kind === 'file');
    device.peer.tell(device.peer.version(`${name}.enc`, entry, null));
    device.peer.tell(gone);
    await device.until(() => device.exists(`${name}.enc`) && !device.exists(name), 'the rename');
    await peerMakes(device, `${name}.enc`, `scrambled ${name}`);
  }
  const plan = told(await undo(device, { sinceMs }));
  assert.deepEqual(plan, ['restored d/a', 'removed d/a.enc', 'restored d/b', 'removed d/b.enc']);
  assert.deepEqual(device.user.tree('/srv/docs'), before);
  await device.stop();
});

test('one change is undone by the number of its event, or by the version that it left', async () => {
  const device = await new OneDevice().start({ f: 'old', g: 'old g' });
  await peerMakes(device, 'f', 'new');
  await peerMakes(device, 'g', 'new g');
  const history = device.folder.history({ limit: 10 });
  const version = history.find(({ path }) => path === 'f')?.version;
  const event = history.find(({ path, what }) => path === 'g' && what === 'changed');
  assert(version !== undefined && event !== undefined);
  assert.deepEqual(told(await undo(device, { id: version })), ['restored f']);
  assert.deepEqual(told(await undo(device, { id: String(event.id) })), ['restored g']);
  assert.equal(device.read('f') + device.read('g'), 'oldold g');
  const local = device.folder.history({ limit: 100 }).find(({ what }) => what === 'created');
  await assert.rejects(undo(device, { id: String(local?.id) }), { code: 'E_NOTHING_TO_UNDO' });
  await device.stop();
});

test('where nobody else has changed anything there is nothing to undo', async () => {
  const device = await new OneDevice().start({ f: 'mine' });
  await assert.rejects(undo(device, LAST), { code: 'E_NOTHING_TO_UNDO' });
  await assert.rejects(undo(device, { sinceMs: 0 }), { code: 'E_NOTHING_TO_UNDO' });
  await device.stop();
});

test('I11: what is not kept any more is named and left as it is', async () => {
  const device = await new OneDevice().start({ f: 'old' });
  await peerMakes(device, 'f', 'new');
  for (const { id } of device.index.versions('f' as RelativePath))
    device.index.commit({ nowUs: 1, dropVersions: [id] });
  const plan = await undo(device, LAST);
  assert.deepEqual(
    plan.paths.map(({ what, code }) => [what, code]),
    [['impossible', 'E_VERSION_GONE']],
  );
  assert.equal(device.read('f'), 'new');
  await device.stop();
});

test('I12: a crash after an undo was asked for does not forget it', async () => {
  const device = await new OneDevice().start({ f: 'old' });
  await peerMakes(device, 'f', 'new');
  let asked = false;
  void device.folder.undo(LAST).then(() => (asked = true));
  for (let i = 0; !asked && i < 2_000; i++) await device.clock.advance(1);
  await device.crash();
  device.folder.start();
  await device.until(() => device.read('f') === 'old', 'the undo to go on');
  await device.stop();
});

test('an approved hold is one group, however fast it followed other changes, and however slowly it came', async () => {
  const device = await new OneDevice().start({ own: 'mine' });
  const made = ['a', 'b', 'c'];
  for (const path of made) await peerMakes(device, path, `content of ${path}`);
  const hold = 1_700_000_000_000;
  for (const path of ['a', 'b']) {
    device.peer.tell({ ...device.peer.version(path, absent), hold });
    await device.until(() => !device.exists(path), `${path} goes`);
    if (path === 'a') await device.clock.advance(60_000);
  }
  device.peer.tell({ ...device.peer.version('c', absent), hold: hold + 1 });
  await device.until(() => !device.exists('c'), 'c goes, by another approval');

  assert.deepEqual(told(await undo(device, LAST)), ['restored c']);
  await device.stop();

  const other = await new OneDevice().start({ own: 'mine' });
  for (const path of made) await peerMakes(other, path, `content of ${path}`);
  for (const path of ['a', 'b']) {
    other.peer.tell({ ...other.peer.version(path, absent), hold });
    await other.until(() => !other.exists(path), `${path} goes`);
    if (path === 'a') await other.clock.advance(60_000);
  }
  assert.deepEqual(told(await undo(other, LAST)), ['restored a', 'restored b']);
  await other.stop();
});
