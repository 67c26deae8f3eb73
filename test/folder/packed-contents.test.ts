// Contents that a peer sends packed: along with their announcement, whole, and as parts of a large file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import type { ChunkAnswer } from '../../daemon/ports/peers.ts';
import { file, OneDevice } from './one-device.ts';

const TEXT = 'Line after line after line.\n'.repeat(400);
const zstd = (text: string): Uint8Array => new Uint8Array(zstdCompressSync(text));

/** The peer announces this path, and answers with that. */
async function answered(device: OneDevice, path: string, payload: Uint8Array, text = TEXT): Promise<void> {
  device.peer.tell(device.peer.version(path, file(text), null));
  await device.until(() => device.peer.asked.some((one) => one.path === path), 'it to be asked');
  const request = device.peer.asked.findLast((one) => one.path === path)?.request ?? 0;
  const answer: ChunkAnswer = { request, kind: 'bytes', offset: 0, payload, packed: true };
  device.folder.door.onAnswer(device.peer, answer);
  await device.clock.advance(1_000);
}

test('what comes packed is applied as it was', async () => {
  const device = await new OneDevice().start();
  await answered(device, 'asked.txt', zstd(TEXT));
  assert.equal(device.read('asked.txt'), TEXT);
  device.peer.tellPacked(device.peer.version('along.txt', file(TEXT), null), zstd(TEXT));
  await device.until(() => device.exists('along.txt'), 'what came along');
  assert.equal(device.read('along.txt'), TEXT);
});

test('what is not what it should be when it is unpacked is not applied, and asked for elsewhere', async () => {
  const device = await new OneDevice().start();
  device.other.connect();
  const wrong: Readonly<Record<string, Uint8Array>> = {
    'another.txt': zstd(TEXT.replace('Line', 'Lime')),
    'longer.txt': zstd(TEXT + TEXT),
    'bomb.txt': new Uint8Array(zstdCompressSync(Buffer.alloc(64 << 20))),
    'nonsense.txt': new TextEncoder().encode('nonsense'),
  };
  for (const [path, payload] of Object.entries(wrong)) {
    // What is here already would not be asked for.
    const text = `${path}\n${TEXT}`;
    device.other.contents.set(path, text);
    await answered(device, path, payload, text);
    await device.until(() => device.exists(path), `${path} from the other peer`);
    assert.equal(device.read(path), text);
  }
});

/** Asks for this file of the device as the peer, and looks whether it comes packed. */
async function comesPacked(device: OneDevice, path: string): Promise<boolean> {
  const entry = device.row(path)?.record.entry;
  assert.ok(entry?.kind === 'file');
  const want = { kind: 'bytes', ranges: [{ offset: 0, length: entry.size }] } as const;
  device.peer.answered.length = 0;
  device.folder.door.onRequest(device.peer, { request: 1, path: path as never, sha256: entry.sha256, want });
  await device.until(() => device.peer.answered.length > 0, `an answer for ${path}`);
  const [answer] = device.peer.answered;
  assert.ok(answer?.kind === 'bytes');
  assert.equal(answer.payload.length < entry.size, answer.packed ?? false);
  return answer.packed ?? false;
}

test('contents go packed to peers, where they become smaller', async () => {
  const device = new OneDevice({ compression: 'auto' });
  await device.start({ 'a.txt': TEXT, 'a.zip': TEXT, 'b.txt': 'tiny' });
  device.peer.disconnect();
  device.peer.connect({ zstd: true });
  await device.clock.advance(100);
  for (const [path, isPacked] of [
    ['a.txt', true],
    ['a.zip', false],
    ['b.txt', false],
  ] as const)
    assert.equal(await comesPacked(device, path), isPacked, path);
});

/** A device whose peer takes what is packed. */
async function withTaker(): Promise<OneDevice> {
  const device = new OneDevice({ compression: 'auto' });
  await device.start();
  device.peer.disconnect();
  device.peer.connect({ zstd: true });
  await device.clock.advance(100);
  return device;
}

/** Whether the content of a new file goes packed along with its announcement. */
async function goesPacked(device: OneDevice, path: string): Promise<boolean> {
  device.write(path, `${path}\n${TEXT}`);
  await device.until(() => device.peer.lastTold(path) !== undefined, `${path} to be told`);
  return device.peer.told.findLast(({ record }) => record.path === path)?.packed ?? false;
}

test('to a peer near by nothing is packed until the link has been slow several times in a row', async () => {
  const device = await withTaker();
  device.peer.leastRttMs = 0.3;
  const packed: boolean[] = [];
  for (let n = 0; n < 8; n++) {
    device.peer.queuedBytes = 512 << 10;
    packed.push(await goesPacked(device, `${n}.txt`));
    await device.clock.advance(100); // 5 MB in a second
    device.peer.queuedBytes = 0;
    device.folder.door.onDrain(device.peer);
  }
  assert.deepEqual(packed, [false, false, false, false, false, true, true, true]);
});

test('what goes along with announcements is packed until the link has taken some of it quickly', async () => {
  const device = await withTaker();
  device.peer.queuedBytes = 512 << 10;
  const drainOnceTold = (): void => {
    if (device.peer.lastTold('first.txt') === undefined) return void device.clock.after(1, drainOnceTold);
    device.peer.queuedBytes = 0;
    device.folder.door.onDrain(device.peer);
  };
  drainOnceTold();
  assert.equal(await goesPacked(device, 'first.txt'), true);
  // What comes later says nothing of how quickly that was taken.
  await device.clock.advance(60_000);
  assert.equal(await goesPacked(device, 'second.txt'), false);
});

test('a peer that does not say that it takes what is packed gets contents as they are, whatever is set', async () => {
  const device = new OneDevice({ compression: 'always' });
  await device.start({ 'a.txt': TEXT });
  assert.equal(device.peer.indexes.at(-1)?.zstd, true, 'we say that we do');
  assert.equal(await comesPacked(device, 'a.txt'), false);
  device.write('along.txt', `another${TEXT}`);
  await device.until(() => device.peer.lastTold('along.txt') !== undefined, 'it to be told');
  const told = device.peer.told.find(({ record }) => record.path === 'along.txt');
  assert.equal(told?.content?.length, TEXT.length + 'another'.length);
  assert.equal(told.packed, undefined);

  device.peer.disconnect();
  device.peer.connect({ zstd: true });
  await device.clock.advance(100);
  assert.equal(await comesPacked(device, 'a.txt'), true);
});
