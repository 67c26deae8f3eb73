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
if (unknown.length > 0) refuse(`${unknown.join(', ')}: expected ${KINDS.join(', ')}`);
const counts = { files: numbers('--files', values.files), clients: numbers('--clients', values.clients) };

const place = mkdtempSync(join(tmpdir(), 'syncd-bench-'));
try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}, ${new Date().toISOString()}\n`,
  );
  if (wanted.includes('micro')) console.log(`${table('hot path', await micro(MICRO_MS))}\n`);
  if (wanted.includes('files') || wanted.includes('clients')) {
    const programs = build();
    if (wanted.includes('files')) console.log(`${await growthWithFiles(programs, under('files'), counts.files)}\n`);
    if (wanted.includes('clients'))
      console.log(`${await growthWithClients(programs, under('clients'), counts.clients)}\n`);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

function refuse(what: string): never {
  console.error(`bench: ${what}`);
  process.exit(2);
}

function numbers(option: string, text: string): number[] {
  const given = text.split(',').map(Number);
  return given.every((one) => Number.isSafeInteger(one) && one > 0)
    ? given
    : refuse(`${option} ${text}: expected numbers from 1 on, with commas between them`);
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
