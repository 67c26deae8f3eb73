// One suite for ports/workers.ts, on threads and inline; then what only threads can do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import type { Workers } from '../../daemon/ports/workers.ts';
import { movable } from '../../daemon/system/movable.ts';
import { WorkerPool } from '../../daemon/system/worker-pool.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { InlineWorkers } from '../simulation/inline-workers.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import {
  breakAssertion,
  die,
  echo,
  firstNames,
  giveFunction,
  refuse,
  remember,
  stumble,
  tally,
  turnForEver,
  waitForPipe,
} from './worker-jobs.ts';

const registry = new URL('./worker-jobs.ts', import.meta.url);

interface Place {
  readonly workers: Workers;
  /** A directory with one file, `a`. */
  readonly path: string;
  close(): unknown;
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'syncd-workers-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function pool(t: TestContext, size: number): WorkerPool {
  const workers = new WorkerPool({ size, registry });
  t.after(() => workers.close());
  return workers;
}

function threads(t: TestContext): Place {
  const path = directory(t);
  writeFileSync(join(path, 'a'), '');
  const workers = pool(t, 2);
  return { workers, path, close: () => workers.close() };
}

function inline(): Place {
  const fs = new MemoryFileSystem(new SimulatedClock());
  fs.user.write('/root/a', '');
  const workers = new InlineWorkers(fs);
  return { workers, path: '/root', close: () => workers.close() };
}

for (const [kind, place] of [
  ['threads', threads],
  ['inline', inline],
] as const) {
  describe(`workers: ${kind}`, () => {
    test('a job gives what it made of its input, on the file system', async (t) => {
      const { workers, path } = place(t);
      assert.deepEqual(await workers.run(firstNames, path), ['a']);
    });

    test('values are cloned, and memory that a typed array fills alone is moved', async (t) => {
      const { workers } = place(t);
      const input = { bytes: Uint8Array.of(1, 2, 3), big: 2n ** 60n, map: new Map([['__proto__', 1]]) };
      const output = await workers.run(echo, input);
      assert.deepEqual(output, { ...input, bytes: Uint8Array.of(1, 2, 3) });
      assert.notEqual(output.map, input.map);
      assert.equal(input.bytes.length, 0, 'it was given away');

      // A large payload behind a little else in its memory.
      const message = new Uint8Array(100_000).map((_, i) => i);
      const [payload, expected] = [message.subarray(200), message.slice(200)];
      assert.deepEqual((await workers.run(echo, { ...input, bytes: payload })).bytes, expected);
      assert.equal(message.length, 0, 'it was given away');
    });

    test('a small Buffer, which shares its memory with others, is copied', async (t) => {
      const { workers } = place(t);
      const bytes = Buffer.from('pooled');
      const neighbour = Buffer.from('neighbour');
      const output = await workers.run(echo, { bytes, big: 0n, map: new Map() });
      assert.equal(Buffer.from(output.bytes).toString(), 'pooled');
      assert.deepEqual([bytes.toString(), neighbour.toString()], ['pooled', 'neighbour']);
    });

    test('a FileSystemError keeps its code and its sentence', async (t) => {
      const { workers, path } = place(t);
      await assert.rejects(workers.run(firstNames, `${path}/none`), (error) => {
        assert.ok(error instanceof FileSystemError);
        assert.deepEqual([error.code, error.message], ['ENOENT', `open ${path}/none: ENOENT`]);
        return true;
      });
    });

    test('a broken assertion, a refusal with a code and a plain error are told apart', async (t) => {
      const { workers } = place(t);
      await assert.rejects(workers.run(breakAssertion, 'it holds'), { name: 'AssertionFailed', message: 'it holds' });
      await assert.rejects(workers.run(refuse, 'full'), { name: 'CodedError', code: 'E_DISK_FULL', message: 'full' });
      await assert.rejects(workers.run(stumble, 'oops'), { name: 'TypeError', message: 'oops' });
    });

    test('what cannot be cloned rejects, and the workers go on', async (t) => {
      const { workers, path } = place(t);
      await assert.rejects(workers.run(giveFunction, undefined));
      await assert.rejects(async () => workers.run({ name: 'echo', run: () => 1 }, () => 1));
      assert.deepEqual(await workers.run(firstNames, path), ['a']);
    });

    test('after closing, jobs are rejected', async (t) => {
      const { workers, path, close } = place(t);
      await close();
      await assert.rejects(workers.run(firstNames, path), /closed/);
    });
  });
}

describe('worker threads', () => {
  test('jobs are done in the order in which they came', async (t) => {
    const workers = pool(t, 1);
    const all = await Promise.all([1, 2, 3, 4].map((number) => workers.run(remember, number)));
    assert.deepEqual(all.at(-1), [1, 2, 3, 4]);
  });

  test('a thread that dies takes only its job with it, and the next job finds another', async (t) => {
    const workers = pool(t, 1);
    const [died, after] = await Promise.allSettled([workers.run(die, 3), workers.run(remember, 7)]);
    assert.equal(died.status === 'rejected' && died.reason instanceof Error && died.reason.name, 'WorkerGone');
    assert.deepEqual(after.status === 'fulfilled' && after.value, [7]);
  });

  test('a registry that does not load rejects each job and starts nothing for ever', async () => {
    const workers = new WorkerPool({ size: 1, registry: new URL('./no-such-registry.ts', import.meta.url) });
    await assert.rejects(workers.run(remember, 1), { name: 'WorkerGone' });
    await assert.rejects(workers.run(remember, 2), { name: 'WorkerGone' });
    assert.equal(await workers.close(), true);
  });

  test('a job that no registry has is a broken assertion', async (t) => {
    const workers = pool(t, 1);
    await assert.rejects(workers.run({ name: 'unheard of', run: () => 1 }, 1), { name: 'AssertionFailed' });
  });

  test('at rest one thread stays and gives back its memory; work finds as many as before', async (t) => {
    const workers = pool(t, 2);
    await Promise.all([workers.run(remember, 1), workers.run(remember, 2)]);
    await workers.rest();
    const later = await Promise.all([workers.run(remember, 3), workers.run(remember, 4)]);
    assert.equal(later.filter((known) => known.length === 2).length, 1, 'one has stayed, the other was begun anew');
    await workers.ping();
  });

  test('ping resolves when every living thread has answered', async (t) => {
    const workers = pool(t, 2);
    await workers.ping();
    await Promise.all([workers.run(remember, 1), workers.run(remember, 2)]);
    await workers.ping();
  });

  test('closing ends a thread that never comes back, and rejects what it was on and what waited', async (t) => {
    const workers = pool(t, 1);
    const jobs = Promise.allSettled([workers.run(turnForEver, undefined), workers.run(remember, 1), workers.ping()]);
    assert.equal(await workers.close(), true);
    assert.ok((await jobs).every(({ status }) => status === 'rejected'));
  });

  test('closing lets a thread load to its end: an addon that is interrupted there ends the process', async (t) => {
    const { loading, go } = slowLoading(t);
    const workers = new WorkerPool({ size: 1, registry: slowRegistry });
    const job = assert.rejects(workers.run(remember, 1), { name: 'WorkerGone' });
    await isThere(loading);
    const closed = workers.close();
    setTimeout(() => writeFileSync(go, ''), 100);
    assert.equal(await closed, true);
    assert.ok(existsSync(`${loading}.done`));
    await job;
  });

  test('closing leaves a thread behind that does not come to the end of its loading', async (t) => {
    const { go } = slowLoading(t);
    const workers = new WorkerPool({ size: 1, registry: slowRegistry });
    const job = assert.rejects(workers.run(remember, 1), { name: 'WorkerGone' });
    assert.equal(await workers.close(), false);
    await job;
    // Ends it after all, for the process to end.
    writeFileSync(go, '');
  });

  test('closing leaves a thread behind that waits in the kernel', async (t) => {
    const path = join(directory(t), 'pipe');
    execFileSync('mkfifo', [path]);
    const workers = pool(t, 1);
    // So that the thread is there before it is blocked.
    await workers.run(remember, 1);
    const job = assert.rejects(workers.run(waitForPipe, path), { name: 'WorkerGone' });
    await isOpening(`${path}.thread`);
    const ended = workers.close();
    await job;
    assert.equal(await ended, false);
    // Lets it go, for the process to end: opened for both, it waits for nobody.
    closeSync(openSync(path, constants.O_RDWR));
  });
});

const slowRegistry = new URL('./slow-registry.ts', import.meta.url);

/** Where the slow registry says that it loads, and what it waits for. */
function slowLoading(t: TestContext): { readonly loading: string; readonly go: string } {
  const path = directory(t);
  process.env['SYNCD_TEST_LOADING'] = path;
  return { loading: join(path, 'loading'), go: join(path, 'go') };
}

async function isThere(file: string): Promise<void> {
  while (!existsSync(file)) await sleep(5);
}

/** openat(2), by which a pipe is opened. */
const OPENAT = process.arch === 'arm64' ? '56' : '257';

/**
 * The thread that has left its number in this file waits in the kernel for a file to be opened (proc(5): syscall). That it
 * sleeps would not be enough: on a busy machine it also sleeps on its way there.
 */
async function isOpening(file: string): Promise<void> {
  for (;;) {
    const thread = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (thread.endsWith('\n') && readFileSync(`/proc/${thread.trim()}/syscall`, 'utf8').startsWith(`${OPENAT} `))
      return;
    await sleep(5);
  }
}

test('only memory that one typed array fills alone is movable', () => {
  const whole = new Uint8Array(4);
  const part = new Uint8Array(new ArrayBuffer(8), 0, 4);
  const twice = new Uint8Array(4);
  assert.deepEqual(movable({ whole, part, list: [twice, { again: twice }], pooled: Buffer.from('x'), none: null }), [
    whole.buffer,
    twice.buffer,
  ]);

  // A payload behind the JSON of its message; and what shares large memory with another.
  const message = new Uint8Array(100_000);
  assert.deepEqual(movable({ bytes: message.subarray(200) }), [message.buffer]);
  assert.deepEqual(movable({ bytes: message.subarray(20_000) }), []);
});

test('I15: long jobs leave a thread for the others, and go on one after the other', async (t) => {
  const workers = pool(t, 2);
  const long = { ...turnForEver, isLong: () => true };
  const running = [workers.run(long, undefined), workers.run(long, undefined), workers.run(long, undefined)];
  const ended = Promise.allSettled(running);
  for (let i = 0; i < 3; i++) assert.deepEqual(await workers.run(remember, i).then((all) => all.at(-1)), i);
  await workers.close();
  assert.ok((await ended).every(({ status }) => status === 'rejected'));
});

test('jobs of one number find what the one before left, while others take whatever thread is free', async (t) => {
  const workers = pool(t, 2);
  const numbers = Array.from({ length: 60 }, (_, i) => (i % 3) + 1);
  const tallied = await Promise.all(numbers.map(async (number) => ({ number, ...(await workers.run(tally, number)) })));
  for (const number of [1, 2, 3]) {
    const own = tallied.filter((one) => one.number === number);
    assert.deepEqual(
      own.map(({ times }) => times),
      own.map((_, i) => i + 1),
    );
  }
  assert.equal(new Set(tallied.map(({ thread }) => thread)).size, 2, 'no thread is idle for it');
});

test('jobs of one number go to another thread when theirs died, or is on something long', async (t) => {
  const path = join(directory(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const workers = pool(t, 2);
  const first = await workers.run(tally, 1);
  const long = workers.run({ ...waitForPipe, isLong: () => true }, path);
  await isOpening(`${path}.thread`);
  const second = await workers.run(tally, 1);
  assert.notEqual(second.thread, first.thread);
  assert.equal(second.times, 1);
  closeSync(openSync(path, constants.O_RDWR));
  await long;
  assert.deepEqual(await workers.run(tally, 1), { ...second, times: 2 });
  await assert.rejects(workers.run({ ...die, follows: () => 1 }, 3), { name: 'WorkerGone' });
  assert.notEqual((await workers.run(tally, 1)).thread, second.thread);
});

test('a pool of one thread does long jobs too', async (t) => {
  const workers = pool(t, 1);
  assert.deepEqual(await workers.run({ ...remember, isLong: () => true }, 7), [7]);
});
