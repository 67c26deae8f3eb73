import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statText } from '../../daemon/core/expected-names.ts';
import { RULES_FILE } from '../../daemon/core/filter-file.ts';
import { type DirPath, nameOf } from '../../daemon/core/path.ts';
import { observe } from '../../daemon/disk/observe.ts';
import { scan } from '../../daemon/disk/scan.ts';
import type { Call, MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { ROOT, TREE, folder, path } from './tree.ts';

const ERRNOS = [
  'EACCES',
  'EPERM',
  'EIO',
  'ESTALE',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENAMETOOLONG',
  'ELOOP',
  'EBUSY',
  'EINTR',
];

function filled(): MemoryFileSystem {
  const fs = folder();
  fs.user.write(`${ROOT}/d/a`, 'a');
  fs.user.write(`${ROOT}/d/b`, 'b');
  fs.user.mkdir(`${ROOT}/d/e`);
  return fs;
}

function list(fs: MemoryFileSystem, dir: DirPath) {
  const [listing] = scan.run(fs, { tree: TREE, dirs: [{ dir }] });
  assert(listing !== undefined);
  return listing;
}

function look(fs: MemoryFileSystem, at: string) {
  const [observation] = observe.run(fs, { tree: TREE, items: [{ path: path(at) }] });
  assert(observation !== undefined);
  return observation;
}

test('a directory is listed whole, without what is ours', () => {
  const fs = filled();
  const top = list(fs, '');
  assert(top.kind === 'whole');
  assert.deepEqual(
    top.entries.map((entry) => entry.path),
    ['d'],
  );
  const inside = list(fs, path('d'));
  assert(inside.kind === 'whole');
  assert.deepEqual(inside.entries.map((entry) => entry.path).toSorted(), ['d/a', 'd/b', 'd/e']);
});

test('I4: a directory that cannot be opened or read is unknown, whatever the error; only a missing one is absent', () => {
  for (const call of ['openDir', 'list'] as const)
    for (const errno of ERRNOS) {
      const fs = filled();
      fs.fail(call, (at) => at === `${ROOT}/d`, errno);
      assert.equal(list(fs, path('d')).kind, 'unknown', `${call}: ${errno}`);
      assert.equal(fs.openHandles, 0);
    }
  assert.equal(list(filled(), path('none')).kind, 'absent');
});

test('I4: a name that is listed and cannot be looked at is unknown, and the others are known', () => {
  for (const errno of ERRNOS) {
    const fs = filled();
    fs.fail('lstat', (at) => at === `${ROOT}/d/a`, errno);
    const listing = list(fs, path('d'));
    assert(listing.kind === 'whole', errno);
    assert.deepEqual(listing.unknown, ['d/a']);
    assert.deepEqual(listing.entries.map((entry) => entry.path).toSorted(), ['d/b', 'd/e']);
    assert.equal(look(fs, 'd/a').kind, 'unknown', errno);
  }
});

test('I4: a file that cannot be opened or read is unknown, not empty and not gone', () => {
  const calls: readonly Call[] = ['openFile', 'read', 'stat'];
  for (const call of calls)
    for (const errno of ERRNOS) {
      const fs = filled();
      fs.fail(call, (at) => at === `${ROOT}/d/a`, errno);
      // ELOOP: a link has taken the place of the file that was there a moment ago.
      assert.equal(look(fs, 'd/a').kind, errno === 'ELOOP' ? 'changing' : 'unknown', `${call}: ${errno}`);
      assert.equal(fs.openHandles, 0);
    }
});

test('I4: a directory that was moved away while it was read says nothing of its old path', () => {
  const fs = filled();
  const undo = fs.before(
    'list',
    (at) => at === `${ROOT}/d`,
    () => {
      undo();
      fs.user.rename(`${ROOT}/d`, `${ROOT}/elsewhere`);
      fs.user.mkdir(`${ROOT}/d`);
    },
  );
  assert.equal(list(fs, path('d')).kind, 'unknown');
});

test('I4: what a job found counts for nothing when the root or its marker has gone meanwhile', () => {
  for (const vanish of ['.syncd/id', ''])
    for (const call of ['list', 'lstat'] as const) {
      const fs = filled();
      let done = false;
      fs.before(
        call,
        (at) => !done && at.startsWith(`${ROOT}/d`),
        () => {
          done = true;
          if (vanish === '') fs.user.rename(ROOT, '/unplugged');
          else fs.user.remove(`${ROOT}/${vanish}`);
        },
      );
      assert.throws(() => list(fs, path('d')), { code: 'E_ROOT_MISSING' });
      assert.equal(fs.openHandles, 0);
    }
});

test('I4: a mount point that has come or gone makes what is below it unknown', () => {
  const fs = filled();
  fs.user.mount(`${ROOT}/d`);
  assert.equal(list(fs, path('d')).kind, 'unknown');
  assert.equal(look(fs, 'd/a').kind, 'unknown');
  const mounted = { ...TREE, boundaries: [path('d')] };
  assert.equal(scan.run(fs, { tree: mounted, dirs: [{ dir: path('d') }] })[0]?.kind, 'whole');
  fs.user.unmount(`${ROOT}/d`);
  assert.equal(scan.run(fs, { tree: mounted, dirs: [{ dir: path('d') }] })[0]?.kind, 'unknown');
});

test('a file that changes while it is read is not believed', () => {
  const fs = filled();
  let n = 0;
  fs.before(
    'read',
    (at) => at === `${ROOT}/d/a`,
    () => fs.user.write(`${ROOT}/d/a`, `another ${n++}`),
  );
  assert.equal(look(fs, 'd/a').kind, 'changing');
});

test('a pipe is named, and never opened', () => {
  const fs = filled();
  fs.user.mknod(`${ROOT}/d/pipe`);
  let opened = 0;
  fs.before(
    'openFile',
    (at) => at.endsWith('/pipe'),
    () => opened++,
  );
  const listing = list(fs, path('d'));
  assert(listing.kind === 'whole');
  assert.deepEqual(listing.skipped, [{ path: 'd/pipe', code: 'E_KIND' }]);
  assert.deepEqual(look(fs, 'd/pipe'), { kind: 'unknown', code: 'E_KIND' });
  assert.equal(opened, 0);
});

function listExpecting(fs: MemoryFileSystem, dir: DirPath, expected: string) {
  const [listing] = scan.run(fs, { tree: TREE, dirs: [{ dir, expected }] });
  assert(listing?.kind === 'whole');
  const { entries, gone, skipped, unknown } = listing;
  return { told: entries.map((entry) => entry.path).toSorted(), gone: gone?.toSorted(), skipped, unknown };
}

/** What the index would say of a directory that was listed now. */
function expectedOf(fs: MemoryFileSystem, dir: DirPath): string {
  const listing = list(fs, dir);
  assert(listing.kind === 'whole');
  return listing.entries.map((entry) => `${nameOf(entry.path)}/${statText(entry.seen)}`).join('/');
}

test('I6: of a directory that looks as expected only directories and rules are told; else what is otherwise, new or gone', () => {
  const fs = filled();
  fs.user.write(`${ROOT}/d/${RULES_FILE}`, '*.o');
  fs.user.write(`${ROOT}/d/a\nb`, 'a line break');
  fs.user.symlink(`${ROOT}/d/l`, 'a');
  const expected = expectedOf(fs, path('d'));
  const nothing = { gone: [], skipped: [], unknown: [] };
  assert.deepEqual(listExpecting(fs, path('d'), expected), { told: [`d/${RULES_FILE}`, 'd/e'], ...nothing });

  fs.user.write(`${ROOT}/d/a`, 'A');
  fs.user.write(`${ROOT}/d/new`, 'n');
  fs.user.remove(`${ROOT}/d/b`);
  fs.user.remove(`${ROOT}/d/l`);
  fs.user.symlink(`${ROOT}/d/l`, 'a');
  assert.deepEqual(listExpecting(fs, path('d'), expected), {
    ...nothing,
    told: [`d/${RULES_FILE}`, 'd/a', 'd/e', 'd/l', 'd/new'],
    gone: ['d/b'],
  });
  assert.deepEqual(listExpecting(fs, path('d'), '').told.length, 6, 'nothing was expected');
  assert.deepEqual(listExpecting(fs, path('d'), 'x/').gone, ['d/x'], 'of which nothing is known but that it was there');
});

test('I4: of what is expected and cannot be looked at nothing is concluded', () => {
  for (const errno of ERRNOS) {
    const fs = filled();
    const expected = expectedOf(fs, path('d'));
    fs.fail('lstat', (at) => at === `${ROOT}/d/a`, errno);
    const { told, gone, unknown } = listExpecting(fs, path('d'), expected);
    assert.deepEqual({ told, gone, unknown }, { told: ['d/e'], gone: [], unknown: ['d/a'] }, errno);
  }
});
