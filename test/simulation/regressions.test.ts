// The shortest histories of what the simulator has found. Each was lost, stuck or different once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step, UserStep } from './steps.ts';
import { type Plan, runPlan } from './world.ts';

const user = (device: number, does: UserStep): Step => ({ kind: 'user', device, does });
const write = (device: number, path: string, content: string): Step => user(device, { kind: 'write', path, content });
const remove = (device: number, path: string): Step => user(device, { kind: 'remove', path });
const pass = (ms: number): Step => ({ kind: 'pass', ms });
const cut = (a: number, b: number): Step => ({ kind: 'cut', a, b });

async function holds(plan: Omit<Plan, 'seed' | 'shape'> & Partial<Plan>, ...seeds: readonly number[]): Promise<void> {
  for (const seed of [1, 2, 3, ...seeds]) assert.equal(await runPlan({ seed, shape: 'line', ...plan }), undefined);
}

test('I2: a version that won against ours and is deleted before it came leaves ours', () =>
  holds({
    devices: 3,
    steps: [cut(0, 1), write(0, 'a', 'zero'), pass(700), remove(0, 'a'), write(2, 'a', 'two')],
  }));

test('I2: of two versions that meet on the way, the one that won is deleted before it came', () =>
  holds({
    devices: 3,
    steps: [cut(0, 1), cut(1, 2), write(2, 'a', 'two'), pass(100), write(0, 'a', 'zero'), pass(700), remove(0, 'a')],
  }));

test('I10: a content that was replaced while it came leaves staging', () =>
  holds({
    devices: 2,
    steps: [
      write(1, 'd/e/a', 'one'),
      pass(700),
      user(0, { kind: 'rename', path: 'd/e/a', to: 'b' }),
      pass(20),
      write(1, 'b', 'other'),
    ],
  }));

test('I3: what one has made and removed stays removed, though it had won against a deletion meanwhile', async () => {
  for (let ms = 4; ms < 40; ms += 2)
    await holds({
      devices: 2,
      delayMs: 1,
      steps: [
        write(0, 'a', 'old'),
        { kind: 'settle' },
        cut(0, 1),
        remove(1, 'a'),
        pass(700),
        write(0, 'a', 'new'),
        pass(100),
        { kind: 'heal', a: 0, b: 1 },
        pass(ms),
        // The other device has it now, over its deletion, and has not said so yet.
        cut(0, 1),
        remove(0, 'a'),
        pass(700),
      ],
    });
});

test('I5: what a power loss has torn is fetched again, also when only its time is announced anew meanwhile', async () => {
  for (let calls = 6; calls < 16; calls++)
    await holds({
      devices: 2,
      steps: [
        write(1, 'd/e', 'whole'),
        pass(60),
        user(0, { kind: 'mkdir', path: 'a' }),
        { kind: 'power loss', device: 0, calls },
        user(1, { kind: 'touch', path: 'd/e', mtimeUs: 1_444_159_904_464_016n }),
      ],
    });
});

test('I3: what one has made and removed stays removed, though another kept it over a later deletion meanwhile', () =>
  holds({
    devices: 3,
    steps: [
      write(0, 'a', 'old'),
      { kind: 'settle' },
      cut(0, 1),
      write(2, 'a', 'new'),
      remove(0, 'a'),
      pass(700),
      cut(1, 2),
      { kind: 'heal', a: 0, b: 1 },
      pass(300),
      remove(2, 'a'),
      pass(700),
    ],
  }));

test('I3: what a user moves away while the root may not be opened is not taken for damage of the disk', () =>
  holds({
    devices: 2,
    steps: [
      write(0, 'e/a', 'moved'),
      pass(150),
      { kind: 'spell', device: 0, spell: { errno: 'EACCES', call: 'openRoot', path: undefined, oneIn: 1 } },
      user(0, { kind: 'rename', path: 'e', to: 'b' }),
      pass(2_000),
    ],
  }));

test('I5: what a power loss has torn, and a peer asks for in vain, is no edit', () =>
  holds(
    {
      devices: 4,
      shape: 'tree',
      delayMs: 400,
      watchBatchMs: 50,
      steps: [
        pass(300),
        write(1, 'd/e/a', 'one'),
        write(1, 'b', 'two'),
        pass(150),
        { kind: 'power loss', device: 1, calls: undefined },
        { kind: 'settle' },
      ],
    },
    5,
  ));

test('I10: what had come of a content that no device has any more leaves staging', () =>
  holds(
    {
      devices: 2,
      bytes: true,
      steps: [
        user(1, { kind: 'mkdir', path: 'd/a' }),
        pass(700),
        user(0, { kind: 'rename', path: 'd', to: 'e' }),
        { kind: 'settle' },
        remove(1, 'e'),
        user(0, { kind: 'save', path: 'e/d/a', content: 'new' }),
        pass(5),
        { kind: 'crash in a job', device: 1, calls: 23 },
        { kind: 'crash', device: 0 },
        { kind: 'restored', device: 0 },
      ],
    },
    394,
  ));

test('I2: an index that is an older copy, and has given out numbers since, is known for one', () =>
  holds(
    {
      devices: 2,
      delayMs: 400,
      bytes: true,
      watchFaults: { lost: 0, doubled: 0.1, delayed: 0.2, delayMs: 500 },
      steps: [
        write(1, 'a', 'one'),
        { kind: 'settle' },
        { kind: 'crash', device: 1 },
        { kind: 'start', device: 1 },
        pass(700),
        write(0, 'e/a', 'two'),
        write(1, 'd/b', 'three'),
        pass(700),
        { kind: 'crash', device: 0 },
        { kind: 'index back', device: 0 },
        user(0, { kind: 'swap', path: 'e', to: 'b' }),
      ],
    },
    678,
  ));

test('I2: an index that is an older copy is known for one, also when its clock was set back and it gives out the same numbers', () =>
  holds(
    {
      devices: 2,
      delayMs: 0,
      watchBatchMs: 50,
      steps: [
        user(0, { kind: 'mkdir', path: 'D' }),
        pass(2_500),
        { kind: 'clock', device: 1, byMs: -65_464_696 },
        { kind: 'settle' },
        write(1, 'd/e/c', 'told'),
        pass(300),
        { kind: 'crash', device: 1 },
        { kind: 'index back', device: 1 },
        cut(0, 1),
        { kind: 'start', device: 1 },
        user(1, { kind: 'mkdir', path: 'e' }),
        pass(60),
      ],
    },
    902287,
  ));

test('I2: a device restored from a backup with a clock that was set back tells what it changes', () =>
  holds(
    {
      devices: 2,
      delayMs: 60,
      skewMs: 2_000,
      steps: [
        user(1, { kind: 'save', path: 'd/b', content: 'one' }),
        pass(2_500),
        { kind: 'clock', device: 0, byMs: -74_051_057 },
        { kind: 'settle' },
        remove(0, 'd/b'),
        pass(300),
        { kind: 'crash', device: 0 },
        { kind: 'restored', device: 0 },
        write(0, 'e', 'new'),
      ],
    },
    950249,
  ));

test('I2: what several have joined from versions with one content is one version, whoever has joined which first', () =>
  holds(
    {
      devices: 3,
      shape: 'ring',
      delayMs: 400,
      steps: [
        write(1, 'd/a', 'one'),
        { kind: 'crash', device: 0 },
        { kind: 'start', device: 0 },
        write(0, 'd/a', ''),
        { kind: 'crash', device: 0 },
        { kind: 'settle' },
        user(0, { kind: 'save', path: 'd/a', content: 'two' }),
        pass(2_500),
        { kind: 'crash', device: 0 },
        { kind: 'index back', device: 0 },
        user(0, { kind: 'touch', path: 'd/a', mtimeUs: -28_817_066_453_640n }),
        { kind: 'crash', device: 2 },
        { kind: 'index back', device: 2 },
      ],
    },
    971041,
  ));

test('I10: what may not be removed from staging for a while leaves it later', () =>
  holds(
    {
      devices: 4,
      shape: 'mesh',
      steps: [
        { kind: 'spell', device: 1, spell: { errno: 'ENOSPC', call: 'stat', path: undefined, oneIn: 1 } },
        user(1, { kind: 'save', path: 'e/d/a', content: 'one' }),
        user(3, { kind: 'save', path: 'e/d/a', content: 'three' }),
        pass(20),
        remove(3, 'e/d/a'),
        pass(2_500),
      ],
    },
    1267,
  ));

test('I11: what could not be read in a directory is not named any more when a link has taken its place', () =>
  holds(
    {
      devices: 3,
      shape: 'ring',
      delayMs: 60,
      watchBatchMs: 50,
      steps: [
        write(0, 'd/b', 'one'),
        pass(300),
        user(1, { kind: 'rename', path: 'd', to: 'a' }),
        { kind: 'settle' },
        { kind: 'spell', device: 0, spell: { errno: 'EIO', call: 'openDir', path: '/a', oneIn: 1 } },
        write(0, 'd/e/a', 'two'),
        remove(0, 'a'),
        pass(2_500),
        user(2, { kind: 'symlink', path: 'a', target: 'd' }),
        pass(700),
      ],
    },
    1528,
  ));

test('I3: what a power loss took from one device, and others have another version of, may come to that one', () =>
  holds(
    {
      devices: 5,
      shape: 'tree',
      delayMs: 60,
      doubledOneIn: 3,
      skewMs: 3_600_000,
      watchBatchMs: 50,
      steps: [
        pass(700),
        user(1, { kind: 'save', path: 'd/e/a', content: 'c35' }),
        user(0, { kind: 'save', path: 'd/e/a', content: 'c53' }),
        { kind: 'power loss', device: 0, calls: 59 },
        { kind: 'settle' },
        user(4, { kind: 'touch', path: 'd/e/a', mtimeUs: 1449563998676250n }),
      ],
    },
    800309,
  ));

test('I11: what a power loss took from all stays named, and nobody waits for it, when the directory that it was in goes', () =>
  holds(
    {
      devices: 4,
      shape: 'tree',
      delayMs: 0,
      doubledOneIn: 3,
      skewMs: 3_600_000,
      watchBatchMs: 50,
      steps: [
        { kind: 'power loss', device: 1, calls: 36 },
        { kind: 'crash', device: 2 },
        write(0, 'd/e/a', 'c18 '),
        pass(700),
        { kind: 'power loss', device: 0, calls: 23 },
        { kind: 'settle' },
        { kind: 'power loss', device: 2, calls: 51 },
        user(0, { kind: 'swap', path: 'd/e', to: 'D/a' }),
        pass(2_500),
      ],
    },
    963025,
  ));

test('I4: what a power loss took is compared at the next start, when the first could not write its index and was stopped', () =>
  holds(
    {
      devices: 3,
      delayMs: 10,
      steps: [
        write(2, 'b', 'one'),
        write(2, 'd/A', 'two'),
        pass(300),
        { kind: 'power loss', device: 1, calls: 38 },
        { kind: 'index fails', device: 1, code: 'E_IO' },
        { kind: 'start', device: 1 },
        { kind: 'stop', device: 1 },
      ],
    },
    200_121,
  ));

test('I2: what was edited, ignored and removed before a peer had it comes back as that peer has it', () =>
  holds(
    {
      devices: 3,
      shape: 'star',
      delayMs: 60,
      bytes: true,
      steps: [
        user(0, { kind: 'save', path: 'b', content: 'c2 ' }),
        pass(150),
        user(2, { kind: 'copy', path: 'b', to: 'd/e/a', keepTime: true }),
        pass(700),
        write(2, 'd/e/a', 'c25 '),
        pass(5),
        { kind: 'cut', a: 0, b: 2, how: 'black hole' },
        user(2, { kind: 'save', path: '.syncignore', content: '**/a\n' }),
        remove(2, 'd/e'),
        pass(150),
        // That no device has it is said after a while only.
        { kind: 'settle' },
      ],
    },
    2783,
  ));

test('I10: rules of a directory that was moved away with others are forgotten with it', () =>
  holds(
    {
      devices: 2,
      delayMs: 10,
      bytes: true,
      steps: [
        user(1, { kind: 'save', path: 'd/.syncignore', content: '*\n!*/\n!b\n' }),
        pass(150),
        user(1, { kind: 'save', path: '.syncignore', content: '*\n!*/\n!b\n' }),
        pass(3_200),
        write(1, 'd/e/a', 'c37 '),
        user(1, { kind: 'rename', path: 'd', to: 'e/d/a' }),
        pass(2_500),
        user(0, { kind: 'chmod', path: 'e/d', mode: 0o700 }),
        pass(300),
        user(1, { kind: 'rename', path: 'e', to: 'f' }),
        pass(3_200),
        write(1, '.syncignore', '?\n'),
        pass(5),
      ],
    },
    2951,
  ));

test('I10: a content that was staged just before its path is ignored does not stay in staging', () =>
  holds(
    {
      devices: 2,
      delayMs: 400,
      watchBatchMs: 50,
      steps: [
        user(0, { kind: 'mkdir', path: 'a' }),
        pass(2_500),
        user(1, { kind: 'save', path: 'd/e/a', content: 'c3 ' }),
        user(0, { kind: 'rename', path: 'a', to: 'e/d' }),
        pass(300),
        user(0, { kind: 'save', path: '.syncignore', content: 'e/**\n!e/a\n' }),
        pass(700),
        remove(1, 'd'),
      ],
    },
    13080,
  ));

test('I2: contents that come where neither they nor what became of them can be written come when there is room', async () => {
  for (let ms = 10; ms < 40; ms++)
    await holds({
      devices: 2,
      delayMs: 20,
      steps: [
        { kind: 'settle' },
        ...['a', 'b', 'c', 'd'].map((path) => write(0, path, `${path} whole`)),
        pass(ms),
        { kind: 'full', device: 1, freeBytes: 0 },
        { kind: 'index fails', device: 1, code: 'E_DISK_FULL' },
        pass(2_000),
      ],
    });
});
