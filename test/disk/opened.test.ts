// A directory without write permission is opened for one step: also a kill in that step does not leave it open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply } from '../../daemon/disk/apply.ts';
import { recover } from '../../daemon/disk/recover.ts';
import type { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { ROOT, TREE, folder, path, seen, version } from './tree.ts';

const DIR = `${ROOT}/fixed`;

/** What is in `fixed`, mode 0555, with one file that is to go; `inStep` is called while it is open, its old mode written down. */
function removeIn(fs: MemoryFileSystem, inStep: () => void): void {
  fs.user.mkdir(DIR);
  fs.user.write(`${DIR}/a.txt`, 'a');
  fs.user.chmod(DIR, 0o555);
  let refused = false;
  const isTheStep = (at: string): boolean => at === `${DIR}/a.txt`;
  fs.before('rename', isTheStep, () => {
    if (refused) inStep();
  });
  const allow = fs.fail('rename', (at) => isTheStep(at) && !refused && (refused = true), 'EACCES');
  const expect = seen(fs, 'fixed/a.txt');
  const [outcome] = apply.run(fs, {
    tree: TREE,
    operations: [{ kind: 'remove', path: path('fixed/a.txt'), expect, version: version() }],
  });
  allow();
  assert.equal(outcome?.kind, 'done');
}

const modeOf = (fs: MemoryFileSystem): number => seen(fs, 'fixed').mode & 0o777;
const staging = (fs: MemoryFileSystem): string[] => [...fs.user.tree(`${ROOT}/.syncd/staging`, []).keys()];

test('I12: a directory that was open for one step when the daemon was killed has its mode back at the next start', () => {
  const fs = folder();
  let open: number | undefined;
  removeIn(fs, () => {
    open = modeOf(fs);
    const found = recover.run(fs, { tree: TREE, wanted: [], ids: [version()] });
    assert.deepEqual(found, { ready: [], filed: [], more: false });
    assert.deepEqual(staging(fs), []);
    assert.equal(modeOf(fs), 0o555);
  });
  assert.equal(open, 0o755);
});

test('what somebody has given it meanwhile stays, and nothing is left in staging', () => {
  const fs = folder();
  removeIn(fs, () => fs.user.chmod(DIR, 0o711));
  assert.equal(modeOf(fs), 0o711);
  assert.deepEqual(staging(fs), []);
});

test('a note that was not written whole, or of what is gone, is dropped', () => {
  const fs = folder();
  fs.user.mkdir(DIR);
  fs.user.write(`${ROOT}/.syncd/staging/1.opened`, '');
  fs.user.write(`${ROOT}/.syncd/staging/2.opened`, '555 fix');
  const found = recover.run(fs, { tree: TREE, wanted: [], ids: [version()] });
  assert.deepEqual(found, { ready: [], filed: [], more: false });
  assert.deepEqual(staging(fs), []);
  assert.equal(modeOf(fs), 0o755);
});
