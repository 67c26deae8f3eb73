// Small and failing disks for system tests: file systems that are mounted for one test and gone after it.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { temporaryDirectory } from './daemon.ts';

/** More than a file system keeps for itself of what it says is free. */
const LEFT_TO_WRITE_BYTES = 256 << 20;

/** Why nothing can be mounted here; false when it can. */
export function withoutMounts(): string | false {
  if (process.getuid?.() !== 0) return 'only root may mount file systems';
  // Test files that run at the same time ask at the same time.
  const place = mkdtempSync(join(tmpdir(), 'syncd-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' });
    execFileSync('umount', [place], { stdio: 'ignore' });
    return false;
  } catch {
    return 'mounting is not allowed here (a container without CAP_SYS_ADMIN?)';
  } finally {
    rmdirSync(place);
  }
}

/** A tmpfs of this size at `place`, which is made. @param size as mount(8) takes it: `4m` */
export function mountTmpfs(t: TestContext, place: string, size: string): void {
  mkdirSync(place, { recursive: true });
  mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place);
  atEnd(t, () => unmount(place));
}

export function resizeTmpfs(place: string, size: string): void {
  mount('-o', `remount,size=${size}`, place);
}

/** Fills the disk below `file` with it until not a byte is left, or this many. Removing it makes all the room again. */
export function fillUp(file: string, leaveBytes = 0): void {
  const leave = `${file}.leave`;
  if (leaveBytes > 0) writeFileSync(leave, Buffer.alloc(leaveBytes));
  // Most of a large disk is reserved at once, the rest is written until there is none.
  const { bfree, bsize } = statfsSync(dirname(file));
  const most = bfree * bsize - LEFT_TO_WRITE_BYTES;
  if (most > 0) execFileSync('fallocate', ['-l', `${most}`, file]);
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'oflag=append', 'conv=notrunc', 'bs=4k'], { stdio: 'ignore' });
  } catch {
    // No space left on device: that was the purpose.
  }
  if (existsSync(leave)) rmSync(leave);
}

/** What lies at `from` is seen at `to` as well. */
export function bind(t: TestContext, from: string, to: string): void {
  mount('--bind', from, to);
  atEnd(t, () => unmount(to));
}

/** As when a disk is pulled out: at once, whoever uses it. Does nothing where nothing is mounted. */
export function unmount(place: string): void {
  while (isMounted(place)) execFileSync('umount', ['-l', place], { stdio: 'ignore' });
}

/** A real disk in a file: ext4, which becomes read-only by itself when it finds an error. */
export class FailingDisk {
  readonly place: string;
  readonly #image: string;

  /** @param size as truncate(1) takes it; only what is written of it takes room */
  constructor(t: TestContext, place: string, size = '32M') {
    this.place = place;
    this.#image = join(temporaryDirectory(t), 'disk.img');
    mkdirSync(place, { recursive: true });
    execFileSync('truncate', ['-s', size, this.#image]);
    execFileSync('mkfs.ext4', ['-q', '-F', this.#image]);
    this.mount();
    atEnd(t, () => unmount(place));
  }

  mount(): void {
    // Without filling in the inode tables behind everybody's back: a large image stays small.
    mount('-o', 'loop,errors=remount-ro,noinit_itable', this.#image, this.place);
  }

  /** The kernel finds an error on it. */
  fail(): void {
    const device = mounts().find((line) => line.place === this.place)?.device ?? '';
    writeFileSync(`/sys/fs/ext4/${device.replace(dirname(device), '').slice(1)}/trigger_fs_error`, 'by a test\n');
  }

  /** Taken off, looked through and mounted again, as its owner does. Nobody may be using it. */
  repair(): void {
    execFileSync('umount', [this.place]);
    try {
      execFileSync('e2fsck', ['-f', '-y', this.#image], { stdio: 'ignore' });
    } catch {
      // 1: errors were found, and corrected
    }
    this.mount();
  }
}

/** Why no disk can be made to fail here; false when one can. */
export function withoutFailingDisks(): string | false {
  const mounting = withoutMounts();
  if (mounting !== false) return mounting;
  try {
    execFileSync('sh', ['-c', 'command -v mkfs.ext4 e2fsck && losetup -f && test -d /sys/fs/ext4'], {
      stdio: 'ignore',
    });
    return false;
  } catch {
    return 'no ext4 tools or no loop devices';
  }
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', args);
}

function isMounted(place: string): boolean {
  return mounts().some((line) => line.place === place);
}

function mounts(): { device: string; place: string }[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => {
      const [device = '', place = ''] = line.split(' ');
      return { device, place };
    });
}
