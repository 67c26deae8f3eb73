// Applying while somebody writes: the write comes at the worst moment, right after a step of ours, and must be seen later.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenStat } from '../../daemon/core/observation.ts';
import { parseRelativePath, type RelativePath } from '../../daemon/core/path.ts';
import type { Operation } from '../../daemon/core/plan.ts';
import type { FileEntry } from '../../daemon/core/record.ts';
import type { Sha256, VersionId } from '../../daemon/core/ids.ts';
import { apply, type Outcome } from '../../daemon/disk/apply.ts';
import { observe } from '../../daemon/disk/observe.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import type { Directory, FileSystem } from '../../daemon/ports/file-system.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

const PATH = path('file.txt');
const VERSION = 'v1' as VersionId;
const TREE = { root: '/root', marker: 'marker', boundaries: [] };

function path(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  assert.ok(parsed.ok);
  return parsed.path;
}

/** A folder on a disk in memory where `intrude` happens once, right after the first call of `call` on `name`. */
async function folder() {
  const clock = new SimulatedClock();
  await clock.advance(10);
  const fs = new MemoryFileSystem(clock);
  prepareRoot.run(fs, { root: TREE.root, marker: TREE.marker });
  const place = (content: string, expect: SeenStat | 'absent'): Operation => {
    const sha256: Sha256 = hashText(content);
    const bytes = new TextEncoder().encode(content);
    const entry: FileEntry = { kind: 'file', size: bytes.length, sha256, mode: 0o644, mtimeUs: 1_000_000n };
    const staged = stagedName(PATH, sha256);
    const [result] = stage.run(fs, { tree: TREE, items: [{ staged, entry, source: { kind: 'bytes', bytes } }] });
    assert.deepEqual(result, { kind: 'ready' });
    return { kind: 'place', path: PATH, entry, staged, expect, version: VERSION };
  };
  const carryOut = (operation: Operation, on: FileSystem = fs): Outcome => {
    const [outcome] = apply.run(on, { tree: TREE, operations: [operation] });
    assert.ok(outcome);
    return outcome;
  };
  const seenOf = (outcome: Outcome): SeenStat => {
    assert.equal(outcome.kind, 'done');
    assert.ok(outcome.kind === 'done' && outcome.seen !== undefined);
    return outcome.seen;
  };
  const look = (known: SeenStat) => observe.run(fs, { tree: TREE, items: [{ path: PATH, known }] })[0];
  return { clock, fs, user: fs.user, place, carryOut, seenOf, look };
}

/** The same file system, where something happens right after the first call of this method. */
function interrupted(fs: FileSystem, method: 'rename' | 'setAttributes', intrude: () => void): FileSystem {
  let done = false;
  const inner = new WeakMap<object, Directory>();
  const wrap = (directory: Directory): Directory => {
    const proxy = new Proxy(directory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          const args = given.map((one) => (typeof one === 'object' && one !== null ? (inner.get(one) ?? one) : one));
          const answer: unknown = Reflect.apply(value, target, args);
          if (name === 'openDir') return wrap(answer as Directory);
          if (name === method && !done) {
            done = true;
            intrude();
          }
          return answer;
        };
      },
    });
    inner.set(proxy, directory);
    return proxy;
  };
  return {
    openRoot: (root) => wrap(fs.openRoot(root)),
    makeRoot: (root, mode) => fs.makeRoot(root, mode),
    mayUse: (dir, name) => fs.mayUse(inner.get(dir) ?? dir, name),
    space: (dir) => fs.space(inner.get(dir) ?? dir),
    mountType: (dir) => fs.mountType(inner.get(dir) ?? dir),
    alsoAt: (dir) => fs.alsoAt(inner.get(dir) ?? dir),
    sync: (dir) => fs.sync(inner.get(dir) ?? dir),
  };
}

test('I1: an edit right after a new file took its place does not pass for its content', async () => {
  const { fs, user, place, carryOut, seenOf, look } = await folder();
  const operation = place('one', 'absent');

  const outcome = carryOut(
    operation,
    interrupted(fs, 'rename', () => user.write('/root/file.txt', 'one two')),
  );

  const found = look(seenOf(outcome));
  assert.equal(found?.kind === 'present' && found.entry.kind === 'file' && found.entry.sha256, hashText('one two'));
});

test('I1: an edit right after a file was replaced does not pass for the new content', async () => {
  const { fs, user, place, carryOut, seenOf, look } = await folder();
  const first = seenOf(carryOut(place('one', 'absent')));
  const operation = place('two', first);

  const outcome = carryOut(
    operation,
    interrupted(fs, 'rename', () => user.write('/root/file.txt', 'written just then')),
  );

  const found = look(seenOf(outcome));
  const sha256 = found?.kind === 'present' && found.entry.kind === 'file' && found.entry.sha256;
  assert.equal(sha256, hashText('written just then'));
});

test('I1: a file that is deleted right after it took its place is seen as gone, not brought again', async () => {
  const { fs, user, place, carryOut, seenOf, look } = await folder();

  const outcome = carryOut(
    place('one', 'absent'),
    interrupted(fs, 'rename', () => user.remove('/root/file.txt')),
  );

  assert.deepEqual(look(seenOf(outcome)), { kind: 'absent' });
});

test('I1: an edit that is hidden by the time we set is found by the next look', async () => {
  const { clock, fs, user, place, carryOut, seenOf } = await folder();
  const seen = seenOf(carryOut(place('one', 'absent')));
  const operation: Operation = {
    kind: 'move',
    path: path('moved.txt'),
    from: PATH,
    mode: 0o644,
    mtimeUs: 5n,
    expect: seen,
    version: VERSION,
  };
  await clock.advance(10);

  const outcome = carryOut(
    operation,
    interrupted(fs, 'setAttributes', () => user.touch('/root/moved.txt', 5n)),
  );

  const [found] = observe.run(fs, { tree: TREE, items: [{ path: path('moved.txt'), known: seenOf(outcome) }] });
  assert.equal(found?.kind, 'present', 'it is read once more');
});

test('what nobody touched is known as it is: the next look reads nothing', async () => {
  const { place, carryOut, seenOf, look } = await folder();
  const first = seenOf(carryOut(place('one', 'absent')));
  assert.equal(look(first)?.kind, 'same');
  const second = seenOf(carryOut(place('two', first)));
  assert.equal(look(second)?.kind, 'same');
});

test('a file that goes just when it gets a copy of its own, because of its other name, leaves none in staging', async () => {
  const { fs, user, place, carryOut, look, seenOf } = await folder();
  const first = seenOf(carryOut(place('one', 'absent')));
  const root = fs.openRoot(TREE.root);
  root.link(PATH, root, 'other.txt');
  const found = look(first);
  assert.ok(found?.kind === 'present' && found.seen.nlink === 2);
  const operation: Operation = { kind: 'attributes', path: PATH, mode: 0o600, mtimeUs: 5n, expect: found.seen };

  const outcome = carryOut(
    operation,
    interrupted(fs, 'setAttributes', () => user.remove('/root/file.txt')),
  );

  assert.equal(outcome.kind, 'changed');
  assert.deepEqual(root.openDir('.syncd').openDir('staging').list(), []);
});
