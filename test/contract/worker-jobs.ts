// Jobs for the contract of ports/workers.ts; the second half is for real threads only.
import { openSync, readlinkSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { CodedError } from '../../protocol/errors.ts';
import { assert } from '../../daemon/core/assert.ts';
import type { Job } from '../../daemon/ports/workers.ts';

interface Sizes {
  readonly bytes: Uint8Array;
  readonly big: bigint;
  readonly map: ReadonlyMap<string, number>;
}

/** Gives back what it was given. */
export const echo: Job<Sizes, Sizes> = { name: 'echo', run: (_fs, input) => input };

export const firstNames: Job<string, string[]> = {
  name: 'first names',
  run(fs, path) {
    const root = fs.openRoot(path);
    try {
      return root.list().map(({ name }) => name);
    } finally {
      root.close();
    }
  },
};

export const breakAssertion: Job<string, void> = {
  name: 'break assertion',
  run: (_fs, what) => assert(false, what),
};

export const refuse: Job<string, void> = {
  name: 'refuse',
  run(_fs, message) {
    throw new CodedError('E_DISK_FULL', message);
  },
};

export const stumble: Job<string, void> = {
  name: 'stumble',
  run(_fs, message) {
    throw new TypeError(message);
  },
};

/** Gives what cannot be cloned. */
export const giveFunction: Job<undefined, unknown> = { name: 'give function', run: () => () => 1 };

const order: number[] = [];
/** Remembers the numbers it was given and gives all of them. */
export const remember: Job<number, number[]> = {
  name: 'remember',
  run(_fs, number) {
    order.push(number);
    return order.slice(-10);
  },
};

const tallies = new Map<number, number>();
/** How often this thread has had the number. */
export const tally: Job<number, { readonly thread: number; readonly times: number }> = {
  name: 'tally',
  follows: (number) => number,
  run(_fs, number) {
    const times = (tallies.get(number) ?? 0) + 1;
    tallies.set(number, times);
    return { thread: threadId, times };
  },
};

/** Ends its thread, not the process. */
export const die: Job<number, void> = { name: 'die', run: (_fs, status) => process.exit(status) };

export const turnForEver: Job<undefined, void> = {
  name: 'turn for ever',
  run() {
    for (;;);
  },
};

/** Opens a pipe that nobody writes to: the thread waits in the kernel. Its number in /proc is in `PATH.thread` before. */
export const waitForPipe: Job<string, void> = {
  name: 'wait for pipe',
  run(_fs, path) {
    writeFileSync(`${path}.thread`, `${readlinkSync('/proc/thread-self')}\n`);
    openSync(path, 'r');
  },
};

export const jobs = [
  echo,
  firstNames,
  breakAssertion,
  refuse,
  stumble,
  giveFunction,
  remember,
  tally,
  die,
  turnForEver,
  waitForPipe,
];
