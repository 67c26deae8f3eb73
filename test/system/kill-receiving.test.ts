// kill -9 at every stage of receiving: strace kills the daemon at a chosen system call of a chosen kind, again and again.
// Afterwards it is started, and goes on without help; every content that ever settled is accounted for.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPair, type Daemon, type Pair } from './daemon.ts';
import { Accounts } from './accounts.ts';
import { Dice, rounds } from './rounds.ts';
import { Injection, withoutStrace } from './strace.ts';
import { compareTrees, noise } from './trees.ts';
import { waitFor } from './wait-for.ts';

/** The calls by which a disk and an index change, and how many of each a thread makes in a stage, about. */
const CALLS: readonly (readonly [calls: string, reach: number])[] = [
  ['renameat2', 4],
  ['renameat2', 4],
  ['pwrite64', 30],
  ['pwrite64', 30],
  ['fsync,fdatasync', 6],
  ['fsync,fdatasync', 6],
  ['openat', 40],
  ['write', 12],
  ['unlink,rmdir', 2],
  ['utimensat', 2],
  ['chmod,fchmod,ftruncate', 2],
  ['mkdir', 2],
  ['pread64', 10],
  ['statx', 40],
  ['fcntl', 60],
  ['syncfs', 1],
];
/** What follows when the trees are equal already: filing, rows, acknowledgements. */
const AFTERWARDS_MS = 250;
/** Until a folder at rest marks its rows as durable. */
const CHECKPOINT_MS = 7_000;
const STAGING_LIMIT_MS = 60_000;

interface World extends Pair {
  readonly accounts: Accounts;
  readonly round: number;
  readonly victim: Daemon;
}

/** What the user does while the daemon may be killed; `prepare` comes before the daemon is traced. */
interface Stage {
  readonly name: string;
  prepare?(world: World): void;
  act(world: World): void | Promise<unknown>;
}

const STAGES: readonly Stage[] = [
  {
    name: 'new files',
    act: ({ accounts, left, round }) => {
      accounts.write(left, `new/${round}.txt`, `new in round ${round}`);
      accounts.write(left, `new/${round}/deep/er.txt`, `new and deep in round ${round}`);
      accounts.write(left, `new/${round}.bin`, noise(300_000 + round, round + 1));
    },
  },
  {
    name: 'replaced files',
    act: ({ accounts, left, round }) => {
      for (let n = 0; n < 3; n++) accounts.write(left, `replaced/${n}.txt`, `replaced ${n} in round ${round}`);
      accounts.write(left, 'replaced/large.bin', noise(2_500_000, round + 1));
    },
  },
  {
    name: 'deletions',
    prepare: ({ accounts, left, round }) => {
      for (let n = 0; n < 3; n++) accounts.write(left, `doomed/${round}/${n}.txt`, `doomed ${n} in round ${round}`);
    },
    act: ({ accounts, left, round }) => {
      for (let n = 0; n < 3; n++) accounts.remove(left, `doomed/${round}/${n}.txt`);
    },
  },
  {
    name: 'a directory move',
    prepare: ({ accounts, left, round }) => {
      for (let n = 0; n < 4; n++)
        accounts.write(left, `from-${round}/d${n % 2}/${n}.txt`, `moved ${n} in round ${round}`);
    },
    act: ({ accounts, left, round }) => accounts.rename(left, `from-${round}`, `to-${round}`),
  },
  {
    name: 'conflicts',
    prepare: ({ accounts, left, round }) => {
      for (let n = 0; n < 2; n++) accounts.write(left, `fought/${n}.txt`, `before the fight, ${n} in round ${round}`);
    },
    act: async ({ accounts, hub, left, right, round }) => {
      // Neither has heard of the other's edit when it sees its own.
      hub.signal('SIGSTOP');
      const [here, there] = round % 2 === 0 ? [left, right] : [right, left];
      for (let n = 0; n < 2; n++)
        accounts.writeApart(
          `fought/${n}.txt`,
          [here, `one side, ${n} in round ${round}`],
          [there, `the other, ${n}/${round}`],
        );
      await sleep(100);
      hub.signal('SIGCONT');
    },
  },
  {
    name: 'restore',
    prepare: ({ accounts, left, round }) => accounts.write(left, 'restored.txt', `to be restored in round ${round}`),
    act: async ({ accounts, laptop, victim, left, right, round }) => {
      accounts.write(left, 'restored.txt', `over it in round ${round}`);
      const isReplaced = (): boolean => compareTrees(left, right).length === 0;
      await waitFor('it is replaced', () => !victim.isRunning() || isReplaced());
      if (!isReplaced()) return;
      accounts.mayReturn('restored.txt', `to be restored in round ${round}`);
      // Done or not done, both are right: the daemon may be killed in it.
      await laptop.ctl('restore', 'docs', 'restored.txt');
    },
  },
];

test('T27 S28 I1 I5 I12: killed at any system call of receiving, a daemon goes on without help, and nothing is lost', async (t) => {
  const skip = withoutStrace();
  if (skip !== false) return t.skip(skip);
  const dice = new Dice();
  const accounts = new Accounts();
  const pair = await startPair(t, {
    config: 'defaults:\n  max_delete: 100%\n  rescan: 30s\n',
    before: (left) => {
      for (let n = 0; n < 12; n++) accounts.write(left, `kept/${n}.txt`, `always there ${n}`);
      for (let n = 0; n < 3; n++) accounts.write(left, `replaced/${n}.txt`, `first ${n}`);
    },
  });
  accounts.assertAtRest(pair.left, pair.right);
  const whole = accounts.watchWhole(t, pair.left, pair.right);
  /** How many calls of a kind a stage was seen to make: later ones are not waited for. */
  const reach = new Map<string, number>();
  const kills = new Map<string, number>();
  const tried = rounds(14);
  let missed = 0;

  for (let round = 0; round < tried; round++) {
    const stage = STAGES[round % STAGES.length] ?? dice.one(STAGES);
    const [calls, most] = dice.one(CALLS);
    const victim = dice.below(4) === 0 ? pair.hub : pair.laptop;
    const world: World = { ...pair, accounts, round, victim };
    const key = `${stage.name}, ${calls}, ${victim.name}`;
    const nth = 1 + dice.below(reach.get(key) ?? most);
    const where = `seed ${dice.seed}, round ${round}: ${stage.name}, ${victim.name} killed at ${calls} number ${nth}`;

    if (stage.prepare !== undefined) {
      stage.prepare(world);
      await pair.same();
      accounts.assertAtRest(pair.left, pair.right);
    }
    const injection = await Injection.into(t, victim.pid, { calls, what: 'signal=SIGKILL', when: `${nth}` });
    await stage.act(world);
    await waitFor(where, () => !victim.isRunning() || compareTrees(pair.left, pair.right).length === 0);
    const afterwardsMs = calls === 'syncfs' ? CHECKPOINT_MS : AFTERWARDS_MS;
    for (let n = 0; n < 10 && victim.isRunning(); n++) await sleep(afterwardsMs / 10);
    await injection.end();
    // The last call that was counted may have been one too many.
    await sleep(50);
    const killed = !victim.isRunning();
    reach.set(key, killed ? Math.max(nth * 2, reach.get(key) ?? 0) : Math.max(1, nth - 1));
    if (killed) kills.set(calls, (kills.get(calls) ?? 0) + 1);
    else missed++;
    if (killed) {
      accounts.assertKept([pair.left, pair.right], ['versions', 'staging']);
      if (dice.below(4) === 0) await killAtStart(victim, dice, (pid, at) => Injection.into(t, pid, at));
      if (!victim.isRunning()) await victim.start();
    }
    await restAndCompare(pair, accounts, where);
    whole.assertWhole();
  }
  const sum = [...kills.values()].reduce((a, b) => a + b, 0);
  t.diagnostic(`seed ${dice.seed}: ${sum} kills in ${tried} rounds, ${missed} not reached, ${whole.looks()} looks`);
  t.diagnostic([...kills].map(([calls, times]) => `${calls} ${times}`).join('; '));
  assert.ok(sum > 0, 'no call was ever reached');
});

/** Once more, while it makes good what the first kill left. */
async function killAtStart(
  victim: Daemon,
  dice: Dice,
  into: (pid: number, fault: { calls: string; what: string; when: string }) => Promise<Injection>,
): Promise<void> {
  const starting = victim.start().then(
    () => true,
    () => false,
  );
  const calls = dice.one(['renameat2', 'pwrite64', 'fsync,fdatasync', 'unlink', 'openat']);
  const injection = await into(victim.pid, { calls, what: 'signal=SIGKILL', when: `${1 + dice.below(40)}` });
  await starting;
  await injection.end();
}

async function restAndCompare(pair: Pair, accounts: Accounts, where: string): Promise<void> {
  try {
    await pair.same();
    accounts.assertAtRest(pair.left, pair.right);
    for (const root of [pair.left, pair.right])
      await waitFor(
        `nothing is left in ${root}'s staging`,
        () => readdirSync(join(root, '.syncd/staging')).length === 0,
        STAGING_LIMIT_MS,
      );
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
