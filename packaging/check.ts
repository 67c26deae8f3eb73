// `npm test`: everything that must hold before a change is taken. First what is quick and points at a line (formatting,
// lint, types), side by side; then the tests, whose own summary is the last thing printed.
//   npm test [-- FILE…]     all, or only these test files
//   npm run check           all but the tests that start real daemons
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

const root = resolve(import.meta.dirname, '..');
const tool = (name: string) => join(root, 'node_modules/.bin', name);

/** Longer than any test may take, so that one that hangs ends as a failure and not never. ROUNDS makes tests longer. */
const TEST_TIMEOUT_MS = 240_000 * Math.max(1, Number(process.env['ROUNDS'] ?? 1));
/** System tests mostly wait for daemons, and each starts several processes: two files at a time suit two cores. */
const TEST_FILES_AT_ONCE = 2;

/** Tests of real daemons, of hosts and of the package as a whole: what `npm run check` leaves out. */
const STARTS_DAEMONS = /^test\/(?:system\/|hosts\/|package\/package\.)/;

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const STATIC: readonly Step[] = [
  { name: 'formatting', command: [tool('prettier'), '--check', '--log-level=warn', '.'] },
  { name: 'lint', command: [tool('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'types', command: [tool('tsc')] },
];

/** Runs a step to its end and prints one line on it, with what it said only if it failed. */
async function passes(step: Step): Promise<boolean> {
  const startedMs = performance.now();
  const [file, ...args] = step.command;
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = await new Promise<boolean>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code === 0));
  });
  if (!ended) process.stdout.write(Buffer.concat(said));
  console.log(`${ended ? 'ok    ' : 'FAILED'} ${step.name.padEnd(10)} ${seconds(startedMs)}`);
  return ended;
}

/**
 * Runs the test files. The programs that they start, many hundred times, share what Node makes of the source: that is most
 * of their processor time (nodejs.org/api/module.html, module compile cache). The last lines on standard output are the
 * summary of node's own reporter.
 */
async function testsPass(files: readonly string[]): Promise<boolean> {
  const compiled = mkdtempSync(join(tmpdir(), 'syncd-compiled-'));
  const child = spawn(
    tool('node'),
    [
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${TEST_FILES_AT_ONCE}`,
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_COMPILE_CACHE: compiled } },
  );
  try {
    return await new Promise((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => done(code === 0));
    });
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

function testFiles(named: readonly string[]): string[] {
  const only = named.filter((argument) => !argument.startsWith('--'));
  if (only.length > 0) return only;
  const all = globSync('test/**/*.test.ts', { cwd: root });
  return named.includes('--without-system') ? all.filter((file) => !STARTS_DAEMONS.test(file)) : all;
}

const results = await Promise.all(STATIC.map(passes));
if (results.includes(false)) {
  console.log('\nNot tested: what stands above comes first (npm run format mends the formatting).');
  process.exitCode = 1;
} else {
  const files = testFiles(process.argv.slice(2));
  console.log(`\n${files.length} test files:`);
  process.exitCode = (await testsPass(files)) ? 0 : 1;
}
