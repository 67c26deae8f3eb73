// What doctor makes of what it was told: each thing that goes wrong in practice, and none where all is well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, doctor } from '../../daemon/control/doctor.ts';
import type { Examination } from '../../daemon/control/daemon-port.ts';
import type { FolderExamination } from '../../daemon/folder/view.ts';
import { FakeDaemon, FakeFolder, LAPTOP, named, path, peer, settings } from './fake-daemon.ts';

const GB = 1e9;
const fine: FolderExamination = {
  name: named('docs'),
  path: '/srv/docs',
  space: { freeBytes: 50 * GB, totalBytes: 100 * GB },
  code: undefined,
  directories: 3,
  openDatabases: [],
  fromTheFuture: [],
  damagedIndex: undefined,
  polledFor: undefined,
};

function examination(folder: Partial<FolderExamination> = {}, more: Partial<Examination> = {}): Examination {
  return {
    program: 'syncd 0.1.0',
    limits: { inotifyWatches: 65_536, inotifyInstances: 128, openFiles: 524_288 },
    state: { path: '/var/lib/syncd', mode: 0o700, freeBytes: 50 * GB, totalBytes: 100 * GB },
    folders: [{ ...fine, noAccess: { count: 0, paths: [] }, ...folder }],
    ...more,
  };
}

const wrong = (given: Examination, peers: Parameters<typeof diagnose>[1] = []): unknown =>
  diagnose(given, peers)
    .filter(({ level }) => level !== 'ok')
    .map(({ check, level, code }) => [check, level, code]);

test('where all is well nothing is found, and what was looked at is named', () => {
  const laptop = peer(LAPTOP, 'laptop', { program: 'syncd 0.1.0', clockOffsetMs: -900 });
  assert.deepEqual(wrong(examination(), [laptop]), []);
  const checks = diagnose(examination(), [laptop]).map(({ check }) => check);
  assert.deepEqual(checks, ['watches', 'files', 'space', 'space', 'access', 'clock', 'version']);
});

test('too few inotify watches are an error when they do not suffice, and a warning before that', () => {
  const limits = { inotifyWatches: 1_000, inotifyInstances: 128, openFiles: undefined };
  assert.deepEqual(wrong(examination({ directories: 740 }, { limits })), []);
  assert.deepEqual(wrong(examination({ directories: 800 }, { limits })), [['watches', 'warning', 'E_WATCH_LIMIT']]);
  assert.deepEqual(wrong(examination({ directories: 1_000 }, { limits })), [['watches', 'error', 'E_WATCH_LIMIT']]);
  const [finding] = diagnose(examination({ directories: 600_000 }, { limits }), []);
  assert.match(finding?.hint ?? '', /max_user_watches=2097152/);
});

test('little space is a warning, and an error from where on nothing is received', () => {
  const space = (freeBytes: number) => wrong(examination({ space: { freeBytes, totalBytes: 10 * GB } }));
  assert.deepEqual(space(2 * GB), []);
  assert.deepEqual(space(0.9 * GB), [['space', 'warning', null]]);
  assert.deepEqual(space(0.4 * GB), [['space', 'error', 'E_DISK_FULL']]);
  const state = { path: '/x', mode: 0o700, freeBytes: 0, totalBytes: 10 * GB };
  assert.deepEqual(wrong(examination({}, { state })), [['space', 'error', 'E_DISK_FULL']]);
});

test('what others can read, and what cannot be written, are errors', () => {
  const state = { path: '/x', mode: 0o750, freeBytes: 50 * GB, totalBytes: 100 * GB };
  assert.deepEqual(wrong(examination({}, { state })), [['access', 'error', null]]);
  assert.deepEqual(wrong(examination({ code: 'E_READ_ONLY' })), [['access', 'error', 'E_READ_ONLY']]);
  assert.deepEqual(wrong(examination({ code: 'E_ROOT_MISSING', space: undefined })), [
    ['access', 'error', 'E_ROOT_MISSING'],
  ]);
});

test('clocks that differ, programs that differ, and few open files are warnings', () => {
  const other = peer(LAPTOP, 'laptop', { program: 'syncd 0.0.9', clockOffsetMs: 61_000 });
  assert.deepEqual(wrong(examination(), [other]), [
    ['clock', 'warning', null],
    ['version', 'warning', null],
  ]);
  assert.deepEqual(wrong(examination(), [peer(LAPTOP, 'laptop')]), [], 'nothing is known of who is not connected');
  const limits = { inotifyWatches: 65_536, inotifyInstances: 128, openFiles: 256 };
  assert.deepEqual(wrong(examination({}, { limits })), [['files', 'warning', null]]);
});

test('a damaged index, open databases and changes from the future are told with their paths', () => {
  const given = { damagedIndex: '/s/index.db.damaged-1', openDatabases: [path('a-wal')], fromTheFuture: [path('b')] };
  assert.deepEqual(wrong(examination(given)), [
    ['index', 'warning', 'E_INDEX'],
    ['databases', 'warning', null],
    ['clock', 'warning', null],
  ]);
  const words = diagnose(examination(given), []).map(({ message, hint }) => message + hint);
  for (const what of ['/s/index.db.damaged-1', 'a-wal', ': b']) assert(words.some((word) => word.includes(what)));
});

test('I11: all that status names is found by the doctor too, of the folder that was asked for', async () => {
  const daemon = new FakeDaemon();
  const halted = { kind: 'halted', code: 'E_ROOT_MISSING', message: '/srv/docs is missing' } as const;
  daemon.add(new FakeFolder(settings('docs', '/srv/docs'), { condition: halted }));
  daemon.add(new FakeFolder(settings('photos', '/srv/photos')));
  const all = await doctor(daemon, undefined);
  assert.equal(all.worst, 'error');
  const found = all.findings.find(({ code }) => code === 'E_ROOT_MISSING');
  assert.equal(found?.folder, 'docs');
  assert((found?.hint ?? '') !== '');
  assert.equal((await doctor(daemon, 'photos')).worst, 'ok');
  daemon.add(new FakeFolder(settings('notes', '/srv/notes'), { conflicts: 2 }));
  const [conflicts] = (await doctor(daemon, 'notes')).findings.filter(({ check }) => check === 'status');
  assert.deepEqual([conflicts?.level, conflicts?.code], ['warning', 'E_CONFLICT']);
  await assert.rejects(doctor(daemon, 'no'), { code: 'E_NO_SUCH_FOLDER' });
});
