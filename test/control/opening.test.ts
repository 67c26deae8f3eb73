// A daemon that has just started, and folders that cannot be opened: nobody is told that all is well before it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '../../daemon/control/status.ts';
import { findFolder } from '../../daemon/control/find.ts';
import { beforeAnswer } from '../../daemon/control/opening.ts';
import { waitFor } from '../../daemon/control/waiting.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { FakeDaemon, FakeFolder, named, settings } from './fake-daemon.ts';
import { ask, serve } from './served.ts';

const never = new AbortController().signal;

function starting() {
  const daemon = new FakeDaemon();
  const clock = new SimulatedClock();
  const docs = settings('docs', '/srv/docs');
  daemon.disabled.set(docs.name, docs);
  let open = (): void => undefined;
  daemon.opening = new Promise((resolve) => (open = resolve));
  return { daemon, clock, docs, open };
}

test('wait waits for folders that are being opened, with and without a name', async () => {
  for (const folder of ['docs', undefined]) {
    const { daemon, clock, docs, open } = starting();
    const [shown] = status(daemon, clock, folder).folders;
    assert.deepEqual([shown?.name, shown?.state], ['docs', 'scanning']);
    const waiting = waitFor(daemon, clock, { folder, timeout_s: 60 }, never);
    await clock.advance(1_000);
    daemon.disabled.clear();
    daemon.add(new FakeFolder(docs));
    open();
    assert.deepEqual((await waiting).folders, [{ name: 'docs', result: 'in-sync', code: null, message: null }]);
  }
});

test('a folder that is not opened in time was not in sync in time', async () => {
  const { daemon, clock } = starting();
  const waiting = waitFor(daemon, clock, { timeout_s: 5 }, never);
  await clock.advance(5_001);
  const { result, folders } = await waiting;
  assert.deepEqual([result, folders[0]?.code], ['not-in-time', 'E_TIMEOUT']);
});

test('I11: a folder that cannot be opened is an error in status, and wait says why at once', async () => {
  const { daemon, clock, open } = starting();
  daemon.add(new FakeFolder(settings('photos', '/srv/photos')));
  const problem = { code: 'E_FOLDER_LOCKED', message: 'folder docs: another daemon has it' } as const;
  daemon.problemList = [{ ...problem, folder: named('docs') }];
  open();
  const { result, folders } = await waitFor(daemon, clock, { timeout_s: 60 }, never);
  assert.equal(result, 'needs-attention');
  assert.deepEqual(folders[0], { name: 'docs', result: 'needs-attention', ...problem });
  const { folders: shown, daemon: own } = status(daemon, clock, undefined);
  assert.deepEqual(
    shown.map(({ name, state, error }) => [name, state, error?.code]),
    [
      ['docs', 'error', 'E_FOLDER_LOCKED'],
      ['photos', 'idle', undefined],
    ],
  );
  assert.equal(own.health, 'failing');
});

test('what is asked of a daemon that is still opening its folders is answered when they run', async (t) => {
  const { daemon, docs, socket } = await serve(t);
  let open = (): void => undefined;
  daemon.opening = new Promise((resolve) => (open = resolve));
  daemon.fakeFolders.delete(docs.name);
  daemon.disabled.set(docs.name, docs.settings);

  const answers = [ask(socket, 'POST', '/v1/pause', { body: '{"folder":"docs"}' }), ask(socket, 'GET', '/v1/plan')];
  // Events need no folder: when this is answered, what was asked before has been read.
  assert.equal((await ask(socket, 'GET', '/v1/events')).status, 200);
  daemon.disabled.clear();
  daemon.add(docs);
  open();

  assert.deepEqual(
    (await Promise.all(answers)).map(({ status: code }) => code),
    [200, 200],
  );
});

test('who only looks does not wait long for a disk that does not answer', async () => {
  const { daemon, clock } = starting();
  const looked = beforeAnswer('status', daemon, clock, never);
  await clock.advance(2_001);
  await looked;
  const asked = beforeAnswer('sync', daemon, clock, never);
  await clock.advance(10_001);
  await asked;
  assert.throws(() => findFolder(daemon, 'docs'), /folder docs is not running: it is still being opened/);
});

test('a folder that could not be opened is not answered for, and its own problem says why', () => {
  const { daemon } = starting();
  daemon.problemList = [
    { code: 'E_FOLDER_LOCKED', message: 'folder docs: another daemon has it', folder: named('docs') },
  ];
  assert.throws(() => findFolder(daemon, 'docs'), {
    code: 'E_FOLDER_LOCKED',
    message: 'folder docs: another daemon has it',
  });
});
