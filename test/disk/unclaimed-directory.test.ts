// A directory that is to become a folder, compared with what the inviter has: over a disk in memory.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type Compared, DigestMaker, type FolderDigest } from '../../daemon/core/digest.ts';
import type { Sha256 } from '../../daemon/core/ids.ts';
import { parseRelativePath } from '../../daemon/core/path.ts';
import type { FilterSettings } from '../../daemon/core/settings.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { Allowance, compareDirectory, isEmptyDirectory } from '../../daemon/unclaimed-directory.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { InlineWorkers } from '../simulation/inline-workers.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

/** What the inviter has. */
function theirs(files: Readonly<Record<string, string>>): FolderDigest {
  const maker = new DigestMaker(hashText);
  for (const [name, text] of Object.entries(files)) {
    const path = parseRelativePath(name);
    assert.ok(path.ok);
    const sha256 = createHash('sha256').update(text).digest('hex') as Sha256;
    maker.add(path.path, { kind: 'file', size: text.length, sha256, mode: 0o644, mtimeUs: 0n });
  }
  return maker.finish();
}

function place(): { fs: MemoryFileSystem; workers: InlineWorkers; clock: SimulatedClock } {
  const clock = new SimulatedClock();
  const fs = new MemoryFileSystem(clock);
  return { fs, workers: new InlineWorkers(fs), clock };
}

const OPEN: FilterSettings = { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 };
const plenty = { maxEntries: 1_000, maxMs: 1_000 };
const still = new AbortController().signal;

test('what is in the directory is compared by path and content, and nothing is made in it', async () => {
  const { fs, workers, clock } = place();
  for (const [name, text] of [
    ['a/same', 'one'],
    ['a/b/differs', 'ours'],
    ['only-here', 'x'],
    ['.syncd/id', 'of a folder that was here once'],
  ] as const)
    fs.user.write(`/root/${name}`, text);
  fs.user.mkdir('/root/mounted');
  fs.user.mount('/root/mounted');
  fs.user.write('/root/mounted/x', 'x');
  fs.user.symlink('/root/link', 'a/same');
  fs.user.symlink('/root/away', '/elsewhere');
  const before = [...fs.user.tree('/root', [])];

  const digest = theirs({ 'a/same': 'one', 'a/b/differs': 'theirs', 'only-there': 'x', link: 'one' });
  const compared = await compareDirectory(workers, '/root', digest, OPEN, new Allowance(clock, plenty, still));

  const expected = { receive: 1, send: 3, differ: 2, same: 1, sameBytes: 3, filtered: false };
  assert.deepEqual(compared, expected);
  assert.deepEqual([...fs.user.tree('/root', [])], before);
});

test('what is ignored by the settings, by .syncignore files or for its bytes is neither sent nor does it differ', async () => {
  const { fs, workers, clock } = place();
  for (const [name, text] of [
    ['a.tmp', 'ours'],
    ['sub/.syncignore', 'build/\n!keep.tmp\n'],
    ['sub/build/x', 'ours'],
    ['sub/keep.tmp', 'ours'],
    ['sub/plan', 'ours'],
    ['sub/bytes', '\0\u0001\u0002'],
    ['build/y', 'ours'],
  ] as const)
    fs.user.write(`/root/${name}`, text);
  const digest = theirs({
    'a.tmp': 'theirs',
    'sub/build/x': 'theirs',
    'sub/plan': 'ours',
    'sub/bytes': 'x',
    there: 'x',
  });
  const settings: FilterSettings = { ...OPEN, ignore: ['*.tmp'], content: 'text' };

  const compared = await compareDirectory(workers, '/root', digest, settings, new Allowance(clock, plenty, still));

  // What is in sub/build is not looked at: whether it is there too, nobody knows.
  const expected = { receive: 2, send: 3, differ: 0, same: 1, sameBytes: 4, filtered: true };
  assert.deepEqual(compared, expected);
});

test('beyond what may be looked at, in number or in time, or when nobody waits, nothing is concluded', async () => {
  const { fs, workers, clock } = place();
  for (const name of ['a', 'b', 'c']) fs.user.write(`/root/dir/${name}`, name);
  const left = new AbortController();
  left.abort();
  const compare = (bounds: Partial<typeof plenty>, signal = still): Promise<Compared | undefined> =>
    compareDirectory(workers, '/root', theirs({}), OPEN, new Allowance(clock, { ...plenty, ...bounds }, signal));

  assert.equal((await compare({ maxEntries: 4 }))?.send, 3);
  assert.equal(await compare({ maxEntries: 3 }), undefined);
  assert.equal(await compare({ maxMs: 0 }), undefined);
  assert.equal(await compare({}, left.signal), undefined);
});

test('a directory is empty where there is none, or nothing in it but what an earlier folder left', async () => {
  const { fs, workers } = place();
  fs.user.mkdir('/empty');
  fs.user.write('/left/.syncd/id', 'x');
  fs.user.write('/full/a', 'x');
  const empty = (path: string): Promise<boolean> => isEmptyDirectory(workers, path);

  assert.deepEqual(await Promise.all(['/none', '/empty', '/left', '/full'].map(empty)), [true, true, true, false]);
});
