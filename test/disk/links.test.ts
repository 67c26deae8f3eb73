// Links that lead out of the folder, and directories that are swapped for them while a job runs: nothing outside is read,
// made, changed or removed. On a disk in memory, and on a real one.
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Operation } from '../../daemon/core/plan.ts';
import { apply } from '../../daemon/disk/apply.ts';
import { observe } from '../../daemon/disk/observe.ts';
import { readRanges, readWhole } from '../../daemon/disk/read.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { scan } from '../../daemon/disk/scan.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import { versionName } from '../../daemon/disk/versions.ts';
import type { FileSystem } from '../../daemon/ports/file-system.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { ROOT, TREE, file, folder, path, seen, staged, version } from './tree.ts';

/** Everything that may be done at a path below a link. */
function operations(at: string, stagedAs: string): Operation[] {
  const expect = { kind: 'file' as const, size: 6, mtimeNs: 1n, ctimeNs: 1n, ino: 1n, mode: 0o644, nlink: 1 };
  const below = path(at);
  return [
    { kind: 'place', path: below, entry: file('theirs'), staged: stagedAs, expect: 'absent', version: version() },
    { kind: 'place', path: below, entry: file('theirs'), staged: stagedAs, expect, version: version() },
    { kind: 'symlink', path: below, target: 'x', staged: 'link', expect: 'absent', version: version() },
    { kind: 'mkdir', path: below, mode: 0o755, staged: 'dir', expect: 'absent', version: version() },
    { kind: 'attributes', path: below, mode: 0o777, mtimeUs: 0n, expect },
    { kind: 'move', path: below, from: path('inside'), mode: 0o644, mtimeUs: undefined, expect, version: version() },
    { kind: 'move', path: path('moved'), from: below, mode: 0o644, mtimeUs: undefined, expect, version: version() },
    { kind: 'remove', path: below, expect, version: version() },
    { kind: 'rmdir', path: below },
  ];
}

function tryEverything(fs: FileSystem, root: string, at: string): void {
  const tree = { ...TREE, root };
  const entry = file('theirs');
  const stagedAs = stagedName(path(at), entry.sha256);
  const bytes = new TextEncoder().encode('theirs');
  stage.run(fs, { tree, items: [{ staged: stagedAs, entry, source: { kind: 'bytes', bytes } }] });
  for (const operation of operations(at, stagedAs)) {
    const [outcome] = apply.run(fs, { tree, operations: [operation] });
    assert.notEqual(
      outcome?.kind === 'done' && operation.kind !== 'remove' && operation.kind !== 'rmdir',
      true,
      operation.kind,
    );
  }
  const below = path(at);
  const stat = { kind: 'file' as const, size: 6, mtimeNs: 1n, ctimeNs: 1n, ino: 1n, mode: 0o644, nlink: 1 };
  assert.notEqual(observe.run(fs, { tree, items: [{ path: below }] })[0]?.kind, 'present');
  assert.deepEqual(
    readWhole.run(fs, { tree, files: [{ path: below, size: 6, sha256: file('canary').sha256 }] }).contents,
    [undefined],
  );
  assert.deepEqual(readRanges.run(fs, { tree, items: [{ path: below, seen: stat, offset: 0, length: 6 }] }), [
    undefined,
  ]);
  assert.notEqual(scan.run(fs, { tree, dirs: [{ dir: path('out') }] })[0]?.kind, 'whole');
}

test('I8: nothing is read or done below a link, in memory', () => {
  const fs = folder();
  fs.user.write('/outside/canary', 'canary');
  fs.user.symlink(`${ROOT}/out`, '/outside');
  const before = fs.user.tree('/outside');
  for (const at of ['out/canary', 'out/new', 'out/deeper/new']) tryEverything(fs, ROOT, at);
  assert.deepEqual(fs.user.tree('/outside'), before);
  assert.equal(fs.openHandles, 0);
});

test('I8: nothing is read or done below a link, on a real disk', (t: TestContext) => {
  const top = mkdtempSync(join(tmpdir(), 'syncd-links-'));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const [root, outside] = [join(top, 'root'), join(top, 'outside')];
  const fs = new RealFileSystem();
  prepareRoot.run(fs, { root, marker: TREE.marker });
  mkdirSync(outside);
  writeFileSync(join(outside, 'canary'), 'canary');
  symlinkSync(outside, join(root, 'out'));
  const before = statSync(join(outside, 'canary'), { bigint: true });
  for (const at of ['out/canary', 'out/new', 'out/deeper/new']) tryEverything(fs, root, at);
  const after = statSync(join(outside, 'canary'), { bigint: true });
  assert.deepEqual(readdirSync(outside), ['canary']);
  assert.equal(readFileSync(join(outside, 'canary'), 'utf8'), 'canary');
  assert.deepEqual(
    [after.mode, after.mtimeNs, after.ctimeNs, after.nlink],
    [before.mode, before.mtimeNs, before.ctimeNs, before.nlink],
  );
});

test('I8: a directory that is swapped for a link between any two calls leads nowhere', () => {
  let swapped = 0;
  for (const call of ['openDir', 'lstat', 'rename', 'mkdir', 'setAttributes'] as const)
    for (let skip = 0; skip < 10; skip++) {
      const fs = folder();
      fs.user.write('/outside/a', 'canary');
      fs.user.write(`${ROOT}/d/a`, 'old');
      const operation: Operation = {
        kind: 'place',
        path: path('d/a'),
        entry: file('theirs'),
        staged: staged(fs, 'd/a', 'theirs'),
        expect: seen(fs, 'd/a'),
        version: version(),
      };
      const before = fs.user.tree('/outside');
      let left = skip;
      let done = false;
      fs.before(
        call,
        () => !done && left-- === 0,
        () => {
          done = true;
          swapped++;
          fs.user.rename(`${ROOT}/d`, `${ROOT}/was d`);
          fs.user.symlink(`${ROOT}/d`, '/outside');
        },
      );
      apply.run(fs, { tree: TREE, operations: [operation] });
      assert.deepEqual(fs.user.tree('/outside'), before, `before ${call} ${skip}`);
    }
  assert(swapped > 10);
});

test('I8: the version store is reached through no link either', () => {
  const fs = folder();
  fs.user.write('/outside/canary', 'canary');
  fs.user.write(`${ROOT}/d/a`, 'old');
  fs.user.mkdir(`${ROOT}/.syncd/versions`);
  fs.user.symlink(`${ROOT}/.syncd/versions/d`, '/outside');
  const [outcome] = apply.run(fs, {
    tree: TREE,
    operations: [{ kind: 'remove', path: path('d/a'), expect: seen(fs, 'd/a'), version: version() }],
  });
  assert.notEqual(outcome?.kind, 'done');
  assert.equal(fs.user.read(`${ROOT}/d/a`), 'old');
  assert.deepEqual([...fs.user.tree('/outside').keys()], ['canary']);
});

test('the name of a version has at most 255 bytes, and is cut between two characters', () => {
  const id = version();
  for (const name of ['a', 'x'.repeat(255), '€'.repeat(85), `${'😀'.repeat(63)}abc`, '~']) {
    const made = versionName(name, id);
    assert(Buffer.byteLength(made) <= 255);
    assert(made.isWellFormed());
    assert(made.endsWith(`~${id}`));
    assert(name.startsWith(made.slice(0, -id.length - 1)));
  }
});
