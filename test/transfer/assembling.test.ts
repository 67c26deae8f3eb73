// A large file is put together portion by portion: one is copied while the one before is hashed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenStat } from '../../daemon/core/observation.ts';
import type { Copies } from '../../daemon/disk/assemble.ts';
import type { Manifest } from '../../daemon/disk/manifest.ts';
import type { PieceSource } from '../../daemon/disk/piece-source.ts';
import type { Workers } from '../../daemon/ports/workers.ts';
import { putTogether } from '../../daemon/transfer/assembling.ts';
import { path } from '../disk/tree.ts';

const MIB = 1 << 20;
const tree = { root: '/p', marker: 'here', boundaries: [] };
const PIECES: Manifest = Array.from({ length: 40 }, (_, n) => ({ offset: n * MIB, length: MIB, hash: `${n}` }));
const [ONE, OTHER] = ['one', 'other'].map((name): PieceSource => {
  return { kind: 'file', path: path(name), seen: {} as SeenStat };
}) as [PieceSource, PieceSource];
/** All but the third; the second half is elsewhere. */
const COPIES: Copies[] = [
  {
    from: ONE,
    pieces: PIECES.slice(0, 20)
      .filter((_, n) => n !== 2)
      .map((to) => ({ to, offset: to.offset })),
  },
  { from: OTHER, pieces: PIECES.slice(20).map((to) => ({ to, offset: to.offset - 20 * MIB })) },
];
const ASSEMBLY = { pieces: PIECES, copies: COPIES, bytes: 39 * MIB };

interface Given {
  readonly offset: number;
  readonly length: number;
  readonly copies: readonly Copies[];
}

type Answer = (given: Given, n: number) => unknown;

function workers(copy: Answer, hash: Answer): { readonly log: string[]; readonly workers: Workers } {
  const log: string[] = [];
  const counts = { assemble: 0, hashNext: 0 };
  const run = async (job: { readonly name: 'assemble' | 'hashNext' }, input: Given): Promise<unknown> => {
    const n = counts[job.name]++;
    log.push(`${job.name} ${n}`);
    try {
      return await (job.name === 'assemble' ? copy : hash)(input, n);
    } finally {
      log.push(`${job.name} ${n} done`);
    }
  };
  return { log, workers: { run } as unknown as Workers };
}

const copied = { kind: 'copied' } as const;
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isWanted = (): boolean => true;

test('all is hashed once, in its order, and what no file of ours holds is left as it came', async () => {
  const ranges: [number, number][] = [];
  const places: number[] = [];
  const { log, workers: both } = workers(
    ({ copies }) => {
      for (const { from, pieces } of copies)
        for (const { to, offset } of pieces) {
          assert.equal(offset, from === ONE ? to.offset : to.offset - 20 * MIB);
          places.push(to.offset / MIB);
        }
      return copied;
    },
    ({ offset, length }, n) => {
      ranges.push([offset / MIB, length / MIB]);
      return { kind: 'hashed', sha256: n === 2 ? 'all' : undefined };
    },
  );
  const done = await putTogether({ workers: both, tree: () => tree }, 'new', ASSEMBLY, isWanted);
  assert.deepEqual(done, { kind: 'hashed', sha256: 'all' });
  assert.deepEqual(ranges, [
    [0, 16],
    [16, 16],
    [32, 8],
  ]);
  assert.deepEqual(
    places,
    PIECES.map((_, n) => n).filter((n) => n !== 2),
  );
  assert.ok(log.indexOf('assemble 1') < log.indexOf('hashNext 0 done'), log.join(', '));
  assert.ok(log.indexOf('hashNext 1') > log.indexOf('hashNext 0 done'), log.join(', '));
});

test('a source that has changed, and a part that is gone, end it', async () => {
  const gone = { kind: 'gone' } as const;
  const first = workers(
    (_, n) => (n === 1 ? gone : copied),
    () => ({ kind: 'hashed', sha256: undefined }),
  );
  assert.deepEqual(await putTogether({ ...first, tree: () => tree }, 'new', ASSEMBLY, isWanted), gone);
  assert.ok(!first.log.includes('assemble 2'));

  const problem = { kind: 'problem', code: 'E_DISK_FULL' } as const;
  const second = workers(
    () => copied,
    () => problem,
  );
  assert.deepEqual(await putTogether({ ...second, tree: () => tree }, 'new', ASSEMBLY, isWanted), problem);
  assert.ok(!second.log.includes('assemble 2'));
});

test('what was given up meanwhile goes no further', async () => {
  const { log, workers: both } = workers(
    () => copied,
    () => ({ kind: 'hashed', sha256: undefined }),
  );
  assert.equal(await putTogether({ workers: both, tree: () => tree }, 'new', ASSEMBLY, () => false), undefined);
  assert.deepEqual(log, ['assemble 0', 'assemble 0 done']);
});

test('however one job fails, the other has ended when it is told', async () => {
  const hashFails = workers(
    async (_, n) => {
      for (let i = 0; n > 0 && i < 10; i++) await later();
      return copied;
    },
    () => {
      throw new Error('a thread has died');
    },
  );
  await assert.rejects(putTogether({ ...hashFails, tree: () => tree }, 'new', ASSEMBLY, isWanted), /died/);
  assert.ok(hashFails.log.includes('assemble 1 done'));

  const copyFails = workers(
    (_, n) => {
      if (n === 1) throw new Error('a thread has died');
      return copied;
    },
    async () => {
      for (let i = 0; i < 10; i++) await later();
      return { kind: 'hashed', sha256: undefined };
    },
  );
  await assert.rejects(putTogether({ ...copyFails, tree: () => tree }, 'new', ASSEMBLY, isWanted), /died/);
  assert.ok(copyFails.log.includes('hashNext 0 done'));
});
