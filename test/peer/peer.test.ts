// One session: what of the peer's messages reaches which folder, and what does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceId, parseDeviceId, parseFolderName } from '../../daemon/core/ids.ts';
import { Conversation, type DeliveredFrame, type Ending } from '../../daemon/peer/conversation.ts';
import { PeerSession } from '../../daemon/peer/peer.ts';
import type { Log } from '../../daemon/ports/log.ts';
import { MAX_FOLDERS } from '../../protocol/limits.ts';
import type { Ack, FileUpdate, Index, Message } from '../../protocol/messages.ts';
import { PROTOCOL } from '../../protocol/session.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { connectDevices } from '../simulation/simulated-link.ts';
import { RecordingDoor, offer } from './recording-door.ts';

const EPOCH = 'A'.repeat(16);
const SELF = named('A');
const PEER = named('B');

interface World {
  readonly session: PeerSession;
  readonly endings: readonly Ending[];
  readonly log: readonly string[];
  /** Messages of one turn, from the peer; resolves when they have been dealt with. */
  say(...messages: readonly Message[]): Promise<void>;
  /** What the peer was told, but for PING. */
  readonly told: readonly Message[];
}

/** A session that shares the doors' folders; the peer's side is the test. */
async function world(...doors: readonly RecordingDoor[]): Promise<World> {
  const clock = new SimulatedClock();
  const { ends } = connectDevices(clock, [SELF, PEER]);
  const log: string[] = [];
  const told: Message[] = [];
  const endings: Ending[] = [];
  const hear = (frames: readonly DeliveredFrame[]): void => void told.push(...frames.map((frame) => frame.message));
  const peer = new Conversation(ends[1], clock, { delivered: hear, ended: () => {} });
  let session: PeerSession | undefined;
  const conversation: Conversation = new Conversation(ends[0], clock, {
    negotiated: (hello) => {
      const since = { monotonicMs: 0, wallMs: 0 };
      const about = { hello, dialler: SELF, since, ended: new Promise<Ending>(() => {}), address: 'test:0' };
      session = new PeerSession(conversation, { name: 'peer', id: PEER, addresses: [] }, about, recording(log));
      session.open(new Map(doors.map((door) => [door.name, door])));
    },
    delivered: (frames) => session?.receive(frames),
    ended: (ending) => {
      endings.push(ending);
      session?.finish();
    },
  });
  peer.start({ kind: 'accept', self: greeting('peer'), paired: true, startedMs: 0 });
  conversation.start({ kind: 'dial', self: greeting('self'), startedMs: 0 });
  await clock.advance(100);
  if (session === undefined) throw new Error('not negotiated');
  return {
    session,
    endings,
    log,
    told,
    say: async (...messages) => {
      for (const message of messages) peer.send({ message, payload: undefined });
      await clock.advance(100);
    },
  };
}

test('INDEX is said for each shared folder, and asks for a reply', async () => {
  const { told } = await world(new RecordingDoor('docs'), new RecordingDoor('more'));
  assert.deepEqual(
    told.map((message) => message.type === 'INDEX' && [message.folder, message.reply]),
    [
      ['docs', true],
      ['more', true],
    ],
  );
});

test('INDEX that crosses ours is not answered again', async () => {
  const docs = new RecordingDoor('docs');
  const { say, told } = await world(docs);

  await say(index('docs', true));

  assert.deepEqual(docs.calls, ['attach', 'index']);
  assert.equal(told.length, 1);
});

test('an INDEX that wants a reply when both have said theirs is answered anew', async () => {
  const docs = new RecordingDoor('docs');
  const { say, told } = await world(docs);

  await say(index('docs', true));
  await say(index('docs', true));

  assert.deepEqual(docs.calls, ['attach', 'index', 'detach', 'attach', 'index']);
  assert.equal(told[1]?.type === 'INDEX' && told[1].reply, false);
});

test('a folder that begins anew before ours has said INDEX has said it first all the same', async () => {
  const docs = new RecordingDoor('docs');
  docs.says = false;
  const { say } = await world(docs);

  await say(index('docs', true));
  await say(index('docs', true));

  assert.deepEqual(docs.calls, ['attach', 'index', 'detach', 'attach', 'index']);
});

test('a new epoch is told without beginning anew', async () => {
  const docs = new RecordingDoor('docs');
  const { say, told } = await world(docs);
  await say(index('docs', true));

  await say(index('docs', false));
  docs.link.sendIndex(offer());
  await say();

  assert.deepEqual(docs.calls, ['attach', 'index', 'index']);
  assert.equal(told.at(-1)?.type === 'INDEX' && (told.at(-1) as Index).reply, false);
});

test('announcements of one message reach the folder together, and before what came after them', async () => {
  const docs = new RecordingDoor('docs');
  const more = new RecordingDoor('more');
  const { say } = await world(docs, more);

  await say(
    index('docs', true),
    index('more', true),
    update('docs', 'a'),
    update('more', 'b'),
    update('docs', 'c'),
    ack('docs'),
    update('docs', 'd'),
  );

  assert.deepEqual(docs.calls.slice(2), ['announce 2', 'ack', 'announce 1']);
  assert.deepEqual(more.calls.slice(2), ['announce 1']);
});

test('what comes for a folder before its INDEX is passed over', async () => {
  const docs = new RecordingDoor('docs');
  const { say, endings } = await world(docs);

  await say(update('docs', 'a'), ack('docs'));

  assert.deepEqual(docs.calls, ['attach']);
  assert.deepEqual(endings, []);
});

test('what comes for a folder that is not shared is answered once with E_NOT_SHARED, and reaches nobody', async () => {
  const docs = new RecordingDoor('docs');
  const { say, told, endings } = await world(docs);

  await say(index('secret', true), update('secret', 'a'), update('secret', 'b'), ack('..'), ack('..'));

  assert.deepEqual(
    told.slice(1).map((message) => message.type === 'ERROR' && [message.code, message.folder, message.fatal]),
    [
      ['E_NOT_SHARED', 'secret', false],
      ['E_NOT_SHARED', '..', false],
    ],
  );
  assert.deepEqual(docs.calls, ['attach']);
  assert.deepEqual(endings, []);
});

test('a peer that names folders without end is refused', async () => {
  const { say, endings } = await world();

  await say(...Array.from({ length: MAX_FOLDERS + 1 }, (_, i) => ack(`folder${i}`)));

  assert.deepEqual(
    endings.map((ending) => ending.kind === 'failed' && ending.code),
    ['E_PROTOCOL'],
  );
});

test('a folder that the peer does not share is shut, and opened again when it says INDEX', async () => {
  const docs = new RecordingDoor('docs');
  const { say } = await world(docs);

  await say({ type: 'ERROR', code: 'E_NOT_SHARED', message: 'no', folder: 'docs', fatal: false });
  await say(index('docs', true));

  assert.deepEqual(docs.calls, ['attach', 'detach', 'attach', 'index']);
});

test('a record with a bad path is passed over and logged once; the session goes on', async () => {
  const docs = new RecordingDoor('docs');
  const { say, log, endings } = await world(docs);

  await say(index('docs', true), update('docs', '../a'), update('docs', 'good'), update('docs', '.syncd/id'));

  assert.deepEqual(
    docs.announced.map((one) => one.record.path),
    ['good'],
  );
  assert.equal(log.filter((line) => line.includes('E_NAME')).length, 1);
  assert.deepEqual(endings, []);
});

test('a version that is none ends the session, and the folder is told', async () => {
  const docs = new RecordingDoor('docs');
  const { say, endings } = await world(docs);
  const good = update('docs', 'a');
  const unsorted = [
    ['B'.repeat(16), 1],
    [EPOCH, 1],
  ] as const;

  await say(index('docs', true));
  await say({ ...good, record: { ...good.record, vector: unsorted } });

  assert.deepEqual(
    endings.map((ending) => ending.kind === 'failed' && [ending.by, ending.code]),
    [['us', 'E_PROTOCOL']],
  );
  assert.deepEqual(docs.calls, ['attach', 'index', 'detach']);
});

test('a chunk request for a path that cannot be is answered with gone', async () => {
  const { say, told } = await world(new RecordingDoor('docs'));
  await say(index('docs', true));

  await say({
    type: 'CHUNK_REQUEST',
    folder: 'docs',
    request: 5,
    path: '../x',
    sha256: 'ab'.repeat(32),
    want: 'manifest',
  });

  const last = told.at(-1);
  assert.deepEqual(last?.type === 'CHUNK' && [last.request, last.what], [5, 'gone']);
});

test('nothing is sent over a link that was detached', async () => {
  const docs = new RecordingDoor('docs');
  const { session, say, told } = await world(docs);
  const { link } = docs;

  session.update(new Map());
  link.sendIndex(offer());
  await say();

  assert.deepEqual(
    told.map((message) => message.type),
    ['INDEX', 'ERROR'],
  );
});

function index(folder: string, reply: boolean): Index {
  return { type: 'INDEX', folder, epoch: EPOCH, seq: 1, entries: 1, reply };
}

function ack(folder: string): Ack {
  return { type: 'ACK', folder, epoch: EPOCH, received: 1, held: 1, skipped: 0, announced: 1 };
}

function update(folder: string, path: string): FileUpdate {
  const version = { path, vector: [[EPOCH, 1]], origin: PEER, maker: EPOCH, stamp: 1, mark: false } as const;
  return { type: 'FILE_UPDATE', folder, seq: 1, record: { ...version, kind: 'dir', mode: 0o755 } };
}

function greeting(name: string): { protocol: typeof PROTOCOL; program: string; name: string; boot: string } {
  return { protocol: PROTOCOL, program: 'test', name, boot: EPOCH };
}

function recording(lines: string[]): Log {
  const at = (message: string, fields: object = {}): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: at, info: at, warn: at, error: at, with: () => recording(lines) };
}

function named(letter: string): DeviceId {
  const device = parseDeviceId(letter.repeat(52));
  if (device === undefined) throw new Error('no device');
  return device;
}

test('a folder goes by the name that it has between the two devices, and by no other', async () => {
  const docs = new RecordingDoor('docs');
  const { session, say, told } = await world();
  const there = parseFolderName('laptop:docs');
  assert.ok(there);

  session.update(new Map([[there, docs]]));
  await say(index('docs', true), index('laptop:docs', true));
  await say(update('laptop:docs', 'a.txt'));

  assert.deepEqual(docs.calls, ['attach', 'index', 'announce 1']);
  assert.deepEqual(
    told.map((message) => 'folder' in message && [message.type, message.folder]),
    [
      ['INDEX', 'laptop:docs'],
      ['ERROR', 'docs'],
    ],
  );
});
