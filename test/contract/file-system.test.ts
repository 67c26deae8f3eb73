// One suite for ports/file-system.ts: the kernel's, in a temporary directory, and the one in memory keep the same contract.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { type Directory, type FileSystem, errnoOf } from '../../daemon/ports/file-system.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { missingSyscalls } from '../../daemon/system/syscalls.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

interface Disk {
  readonly fs: FileSystem;
  readonly path: string;
  readonly root: Directory;
  /** Makes a pipe in the root. */
  pipe(name: string): void;
  setSpecialBits(name: string, mode: number): void;
  symlinkToRoot(path: string): void;
}

function realDisk(t: TestContext): Disk {
  const above = mkdtempSync(join(tmpdir(), 'syncd-fs-'));
  const path = join(above, 'root');
  const fs = new RealFileSystem();
  fs.makeRoot(path, 0o755);
  const root = fs.openRoot(path);
  t.after(() => {
    root.close();
    rmSync(above, { recursive: true, force: true });
  });
  return {
    fs,
    path,
    root,
    pipe: (name) => execFileSync('mkfifo', [join(path, name)]),
    setSpecialBits: (name, mode) => execFileSync('chmod', [mode.toString(8), join(path, name)]),
    symlinkToRoot: (link) => symlinkSync(path, link),
  };
}

function memoryDisk(): Disk {
  const fs = new MemoryFileSystem(new SimulatedClock());
  const path = '/above/root';
  fs.makeRoot(path, 0o755);
  return {
    fs,
    path,
    root: fs.openRoot(path),
    pipe: (name) => fs.user.mknod(`${path}/${name}`),
    setSpecialBits: (name, mode) => fs.user.chmod(`${path}/${name}`, mode),
    symlinkToRoot: (link) => fs.user.symlink(link, path),
  };
}

function throwsErrno(codes: string | readonly string[], action: () => unknown): void {
  assert.throws(action, (error) => {
    const code = errnoOf(error);
    assert.ok(code !== undefined, `a FileSystemError, not ${String(error)}`);
    assert.ok(codes.includes(code), `${code} instead of ${codes}`);
    return true;
  });
}

const text = new TextEncoder();

function write(dir: Directory, name: string, content: string): void {
  const file = dir.openFile(name, 'create');
  file.write(text.encode(content), 0);
  file.close();
}

function read(dir: Directory, name: string): string {
  const file = dir.openFile(name, 'read');
  const buffer = new Uint8Array(256);
  const length = file.read(buffer, 0);
  file.close();
  return Buffer.from(buffer.subarray(0, length)).toString();
}

function names(dir: Directory): string[] {
  return dir
    .list()
    .map(({ name }) => name)
    .toSorted();
}

/** Does something in a subdirectory and closes it. */
function within<Result>(dir: Directory, name: string, action: (inner: Directory) => Result): Result {
  const inner = dir.openDir(name);
  try {
    return action(inner);
  } finally {
    inner.close();
  }
}

const STRANGE_NAMES = [
  'line\nbreak',
  `quote"and'apostrophe`,
  '-rf',
  ' ',
  'back\\slash',
  '\u001b[31mred',
  '__proto__',
  '\ufeffbyte order mark',
  'real \ufffd replacement',
  'e\u0301 and \u00e9',
  '𝄞',
  'ü'.repeat(127),
  'x'.repeat(255),
];

for (const [kind, disk] of [
  ['real', realDisk],
  ['memory', memoryDisk],
] as const) {
  describe(`file system: ${kind}`, () => {
    test('a created file is empty, 0600 and can be written, read and cut at any position', (t) => {
      const { root } = disk(t);
      const file = root.openFile('a', 'create');
      assert.deepEqual({ mode: file.stat().mode, size: file.stat().size }, { mode: 0o600, size: 0 });
      file.write(text.encode('hello'), 3);
      assert.equal(file.stat().size, 8);
      const buffer = new Uint8Array(16);
      assert.equal(file.read(buffer, 0), 8);
      assert.deepEqual([...buffer.subarray(0, 5)], [0, 0, 0, 104, 101]);
      assert.equal(file.read(buffer, 8), 0);
      file.truncate(4);
      assert.equal(file.stat().size, 4);
      file.truncate(6);
      assert.equal(file.read(buffer, 3), 3);
      assert.deepEqual([...buffer.subarray(0, 3)], [104, 0, 0]);
      file.close();
      file.close();
      assert.throws(() => file.stat(), { name: 'AssertionFailed' });
    });

    test('an existing file is opened for reading or for writing; a read one cannot be written', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'one');
      const writing = root.openFile('a', 'write');
      writing.write(text.encode('O'), 0);
      writing.close();
      assert.equal(read(root, 'a'), 'One');
      const reading = root.openFile('a', 'read');
      throwsErrno('EBADF', () => reading.write(text.encode('x'), 0));
      throwsErrno('EINVAL', () => reading.truncate(0));
      reading.close();
      throwsErrno('ENOENT', () => root.openFile('b', 'read'));
      throwsErrno('ENOENT', () => root.openFile('b', 'write'));
      throwsErrno('EEXIST', () => root.openFile('a', 'create'));
    });

    test('pipes, directories and links are not opened as files, and nothing waits', (t) => {
      const { root, pipe } = disk(t);
      pipe('pipe');
      root.mkdir('dir', 0o755);
      write(root, 'file', 'x');
      root.symlink('link', 'file');
      for (const how of ['read', 'write'] as const) {
        // A pipe opened for reading and writing has no one to wait for, so only looking at it tells.
        throwsErrno('ENXIO', () => root.openFile('pipe', how));
        throwsErrno('EISDIR', () => root.openFile('dir', how));
        throwsErrno('ELOOP', () => root.openFile('link', how));
      }
      for (const name of ['pipe', 'dir', 'link']) throwsErrno('EEXIST', () => root.openFile(name, 'create'));
      assert.deepEqual(
        ['pipe', 'dir', 'file', 'link'].map((name) => root.lstat(name).kind),
        ['other', 'dir', 'file', 'symlink'],
      );
    });

    test('lstat tells kind, size, mode, links and inode, of a name or of the directory itself', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'hello');
      root.link('a', root, 'b');
      root.symlink('l', 'ü');
      const a = root.lstat('a');
      assert.deepEqual([a.kind, a.size, a.mode, a.nlink], ['file', 5, 0o600, 2]);
      assert.equal(root.lstat('b').ino, a.ino);
      assert.equal(root.lstat('l').size, 2);
      assert.notEqual(root.lstat('l').ino, a.ino);
      const itself = root.lstat();
      assert.deepEqual([itself.kind, itself.dev], ['dir', a.dev]);
      throwsErrno('ENOENT', () => root.lstat('c'));
    });

    test('each change of content, name or attributes moves ctime on', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'one');
      let last = root.lstat('a').ctimeNs;
      const moves = (action: () => void, name = 'a'): void => {
        action();
        // Kernels may count time in ticks of some milliseconds: not before, and later at the latest some ticks on.
        const now = root.lstat(name).ctimeNs;
        assert.ok(now >= last);
        last = now;
      };
      moves(() => root.setAttributes('a', { mode: 0o644 }));
      moves(() => root.setAttributes('a', { mtimeUs: 1n }));
      moves(() => root.link('a', root, 'other'));
      moves(() => root.rename('a', root, 'b', 'noreplace'), 'b');
      assert.equal(root.lstat('b').mtimeNs, 1000n);
    });

    test('list gives every name whole, whatever is in it', (t) => {
      const { root } = disk(t);
      assert.deepEqual(root.list(), []);
      for (const name of STRANGE_NAMES) write(root, name, name.slice(0, 40));
      assert.deepEqual(names(root), STRANGE_NAMES.toSorted());
      assert.ok(root.list().every(({ wellFormed }) => wellFormed));
      for (const name of STRANGE_NAMES) assert.equal(read(root, name), name.slice(0, 40));
      for (const name of STRANGE_NAMES) root.remove(name, 'file');
      assert.deepEqual(root.list(), []);
    });

    test('a name of more than 255 bytes is ENAMETOOLONG', (t) => {
      const { root } = disk(t);
      write(root, 'a', '');
      for (const name of ['x'.repeat(256), 'ü'.repeat(128)]) {
        throwsErrno('ENAMETOOLONG', () => root.openFile(name, 'create'));
        throwsErrno('ENAMETOOLONG', () => root.lstat(name));
        throwsErrno('ENAMETOOLONG', () => root.mkdir(name, 0o755));
        throwsErrno('ENAMETOOLONG', () => root.rename('a', root, name, 'noreplace'));
        throwsErrno('ENAMETOOLONG', () => root.rename('a', root, name, 'replace'));
      }
    });

    test('what is not one component is refused before anything is touched', (t) => {
      const { root } = disk(t);
      for (const name of ['', '.', '..', 'a/b', '/a', 'a\0b', 'lone \ud800 surrogate']) {
        assert.throws(() => root.mkdir(name, 0o755), { name: 'AssertionFailed' });
        assert.throws(() => root.rename('x', root, name, 'exchange'), { name: 'AssertionFailed' });
        assert.throws(() => root.openFile(name, 'read'), { name: 'AssertionFailed' });
      }
      assert.deepEqual(root.list(), []);
    });

    test('directories are made with exactly their mode, whatever the umask, and removed when empty', (t) => {
      const { root } = disk(t);
      const before = process.umask(0o077);
      try {
        root.mkdir('open', 0o777);
        root.mkdir('closed', 0o000);
      } finally {
        process.umask(before);
      }
      assert.equal(root.lstat('open').mode, 0o777);
      assert.equal(root.lstat('closed').mode, 0o000);
      throwsErrno('EEXIST', () => root.mkdir('open', 0o700));
      within(root, 'open', (open) => write(open, 'a', ''));
      throwsErrno('ENOTEMPTY', () => root.remove('open', 'dir'));
      throwsErrno('EISDIR', () => root.remove('open', 'file'));
      within(root, 'open', (open) => {
        throwsErrno('ENOTDIR', () => open.remove('a', 'dir'));
        open.remove('a', 'file');
        throwsErrno('ENOENT', () => open.remove('a', 'file'));
      });
      root.remove('open', 'dir');
      throwsErrno('ENOENT', () => root.remove('open', 'dir'));
      assert.deepEqual(names(root), ['closed']);
    });

    test('openDir opens directories only', (t) => {
      const { root } = disk(t);
      root.mkdir('dir', 0o755);
      write(root, 'file', '');
      root.symlink('link', 'dir');
      root.openDir('dir').close();
      throwsErrno('ENOENT', () => root.openDir('none'));
      throwsErrno('ENOTDIR', () => root.openDir('file'));
      throwsErrno(['ELOOP', 'ENOTDIR'], () => root.openDir('link'));
    });

    test('an open directory stays the one that was opened, when its name becomes a link to another', (t) => {
      const { root } = disk(t);
      root.mkdir('dir', 0o755);
      root.mkdir('elsewhere', 0o755);
      within(root, 'dir', (dir) => {
        root.rename('dir', root, 'moved', 'noreplace');
        root.symlink('dir', 'elsewhere');
        write(dir, 'a', 'here');
        dir.mkdir('sub', 0o755);
        assert.deepEqual(names(dir), ['a', 'sub']);
      });
      assert.deepEqual(within(root, 'moved', names), ['a', 'sub']);
      assert.deepEqual(within(root, 'elsewhere', names), []);
    });

    test('a directory that has been removed lists nothing and takes nothing', (t) => {
      const { root } = disk(t);
      root.mkdir('dir', 0o755);
      write(root, 'a', '');
      within(root, 'dir', (dir) => {
        root.remove('dir', 'dir');
        throwsErrno('ENOENT', () => dir.list());
        throwsErrno('ENOENT', () => write(dir, 'a', ''));
        throwsErrno('ENOENT', () => dir.mkdir('b', 0o755));
        throwsErrno('ENOENT', () => root.rename('a', dir, 'a', 'noreplace'));
        throwsErrno('ENOENT', () => root.link('a', dir, 'a'));
        assert.equal(dir.lstat().nlink, 0);
      });
    });

    test('links hold their target as it is and are never followed', (t) => {
      const { root } = disk(t);
      root.mkdir('dir', 0o700);
      write(root, 'file', 'x');
      for (const [name, target] of [
        ['up', '../../etc/passwd'],
        ['absolute', '/etc'],
        ['to file', 'file'],
        ['to dir', 'dir'],
        ['strange', 'a\nb ü '],
        ['long', 'x/'.repeat(2047)],
      ] as const) {
        root.symlink(name, target);
        assert.equal(root.readlink(name), target);
        assert.equal(root.lstat(name).kind, 'symlink');
      }
      throwsErrno('EEXIST', () => root.symlink('up', 'x'));
      throwsErrno('ENOENT', () => root.symlink('empty', ''));
      throwsErrno('EINVAL', () => root.symlink('nul', 'a\0b'));
      throwsErrno('ENAMETOOLONG', () => root.symlink('too long', 'x/'.repeat(2048)));
      throwsErrno('EINVAL', () => root.readlink('file'));
      throwsErrno('ENOENT', () => root.readlink('none'));

      const before = root.lstat('file');
      root.setAttributes('to file', { mode: 0o777, mtimeUs: -5n });
      assert.equal(root.lstat('to file').mtimeNs, -5000n);
      assert.deepEqual(root.lstat('file'), before);
      root.link('to file', root, 'second name of link');
      assert.equal(root.lstat('second name of link').kind, 'symlink');
      root.remove('to dir', 'file');
      assert.equal(root.lstat('dir').kind, 'dir');
    });

    test('noreplace moves to a free name and never over anything', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'a');
      write(root, 'b', 'b');
      root.mkdir('dir', 0o755);
      root.symlink('link', 'nowhere');
      for (const target of ['b', 'dir', 'link', 'a'])
        throwsErrno('EEXIST', () => root.rename('a', root, target, 'noreplace'));
      throwsErrno('ENOENT', () => root.rename('none', root, 'c', 'noreplace'));
      within(root, 'dir', (dir) => root.rename('a', dir, 'a', 'noreplace'));
      within(root, 'dir', (dir) => assert.equal(read(dir, 'a'), 'a'));
      assert.deepEqual(names(root), ['b', 'dir', 'link']);
    });

    test('exchange swaps two names of any kinds in one step', (t) => {
      const { root } = disk(t);
      write(root, 'file', 'content');
      root.mkdir('dir', 0o755);
      within(root, 'dir', (dir) => write(dir, 'inside', 'kept'));
      root.mkdir('sub', 0o755);
      root.symlink('link', 'target');
      const file = root.lstat('file').ino;
      root.rename('file', root, 'dir', 'exchange');
      assert.equal(root.lstat('dir').ino, file);
      assert.equal(read(root, 'dir'), 'content');
      within(root, 'file', (dir) => assert.equal(read(dir, 'inside'), 'kept'));
      within(root, 'sub', (sub) => {
        write(sub, 'x', 'deep');
        root.rename('link', sub, 'x', 'exchange');
        assert.equal(sub.readlink('x'), 'target');
        throwsErrno('ENOENT', () => root.rename('link', sub, 'none', 'exchange'));
        throwsErrno('ENOENT', () => root.rename('none', sub, 'x', 'exchange'));
        throwsErrno('EINVAL', () => root.rename('sub', sub, 'x', 'exchange'));
        throwsErrno('EINVAL', () => sub.rename('x', root, 'sub', 'exchange'));
      });
      assert.equal(read(root, 'link'), 'deep');
    });

    test('replace is rename(2)', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'a');
      write(root, 'b', 'b');
      root.mkdir('empty', 0o755);
      root.mkdir('full', 0o755);
      within(root, 'full', (full) => write(full, 'x', ''));
      throwsErrno('EISDIR', () => root.rename('a', root, 'empty', 'replace'));
      throwsErrno('ENOTDIR', () => root.rename('empty', root, 'a', 'replace'));
      throwsErrno('ENOTEMPTY', () => root.rename('empty', root, 'full', 'replace'));
      throwsErrno('ENOENT', () => root.rename('none', root, 'a', 'replace'));
      within(root, 'full', (full) => {
        throwsErrno('EINVAL', () => root.rename('full', full, 'itself', 'replace'));
        throwsErrno('EINVAL', () => root.rename('full', full, 'itself', 'noreplace'));
      });
      root.rename('a', root, 'b', 'replace');
      assert.equal(read(root, 'b'), 'a');
      root.link('b', root, 'same');
      root.rename('b', root, 'same', 'replace');
      assert.deepEqual(names(root), ['b', 'empty', 'full', 'same']);
      root.rename('full', root, 'empty', 'replace');
      assert.deepEqual(within(root, 'empty', names), ['x']);
    });

    test('a hard link is a second name of one file', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'one');
      root.mkdir('dir', 0o755);
      within(root, 'dir', (dir) => {
        root.link('a', dir, 'b');
        throwsErrno('EEXIST', () => root.link('a', dir, 'b'));
      });
      throwsErrno('ENOENT', () => root.link('none', root, 'c'));
      throwsErrno('EPERM', () => root.link('dir', root, 'c'));
      const file = root.openFile('a', 'write');
      file.write(text.encode('two'), 0);
      file.close();
      within(root, 'dir', (dir) => assert.equal(read(dir, 'b'), 'two'));
      root.remove('a', 'file');
      within(root, 'dir', (dir) => assert.equal(dir.lstat('b').nlink, 1));
    });

    test('an open file lives on when its name is removed, replaced or moved', (t) => {
      const { root } = disk(t);
      write(root, 'a', 'old');
      write(root, 'new', 'new');
      const file = root.openFile('a', 'write');
      root.rename('new', root, 'a', 'replace');
      file.write(text.encode('OLD'), 0);
      assert.equal(read(root, 'a'), 'new');
      const buffer = new Uint8Array(3);
      file.read(buffer, 0);
      assert.equal(new TextDecoder().decode(buffer), 'OLD');
      assert.equal(file.stat().nlink, 0);
      file.close();
    });

    test('modification times are set exactly to the microsecond, before 1970 and far ahead too', (t) => {
      const { root } = disk(t);
      write(root, 'file', '');
      root.mkdir('dir', 0o755);
      for (const name of ['file', 'dir'])
        for (const mtimeUs of [
          0n,
          1n,
          -1n,
          -1_500_000n,
          -999_999n,
          -2_000_000_000_000_000n,
          1_700_000_000_123_457n,
          1_763_712_345_999_999n,
          2n ** 33n * 1_000_000n + 7n,
          14_000_000_000_654_321n,
        ]) {
          root.setAttributes(name, { mtimeUs });
          assert.equal(root.lstat(name).mtimeNs, mtimeUs * 1000n);
        }
    });

    test('modes are set without the special bits, which stay, and time and mode leave each other alone', (t) => {
      const { root, setSpecialBits } = disk(t);
      write(root, 'file', '');
      root.mkdir('dir', 0o755);
      setSpecialBits('file', 0o4711);
      setSpecialBits('dir', 0o3775);
      root.setAttributes('file', { mode: 0o644, mtimeUs: 1_000_001n });
      root.setAttributes('dir', { mode: 0o700 });
      assert.equal(root.lstat('file').mode, 0o4644);
      assert.equal(root.lstat('dir').mode, 0o3700);
      root.setAttributes('file', { mode: 0o000 });
      root.setAttributes('file', { mtimeUs: 2n });
      root.setAttributes('file', {});
      const stat = root.lstat('file');
      assert.deepEqual([stat.mode, stat.mtimeNs], [0o4000, 2000n]);
      root.setAttributes('file', { mode: 0o7600 });
      assert.equal(root.lstat('file').mode, 0o4600);
      throwsErrno('ENOENT', () => root.setAttributes('none', { mode: 0o644 }));
    });

    test('a root is reached through links, and made with all that is above it', (t) => {
      const { fs, path, root, symlinkToRoot } = disk(t);
      write(root, 'a', '');
      symlinkToRoot(`${path}-link`);
      const again = fs.openRoot(`${path}-link`);
      assert.deepEqual(names(again), ['a']);
      again.close();
      again.close();
      fs.makeRoot(`${path}/x/y/z`, 0o755);
      fs.makeRoot(`${path}/x/y/z`, 0o755);
      assert.equal(
        within(root, 'x', (x) => within(x, 'y', (y) => y.lstat('z').kind)),
        'dir',
      );
      throwsErrno(['EEXIST', 'ENOTDIR'], () => fs.makeRoot(`${path}/a`, 0o755));
      throwsErrno('ENOENT', () => fs.openRoot(`${path}/none`));
      throwsErrno('ENOTDIR', () => fs.openRoot(`${path}/a`));
    });

    test('what may be read and written is told without opening it, and what is not there is told so', (t) => {
      const { fs, root } = disk(t);
      root.mkdir('dir', 0o755);
      write(root, 'file', 'x');
      for (const name of [undefined, 'dir', 'file'])
        assert.deepEqual(fs.mayUse(root, name), { read: true, write: true });
      assert.throws(() => fs.mayUse(root, 'nothing'), { code: 'ENOENT' });
    });

    test('the space of the file system is told, and sync returns', (t) => {
      const { fs, root } = disk(t);
      write(root, 'a', 'x');
      const { freeBytes, totalBytes } = fs.space(root);
      assert.ok(freeBytes > 0 && freeBytes <= totalBytes && Number.isInteger(freeBytes));
      fs.sync(root);
      assert.match(fs.mountType(root) ?? '', /^[a-z][a-z0-9.]+$/);
    });
  });
}

describe('file system: real, what memory does not have', () => {
  test('all system calls are there on this machine', () => {
    assert.deepEqual(missingSyscalls(), []);
  });

  test('a name that is not UTF-8 is listed as not well-formed, beside its look-alike that is', (t) => {
    const { root, path } = realDisk(t);
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]), 'bytes');
    write(root, '\ufffd\ufffd', 'characters');
    assert.deepEqual(
      root.list().toSorted((a, b) => Number(a.wellFormed) - Number(b.wellFormed)),
      [
        { name: '\ufffd\ufffd', wellFormed: false },
        { name: '\ufffd\ufffd', wellFormed: true },
      ],
    );
  });

  test('the target of a link that is not UTF-8 is EILSEQ', (t) => {
    const { root, path } = realDisk(t);
    symlinkSync(Buffer.from([0xc3, 0x28]), join(path, 'link'));
    throwsErrno('EILSEQ', () => root.readlink('link'));
  });

  test('no call leaves a descriptor open, also when it fails', (t) => {
    const { fs, root, pipe, path } = realDisk(t);
    pipe('pipe');
    mkdirSync(join(path, 'dir'));
    symlinkSync('dir', join(path, 'link'));
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let i = 0; i < 50; i++) {
      throwsErrno('ENXIO', () => root.openFile('pipe', 'read'));
      throwsErrno('EISDIR', () => root.openFile('dir', 'read'));
      throwsErrno('ENOTDIR', () => root.openDir('link'));
      throwsErrno('EEXIST', () => root.mkdir('dir', 0o755));
      throwsErrno('ENOENT', () => fs.openRoot(join(path, 'none')));
      root.setAttributes('pipe', { mode: 0o600, mtimeUs: 1n });
    }
    assert.equal(open(), before);
  });

  test('an owner without privileges changes a file of mode 000, and may not open it', (t) => {
    const { root, path } = realDisk(t);
    write(root, 'a', '');
    root.setAttributes('a', { mode: 0o000 });
    const program = `
      import { RealFileSystem } from ${JSON.stringify(new URL('../../daemon/system/file-system.ts', import.meta.url))};
      const root = new RealFileSystem().openRoot('.');
      try { root.openFile('a', 'read'); } catch (error) { console.log(error.code); }
      root.setAttributes('a', { mtimeUs: 5n });
      root.setAttributes('a', { mode: 0o640 });
      root.openFile('a', 'read').close();
      root.mkdir('dir', 0o311);
      console.log('done');`;
    const nobody = 65_534;
    const privileged = process.getuid?.() === 0;
    if (privileged) for (const owned of [path, join(path, 'a')]) chownSync(owned, nobody, nobody);
    chmodSync(join(path, '..'), 0o755);
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: path,
      encoding: 'utf8',
      ...(privileged ? { uid: nobody, gid: nobody } : {}),
    });
    assert.equal(output, 'EACCES\ndone\n');
    assert.deepEqual([root.lstat('a').mode, root.lstat('a').mtimeNs, root.lstat('dir').mode], [0o640, 5000n, 0o311]);
  });

  test('a tree deeper than PATH_MAX is made, read and removed', (t) => {
    const { root } = realDisk(t);
    const name = 'n'.repeat(200);
    const chain: Directory[] = [root];
    const deepest = (): Directory => chain.at(-1) ?? root;
    for (let depth = 0; depth < 30; depth++) {
      deepest().mkdir(name, 0o755);
      chain.push(deepest().openDir(name));
    }
    write(deepest(), 'file', 'deep');
    assert.equal(read(deepest(), 'file'), 'deep');
    deepest().remove('file', 'file');
    while (chain.length > 1) {
      chain.pop()?.close();
      deepest().remove(name, 'dir');
    }
    assert.deepEqual(root.list(), []);
  });
});
