// A disk that answers with errors while the whole folder is scanned: what cannot be read is unknown. Not one deletion may
// come of it, on this device or elsewhere, and when the errors are over nothing is left of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Accounts } from './accounts.ts';
import { startPair } from './daemon.ts';
import { Dice, rounds } from './rounds.ts';
import { Injection, asChild, withoutStrace } from './strace.ts';
import { describeTree, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const ERRORS = ['EIO', 'EACCES', 'ENOMEM', 'EMFILE', 'ESTALE', 'ENFILE'] as const;
/** What a scan asks the kernel. */
const CALLS = ['openat', 'getdents64', 'statx', 'pread64', 'readlink'] as const;
const DIRECTORIES = 20;

test('S23 T30 I4 I11: errors of any call of a scan delete nothing on any device, and are over when they are over', async (t) => {
  const skip = withoutStrace();
  if (skip !== false) return t.skip(skip);
  const dice = new Dice();
  const accounts = new Accounts();
  const { hub, laptop, left, right, same } = await startPair(t, {
    // Nothing would hold back what is taken for a deletion.
    config: 'defaults: { max_delete: 100%, rescan: 5s }\n',
    before: (root) => {
      for (let n = 0; n < DIRECTORIES * 6; n++)
        accounts.write(root, `d${n % DIRECTORIES}/e${n % 3}/${n}.txt`, `content of ${n}`);
    },
  });
  const paths = describeTree(left).size;
  let [injected, named] = [0, 0];

  for (let round = 0; round < rounds(4); round++) {
    const [error, calls] = [dice.one(ERRORS), dice.one(CALLS)];
    // Now and then anywhere, or always at one file and one directory.
    const isAnywhere = round % 3 === 0;
    const when = isAnywhere ? `${1 + dice.below(30)}+${dice.one(['', '2', '7', '19', '31'])}` : '1+';
    const [dir, n] = [`d${dice.below(DIRECTORIES)}`, dice.below(DIRECTORIES * 6)];
    const paths = [join(right, dir), ...asChild(dir), ...asChild(`${n}.txt`)];
    const fault = { calls: isAnywhere ? calls : `${calls},openat,statx`, what: `error=${error}`, when };
    const where = `seed ${dice.seed}, round ${round}: ${error} at ${fault.calls} ${when} ${isAnywhere ? '' : `${dir} ${n}.txt`}`;
    const injection = await Injection.intoWorkers(t, laptop.pid, isAnywhere ? fault : { ...fault, paths });
    // Some of it is new to the scan, so that it is opened and read as well.
    for (let n = 0; n < 5; n++) {
      const path = `d${dice.below(DIRECTORIES)}/new ${round} ${n}.txt`;
      accounts.write(n % 2 === 0 ? right : left, path, `new ${n} in round ${round}`);
    }
    await laptop.ok('sync', 'docs');
    await waitFor('errors have come', () => injection.times > 0, 3_000).catch(() => undefined);
    const { error: trouble, skipped, state } = await laptop.folder('docs');
    if (trouble !== null || skipped.length > 0) named++;
    // A second look, as deletions get one.
    await laptop.ok('sync', 'docs');
    await laptop.ctl('wait', 'docs', '--timeout', '1');
    assert.ok(state === 'idle' || trouble === null || trouble.hint !== '', where);
    injected += injection.times;
    await injection.end();

    await waitFor(`${where}: the errors are over`, async () => {
      const folder = await laptop.folder('docs');
      return folder.error === null && folder.skipped.length === 0;
    });
    await same();
    accounts.assertAtRest(left, right);
  }
  assert.equal(describeTree(left).size, paths + rounds(4) * 5);
  assert.equal(((await hub.json('conflicts', 'docs')) as unknown[]).length, 0);
  assert.ok(injected > 0, 'no error was ever seen');
  assert.equal(read(right, 'd0/e0/0.txt'), 'content of 0');
  t.diagnostic(`seed ${dice.seed}: ${injected} errors in ${rounds(4)} rounds; ${named} of them shown in status`);
});
