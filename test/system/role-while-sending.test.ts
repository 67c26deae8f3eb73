// The hub changes a client's role while contents are on their way in both directions over a slow link: both come to what
// the new role says, and nothing that a user wrote is gone.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settle, startPair } from './daemon.ts';
import { compareTrees, exists, noise, plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

const SIZE = 700_000;

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Of all files below a root, the version store included. */
function contentsBelow(root: string): Set<string> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name));
  return new Set(files.filter((one) => lstatSync(one).isFile()).map((one) => hashOf(readFileSync(one))));
}

for (const role of ['read-only', 'edit-only'])
  test(`I1, I2, I9: a client that becomes ${role} while contents are on their way, and two-way again`, async (t) => {
    const { hub, laptop, left, right, same } = await startPair(t, {
      before: (root) =>
        plant(root, { 'edited.bin': noise(SIZE, 1), 'small.txt': 'small', 'doomed.txt': 'doomed', 'kept.txt': 'kept' }),
    });
    await hub.ok('edit-folder', 'docs', '--set', 'bandwidth={up: 200kB/s, down: 200kB/s}');
    const written = [noise(SIZE, 2), noise(SIZE, 3), noise(SIZE, 4), Buffer.from('small, edited')];
    const [edited, created, ofHub, small] = written as [Buffer, Buffer, Buffer, Buffer];
    writeFileSync(join(right, 'edited.bin'), edited);
    writeFileSync(join(right, 'created.bin'), created);
    writeFileSync(join(left, 'of-hub.bin'), ofHub);
    const isPart = (name: string): boolean => name.endsWith('.part');
    const areOnTheirWay = (root: string): boolean => readdirSync(join(root, '.syncd/staging')).some(isPart);
    await waitFor('contents to be on their way', () => areOnTheirWay(left) && areOnTheirWay(right), 60_000);

    await hub.ok('edit-folder', 'docs', '--set', `peers.laptop=${role}`);
    writeFileSync(join(right, 'small.txt'), small);
    rmSync(join(right, 'doomed.txt'));
    await settle('docs', hub, laptop);

    const named = new Set((await laptop.folder('docs')).skipped.map(({ path, code }) => `${code} ${path}`));
    const isNamed = (line: string): boolean => [...named].some((one) => line.startsWith(`"${one.split(' ')[1]}"`));
    assert.deepEqual(
      compareTrees(left, right).filter((line) => !isNamed(line)),
      [],
      [...named].join(),
    );
    for (const one of named) assert.match(one, /^E_ROLE /);
    assert.ok(
      exists(left, 'doomed.txt') && exists(right, 'doomed.txt'),
      'what the role does not allow is brought back',
    );
    const found = new Set([...contentsBelow(left), ...contentsBelow(right)]);
    for (const [i, one] of written.entries()) assert.ok(found.has(hashOf(one)), `what was written as number ${i}`);
    assert.ok(exists(right, 'created.bin'), 'what was created stays where it is');

    await hub.ok('edit-folder', 'docs', '--set', 'peers.laptop=two-way');
    await hub.ok('edit-folder', 'docs', '--set', 'bandwidth=');
    await same();
    assert.equal(hashOf(readFileSync(join(left, 'created.bin'))), hashOf(created));
    assert.deepEqual((await laptop.folder('docs')).skipped, []);
  });
