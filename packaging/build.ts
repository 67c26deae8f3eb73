// Makes dist/, which package.json's `bin` names: plain JavaScript, because Node strips no types under node_modules.
//   npm run build [-- DIRECTORY]
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';

const root = resolve(import.meta.dirname, '..');
const target = resolve(root, process.argv[2] ?? 'dist');

rmSync(target, { recursive: true, force: true });
const compiler = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', target], {
  cwd: root,
  stdio: 'inherit',
});
if (compiler.status === 0) {
  cpSync(join(root, 'packaging/bin'), join(target, 'bin'), { recursive: true });
  for (const program of ['syncd.js', 'syncctl.js']) chmodSync(join(target, 'bin', program), 0o755);
} else {
  process.exitCode = 1;
}
