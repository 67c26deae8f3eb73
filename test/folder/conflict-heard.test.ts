// Conflicts that others have had, or have settled in our favour: told of here too, once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileRecord, LostContent } from '../../daemon/core/record.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { OneDevice, file } from './one-device.ts';

const conflicts = (device: OneDevice): (string | undefined)[] =>
  device.folder
    .history({ limit: 100 })
    .filter(({ what }) => what === 'conflict')
    .map(({ path, detail }) => `${path}: ${detail}`);

function lostBy(device: OneDevice, content: string): LostContent {
  const { device: origin } = device.other;
  return { kind: 'file', sha256: hashText(content), sizeBytes: content.length, origin, stamp: 5 };
}

test('a conflict that what is here has won is told of when its loser says so, and not again', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'ours' });
  const { peer } = device;
  const ours = device.row('a.txt')?.record;
  assert.ok(ours !== undefined);
  const settled: FileRecord = {
    ...peer.version('a.txt', ours.entry),
    ...sameMade(ours),
    lost: [lostBy(device, 'theirs')],
  };
  peer.tell(settled);
  await device.clock.advance(500);
  const once = ['a.txt: changed on both sides; the version here stays, the other is kept where it was'];
  assert.deepEqual(conflicts(device), once);
  peer.tell({ ...settled, ...peer.version('a.txt', ours.entry, settled), ...sameMade(ours), lost: settled.lost });
  await device.clock.advance(500);
  assert.deepEqual(conflicts(device), once);
  await device.stop();
});

test('a conflict between others is told of where the path is, and not where it comes for the first time', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'as it was' });
  const { peer } = device;
  const lost = [lostBy(device, 'loser')];
  peer.tell({ ...peer.version('a.txt', file('winner')), lost }, 'winner');
  peer.tell({ ...peer.version('new.txt', file('winner')), lost }, 'winner');
  await device.until(() => device.exists('new.txt') && device.read('a.txt') === 'winner', 'both');
  assert.deepEqual(conflicts(device), [
    'a.txt: changed on two other devices; one version comes here, the other is kept there',
  ]);
  await device.stop();
});

test('two that meet for the first time with one content are told of no conflict that was before', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'same' });
  const { peer } = device;
  const entry = device.row('a.txt')?.record.entry;
  assert.ok(entry !== undefined);
  peer.tell({ ...peer.version('a.txt', entry, null), lost: [lostBy(device, 'loser')] });
  await device.clock.advance(500);
  assert.equal(device.folder.snapshot().conflicts, 1);
  assert.deepEqual(conflicts(device), []);
  await device.stop();
});

const sameMade = ({
  origin,
  maker,
  stamp,
  mark,
}: FileRecord): Pick<FileRecord, 'origin' | 'maker' | 'stamp' | 'mark'> => ({
  origin,
  maker,
  stamp,
  mark,
});
