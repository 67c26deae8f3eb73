// Every operation against everything that may be there instead of what it expects: before it looks, and between its look
// and its step. Nothing that somebody had is gone afterwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../../daemon/core/plan.ts';
import { type Outcome, apply } from '../../daemon/disk/apply.ts';
import { recover } from '../../daemon/disk/recover.ts';
import type { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { ROOT, TREE, contents, file, folder, path, seen, staged, version } from './tree.ts';

/** What may be at `a`. Each that is something has a content of its own. */
const THERE: Record<string, (fs: MemoryFileSystem) => void> = {
  nothing: () => undefined,
  'a file': ({ user }) => user.write(`${ROOT}/a`, 'somebody wrote this'),
  'another file': ({ user }) => user.save(`${ROOT}/a`, 'saved by somebody'),
  'an empty directory': ({ user }) => user.mkdir(`${ROOT}/a`),
  'a directory with something in it': ({ user }) => user.write(`${ROOT}/a/inside`, 'in a directory'),
  'a link': ({ user }) => user.symlink(`${ROOT}/a`, 'somewhere'),
  'a pipe': ({ user }) => user.mknod(`${ROOT}/a`),
};

/** What an operation expects at `a`, and the operation. */
const OPERATIONS: Record<string, (fs: MemoryFileSystem) => Operation> = {
  'place a new file': (fs) => ({
    kind: 'place',
    path: path('a'),
    entry: file('from a peer'),
    staged: staged(fs, 'a', 'from a peer'),
    expect: 'absent',
    version: version(),
  }),
  'replace a file': (fs) => {
    fs.user.write(`${ROOT}/a`, 'old');
    const expect = seen(fs, 'a');
    return {
      kind: 'place',
      path: path('a'),
      entry: file('from a peer'),
      staged: staged(fs, 'a', 'from a peer'),
      expect,
      version: version(),
    };
  },
  'replace an empty directory by a file': (fs) => {
    fs.user.mkdir(`${ROOT}/a`);
    const expect = seen(fs, 'a');
    return {
      kind: 'place',
      path: path('a'),
      entry: file('from a peer'),
      staged: staged(fs, 'a', 'from a peer'),
      expect,
      version: version(),
    };
  },
  'replace a file by a link': (fs) => {
    fs.user.write(`${ROOT}/a`, 'old');
    return { kind: 'symlink', path: path('a'), target: 'x', staged: 'link', expect: seen(fs, 'a'), version: version() };
  },
  'make a link': () => ({
    kind: 'symlink',
    path: path('a'),
    target: 'x',
    staged: 'link',
    expect: 'absent',
    version: version(),
  }),
  'make a directory': () => ({
    kind: 'mkdir',
    path: path('a'),
    mode: 0o755,
    staged: 'dir',
    expect: 'absent',
    version: version(),
  }),
  'replace a file by a directory': (fs) => {
    fs.user.write(`${ROOT}/a`, 'old');
    return { kind: 'mkdir', path: path('a'), mode: 0o755, staged: 'dir', expect: seen(fs, 'a'), version: version() };
  },
  'set the mode and time of a file': (fs) => {
    fs.user.write(`${ROOT}/a`, 'old');
    return { kind: 'attributes', path: path('a'), mode: 0o600, mtimeUs: 7n, expect: seen(fs, 'a') };
  },
  'move a file': (fs) => {
    fs.user.write(`${ROOT}/from`, 'old');
    return {
      kind: 'move',
      path: path('a'),
      from: path('from'),
      mode: 0o600,
      mtimeUs: 7n,
      expect: seen(fs, 'from'),
      version: version(),
    };
  },
  'remove a file': (fs) => {
    fs.user.write(`${ROOT}/a`, 'old');
    return { kind: 'remove', path: path('a'), expect: seen(fs, 'a'), version: version() };
  },
  'remove a directory': (fs) => {
    fs.user.mkdir(`${ROOT}/a`);
    return { kind: 'rmdir', path: path('a') };
  },
};

function carryOut(fs: MemoryFileSystem, operation: Operation): Outcome {
  const [outcome] = apply.run(fs, { tree: TREE, operations: [operation] });
  assert(outcome !== undefined);
  assert.equal(fs.openHandles, 0);
  return outcome;
}

/** What a user does takes away what was there: that is his, and no loss. */
function meddle(fs: MemoryFileSystem, make: (fs: MemoryFileSystem) => void): Set<string> {
  if (fs.user.exists(`${ROOT}/a`)) fs.user.remove(`${ROOT}/a`);
  make(fs);
  return contents(fs);
}

for (const [what, prepare] of Object.entries(OPERATIONS))
  test(`I1: ${what}: whatever is there when it looks is still somewhere afterwards`, () => {
    for (const [there, make] of Object.entries(THERE)) {
      const fs = folder();
      const operation = prepare(fs);
      const had = meddle(fs, make);
      const outcome = carryOut(fs, operation);
      for (const content of had) assert(contents(fs).has(content), `${there}: ${content} is gone: ${outcome.kind}`);
    }
  });

const STEPS = ['rename', 'remove', 'setAttributes', 'mkdir', 'symlink', 'lstat', 'list'] as const;

for (const [what, prepare] of Object.entries(OPERATIONS))
  test(`I1: ${what}: whatever comes between any two of its calls is still somewhere afterwards`, () => {
    let tried = 0;
    for (const [there, make] of Object.entries(THERE))
      for (const call of STEPS)
        for (let skip = 0; skip < 12; skip++) {
          const fs = folder();
          const operation = prepare(fs);
          let left = skip;
          let had: Set<string> | undefined;
          fs.before(
            call,
            () => had === undefined && left-- === 0,
            () => {
              had = meddle(fs, make);
            },
          );
          const outcome = carryOut(fs, operation);
          if (had === undefined) break;
          tried++;
          const now = contents(fs);
          for (const content of had)
            if (content !== 'from a peer' && content !== 'x')
              assert(now.has(content), `${there} before ${call} ${skip}: ${content} is gone: ${outcome.kind}`);
        }
    assert(tried > 20, `${tried} tried`);
  });

test('I1, I5: what somebody writes into the new file while it is taken back is kept, and not taken for what was staged', () => {
  const fs = folder();
  const operation = OPERATIONS['replace a file']?.(fs);
  assert(operation?.kind === 'place');
  let renames = 0;
  fs.before(
    'rename',
    () => true,
    () => {
      renames++;
      if (renames === 1) fs.user.save(`${ROOT}/a`, 'saved meanwhile');
      if (renames === 2) fs.user.write(`${ROOT}/a`, 'written into the new one');
    },
  );
  const outcome = carryOut(fs, operation);
  assert.equal(outcome.kind, 'changed');
  assert.equal(fs.user.read(`${ROOT}/a`), 'saved meanwhile');
  assert(contents(fs).has('written into the new one'), 'it is kept');
  const again = carryOut(fs, { ...operation, expect: seen(fs, 'a') });
  assert.equal(again.kind, 'not staged', 'it must come anew');
});

class Stop extends Error {}

for (const what of [
  'place a new file',
  'replace a file',
  'replace a file by a link',
  'replace a file by a directory',
  'remove a file',
  'move a file',
])
  test(`I5, I12: ${what}: a process that ends before any of its calls leaves the old or the new, and what it replaced is found`, () => {
    const prepare = OPERATIONS[what];
    assert(prepare !== undefined);
    for (let call = 0, ended = true; ended; call++) {
      const fs = folder();
      const operation = prepare(fs);
      const had = contents(fs);
      let left = call;
      ended = false;
      const undo = [...STEPS, 'openDir', 'openFile', 'link', 'openRoot'].map((name) =>
        fs.before(
          name as (typeof STEPS)[number],
          () => true,
          () => {
            if (left-- > 0) return;
            ended = true;
            throw new Stop('the process has ended');
          },
        ),
      );
      try {
        apply.run(fs, { tree: TREE, operations: [operation] });
      } catch (error) {
        assert(error instanceof Stop);
      }
      for (const one of undo) one();

      const entry = operation.kind === 'place' ? operation.entry : undefined;
      const wanted =
        entry === undefined || operation.kind !== 'place'
          ? []
          : [{ staged: operation.staged, path: operation.path, entry }];
      const found = recover.run(fs, { tree: TREE, wanted, ids: [version(), version(), version()] });
      assert.equal(found.more, false);
      const at = fs.user.tree(ROOT).get('a');
      assert(at === undefined || /old|from a peer|link to x|dir/.test(at), at ?? 'nothing');
      for (const content of had)
        if (content !== 'from a peer')
          assert(contents(fs).has(content), `${content} is gone when it ends at call ${call}`);
      const left2 = [...fs.user.tree(`${ROOT}/.syncd/staging`).values()].filter(
        (words) => !words.includes('from a peer'),
      );
      assert.deepEqual(left2, [], 'staging holds only what is wanted');
    }
  });
