// A session over a simulated link, in simulated time: what is life, what is silence, and what leaves together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceId, parseDeviceId } from '../../daemon/core/ids.ts';
import { Conversation, type DeliveredFrame, type Ending } from '../../daemon/peer/conversation.ts';
import type { Link } from '../../daemon/ports/link.ts';
import { decodeMessage } from '../../protocol/frame.ts';
import { EARLY_PINGS, EARLY_PING_INTERVAL_MS, PING_INTERVAL_MS, SILENCE_TIMEOUT_MS } from '../../protocol/limits.ts';
import { PROTOCOL } from '../../protocol/session.ts';
import type { Message } from '../../protocol/messages.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { type SimulatedConnection, connectDevices } from '../simulation/simulated-link.ts';

interface Side {
  readonly conversation: Conversation;
  readonly delivered: (readonly DeliveredFrame[])[];
  readonly endings: Ending[];
}

interface World {
  readonly clock: SimulatedClock;
  readonly connection: SimulatedConnection;
  readonly near: Side;
  readonly far: Side;
}

async function world(latencyMs: number | (() => number) = 10): Promise<World> {
  const clock = new SimulatedClock();
  const connection = connectDevices(clock, [named('A'), named('B')], { latencyMs });
  const far = side(connection.ends[1], clock);
  const near = side(connection.ends[0], clock);
  far.conversation.start({ kind: 'accept', self: greeting('far'), paired: true, startedMs: 0 });
  near.conversation.start({ kind: 'dial', self: greeting('near'), startedMs: 0 });
  await clock.advance(100);
  return { clock, connection, near, far };
}

test('at rest nothing but PING and PONG goes over the link, and the session stays', async () => {
  const { clock, near, far } = await world();
  const before = near.conversation.sentBytes;

  await clock.advance(10 * SILENCE_TIMEOUT_MS);

  assert.deepEqual([...near.endings, ...far.endings], []);
  assert.equal(near.conversation.rttMs, 20);
  const pings = EARLY_PINGS + (10 * SILENCE_TIMEOUT_MS) / PING_INTERVAL_MS;
  assert.ok(near.conversation.sentBytes - before < 2 * pings * 40);
});

test('how long the way takes at least is known soon, and kept', async () => {
  let latencyMs = 50;
  const { clock, near } = await world(() => latencyMs);
  await clock.advance(100);
  assert.equal(near.conversation.leastRttMs, 100);
  latencyMs = 10;
  await clock.advance(EARLY_PINGS * (EARLY_PING_INTERVAL_MS + 20));
  latencyMs = 40;
  await clock.advance(2 * PING_INTERVAL_MS);
  assert.equal(near.conversation.rttMs, 80);
  assert.equal(near.conversation.leastRttMs, 20);
});

test('a peer from which nothing comes is gone within 30 s', async () => {
  const { clock, connection, near, far } = await world();

  connection.swallow();
  await clock.advance(30_000);

  for (const { endings } of [near, far])
    assert.deepEqual(
      endings.map((ending) => ending.kind === 'failed' && ending.code),
      ['E_PEER_SILENT'],
    );
});

test('a peer is not silent while we do not read', async () => {
  const { clock, near, far } = await world();

  near.conversation.setReading(false);
  await clock.advance(5 * SILENCE_TIMEOUT_MS);
  near.conversation.setReading(true);
  await clock.advance(1_000);

  assert.deepEqual([...near.endings, ...far.endings], []);
});

test('a peer is not silent while a message of its arrives slowly', async () => {
  const clock = new SimulatedClock();
  const link = new TricklingLink();
  const party = side(link, clock);
  party.conversation.start({ kind: 'accept', self: greeting('self'), paired: true, startedMs: 0 });
  link.receiveNow({ type: 'HELLO', ...greeting('other'), nowMs: 0 });

  for (let i = 0; i < 20; i++) {
    link.receivedBytes += 1;
    await clock.advance(PING_INTERVAL_MS);
  }
  assert.deepEqual(party.endings, []);

  await clock.advance(SILENCE_TIMEOUT_MS + PING_INTERVAL_MS);
  assert.equal(party.endings.length, 1);
});

test('what is said in one turn arrives as one message', async () => {
  const { clock, near, far } = await world();

  for (const folder of ['one', 'two', 'three'])
    near.conversation.send({ message: notShared(folder), payload: undefined });
  await clock.advance(100);

  assert.deepEqual(
    far.delivered.map((frames) => frames.length),
    [3],
  );
});

test('a side that refuses tells the other why, and both end once', async () => {
  const { clock, near, far } = await world();

  near.conversation.refuse('E_REMOVED', 'removed');
  near.conversation.refuse('E_PROTOCOL', 'again');
  await clock.advance(5_000);

  assert.deepEqual(near.endings, [{ kind: 'failed', by: 'us', code: 'E_REMOVED', message: 'removed' }]);
  assert.deepEqual(far.endings, [{ kind: 'failed', by: 'peer', code: 'E_REMOVED', message: 'removed' }]);
});

test('a probe finds a peer that is there, and gives up on one that is not', async () => {
  const { clock, connection, near } = await world();
  const answers: boolean[] = [];

  near.conversation.probe(5_000, (alive) => answers.push(alive));
  await clock.advance(1_000);
  connection.swallow();
  near.conversation.probe(5_000, (alive) => answers.push(alive));
  await clock.advance(6_000);

  assert.deepEqual(answers, [true, false]);
});

test('what throws over a message ends this session with its code', async () => {
  const { clock, near, far } = await world();
  far.delivered.push = () => {
    throw new Error('broken');
  };

  near.conversation.send({ message: notShared('docs'), payload: undefined });
  await clock.advance(1_000);

  assert.deepEqual(
    far.endings.map((ending) => ending.kind === 'failed' && ending.code),
    ['E_INTERNAL'],
  );
});

/** A link whose other end is the test. */
class TricklingLink implements Link {
  readonly device = named('A');
  readonly address = 'test:0';
  readonly queuedBytes = 0;
  receivedBytes = 0;
  #receive: (message: Uint8Array) => void = () => {};
  receiveNow(message: Message): void {
    const json = new TextEncoder().encode(JSON.stringify(message));
    const bytes = new Uint8Array(4 + json.byteLength);
    new DataView(bytes.buffer).setUint32(0, json.byteLength);
    bytes.set(json, 4);
    assert.equal(decodeMessage(bytes).length, 1);
    this.receivedBytes += bytes.byteLength;
    this.#receive(bytes);
  }
  send(): void {}
  onMessage(receive: (message: Uint8Array) => void): void {
    this.#receive = receive;
  }
  onEnd(): void {}
  onDrain(): void {}
  setReading(): void {}
  close(): void {}
  terminate(): void {}
}

function side(link: Link, clock: SimulatedClock): Side {
  const delivered: (readonly DeliveredFrame[])[] = [];
  const endings: Ending[] = [];
  const conversation = new Conversation(link, clock, {
    delivered: (frames) => void delivered.push(frames),
    ended: (ending) => void endings.push(ending),
  });
  return { conversation, delivered, endings };
}

function greeting(name: string): { protocol: typeof PROTOCOL; program: string; name: string; boot: string } {
  return { protocol: PROTOCOL, program: 'test', name, boot: 'A'.repeat(16) };
}

function notShared(folder: string): Message {
  return { type: 'ERROR', code: 'E_NOT_SHARED', message: 'not shared', folder, fatal: false };
}

function named(letter: string): DeviceId {
  const device = parseDeviceId(letter.repeat(52));
  if (device === undefined) throw new Error('no device');
  return device;
}
