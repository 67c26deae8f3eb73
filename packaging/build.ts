// Makes dist/, which package.json's `bin` names: plain JavaScript, because Node strips no types under node_modules, in few
// files, because each one costs a third of a millisecond in every process and thread that loads it: docs/decisions/0017.
//   npm run build [-- DIRECTORY]
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const target = resolve(root, process.argv[2] ?? 'dist');

/**
 * What Node is given to run, and what main.js loads, and where it lies: the last three where worker-pool.ts in main.js and
 * watch-process.ts in run.js look.
 */
const STARTS = {
  'ctl/main': 'ctl/main.ts',
  'daemon/main': 'daemon/main.ts',
  'daemon/run': 'daemon/run.ts',
  'daemon/worker': 'daemon/system/worker.ts',
  'daemon/watch-child': 'daemon/system/watch-child.ts',
  'disk/jobs': 'daemon/disk/jobs.ts',
};

rmSync(target, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: STARTS,
  outdir: target,
  bundle: true,
  // Of a part that two of them have there is one, so that an error of the one is an error of the other.
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node24',
});
cpSync(join(root, 'packaging/bin'), join(target, 'bin'), { recursive: true });
for (const program of ['syncd.js', 'syncctl.js']) chmodSync(join(target, 'bin', program), 0o755);
