// Daemons with a clock of their own, which a test sets while they run. What the kernel writes into files keeps its time.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

export const CAN_FAKE_CLOCKS = existsSync(LIBRARY);
export const NO_FAKE_CLOCK = 'libfaketime is not there (apt-get install faketime)';

/**
 * The clock of one process, which the returned function sets: `-1h`, `+365d`, `+0`.
 * @param seenWithinS How many seconds the process may take to see it. With 0 each look at the clock is a look at a file.
 */
export function ownClock(place: string, seenWithinS = 0): { readonly under: string[]; set(offset: string): void } {
  const file = join(place, 'clock');
  const set = (offset: string): void => writeFileSync(file, offset);
  set('+0');
  const variables = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: file,
    ...(seenWithinS === 0 ? { FAKETIME_NO_CACHE: '1' } : { FAKETIME_CACHE_DURATION: `${seenWithinS}` }),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return { under: ['env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)], set };
}
