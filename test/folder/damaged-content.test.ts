// A damaged file whose content is on this device a second time: no peer is needed to mend it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

const CONTENT = 'the same '.repeat(100);

test('I5: a damaged file is mended from another file with its content, when no peer has it', async () => {
  const device = await damaged(await new OneDevice().start({ 'a.txt': CONTENT, 'b.txt': CONTENT }), 'a.txt');

  await device.until(() => device.read('a.txt') === CONTENT, 'the content', 120_000);
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
  await device.stop();
});

test('I5: a damaged file is mended from the version store, when no peer has it', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT, 'b.txt': CONTENT });
  device.peer.contents.set('b.txt', 'new');
  device.peer.tell(device.peer.version('b.txt', file('new')));
  await device.until(() => device.read('b.txt') === 'new', 'the new version');
  await damaged(device, 'a.txt');

  await device.until(() => device.read('a.txt') === CONTENT, 'the content', 120_000);
  await device.stop();
});

test('I2, I5: a damaged file of which a newer version is to come gets that, and not its old content', async () => {
  const device = await new OneDevice().start({ 'a.txt': CONTENT });
  device.peer.isEmpty = true;
  device.peer.tell(device.peer.version('a.txt', file('newer')));
  await device.until(() => device.wanted('a.txt') !== undefined, 'it to be wanted');
  await damaged(device, 'a.txt');
  device.peer.isEmpty = false;
  device.peer.contents.set('a.txt', 'newer');

  await device.until(() => device.read('a.txt') === 'newer', 'the newer version', 120_000);
  await device.until(() => device.folder.snapshot().skipped.length === 0, 'nothing to be named');
  await device.stop();
});

test('I5: a damaged file is not what another device has moved: the new path gets the content', async () => {
  const device = await damaged(await new OneDevice().start({ 'a.txt': CONTENT }), 'a.txt');
  device.peer.isEmpty = false;
  device.peer.contents.set('b.txt', CONTENT);
  device.folder.pause();
  device.peer.tell(device.peer.version('a.txt', { kind: 'absent' }));
  device.peer.tell(device.peer.version('b.txt', file(CONTENT)));
  await device.clock.advance(1_000);
  device.folder.resume();

  await device.until(() => device.exists('b.txt') && !device.exists('a.txt'), 'the move', 120_000);
  assert.equal(device.read('b.txt'), CONTENT);
  await device.stop();
});

/** The disk changes what it holds, nobody has it any more, and the folder is looked through for such. */
async function damaged(device: OneDevice, path: string): Promise<OneDevice> {
  device.peer.isEmpty = true;
  device.user.rot(`${ROOT}/${path}`);
  assert.notEqual(device.read(path), CONTENT);
  let ended = false;
  const reading = (async () => {
    for await (const item of device.folder.verify(true, new AbortController().signal))
      assert.notEqual(item.kind, 'unreadable');
    ended = true;
  })();
  await device.until(() => ended, 'the end of verifying');
  await reading;
  return device;
}
