// Contents that have just come, written where they take their place: nothing unverified gets there, and what cannot get there
// is kept whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenStat } from '../../daemon/core/observation.ts';
import type { Operation } from '../../daemon/core/plan.ts';
import { apply } from '../../daemon/disk/apply.ts';
import { applyContents } from '../../daemon/disk/apply-contents.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import type { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { ROOT, TREE, file, folder, path, seen, version } from './tree.ts';

const STAGING = `${ROOT}/.syncd/staging`;
/** With so many the names in staging are listed once. */
const MANY = 10;

function place(name: string, content: string, expect: SeenStat | 'absent' = 'absent') {
  const entry = file(content);
  const staged = stagedName(path(name), entry.sha256);
  const operation: Operation = { kind: 'place', path: path(name), entry, staged, expect, version: version() };
  return { operation, staged, entry };
}

/** As many operations as it takes, each with its content; `came` is what has come in truth. */
function run(fs: MemoryFileSystem, operations: readonly Operation[], came: readonly (string | undefined)[]) {
  const contents = came.map((text) =>
    text === undefined ? undefined : ({ kind: 'bytes', bytes: new TextEncoder().encode(text) } as const),
  );
  return applyContents.run(fs, { tree: TREE, operations, contents, memory: new Uint8Array(0) });
}

function inStaging(fs: MemoryFileSystem): string[] {
  const dir = fs.openRoot(STAGING);
  const names = dir.list().map(({ name }) => name);
  dir.close();
  return names.toSorted();
}

for (const count of [1, MANY])
  test(`${count}: what has come takes its place with its mode and time, and staging is empty`, () => {
    const fs = folder();
    const names = Array.from({ length: count }, (_, i) => `${i}.txt`);
    const outcomes = run(
      fs,
      names.map((name) => place(name, `in ${name}`).operation),
      names.map((name) => `in ${name}`),
    );
    names.forEach((name, i) => {
      const outcome = outcomes[i];
      assert.ok(outcome?.kind === 'done');
      assert.deepEqual(outcome.seen, seen(fs, name));
      assert.equal(fs.user.read(`${ROOT}/${name}`), `in ${name}`);
      assert.deepEqual([outcome.seen.mode, outcome.seen.mtimeNs], [0o644, 1_000_000_000n]);
    });
    assert.deepEqual(inStaging(fs), []);
  });

/** Operations of which the one for `odd.txt` is the last; the others are of new files. */
function among<T>(others: (name: string) => T, odd: T): T[] {
  return [...Array.from({ length: MANY }, (_, i) => others(`${i}.txt`)), odd];
}

test('I1: content that is not what was announced gets nowhere and leaves nothing; the others take their places', () => {
  const fs = folder();
  const operations = among((name) => place(name, 'right').operation, place('odd.txt', 'announced').operation);
  for (const wrong of ['announceD', 'longer than it']) {
    const outcomes = run(
      fs,
      operations,
      among<string | undefined>(() => 'right', wrong),
    );
    assert.deepEqual(outcomes.at(-1), { kind: 'not staged' });
  }
  assert.equal(fs.user.exists(`${ROOT}/odd.txt`), false);
  assert.equal(fs.user.read(`${ROOT}/0.txt`), 'right');
  // The second time they were in their places already.
  for (const name of inStaging(fs)) assert.ok(!name.endsWith('.part'), name);
});

test('I1 I2: what somebody has put at the place meanwhile stays, and what came lies in staging, whole', () => {
  for (const when of ['before', 'in between'] as const) {
    const fs = folder();
    const { operation, staged } = place('odd.txt', 'came');
    const write = (): void => fs.user.write(`${ROOT}/odd.txt`, 'of the user');
    if (when === 'before') write();
    else {
      const end = fs.before(
        'rename',
        (at) => at.includes(staged),
        () => {
          end();
          write();
        },
      );
    }
    const operations = among((name) => place(name, 'right').operation, operation);
    const outcomes = run(
      fs,
      operations,
      among<string | undefined>(() => 'right', 'came'),
    );
    assert.deepEqual(outcomes.at(-1), { kind: 'changed', filed: [] }, when);
    assert.equal(fs.user.read(`${ROOT}/odd.txt`), 'of the user');
    assert.deepEqual(inStaging(fs), [staged]);
    assert.equal(fs.user.read(`${STAGING}/${staged}`), 'came');

    fs.user.remove(`${ROOT}/odd.txt`);
    const [again] = apply.run(fs, { tree: TREE, operations: [operation] });
    assert.equal(again?.kind, 'done', 'it need not come again');
  }
});

test('I1: what is replaced is kept, and never lies under the name of a part', () => {
  const fs = folder();
  fs.user.write(`${ROOT}/odd.txt`, 'before');
  const { operation } = place('odd.txt', 'after', seen(fs, 'odd.txt'));
  const names = new Set<string>();
  fs.onChange(() => {
    for (const name of inStaging(fs))
      if (fs.user.read(`${STAGING}/${name}`) === 'before') names.add(name.replace(/^[0-9a-f]+/, ''));
  });
  const outcomes = run(
    fs,
    among((name) => place(name, 'right').operation, operation),
    among<string | undefined>(() => 'right', 'after'),
  );
  const outcome = outcomes.at(-1);
  assert.ok(outcome?.kind === 'done' && outcome.filed.length === 1);
  assert.equal(fs.user.read(`${ROOT}/odd.txt`), 'after');
  assert.equal(fs.user.read(`${ROOT}/.syncd/versions/${outcome.filed[0]?.storedAs}`), 'before');
  assert.deepEqual([...names], ['']);
  assert.deepEqual(inStaging(fs), []);
});

test('what lies in staging from before, whole or in part, stands in nobody’s way', () => {
  const fs = folder();
  const [whole, part] = [place('whole.txt', 'whole'), place('part.txt', 'part')];
  const bytes = new TextEncoder().encode('whole');
  stage.run(fs, { tree: TREE, items: [{ ...whole, source: { kind: 'bytes', bytes } }] });
  fs.user.write(`${STAGING}/${part.staged}.part`, 'pa');
  const others = Array.from({ length: MANY }, (_, i) => place(`${i}.txt`, 'right').operation);
  const outcomes = run(
    fs,
    [whole.operation, part.operation, ...others],
    ['whole', 'part', ...others.map(() => 'right')],
  );
  assert.ok(outcomes.every(({ kind }) => kind === 'done'));
  for (const one of ['whole', 'part']) assert.equal(fs.user.read(`${ROOT}/${one}.txt`), one);
  assert.deepEqual(inStaging(fs), []);
});

test('T30: a disk that takes no more is told of each content, and nothing of it is left', () => {
  for (const count of [1, MANY]) {
    const fs = folder();
    const names = Array.from({ length: count }, (_, i) => `${i}.txt`);
    const end = fs.fail('write', (at) => at.includes('staging'), 'ENOSPC');
    const operations = names.map((name) => place(name, 'right').operation);
    const outcomes = run(
      fs,
      operations,
      names.map(() => 'right'),
    );
    assert.deepEqual(outcomes, Array(count).fill({ kind: 'not staged', code: 'E_DISK_FULL' }));
    assert.deepEqual(inStaging(fs), []);
    end();
    const again = run(
      fs,
      operations,
      names.map(() => 'right'),
    );
    assert.ok(again.every(({ kind }) => kind === 'done'));
  }
});

test('where the directory above is gone nothing is made, and the content is kept', () => {
  const fs = folder();
  const { operation, staged } = place('gone/odd.txt', 'came');
  const outcomes = run(
    fs,
    among((name) => place(name, 'right').operation, operation),
    among<string | undefined>(() => 'right', 'came'),
  );
  assert.deepEqual(outcomes.at(-1), { kind: 'changed', filed: [] });
  assert.deepEqual(inStaging(fs), [staged]);
});
