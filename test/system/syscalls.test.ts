// The system calls that Node lacks, and what becomes of them where the foreign function interface does not load.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Stat } from '../../daemon/ports/file-system.ts';
import { closeOpened, openAt } from '../../daemon/system/open-at.ts';
import { statAt, statOf } from '../../daemon/system/stat-at.ts';
import { probeInotifyInstance, renameat2, setMtime, setMtimeOf, syncfs } from '../../daemon/system/syscalls.ts';

const moduleOf = (name: string): string => JSON.stringify(new URL(`../../daemon/system/${name}`, import.meta.url));
const MODULE = moduleOf('syscalls.ts');
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;
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

test('statAt and statOf say of every kind of file what lstat does', (t) => {
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
    const expected = { kind, mtimeNs, ctimeNs, ino, dev, ...numbers };
    assert.deepEqual(statAt(fd, name), expected, name);
    if (kind !== 'file' && kind !== 'dir') continue;
    const opened = openSync(join(path, name), 'r');
    assert.deepEqual(statOf(opened), expected, name);
    closeSync(opened);
  }
  assert.equal(statAt(fd, 'none'), 'ENOENT');
  assert.equal(statOf(1_000_000), 'EBADF');
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

test('setting the modification time leaves the access time, by the path and of an open file', (t) => {
  const file = join(directory(t), 'a');
  writeFileSync(file, '');
  const fd = openSync(file, 'r');
  const { atimeNs } = lstatSync(file, { bigint: true });
  const times = (): bigint[] => {
    const after = lstatSync(file, { bigint: true });
    return [after.atimeNs, after.mtimeNs];
  };
  assert.equal(setMtime(file, -7n, false), undefined);
  assert.deepEqual(times(), [atimeNs, -7000n]);
  for (const time of TIMES) {
    assert.equal(setMtimeOf(fd, time), undefined);
    assert.deepEqual(times(), [atimeNs, time * 1000n]);
  }
  closeSync(fd);
  assert.equal(setMtimeOf(1_000_000, 0n), 'EBADF');
});

test('openAt opens in a directory or by a path, and no program that is started has the file too', (t) => {
  const path = directory(t);
  const dir = openAt(undefined, path, O_RDONLY) as number;
  const made = openAt(dir, 'ü𝄞', O_WRONLY | O_CREAT | O_EXCL, 0o640) as number;
  writeSync(made, 'x');
  assert.equal(lstatSync(join(path, 'ü𝄞')).mode & 0o777, 0o640 & ~process.umask());
  assert.equal(openAt(dir, 'ü𝄞', O_WRONLY | O_CREAT | O_EXCL, 0o640), 'EEXIST');
  assert.equal(openAt(dir, 'none', O_RDONLY), 'ENOENT');
  const others = execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
  assert.ok(!others.includes(path), others);
  assert.deepEqual([closeOpened(made), closeOpened(dir), closeOpened(dir)], [undefined, undefined, 'EBADF']);
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
     const { missingSyscalls, probeInotifyInstance, renameat2, setMtime, setMtimeOf, syncfs } = await import(${MODULE});
     const { closeOpened, openAt } = await import(${moduleOf('open-at.ts')});
     const fd = openAt(undefined, '.', fs.constants.O_RDONLY);
     const file = openAt(fd, 'a', fs.constants.O_RDONLY);
     const opened = [openAt(fd, 'none', 0), setMtimeOf(file, 7n), Math.floor(fs.lstatSync('a').mtimeMs * 1000), closeOpened(file), closeOpened(file)];
     const times = [${TIMES.map((time) => `${time}n`).join()}].flatMap((time) => ['a', 'link'].map((name) => {
       const failed = setMtime(name, time, name === 'link');
       // Below the microsecond it may be off: no one looks there.
       return failed ?? fs.lstatSync(name, { bigint: true }).mtimeNs - time * 1000n;
     }));
     console.log(missingSyscalls().length, probeInotifyInstance(), renameat2(fd, 'a', fd, 'b', 1), syncfs(fd),
       setMtime('none', 0n, false), times.every((off) => off >= 0n && off < 1000n), ...opened);`,
    path,
  );
  assert.equal(output, '8 ok EINVAL undefined ENOENT true ENOENT undefined 7 undefined EBADF\n');
});
