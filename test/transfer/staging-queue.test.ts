// Contents on their way into staging: which of them one job writes, and what two jobs may write at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { FileEntry } from '../../daemon/core/record.ts';
import type { StageItem } from '../../daemon/disk/stage.ts';
import type { Job, Workers } from '../../daemon/ports/workers.ts';
import { AtWork } from '../../daemon/transfer/at-work.ts';
import { StagingQueue } from '../../daemon/transfer/staging-queue.ts';

const LARGE_BYTES = 9 << 20;

interface Running {
  readonly names: readonly string[];
  end(): void;
}

/** A queue whose jobs run until the test ends them; `onStaged` is told what became of each. */
function queue(onStaged: (path: string) => void = () => undefined) {
  const running: Running[] = [];
  const staged: string[] = [];
  const failures: unknown[] = [];
  const workers: Workers = {
    run: async <Input, Output>(_job: Job<Input, Output>, input: Input): Promise<Output> => {
      const { items } = input as unknown as { items: readonly StageItem[] };
      await new Promise<void>((end) => running.push({ names: items.map((item) => item.staged), end }));
      return items.map(() => ({ kind: 'ready' })) as unknown as Output;
    },
  };
  const tree = () => ({ root: '/root', marker: 'marker', boundaries: [] });
  const atWork = new AtWork();
  const context = { workers, atWork, tree, onFailure: (error: unknown) => failures.push(error) };
  const made = new StagingQueue(context, ({ item, result }) => {
    onStaged(item.path);
    staged.push(`${item.path} ${result.kind}`);
  });
  const add = (path: string, name: string, copyOfBytes?: number): void => {
    const entry = { kind: 'file', size: copyOfBytes ?? 1 } as FileEntry;
    const source =
      copyOfBytes === undefined
        ? { kind: 'bytes' as const, bytes: new Uint8Array(1) }
        : { kind: 'version' as const, storedAs: 'v' };
    made.add({ path: path as RelativePath, entry, staged: name }, source);
  };
  const end = async (n: number): Promise<void> => {
    running.splice(n, 1)[0]?.end();
    await turn();
  };
  const isAt = (path: string, name: string): boolean => atWork.isAt(path as RelativePath, () => name);
  const jobs = (): readonly (readonly string[])[] => running.map(({ names }) => names);
  return { made, add, jobs, staged, failures, end, isAt };
}

test('two jobs never write one name: the second content waits until the first is staged', async () => {
  const { made, add, jobs, staged, failures, end, isAt } = queue();
  add('first', 'one name');
  await turn();
  add('second', 'one name');
  add('other', 'another name');
  await turn();
  assert.deepEqual(jobs(), [['one name'], ['another name']]);
  await end(1);
  assert.equal(jobs().length, 1, 'the second still waits');
  await end(0);
  assert.deepEqual(jobs(), [['one name']]);
  assert.ok(isAt('second', 'one name') && !isAt('first', 'one name') && !isAt('second', 'another name'));
  await end(0);
  assert.ok(!isAt('second', 'one name'));
  assert.deepEqual(staged, ['other ready', 'first ready', 'second ready']);
  assert.equal(made.bytes, 0);
  assert.deepEqual(failures, []);
});

test('a copy of a large file is a job by itself, and what comes behind it keeps its order', async () => {
  const { add, jobs, end } = queue();
  add('a', 'a');
  add('b', 'b', LARGE_BYTES);
  add('c', 'c');
  await turn();
  assert.deepEqual(jobs(), [['a'], ['b']]);
  await end(0);
  assert.deepEqual(jobs(), [['b'], ['c']]);
});

test('where the end of one cannot be written down, the others are told of theirs, and it is said once', async () => {
  const full = new Error('database or disk is full');
  const { made, add, staged, failures, end, isAt } = queue((path) => {
    if (path !== 'c') throw full;
  });
  for (const path of ['a', 'b', 'c']) add(path, path);
  await turn();
  await end(0);
  assert.deepEqual([staged, failures, made.bytes], [['c ready'], [full], 0]);
  assert.ok(!isAt('a', 'a'));
});
