// One suite for ports/watch.ts: inotify on a temporary directory, and the simulated one over a disk in memory.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parseRelativePath, type RelativePath } from '../../daemon/core/path.ts';
import type { Watch } from '../../daemon/ports/watch.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { InotifyWatch } from '../../daemon/system/inotify-watch.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { SeededRandom } from '../simulation/random.ts';
import { SimulatedWatch } from '../simulation/simulated-watch.ts';
import { atEnd } from '../system/at-end.ts';
import { SILENT, temporaryRoot, Watched } from '../system/watched.ts';

/** Somebody who edits the folder. Paths are relative; directories above are made. */
interface User {
  write(path: string): void;
  mkdir(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

interface World {
  readonly watch: Watch;
  readonly root: string;
  readonly user: User;
  /** Lets happen what is due. */
  pass(): Promise<void>;
}

function realWorld(t: TestContext): World {
  const root = temporaryRoot(t);
  const at = (path: string) => join(root, path);
  return {
    watch: new InotifyWatch(new RealClock(), SILENT),
    root,
    user: {
      write: (path) => {
        mkdirSync(dirname(at(path)), { recursive: true });
        appendFileSync(at(path), 'more');
      },
      mkdir: (path) => void mkdirSync(at(path), { recursive: true }),
      rename: (from, to) => renameSync(at(from), at(to)),
      remove: (path) => rmSync(at(path), { recursive: true }),
    },
    pass: () => Promise.resolve(),
  };
}

function simulatedWorld(): World {
  const clock = new SimulatedClock();
  const fs = new MemoryFileSystem(clock);
  const root = '/root';
  const at = (path: string) => join(root, path);
  fs.makeRoot(root);
  return {
    watch: new SimulatedWatch(fs, clock, new SeededRandom(1)),
    root,
    user: {
      write: (path) => fs.user.write(at(path), `${clock.nowUs()}`),
      mkdir: (path) => fs.user.mkdir(at(path)),
      rename: (from, to) => fs.user.rename(at(from), at(to)),
      remove: (path) => fs.user.remove(at(path)),
    },
    pass: () => clock.advance(10),
  };
}

function pathOf(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  assert.ok(parsed.ok);
  return parsed.path;
}

for (const [name, makeWorld] of [
  ['inotify', realWorld],
  ['simulated', simulatedWorld],
] as const) {
  const begin = async (t: TestContext) => {
    const world = makeWorld(t);
    const watched = new Watched(world.root, world.watch);
    atEnd(t, () => watched.subscription.close());
    assert.deepEqual(watched.states, [], 'nothing is told within subscribe');
    await world.pass();
    await watched.watching();
    watched.forget();
    const settle = async () => {
      await watched.subscription.settled();
      await world.pass();
    };
    return { ...world, watched, settle };
  };

  describe(`watch: ${name}`, () => {
    test('the first state comes with a hint at everything, as what changed before was not watched', async (t) => {
      const world = makeWorld(t);
      world.user.write('before');
      const watched = new Watched(world.root, world.watch);
      atEnd(t, () => watched.subscription.close());
      await world.pass();
      await watched.watching();
      assert.deepEqual(watched.states, [{ kind: 'watching' }]);
    });

    test('each change is told by the time that settled resolves', async (t) => {
      const { watched, settle, user } = await begin(t);
      user.write('new');
      await settle();
      assert.ok(watched.hintsAt('new').length > 0);
      watched.forget();
      user.write('new');
      user.write('dir/in/new');
      await settle();
      assert.ok(watched.hintsAt('new').length > 0);
      assert.ok(watched.hintsAt('dir/in/new').length > 0);
      watched.forget();
      user.rename('new', 'other');
      user.remove('dir/in/new');
      await settle();
      for (const path of ['new', 'other', 'dir/in/new']) assert.ok(watched.hintsAt(path).length > 0, path);
    });

    test('a new directory is told as a tree', async (t) => {
      const { watched, settle, user } = await begin(t);
      user.mkdir('dir');
      await settle();
      assert.ok(watched.hints.some((hint) => hint.kind === 'tree' && hint.dir === 'dir'));
    });

    test('a directory that was moved is told at both its names, and changes in it under the new one', async (t) => {
      const { watched, settle, user } = await begin(t);
      user.write('old/deep/file');
      await settle();
      watched.forget();
      user.rename('old', 'new');
      await settle();
      assert.ok(watched.hintsAt('old').length > 0);
      assert.ok(watched.hints.some((hint) => hint.kind === 'tree' && hint.dir === 'new'));
      watched.forget();
      user.write('new/deep/file');
      await settle();
      assert.ok(watched.hintsAt('new/deep/file').length > 0);
    });

    test('nothing is told of what is ours', async (t) => {
      const { watched, settle, user } = await begin(t);
      user.write('.syncd/staging/file');
      user.write('.syncd/versions/dir/file');
      user.write('.syncd/id');
      user.write('dir/.syncd/theirs');
      await settle();
      const ours = watched.hints.filter((hint) => hint.kind === 'path' && hint.path.startsWith('.syncd'));
      assert.deepEqual(ours, []);
      assert.ok(watched.hintsAt('dir/.syncd/theirs').length > 0);
    });

    test('a tree may be added whether it is watched already or not, there or not', async (t) => {
      const { watched, settle, user } = await begin(t);
      user.write('dir/deep/file');
      watched.subscription.addTree(pathOf('dir'));
      watched.subscription.addTree(pathOf('missing'));
      await settle();
      watched.forget();
      user.write('dir/deep/file');
      await settle();
      assert.ok(watched.hintsAt('dir/deep/file').length > 0);
      assert.equal(watched.state?.kind, 'watching');
    });

    test('after close nothing is told, and settled resolves', async (t) => {
      const { watched, user, pass } = await begin(t);
      await watched.subscription.close();
      user.write('file');
      await pass();
      await watched.subscription.settled();
      await watched.subscription.close();
      assert.deepEqual(watched.hints, []);
    });

    test('folders are told of their own changes alone', async (t) => {
      const { watched, watch, root, user, settle, pass } = await begin(t);
      user.mkdir('inner');
      const inner = new Watched(join(root, 'inner'), watch);
      atEnd(t, () => inner.subscription.close());
      await pass();
      await inner.watching();
      await settle();
      watched.forget();
      inner.forget();
      user.write('file');
      user.write('inner/file');
      await settle();
      await inner.subscription.settled();
      // A hint at everything may come late from the start; a path of the other folder may not.
      assert.ok(inner.hintsAt('file').length > 0);
      const paths = inner.hints.flatMap((hint) => (hint.kind === 'path' ? [hint.path] : []));
      assert.ok(
        paths.every((path) => path === 'file'),
        paths.join(),
      );
      assert.ok(watched.hintsAt('inner/file').length > 0);
    });
  });
}

test('inotify: a root that is missing at first is watched as soon as it is there', async (t) => {
  const root = temporaryRoot(t);
  rmSync(root, { recursive: true });
  const watched = new Watched(root, new InotifyWatch(new RealClock(), SILENT));
  atEnd(t, () => watched.subscription.close());
  await watched.degraded('E_WATCH_FAILED');
  await watched.subscription.settled();
  mkdirSync(join(root, '.syncd'), { recursive: true });
  await watched.watching();
  writeFileSync(join(root, 'file'), '');
  await watched.told('file');
});

test('simulated: what is lost is not told, what is delayed comes, what is doubled comes twice', async () => {
  const clock = new SimulatedClock();
  const fs = new MemoryFileSystem(clock);
  fs.makeRoot('/root');
  const watch = new SimulatedWatch(fs, clock, new SeededRandom(7));
  const watched = new Watched('/root', watch);
  await clock.advance(1);
  watched.forget();
  watch.faults = { lost: 1, doubled: 0, delayed: 0, delayMs: 0 };
  fs.user.write('/root/lost', '');
  watch.faults = { lost: 0, doubled: 1, delayed: 0, delayMs: 0 };
  fs.user.mkdir('/root/doubled');
  watch.faults = { lost: 0, doubled: 0, delayed: 1, delayMs: 1_000 };
  fs.user.mkdir('/root/delayed');
  await clock.advance(1);
  assert.deepEqual(watched.hintsAt('lost'), []);
  assert.equal(watched.hintsAt('doubled').length, 2);
  await clock.advance(1_000);
  assert.equal(watched.hintsAt('delayed').length, 1);
  watch.overflow();
  assert.ok(watched.has('everything'));
});
