// The system calls that Node lacks, and what becomes of them where the foreign function interface does not load.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Stat } from '../../daemon/ports/file-system.ts';
import { statAt } from '../../daemon/system/stat-at.ts';
import { probeInotifyInstance, renameat2, setMtime, syncfs } from '../../daemon/system/syscalls.ts';

const MODULE = JSON.stringify(new URL('../../daemon/system/syscalls.ts', import.meta.url));
/** To the microsecond, before 1970 and after 2038. */
const TIMES = [0n, -1n, -1_500_001n, 1_700_000_000_123_457n, 1_763_712_345_999_999n, 4_102_444_800_000_001n];

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'syncd-calls-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** In a process of its own, with few descriptors. */
function inProcess(program: string, cwd: string): string {
  const source = `import { registerHooks } from 'node:module'; import * as fs from 'node:fs';\n${program}`;
  const command = 'ulimit -n 200; exec "$0" "$@"';
  return execFileSync('sh', ['-c', command, process.execPath, '--input-type=module', '--eval', source], {
    cwd,
    encoding: 'utf8',
  });
}

test('statAt says of every kind of file what lstat does', (t) => {
  const path = directory(t);
  writeFileSync(join(path, 'file'), 'x'.repeat(70_000));
  writeFileSync(join(path, 'ü𝄞'), '');
  mkdirSync(join(path, 'dir'), { mode: 0o1750 });
  symlinkSync('none', join(path, 'link'));
  linkSync(join(path, 'file'), join(path, 'second'));
  execFileSync('mkfifo', [join(path, 'pipe')]);
  setMtime(join(path, 'ü𝄞'), -1_500_001n, false);
  const kinds = { file: 'file', 'ü𝄞': 'file', dir: 'dir', link: 'symlink', second: 'file', pipe: 'other' };
  const fd = openSync(path, 'r');
  for (const [name, kind] of Object.entries(kinds)) {
    const { size, mtimeNs, ctimeNs, ino, dev, mode, nlink } = lstatSync(join(path, name), { bigint: true });
    const numbers = { size: Number(size), mode: Number(mode) & 0o7777, nlink: Number(nlink) };
    assert.deepEqual(statAt(fd, name), { kind, mtimeNs, ctimeNs, ino, dev, ...numbers }, name);
  }
  assert.equal(statAt(fd, 'none'), 'ENOENT');
  closeSync(fd);
  const dev = openSync('/dev', 'r');
  assert.equal((statAt(dev, 'null') as Stat).dev, lstatSync('/dev/null', { bigint: true }).dev);
  closeSync(dev);
});

test('a call that fails gives the name of its errno, also for a name beyond ASCII', (t) => {
  const path = directory(t);
  writeFileSync(join(path, 'ü𝄞'), '');
  const fd = openSync(path, 'r');
  assert.equal(renameat2(fd, 'none', fd, 'x', 1), 'ENOENT');
  assert.equal(renameat2(fd, 'ü𝄞', fd, '𝄞ü', 1), undefined);
  assert.equal(renameat2(fd, '𝄞ü', fd, '𝄞ü', 1), 'EEXIST');
  assert.equal(lstatSync(join(path, '𝄞ü')).size, 0);
  assert.equal(setMtime(join(path, 'none'), 0n, false), 'ENOENT');
  assert.equal(syncfs(fd), undefined);
  closeSync(fd);
  assert.equal(syncfs(1_000_000), 'EBADF');
});

test('setting the modification time leaves the access time', (t) => {
  const file = join(directory(t), 'a');
  writeFileSync(file, '');
  const { atimeNs } = lstatSync(file, { bigint: true });
  assert.equal(setMtime(file, -7n, false), undefined);
  const after = lstatSync(file, { bigint: true });
  assert.deepEqual([after.atimeNs, after.mtimeNs], [atimeNs, -7000n]);
});

test('an inotify instance can be had, and when none can, that is told and nothing blocks', (t) => {
  assert.equal(probeInotifyInstance(), 'ok');
  const output = inProcess(
    `const { probeInotifyInstance } = await import(${MODULE});
     // No descriptor left is the same errno as no instance left, and troubles nobody else.
     const opened = [];
     try { for (;;) opened.push(fs.openSync('/dev/null')); } catch {}
     const found = probeInotifyInstance();
     for (const fd of opened) fs.closeSync(fd);
     console.log(found);`,
    directory(t),
  );
  assert.equal(output, 'E_WATCH_INSTANCES\n');
});

test('without koffi times are still exact, files are still synced, and renames say EINVAL', (t) => {
  const path = directory(t);
  writeFileSync(join(path, 'a'), '');
  symlinkSync('a', join(path, 'link'));
  const output = inProcess(
    `registerHooks({ resolve(name, context, next) {
       if (name === 'koffi') throw new Error('not here');
       return next(name, context);
     } });
     const { missingSyscalls, probeInotifyInstance, renameat2, setMtime, syncfs } = await import(${MODULE});
     const fd = fs.openSync('.');
     const times = [${TIMES.map((time) => `${time}n`).join()}].flatMap((time) => ['a', 'link'].map((name) => {
       const failed = setMtime(name, time, name === 'link');
       // Below the microsecond it may be off: no one looks there.
       return failed ?? fs.lstatSync(name, { bigint: true }).mtimeNs - time * 1000n;
     }));
     console.log(missingSyscalls().length, probeInotifyInstance(), renameat2(fd, 'a', fd, 'b', 1), syncfs(fd),
       setMtime('none', 0n, false), times.every((off) => off >= 0n && off < 1000n));`,
    path,
  );
  assert.equal(output, '7 ok EINVAL undefined ENOENT true\n');
});
