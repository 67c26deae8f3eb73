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
