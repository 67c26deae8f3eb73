// A daemon that may open few files: slower, and nothing else. What cannot be opened is unknown, never absent.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pair, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { rounds } from './rounds.ts';
import { assertSameTrees, countFiles, plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

const GIT = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];

for (const limit of [64, 256])
  test(`T30 S40 I4 I10: with ${limit} descriptors thousands of files in hundreds of directories arrive, a git repository too`, async (t) => {
    const place = temporaryDirectory(t);
    const [left, right] = [join(place, 'left'), join(place, 'right')];
    mkdirSync(left);
    const count = rounds(1_500);
    const hub = await startDaemon(t, { name: 'hub' });
    const laptop = await startDaemon(t, { name: 'laptop', under: ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'] });
    await pair(hub, laptop, 'docs', [left, right]);
    await settle('docs', hub, laptop);

    for (let n = 0; n < count; n++) plant(left, { [`tree/${n % 50}/${Math.floor(n / 10)}/${n}.txt`]: `file ${n}` });
    const repository = join(left, 'repository');
    mkdirSync(repository);
    for (let n = 0; n < 60; n++) plant(repository, { [`${n % 7}/${n}.txt`]: `in git ${n}` });
    for (const args of [
      ['init', '-q'],
      ['add', '.'],
      ['commit', '-q', '-m', 'first'],
    ])
      execFileSync('git', [...GIT, ...args], { cwd: repository });
    let most = 0;
    const arrived = (): boolean => {
      most = Math.max(most, readdirSync(`/proc/${laptop.pid}/fd`).length);
      return countFiles(join(right, 'tree')) === count;
    };
    await waitFor('all have arrived', () => countFiles(right) > 0 && arrived(), 150_000);
    plant(right, { 'back.txt': 'and one the other way' });
    await settle('docs', hub, laptop);
    assertSameTrees(left, right);
    assert.equal(countFiles(join(left, 'tree')), count, 'nothing is deleted');
    execFileSync('git', ['fsck', '--strict'], { cwd: join(right, 'repository'), stdio: 'ignore' });
    assert.match(readFileSync(`/proc/${laptop.pid}/limits`, 'utf8'), new RegExp(`Max open files +${limit}`));
    assert.ok(most < limit, `${most} descriptors were open`);
    t.diagnostic(`at most ${most} descriptors`);
  });
