// A TCP port that no other daemon of any test takes, also while its own is stopped: tests run side by side, and where all
// begin with the default port, who restarts finds another one there. Below the range from which the kernel gives ports.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const [FIRST, COUNT] = [20_000, 10_000];
const taken = join(tmpdir(), 'syncd-test-ports');
const own: string[] = [];

process.on('exit', () => {
  for (const place of own) rmSync(place, { recursive: true, force: true });
});

/** Until this process ends. */
export function ownPort(): number {
  mkdirSync(taken, { recursive: true, mode: 0o777 });
  for (let n = 0; n < COUNT; n++) {
    const port = FIRST + ((process.pid * 16 + own.length + n) % COUNT);
    const place = join(taken, String(port));
    if (isFree(place)) {
      own.push(place);
      return port;
    }
  }
  throw new Error('no port is free');
}

/** Its file is made by one process alone; what one that was killed has left is free again. */
function isFree(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isRunning(Number(readFileSync(file, 'utf8')))) return false;
    rmSync(file, { force: true });
    return isFree(file);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
