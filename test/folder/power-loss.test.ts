// After an unclean boot: what the index says and the disk does not hold any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId, Epoch, FolderName } from '../../daemon/core/ids.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import { type FileRecord, newVersion } from '../../daemon/core/record.ts';
import { tombstone } from '../../daemon/core/observation.ts';
import { observe } from '../../daemon/disk/observe.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import type { FolderContext } from '../../daemon/folder/context.ts';
import { Hints } from '../../daemon/folder/hints.ts';
import { PowerLoss } from '../../daemon/folder/power-loss.ts';
import { SkippedPaths } from '../../daemon/folder/skipped.ts';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import type { Log } from '../../daemon/ports/log.ts';
import { newRun } from '../index/rows.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { InlineWorkers } from '../simulation/inline-workers.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { SeededRandom } from '../simulation/random.ts';

const ROOT = '/srv/docs';
const SELF = 'A'.repeat(52) as DeviceId;
const EPOCH = 'ABCDEFGHIJKLMNOP' as Epoch;
const SECOND_NS = 1_000_000_000n;
const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, with: () => quiet };
function ignore(): void {
  // Nobody reads it.
}

/** A folder whose files are in the index; `lose` is what the power loss does to the disk. */
async function afterPowerLoss(
  files: Readonly<Record<string, string>>,
  options: {
    readonly deleted?: readonly string[];
    readonly durable?: boolean;
    readonly boot?: string;
    readonly diskFailed?: boolean;
    /** What the index knows of a path after the disk's state: written there later, and lost. */
    readonly ahead?: Readonly<Record<string, string>>;
    /** Another version of these, with the same content, is to come. */
    readonly wanted?: readonly string[];
  },
  lose: (fs: MemoryFileSystem) => void,
) {
  const clock = new SimulatedClock();
  const fs = new MemoryFileSystem(clock);
  const workers = new InlineWorkers(fs);
  await workers.run(prepareRoot, { root: ROOT, marker: 'here' });
  for (const [path, content] of Object.entries(files)) fs.user.write(`${ROOT}/${path}`, content);
  for (const path of Object.keys(files)) fs.openRoot(ROOT).setAttributes(path, { mtimeUs: 1_700_000_000_000_000n });
  await clock.advance(1000);
  const tree = { root: ROOT, marker: 'here', boundaries: [] };
  const before = FolderIndex.open(':memory:', { newEpoch: () => EPOCH, newRun });
  const maker = { device: SELF, epoch: EPOCH, mark: false };
  const paths = Object.keys(files) as RelativePath[];
  const seen = await workers.run(observe, { tree, items: paths.map((path) => ({ path })) });
  const rows = paths.map((path, i) => {
    const found = seen[i];
    assert.equal(found?.kind, 'present');
    const record: FileRecord = newVersion(path, found.entry, [], maker, clock.nowMs(), clock.nowMs());
    const isDeleted = options.deleted?.includes(path) === true;
    if (isDeleted) return { record: tombstone(record, maker, clock.nowMs()), seen: undefined, announce: true };
    const later = options.ahead?.[path];
    if (later !== undefined && found.entry.kind === 'file') {
      const entry = { ...found.entry, sha256: hashText(later), size: later.length };
      const { mtimeNs, ctimeNs } = found.seen;
      const seen = { ...found.seen, size: entry.size, mtimeNs: mtimeNs + SECOND_NS, ctimeNs: ctimeNs + SECOND_NS };
      return { record: { ...record, entry }, seen, announce: true };
    }
    return { record, seen: found.seen, announce: true };
  });
  const want = rows
    .filter(({ record: { path } }) => options.wanted?.includes(path) === true)
    .map(({ record }) => ({ record, why: 'fetch' as const, sinceMs: clock.nowMs() }));
  before.commit({ nowUs: clock.nowUs(), rows, want, meta: [['boot', 'the boot before']] });
  if (options.durable === true) before.markDurable(before.seq);
  const index = FolderIndex.open(before.serialise(), { newEpoch: () => EPOCH, newRun });
  await clock.advance(5000);
  lose(fs);
  const context = {
    name: 'docs' as FolderName,
    self: SELF,
    index,
    workers,
    clock,
    random: new SeededRandom(1),
    log: quiet,
    tree: () => tree,
  };
  const hints = new Hints(ignore);
  const skipped = new SkippedPaths(ignore);
  const powerLoss = new PowerLoss(context as unknown as FolderContext, hints, skipped, options.boot ?? 'this boot');
  if (options.diskFailed === true) powerLoss.suspect();
  await powerLoss.verify();
  return { fs, index, hints, skipped, powerLoss };
}

test('I5: a content that the power loss took behind a known time is wanted again, and is no edit', async () => {
  const { index, hints } = await afterPowerLoss({ 'a.txt': 'whole' }, {}, (fs) => {
    fs.user.write(`${ROOT}/a.txt`, '');
    fs.openRoot(ROOT).setAttributes('a.txt', { mtimeUs: 1_700_000_000_000_000n });
  });

  assert.equal(index.wanted('a.txt' as RelativePath)?.code, 'E_DAMAGED');
  assert.deepEqual(hints.take(10, Infinity).paths, []);
});

test('I5: where a peer has set another mode of a content that the power loss took, the content is fetched with it', async () => {
  const { index } = await afterPowerLoss({ 'a.txt': 'whole' }, { wanted: ['a.txt'] }, (fs) => {
    fs.user.write(`${ROOT}/a.txt`, '');
    fs.openRoot(ROOT).setAttributes('a.txt', { mtimeUs: 1_700_000_000_000_000n });
  });

  assert.equal(index.wanted('a.txt' as RelativePath)?.code, 'E_DAMAGED');
});

test('I5: a file that the power loss took away is wanted again, and is no deletion', async () => {
  const { index, skipped } = await afterPowerLoss({ 'a.txt': 'whole' }, {}, (fs) => fs.user.remove(`${ROOT}/a.txt`));

  assert.equal(index.wanted('a.txt' as RelativePath)?.record.entry.kind, 'file');
  assert.equal(index.row('a.txt' as RelativePath)?.seen, undefined);
  assert.deepEqual(skipped.list(10), [{ path: 'a.txt', code: 'E_DAMAGED' }]);
});

test('I3, I5: an older content that is back where a newer one was seen is no edit: the newer one is wanted again', async () => {
  const { index, hints } = await afterPowerLoss({ 'a.txt': 'old' }, { ahead: { 'a.txt': 'newer' } }, ignore);

  const want = index.wanted('a.txt' as RelativePath);
  assert.equal(want?.code, 'E_DAMAGED');
  assert.equal(want.record.entry.kind === 'file' && want.record.entry.sha256, hashText('newer'));
  assert.deepEqual(hints.take(10, Infinity).paths, []);
});

test('an edit after the last look is an edit', async () => {
  const { index, hints } = await afterPowerLoss({ 'a.txt': 'whole' }, {}, (fs) =>
    fs.user.write(`${ROOT}/a.txt`, 'new'),
  );

  assert.equal(index.wanted('a.txt' as RelativePath), undefined);
  assert.deepEqual(hints.take(10, Infinity).paths, ['a.txt']);
});

test('I3: what was deleted and comes back with the journal is removed again, into the version store', async () => {
  const { fs, index } = await afterPowerLoss({ 'a.txt': 'old' }, { deleted: ['a.txt'] }, ignore);

  assert.equal(fs.user.exists(`${ROOT}/a.txt`), false);
  const [kept] = index.versions('a.txt' as RelativePath);
  assert.equal(fs.user.read(`${ROOT}/.syncd/versions/${kept?.storedAs}`), 'old');
});

test('I3: what somebody makes anew after a deletion stays', async () => {
  const { fs } = await afterPowerLoss({ 'a.txt': 'old' }, { deleted: ['a.txt'] }, (disk) => {
    disk.user.remove(`${ROOT}/a.txt`);
    disk.user.write(`${ROOT}/a.txt`, 'made anew');
  });

  assert.equal(fs.user.read(`${ROOT}/a.txt`), 'made anew');
});

test('rows that a checkpoint has marked durable, and a boot that is the same, are not compared', async () => {
  for (const options of [{ durable: true }, { boot: 'the boot before' }]) {
    const { index } = await afterPowerLoss({ 'a.txt': 'whole' }, options, (fs) => fs.user.remove(`${ROOT}/a.txt`));
    assert.equal(index.wanted('a.txt' as RelativePath), undefined);
  }
});

test('I4, I5: a disk that was away without a reboot may have lost what was not synced: that is no deletion', async () => {
  const boot = 'the boot before';
  const lose = (fs: MemoryFileSystem): void => fs.user.remove(`${ROOT}/a.txt`);
  const failed = await afterPowerLoss({ 'a.txt': 'whole' }, { boot, diskFailed: true }, lose);
  assert.equal(failed.index.wanted('a.txt' as RelativePath)?.code, 'E_DAMAGED');
  failed.index.commit({ nowUs: 1, unwant: ['a.txt' as RelativePath] });
  await failed.powerLoss.verify();
  assert.equal(failed.index.wanted('a.txt' as RelativePath), undefined, 'it is compared once');
  const killed = await afterPowerLoss({ 'a.txt': 'whole' }, { boot }, lose);
  assert.equal(
    killed.index.wanted('a.txt' as RelativePath),
    undefined,
    'after a mere kill it was somebody who deleted it',
  );
});
