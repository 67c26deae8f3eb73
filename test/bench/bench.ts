// Measures syncd by itself; docs/performance.md has the figures, and those beside other programs.
//   npm run bench [-- micro files clients] [--files 1000,10000,100000] [--clients 1,4,16]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { growthWithClients, growthWithFiles } from './growth.ts';
import { micro } from './micro.ts';
import { table } from './report.ts';

const KINDS = ['micro', 'files', 'clients'];
const MICRO_MS = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: '1000,10000,100000' },
    clients: { type: 'string', default: '1,4,16' },
  },
});
const wanted = positionals.length === 0 ? KINDS : positionals;
const unknown = wanted.filter((kind) => !KINDS.includes(kind));
if (unknown.length > 0) {
  console.error(`bench: ${unknown.join(', ')}: expected ${KINDS.join(', ')}`);
  process.exit(2);
}
const numbers = (text: string): number[] => text.split(',').map(Number);

const place = mkdtempSync(join(tmpdir(), 'syncd-bench-'));
try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}, ${new Date().toISOString()}\n`,
  );
  if (wanted.includes('micro')) console.log(`${table('hot path', await micro(MICRO_MS))}\n`);
  if (wanted.includes('files') || wanted.includes('clients')) {
    const programs = build();
    if (wanted.includes('files'))
      console.log(`${await growthWithFiles(programs, under('files'), numbers(values.files))}\n`);
    if (wanted.includes('clients'))
      console.log(`${await growthWithClients(programs, under('clients'), numbers(values.clients))}\n`);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

function under(name: string): string {
  const path = join(place, name);
  mkdirSync(path);
  return path;
}

/** The checkout's own, as it would be delivered; within the checkout, where it finds its packages. */
function build(): string {
  const root = resolve(import.meta.dirname, '../..');
  const target = join(root, 'out/bench');
  const built = spawnSync(process.execPath, [join(root, 'packaging/build.ts'), target], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('the build failed');
  return target;
}
