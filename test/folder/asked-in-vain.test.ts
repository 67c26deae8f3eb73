// A file that is away for a moment, just when a peer asks for it: the peer is told when it can be had again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, isLive } from '../../daemon/core/record.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

/** Asks the device for all of what it has told of this path. */
function ask(device: OneDevice, path: string, entry: Entry | undefined): void {
  assert(entry?.kind === 'file');
  const want = { kind: 'bytes', ranges: [{ offset: 0, length: entry.size }] } as const;
  const request = { request: device.peer.answered.length + 1, path: path as never, sha256: entry.sha256, want };
  device.folder.door.onRequest(device.peer, request);
}

const timesTold = (device: OneDevice, path: string): number =>
  device.peer.told.filter(({ record }) => record.path === path).length;

for (const [where, away] of [
  ['moved away', `${ROOT}/elsewhere.txt`],
  ['moved out of the folder', '/srv/outside.txt'],
] as const)
  test(`I6: what was ${where} when a peer asked for it, and is back before that is believed, is announced anew`, async () => {
    const device = await new OneDevice().start({ 'a.txt': 'one' });
    await device.until(() => timesTold(device, 'a.txt') > 0, 'it is told');
    const before = timesTold(device, 'a.txt');
    device.user.rename(`${ROOT}/a.txt`, away);
    ask(device, 'a.txt', device.row('a.txt')?.record.entry);
    await device.until(() => device.peer.answered.at(-1)?.kind === 'gone', 'the refusal', 200);
    device.user.rename(away, `${ROOT}/a.txt`);

    const isBack = (): boolean => timesTold(device, 'a.txt') > before && isLive(device.peer.lastTold('a.txt'));
    await device.until(isBack, 'it is told anew', 5_000);
    ask(device, 'a.txt', device.row('a.txt')?.record.entry);
    await device.until(() => device.peer.answered.at(-1)?.kind === 'bytes', 'its bytes', 1_000);
    const told = timesTold(device, 'a.txt');
    await device.clock.advance(60_000);
    assert.equal(timesTold(device, 'a.txt'), told, 'once is enough');
    await device.stop();
  });

for (const isKnown of [false, true])
  test(`I5: what a peer asked for in vain because the disk has damaged it${isKnown ? ', as is known,' : ''} is no edit`, async () => {
    const device = await new OneDevice().start({ 'a.txt': 'one' });
    await device.until(() => timesTold(device, 'a.txt') > 0, 'it is told');
    await device.clock.advance(1_000);
    for (const peer of [device.peer, device.other]) peer.isEmpty = true;
    device.peer.disconnect();
    await device.crash();
    device.write('a.txt', '');
    const row = device.row('a.txt');
    const { mtimeNs, ctimeNs, ino, mode, nlink } = device.user.follow(`${ROOT}/a.txt`, 'lstat');
    assert(row !== undefined);
    // As folder/damage.ts writes it down.
    const seen = { kind: 'file', size: 0, mtimeNs, ctimeNs, ino, mode, nlink } as const;
    const want = { record: row.record, why: 'fetch', code: 'E_DAMAGED', sinceMs: 0 } as const;
    const rows = [{ ...row, seen, announce: false }];
    device.index.commit({ nowUs: device.clock.nowUs(), rows, want: isKnown ? [want] : [] });
    device.folder.start();
    for (const peer of [device.peer, device.other]) peer.connect();
    await device.clock.advance(1_000);
    const told = timesTold(device, 'a.txt');
    ask(device, 'a.txt', row.record.entry);
    await device.until(() => device.peer.answered.at(-1)?.kind === 'gone', 'the refusal', 200);
    await device.until(() => device.wanted('a.txt')?.why === 'skipped', 'nobody has it', 120_000);
    assert.equal(timesTold(device, 'a.txt'), told, 'nobody is told of it');
    assert.deepEqual(device.folder.snapshot().skipped, [{ path: 'a.txt', code: 'E_DAMAGED' }]);

    device.peer.isEmpty = false;
    device.peer.contents.set('a.txt', 'one');
    await device.until(() => device.read('a.txt') === 'one', 'the content that was announced', 120_000);
    await device.stop();
  });

test('I6: what no device had, and one announces anew, is fetched before it is acknowledged', async () => {
  const device = await new OneDevice().start({ 'a.txt': 'a' });
  device.other.connect();
  for (const peer of [device.peer, device.other]) peer.isEmpty = true;
  const version = device.peer.version('b.txt', file('b'));
  device.peer.tell(version);
  await device.until(() => device.wanted('b.txt')?.code === 'E_NO_SOURCE', 'nobody has it', 300_000);

  device.peer.isEmpty = false;
  device.peer.contents.set('b.txt', 'b');
  device.peer.tell(version);
  const isThere = (): boolean => {
    const there = device.exists('b.txt');
    assert.ok(there || (device.peer.acknowledged?.held ?? 0) < device.peer.lastSeq, 'acknowledged too early');
    return there;
  };
  await device.until(isThere, 'the file', 1_000);
  await device.until(() => (device.peer.acknowledged?.held ?? 0) >= device.peer.lastSeq, 'it is acknowledged');
  assert.equal(device.folder.snapshot().skipped.length, 0);
  await device.stop();
});
