// Which boot of the machine this is (random(4)): a daemon that finds another one than at its last start, and was not
// stopped in between, has come through a power loss.
import { readFileSync } from 'node:fs';

/** Undefined where the kernel does not say. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
