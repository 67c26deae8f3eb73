// What somebody gets who is not paired: as good as nothing, and not for long.
import assert from 'node:assert/strict';
import { type Socket, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type TLSSocket, connect as connectTls } from 'node:tls';
import WebSocket from 'ws';
import { loadIdentity } from '../../daemon/peer/identity.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { decodeMessage, encode } from '../../protocol/frame.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_JOIN_BYTES, MAX_STRANGERS } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/messages.ts';
import { PROTOCOL } from '../../protocol/session.ts';
import { type Device, connected, device, temporaryDirectory, until } from './device.ts';
import { FastClock } from './fast-clock.ts';
import { folderName } from './recording-door.ts';

const docs = { folders: [folderName('docs')], private: false, role: 'two-way', expiresInMs: 3_600_000 } as const;

test('without an open invitation a stranger is closed after the handshake, without a byte', async (t) => {
  const hub = await device(t, 'hub');
  const stranger = await tls(t, hub, true);
  await over(stranger);
  assert.deepEqual(stranger.read(), []);
});

test('a client that shows no certificate is closed', async (t) => {
  const hub = await hubWithInvitation(t);
  const stranger = await tls(t, hub, false);
  await over(stranger);
  assert.deepEqual(stranger.read(), []);
});

test('TLS 1.2 is refused', async (t) => {
  const hub = await hubWithInvitation(t);
  const socket = connectTls({ ...portOf(hub), rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  const failed = Promise.withResolvers<string>();
  socket.on('secureConnect', () => failed.resolve('connected'));
  socket.on('error', (error) => failed.resolve(error.message));
  t.after(() => socket.destroy());
  assert.match(await failed.promise, /alert|version|handshake|disconnected/i);
});

test('a TLS session is never resumed', async (t) => {
  const hub = await hubWithInvitation(t);
  const first = await tls(t, hub, true);
  await until('a ticket is offered', () => first.tickets.length > 0);
  const again = await tls(t, hub, true, first.tickets[0]);
  assert.equal(again.socket.isSessionReused(), false);
});

test('with an open invitation a stranger may say JOIN and nothing else, and learns no name', async (t) => {
  const hub = await hubWithInvitation(t);
  const greeting: Message = {
    type: 'HELLO',
    protocol: PROTOCOL,
    program: 'x',
    name: 'x',
    boot: 'A'.repeat(16),
    nowMs: 0,
  };
  const said: Record<string, Message> = {
    E_NOT_TRUSTED: greeting,
    E_PROTOCOL: { type: 'INDEX', folder: 'docs', epoch: 'A'.repeat(16), seq: 1, entries: 0, reply: true },
  };
  for (const [code, message] of Object.entries(said)) {
    const answers = await say(t, hub, encode(message));
    assert.equal(answers.length, 1);
    assert.equal(answers[0]?.type === 'ERROR' && answers[0].code, code);
    assert.doesNotMatch(JSON.stringify(answers), /hub|docs/);
  }
});

test('a stranger that sends more than a JOIN needs is closed', async (t) => {
  const hub = await hubWithInvitation(t);
  assert.deepEqual(await say(t, hub, new Uint8Array(MAX_JOIN_BYTES + 1)), []);
});

test('a text message ends the connection', async (t) => {
  const hub = await hubWithInvitation(t);
  assert.deepEqual(await say(t, hub, 'hello'), []);
});

test('who stalls is closed 10 s after accept, at every stage', async (t) => {
  const times = 20;
  const hub = await hubWithInvitation(t, new FastClock(times));
  const beganMs = performance.now();
  const silent = tcp(t, hub);
  const shaken = await tls(t, hub, true);
  const upgraded = await websocket(t, hub);
  let ended = 0;
  for (const each of [silent, shaken.socket, upgraded]) each.on('close', () => ended++);

  await until('all three are closed', () => ended === 3);

  const tookMs = (performance.now() - beganMs) * times;
  assert.ok(tookMs >= HANDSHAKE_TIMEOUT_MS * 0.9 && tookMs < HANDSHAKE_TIMEOUT_MS * 5, `${tookMs} ms`);
});

test('strangers that hold many connections are bounded, and keep no peer out', async (t) => {
  const hub = await device(t, 'hub');
  const laptop = await device(t, 'laptop');
  const stalled = Array.from({ length: 3 * MAX_STRANGERS }, () => tcp(t, hub));
  let closed = 0;
  for (const socket of stalled) socket.on('close', () => closed++);
  await until('only so many are held', () => closed >= stalled.length - MAX_STRANGERS);

  await hub.trust(laptop, { folders: ['docs'] });
  await laptop.trust(hub, { addresses: [hub.address()], folders: ['docs'] });

  await until('the peer is connected', () => connected(hub, laptop));
});

async function hubWithInvitation(t: TestContext, clock?: FastClock): Promise<Device> {
  const hub = await device(t, 'hub', clock === undefined ? {} : { clock });
  hub.folder('docs');
  await hub.peers.invite(docs);
  return hub;
}

function portOf(hub: Device): { host: string; port: number } {
  const { hostname, port } = new URL(hub.address());
  return { host: hostname, port: Number(port) };
}

function tcp(t: TestContext, hub: Device): Socket {
  const socket = connect(portOf(hub));
  socket.on('error', () => socket.destroy());
  t.after(() => socket.destroy());
  return socket;
}

interface Stranger {
  readonly socket: TLSSocket;
  /** What the server gave for resuming. */
  readonly tickets: readonly Buffer[];
  /** All bytes that came. */
  read(): number[];
}

async function tls(t: TestContext, hub: Device, withKey: boolean, session?: Buffer): Promise<Stranger> {
  const { credentials } = await loadIdentity(new KeyFiles(temporaryDirectory(t)), keyMaker);
  const bytes: number[] = [];
  const tickets: Buffer[] = [];
  const socket = connectTls({
    ...portOf(hub),
    rejectUnauthorized: false,
    ...(withKey && { key: credentials.key, cert: credentials.certificate }),
    ...(session !== undefined && { session }),
  });
  t.after(() => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('session', (ticket) => tickets.push(ticket));
  socket.on('data', (chunk: Buffer) => bytes.push(...chunk));
  await new Promise<void>((resolve) => {
    socket.once('secureConnect', resolve);
    socket.once('close', () => resolve());
  });
  return { socket, tickets, read: () => bytes };
}

async function over({ socket }: Stranger): Promise<void> {
  await until('it is closed', () => socket.destroyed);
}

async function websocket(t: TestContext, hub: Device): Promise<WebSocket> {
  const { socket } = await tls(t, hub, true);
  const opened = new WebSocket('wss://syncd/', { createConnection: () => socket, perMessageDeflate: false });
  opened.on('error', () => opened.terminate());
  t.after(() => opened.terminate());
  await new Promise((resolve) => opened.once('open', resolve));
  return opened;
}

/** Says one thing over a WebSocket, and answers with all that was said back until it ended. */
async function say(t: TestContext, hub: Device, what: Uint8Array | string): Promise<Message[]> {
  const socket = await websocket(t, hub);
  const answers: Message[] = [];
  socket.on('message', (data) => {
    if (!(data instanceof Uint8Array)) throw new Error('not bytes');
    for (const decoded of decodeMessage(data)) if (decoded.kind === 'frame') answers.push(decoded.frame.message);
  });
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.send(what);
  await ended;
  return answers;
}
