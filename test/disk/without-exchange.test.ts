// Where the file system cannot exchange two names (renameat2): what is replaced is linked into the version store first. The
// process ends before each of its calls, and the next start makes up for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../../daemon/core/plan.ts';
import { apply } from '../../daemon/disk/apply.ts';
import { recover } from '../../daemon/disk/recover.ts';
import { stagedNameOf } from '../../daemon/disk/stage.ts';
import { type Directory, FileSystemError, type RenameHow } from '../../daemon/ports/file-system.ts';
import { CALLS } from '../simulation/disk-faults.ts';
import type { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { ROOT, TREE, contents, file, folder, path, seen, staged, version } from './tree.ts';

class Crash extends Error {}

const AT = path('a');
const NEW = file('new');

/** A disk on which names can be replaced only. */
function withoutExchange(): MemoryFileSystem {
  const fs = folder();
  const openRoot = fs.openRoot.bind(fs);
  const limit = (dir: Directory): Directory => {
    const [rename, openDir] = [dir.rename.bind(dir), dir.openDir.bind(dir)];
    dir.rename = (name: string, to: Directory, toName: string, how: RenameHow): void => {
      if (how !== 'replace') throw new FileSystemError('EINVAL', 'rename', name);
      rename(name, to, toName, how);
    };
    dir.openDir = (name) => limit(openDir(name));
    return dir;
  };
  fs.openRoot = (at) => limit(openRoot(at));
  return fs;
}

interface Replaced {
  readonly what: string;
  readonly entry: Parameters<typeof stagedNameOf>[1];
  put(fs: MemoryFileSystem): void;
  operation(fs: MemoryFileSystem): Operation;
}

const before = (fs: MemoryFileSystem) => ({ path: AT, expect: seen(fs, 'a'), version: version() });
const CASES: readonly Replaced[] = [
  {
    what: 'a file by a file',
    entry: NEW,
    put: (fs) => fs.user.write(`${ROOT}/a`, 'old'),
    operation: (fs) => ({ kind: 'place', entry: NEW, staged: staged(fs, 'a', 'new'), ...before(fs) }),
  },
  {
    what: 'a link by a file',
    entry: NEW,
    put: (fs) => fs.user.symlink(`${ROOT}/a`, 'old'),
    operation: (fs) => ({ kind: 'place', entry: NEW, staged: staged(fs, 'a', 'new'), ...before(fs) }),
  },
  {
    what: 'a file by a link',
    entry: { kind: 'symlink', target: 'new' },
    put: (fs) => fs.user.write(`${ROOT}/a`, 'old'),
    operation: (fs) => ({
      kind: 'symlink',
      target: 'new',
      staged: stagedNameOf(AT, { kind: 'symlink', target: 'new' }),
      ...before(fs),
    }),
  },
  {
    what: 'a file by a directory',
    entry: { kind: 'dir', mode: 0o755 },
    put: (fs) => fs.user.write(`${ROOT}/a`, 'old'),
    operation: (fs) => ({
      kind: 'mkdir',
      mode: 0o755,
      staged: stagedNameOf(AT, { kind: 'dir', mode: 0o755 }),
      ...before(fs),
    }),
  },
];

/** The process ends at this call; false when it was over before. */
function runUntil(fs: MemoryFileSystem, calls: number, operation: Operation): boolean {
  let left = calls;
  const undo = CALLS.map((call) =>
    fs.before(
      call,
      () => true,
      () => {
        if (left-- === 0) throw new Crash('the process has ended');
      },
    ),
  );
  try {
    const [outcome] = apply.run(fs, { tree: TREE, operations: [operation] });
    assert.equal(outcome?.kind, 'done');
    return false;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return true;
  } finally {
    for (const one of undo) one();
  }
}

const IDS = () => Array.from({ length: 8 }, version);
const inStaging = (fs: MemoryFileSystem): string[] => [...fs.user.tree(`${ROOT}/.syncd/staging`).keys()];
const versionsOf = (fs: MemoryFileSystem): string[] => [...fs.user.tree(`${ROOT}/.syncd/versions`).values()];

for (const { what, entry, put, operation } of CASES)
  test(`I1, I12: without renameat2, killed at any call while it replaces ${what}: both are there, and the next start ends it`, () => {
    let calls = 0;
    let links = 0;
    for (let killed = true; killed; calls++) {
      const fs = withoutExchange();
      fs.before(
        'link',
        (at) => at === `${ROOT}/a`,
        () => void links++,
      );
      put(fs);
      const first = operation(fs);
      killed = runUntil(fs, calls, first);
      if (entry.kind === 'file') assert.ok(contents(fs).has('new'), `the new one, killed at call ${calls}`);
      assert.ok(contents(fs).has('old'), `the old one, killed at call ${calls}`);
      // A kill leaves a whole file, whichever, or none where a directory was about to come.
      if (entry.kind === 'file') assert.ok(fs.user.exists(`${ROOT}/a`), `killed at call ${calls}`);

      const wanted = [{ staged: stagedNameOf(AT, entry), path: AT, entry }];
      recover.run(fs, { tree: TREE, wanted, ids: IDS() });
      assert.ok(contents(fs).has('old'), `the old one after the start, killed at call ${calls}`);
      const isThere = fs.user.exists(`${ROOT}/a`);
      const isOld = isThere && /old/.test(fs.user.tree(ROOT).get('a') ?? '');
      if (isOld) {
        const [outcome] = apply.run(fs, { tree: TREE, operations: [operation(fs)] });
        assert.equal(outcome?.kind, 'done', `again, killed at call ${calls}`);
      }
      if (isThere) assert.deepEqual(inStaging(fs), [], `killed at call ${calls}`);
      assert.ok(
        versionsOf(fs).some((words) => words.includes('old')),
        `kept, killed at call ${calls}`,
      );
    }
    assert.ok(calls > 10 && links > 10, `${calls} calls, ${links} links of what was there`);
  });
