// A daemon that has just started, and folders that cannot be opened: nobody is told that all is well before it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '../../daemon/control/status.ts';
import { waitFor } from '../../daemon/control/waiting.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { FakeDaemon, FakeFolder, named, settings } from './fake-daemon.ts';

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
