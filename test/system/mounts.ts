// Small and failing disks for system tests: file systems that are mounted for one test and gone after it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { temporaryDirectory } from './daemon.ts';

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

  constructor(t: TestContext, place: string) {
    this.place = place;
    this.#image = join(temporaryDirectory(t), 'disk.img');
    mkdirSync(place, { recursive: true });
    execFileSync('truncate', ['-s', '32M', this.#image]);
    execFileSync('mkfs.ext4', ['-q', '-F', this.#image]);
    this.mount();
    atEnd(t, () => unmount(place));
  }

  mount(): void {
    mount('-o', 'loop,errors=remount-ro', this.#image, this.place);
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
