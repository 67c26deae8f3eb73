// The hot paths one by one, each beside the least that the machine can do of the same.
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from 'tinybench';
import { Filter } from '../../daemon/core/filter.ts';
import { reconcile } from '../../daemon/core/reconcile.ts';
import { Chunker, chunkBounds } from '../../daemon/disk/chunker.ts';
import { ManifestBuilder } from '../../daemon/disk/manifest.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { scan } from '../../daemon/disk/scan.ts';
import { type StageItem, stage, stagedNameOf, unstage } from '../../daemon/disk/stage.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { EXAMPLES } from '../../packaging/docs/examples.ts';
import { decodeMessage, encodeTrain } from '../../protocol/frame.ts';
import { change, device, epoch, file, hashOf, openInMemory, path, record } from '../index/rows.ts';
import type { Measured } from './report.ts';

const MIB = 1 << 20;
const FILES = 1000;

/** One way of doing it: ours, or the limit that the next ones are compared with. */
interface Way {
  readonly name: string;
  readonly unit: string;
  /** Units in one call. */
  readonly units: number;
  readonly run: () => void;
  readonly limit?: true;
}

/** @param forMs how long each is measured */
export async function micro(forMs: number): Promise<Measured[]> {
  const place = mkdtempSync(join(tmpdir(), 'syncd-bench-'));
  try {
    const ways = [...codec(), ...chunking(), ...deciding(), ...indexing(), ...disk(place)];
    const bench = new Bench({ time: forMs, warmupTime: forMs / 4 });
    for (const { name, run } of ways) bench.add(name, run);
    await bench.run();
    let limit: { readonly unit: string; readonly perSecond: number } | undefined;
    return ways.map((way, i) => {
      const { result } = bench.tasks[i] ?? {};
      if (result?.state !== 'completed') throw new Error(`${way.name} failed`);
      const perSecond = (way.units * 1000) / result.latency.p50;
      if (way.limit) limit = { unit: way.unit, perSecond };
      const ofLimit = way.limit || limit?.unit !== way.unit ? undefined : perSecond / limit.perSecond;
      return { name: way.name, value: perSecond, unit: `${way.unit}/s`, ofLimit };
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function codec(): Way[] {
  const message = EXAMPLES.FILE_MOVE;
  const frames = Array.from({ length: 256 }, () => ({ message, payload: undefined }));
  const train = encodeTrain(frames);
  const text = JSON.stringify(frames.map(() => message));
  return [
    {
      name: 'JSON.stringify of records',
      unit: 'records',
      units: 256,
      run: () => void JSON.stringify(frames),
      limit: true,
    },
    { name: 'records into frames', unit: 'records', units: 256, run: () => void encodeTrain(frames) },
    { name: 'JSON.parse of records', unit: 'records', units: 256, run: () => void JSON.parse(text), limit: true },
    { name: 'frames into records, checked', unit: 'records', units: 256, run: () => void decodeMessage(train) },
  ];
}

function chunking(): Way[] {
  const bytes = randomBytes(16 * MIB);
  const sizes = bytes.length;
  return [
    {
      name: 'SHA-256',
      unit: 'MiB',
      units: 16,
      run: () => void createHash('sha256').update(bytes).digest(),
      limit: true,
    },
    {
      name: 'finding chunks',
      unit: 'MiB',
      units: 16,
      run: () => {
        const chunker = new Chunker(chunkBounds(sizes));
        for (let cut = chunker.next(bytes, 0); cut !== undefined;) cut = chunker.next(bytes, cut);
      },
    },
    {
      name: 'a manifest: chunks and their hashes',
      unit: 'MiB',
      units: 16,
      run: () => {
        const builder = new ManifestBuilder(sizes);
        builder.push(bytes);
        builder.finish();
      },
    },
  ];
}

function deciding(): Way[] {
  const ours = record('notes/plan.md', file('one'));
  const theirs = record('notes/plan.md', file('two'), {
    vector: [
      [epoch('A'), 7],
      [epoch('B'), 9],
    ],
  });
  const rival = record('notes/plan.md', file('three'), { vector: [[epoch('B'), 9]] });
  const maker = { device: device('A'), epoch: epoch('A'), mark: false };
  const context = { maker, nowMs: 1_790_000_000_000, hash: hashOf, rule: 'newest' as const };
  const ignore = ['node_modules/', '*.tmp', '/build/**', '!keep.tmp', '**/cache/*.bin'];
  const filter = new Filter({ ignore, only: [], content: 'any', hidden: true, maxSizeBytes: 0 });
  const paths = Array.from({ length: FILES }, (_, i) => path(`src/part-${i % 40}/deep/file-${i}.ts`));
  return [
    {
      name: 'reconcile: a newer version',
      unit: 'decisions',
      units: 1,
      run: () => void reconcile(ours, theirs, context),
    },
    { name: 'reconcile: a conflict', unit: 'decisions', units: 1, run: () => void reconcile(ours, rival, context) },
    {
      name: 'filter of five rules',
      unit: 'paths',
      units: FILES,
      run: () => {
        for (const one of paths) filter.decide(one, { kind: 'file', size: 10 });
      },
    },
  ];
}

function indexing(): Way[] {
  const index = openInMemory();
  const rows = Array.from({ length: FILES }, (_, i) => change(`d${i % 20}/file-${i}`, file(String(i))));
  index.commit({ nowUs: 1, rows });
  const paths = rows.map((row) => row.record.path);
  let nowUs = 1;
  return [
    {
      name: 'index: records written',
      unit: 'records',
      units: FILES,
      run: () => void index.commit({ nowUs: ++nowUs, rows }),
    },
    {
      name: 'index: records read by path',
      unit: 'records',
      units: FILES,
      run: () => {
        for (const one of paths) index.row(one);
      },
    },
  ];
}

function disk(place: string): Way[] {
  const fs = new RealFileSystem();
  const root = join(place, 'root');
  mkdirSync(root);
  const tree = { root, marker: 'bench', boundaries: [] };
  prepareRoot.run(fs, { root, marker: tree.marker });
  const dir = path('files');
  mkdirSync(join(root, dir));
  for (let i = 0; i < FILES; i++) writeFileSync(join(root, dir, `file-${i}`), '');
  const bytes = randomBytes(4096);
  const entry = { kind: 'file', size: 4096, sha256: hashOfBytes(bytes), mode: 0o644, mtimeUs: 1_000_000n } as const;
  const items = Array.from({ length: 128 }, (_, i): StageItem => {
    const source = { kind: 'bytes', bytes } as const;
    return { staged: stagedNameOf(path(`new-${i}`), entry), entry, source };
  });
  const plain = join(place, 'plain');
  mkdirSync(plain);
  return [
    {
      name: 'lstat of a directory’s files',
      unit: 'files',
      units: FILES,
      run: () => listPlainly(join(root, dir)),
      limit: true,
    },
    {
      name: 'scan of a directory',
      unit: 'files',
      units: FILES,
      run: () => void scan.run(fs, { tree, dirs: [{ dir }] }),
    },
    {
      name: 'files of 4 KiB written and removed',
      unit: 'files',
      units: 128,
      run: () => writePlainly(plain, bytes),
      limit: true,
    },
    {
      name: 'the same through staging, verified',
      unit: 'files',
      units: 128,
      run: () => {
        stage.run(fs, { tree, items });
        unstage.run(fs, { tree, items });
      },
    },
  ];
}

function hashOfBytes(bytes: Uint8Array): ReturnType<typeof hashOf> {
  return createHash('sha256').update(bytes).digest('hex') as ReturnType<typeof hashOf>;
}

function listPlainly(at: string): void {
  for (const name of readdirSync(at)) lstatSync(join(at, name), { bigint: true });
}

function writePlainly(at: string, bytes: Uint8Array): void {
  for (let i = 0; i < 128; i++) {
    const fd = openSync(join(at, `new-${i}`), 'wx');
    writeSync(fd, bytes);
    closeSync(fd);
  }
  for (let i = 0; i < 128; i++) rmSync(join(at, `new-${i}`));
}
