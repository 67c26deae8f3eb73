// The control API over its real socket: who is let in, what is refused, how it ends.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type JoinPreview,
  MAX_BODY_BYTES,
  MAX_CONTROL_CONNECTIONS,
  type Status,
  type WaitAnswer,
} from '../../protocol/control.ts';
import { CodedError } from '../../protocol/errors.ts';
import { ControlSocketPlace } from '../../daemon/system/control-socket.ts';
import { waitFor } from '../system/wait-for.ts';
import { FakeFolder, LAPTOP, NAS, deviceId, named, peer, settings } from './fake-daemon.ts';
import { ask, serve } from './served.ts';

test('status has the fields of the contract, no more and no less', async (t) => {
  const { socket, docs } = await serve(t);
  docs.snapshotValue = { ...docs.snapshotValue, skipped: [{ path: 'pipe', code: 'E_KIND' }], skippedCount: 1 };

  const answer = (await ask(socket, 'GET', '/v1/status')).json as Status;

  assert.deepEqual(Object.keys(answer), ['daemon', 'folders', 'peers']);
  assert.deepEqual(Object.keys(answer.daemon), ['id', 'name', 'version', 'pid', 'uptime_s', 'health']);
  assert.deepEqual(answer.folders, [
    {
      name: 'docs',
      path: '/srv/docs',
      mode: 'two-way',
      state: 'idle',
      files: 12,
      bytes: 3_456_789,
      pending_files: 0,
      pending_bytes: 0,
      conflicts: 0,
      last_sync: '2026-11-21T08:00:00.000Z',
      error: null,
      skipped: [{ path: 'pipe', code: 'E_KIND' }],
      peers: [{ id: LAPTOP, name: 'laptop', role: 'two-way', connected: true, in_sync: true }],
    },
  ]);
  assert.deepEqual(answer.peers, [
    {
      id: LAPTOP,
      name: 'laptop',
      address: 'laptop.example:9031',
      connected: true,
      since: '2026-11-21T06:00:00.000Z',
      rtt_ms: 8.2,
      bytes_sent: 1234,
      bytes_received: 5678,
    },
  ]);
  assert.equal(answer.daemon.health, 'ok', 'a pipe that is skipped needs nobody');
});

test('health says what folders and peers say, and errors come with their hint', async (t) => {
  const { socket, docs, daemon } = await serve(t);
  const status = async (): Promise<Status> => (await ask(socket, 'GET', '/v1/status')).json as Status;

  docs.snapshotValue = { ...docs.snapshotValue, conflicts: 2 };
  assert.equal((await status()).daemon.health, 'degraded');

  const warnings = [{ code: 'E_WATCH_LIMIT', message: 'only 100 directories are watched' }] as const;
  docs.snapshotValue = { ...docs.snapshotValue, conflicts: 0, warnings };
  const warned = await status();
  assert.equal(warned.daemon.health, 'degraded');
  assert.equal(warned.folders[0]?.error?.code, 'E_WATCH_LIMIT');

  const message = '300 of 400 files were deleted';
  docs.snapshotValue = {
    ...docs.snapshotValue,
    warnings: [],
    condition: { kind: 'held', code: 'E_MASS_DELETE', message, deletions: 300 },
  };
  const held = await status();
  assert.equal(held.folders[0]?.state, 'held');
  assert.deepEqual(held.folders[0]?.error, {
    code: 'E_MASS_DELETE',
    message,
    hint: 'syncctl approve docs lets it through, syncctl reject docs brings the files back.',
  });

  docs.snapshotValue = {
    ...docs.snapshotValue,
    condition: { kind: 'halted', code: 'E_ROOT_MISSING', message: 'gone' },
  };
  assert.equal((await status()).daemon.health, 'failing');

  docs.snapshotValue = { ...docs.snapshotValue, condition: { kind: 'paused' } };
  assert.equal((await status()).daemon.health, 'degraded', 'somebody may have forgotten it');
  const closed = 'outside of its schedule until 2026-11-21T22:00Z';
  docs.snapshotValue = { ...docs.snapshotValue, condition: { kind: 'paused', code: 'E_SCHEDULE', message: closed } };
  assert.equal((await status()).daemon.health, 'ok', 'that goes on by itself');
  assert.equal((await status()).folders[0]?.error?.code, 'E_SCHEDULE');

  docs.snapshotValue = { ...docs.snapshotValue, condition: { kind: 'idle' } };
  daemon.peerList = [
    peer(LAPTOP, 'laptop', { connected: false, problem: { code: 'E_UNREACHABLE', message: 'no route' } }),
  ];
  assert.equal((await status()).daemon.health, 'ok', 'a laptop that sleeps needs nobody');
  assert.equal((await status()).folders[0]?.error, null);
  daemon.peerList = [peer(LAPTOP, 'laptop', { connected: false, problem: { code: 'E_WRONG_KEY', message: 'other' } })];
  const refused = await status();
  assert.equal(refused.daemon.health, 'degraded');
  assert.deepEqual(
    [refused.folders[0]?.error?.code, refused.folders[0]?.error?.message],
    ['E_WRONG_KEY', 'laptop: other'],
  );
  daemon.peerList = [peer(NAS, 'nas', { connected: false, problem: { code: 'E_TWIN', message: 'two of them' } })];
  assert.equal((await status()).folders[0]?.error, null, 'the folder is not shared with it');
});

test('a preview of a join says what was compared, null where nothing was, and uses nothing up', async (t) => {
  const { socket, daemon } = await serve(t);
  const [photos, music] = [named('photos'), named('music')];
  const offered = { role: 'two-way', files: 7, bytes: 4096 } as const;
  daemon.offer = {
    ...daemon.offer,
    folders: [
      { ...offered, name: photos },
      { ...offered, name: music },
    ],
  };
  daemon.comparisons.set(photos, { receive: 3, receiveBytes: 80, send: 2, differ: 1, same: 4, filtered: true });

  const body = JSON.stringify({ invitation: ' syncd:v1:x ', path: '/mnt', quick: true });
  const { json } = await ask(socket, 'POST', '/v1/join/preview', { body });

  const common = { exists: false, ...offered };
  const comparison = { receive: 3, receive_bytes: 80, send: 2, differ: 1, same: 4, filtered: true };
  assert.deepEqual((json as JoinPreview).folders, [
    { name: 'photos', offered: 'photos', path: '/mnt/photos', ...common, comparison },
    { name: 'music', offered: 'music', path: '/mnt/music', ...common, comparison: null },
  ]);
  assert.deepEqual(daemon.comparisonsAsked, [{ quick: true, paths: ['/mnt/photos', '/mnt/music'] }]);
  assert.deepEqual(daemon.asked, []);
});

test('requests with an Origin or another Host are refused', async (t) => {
  const { socket } = await serve(t);

  const refusals = await Promise.all([
    ask(socket, 'GET', '/v1/status', { headers: { origin: 'http://evil.example' } }),
    ask(socket, 'GET', '/v1/status', { host: 'evil.example' }),
    ask(socket, 'GET', '/v1/status', { host: 'localhost:80' }),
  ]);

  assert.deepEqual(
    refusals.map((one) => one.status),
    [403, 403, 403],
  );
  assert.equal((await ask(socket, 'GET', '/v1/status', { host: 'localhost' })).status, 200);
});

test('what is not in the table, and what is asked wrongly, is refused with a code', async (t) => {
  const { socket } = await serve(t);
  const rows: readonly (readonly [string, string, string, number, string])[] = [
    ['GET', '/v1/nothing', '', 404, 'E_USAGE'],
    ['GET', '/v1/../etc/passwd', '', 404, 'E_USAGE'],
    ['POST', '/v1/status', '', 405, 'E_USAGE'],
    ['DELETE', '/v1/status', '', 405, 'E_USAGE'],
    ['GET', '/v1/status?folder=docs&folder=photos', '', 400, 'E_USAGE'],
    ['GET', '/v1/status?fodler=docs', '', 400, 'E_USAGE'],
    ['GET', '/v1/status?folder=dosc', '', 404, 'E_NO_SUCH_FOLDER'],
    ['GET', '/v1/status?folder=..%2Fx', '', 404, 'E_NO_SUCH_FOLDER'],
    ['GET', '/v1/history?limit=ten', '', 400, 'E_USAGE'],
    ['GET', '/v1/history?since=yesterday', '', 400, 'E_USAGE'],
    ['POST', '/v1/wait', '{', 400, 'E_USAGE'],
    ['POST', '/v1/wait', '[]', 400, 'E_USAGE'],
    ['POST', '/v1/wait', '{"timeout_s":-1}', 400, 'E_USAGE'],
    ['POST', '/v1/wait', '{"timeout_s":1e400}', 400, 'E_USAGE'],
    ['POST', '/v1/wait', '{"timeout":5}', 400, 'E_USAGE'],
    ['POST', '/v1/wait', '{"__proto__":{"folder":"docs"}}', 400, 'E_USAGE'],
    ['POST', '/v1/folders/add', '{"name":"../x","path":"/x"}', 400, 'E_FOLDER_NAME'],
    ['POST', '/v1/folders/add', '{"name":"x","path":"relative"}', 400, 'E_USAGE'],
    ['POST', '/v1/folders/add', '{"name":"x","path":"/a\\u0000b"}', 400, 'E_USAGE'],
    ['POST', '/v1/folders/add', '{"name":"x","path":"/x","mode":"sideways"}', 400, 'E_USAGE'],
    ['POST', '/v1/folders/add', '{"name":"docs","path":"/x"}', 409, 'E_FOLDER_EXISTS'],
    ['POST', '/v1/restore', '{"folder":"docs","path":"../x"}', 400, 'E_USAGE'],
    ['POST', '/v1/restore', '{"folder":"docs","path":".syncd/id"}', 400, 'E_USAGE'],
    ['POST', '/v1/approve', '{"folder":"docs"}', 409, 'E_NOT_HELD'],
    ['POST', '/v1/invite', '{"folders":[]}', 400, 'E_USAGE'],
    ['POST', '/v1/invite', '{"folders":["docs"],"private":true}', 409, 'E_STORAGE'],
    ['POST', '/v1/join', '{"invitation":"rubbish"}', 400, 'E_INVITATION'],
  ];
  for (const [method, path, body, status, code] of rows) {
    const answer = await ask(socket, method, path, { body });
    const error = (answer.json as { error: { code: string; message: string; hint: string } }).error;
    assert.deepEqual([answer.status, error.code], [status, code], `${method} ${path} ${body}`);
    assert.ok(error.message !== '' && error.hint !== '', `${path} has a message and a hint`);
  }
});

test('a body above the limit is refused, whether its length is announced or not', async (t) => {
  const { socket } = await serve(t);
  const answer = await ask(socket, 'POST', '/v1/wait', {
    headers: { 'content-length': String(MAX_BODY_BYTES + 1) },
  }).catch((error: Error) => error);
  assert.ok(answer instanceof Error || answer.status === 413);

  const status = await new Promise<number>((resolve, reject) => {
    const asking = request({ socketPath: socket, method: 'POST', path: '/v1/wait', headers: { host: 'syncd' } });
    asking.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
      asking.destroy();
    });
    asking.on('error', reject);
    // In pieces and without an end: chunked.
    for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 65_536) asking.write(' '.repeat(65_536));
  });
  assert.equal(status, 413);
});

test('an unexpected failure is told without its stack, and logged', async (t) => {
  const { socket, docs, errors } = await serve(t);
  docs.pause = () => {
    throw new TypeError('x is undefined');
  };

  const answer = await ask(socket, 'POST', '/v1/pause', { body: '{"folder":"docs"}' });

  assert.equal(answer.status, 500);
  assert.match(answer.text, /E_INTERNAL/);
  assert.doesNotMatch(answer.text, /at .*\.ts/);
  assert.deepEqual(errors, ['control request failed']);
});

test('wait tells of the folder that needs attention at once, and lets the others be', async (t) => {
  const { socket, docs, daemon } = await serve(t);
  const photos = daemon.add(new FakeFolder(settings('photos', '/srv/photos')));
  photos.waitResult = 'never';
  docs.waitResult = { kind: 'needs attention', code: 'E_PAUSED', message: 'docs is paused' };

  const answer = (await ask(socket, 'POST', '/v1/wait', { body: '{"timeout_s":600}' })).json as WaitAnswer;

  assert.equal(answer.result, 'needs-attention');
  assert.equal(answer.folders.find((one) => one.name === 'docs')?.code, 'E_PAUSED');
  assert.equal(photos.abortedWaits, 1);
});

test('wait ends when who asked goes away, and never hangs on a folder that does not answer', async (t) => {
  const { socket, docs } = await serve(t);
  docs.waitResult = 'never';
  const asking = request({ socketPath: socket, method: 'POST', path: '/v1/wait', headers: { host: 'syncd' } });
  asking.on('error', () => {});
  asking.end('{"timeout_s":600}');
  await waitFor('the wait has begun', () => docs.startedWaits === 1);
  asking.destroy();
  await waitFor('the wait is told to end', () => docs.abortedWaits === 1);

  const answer = (await ask(socket, 'POST', '/v1/wait', { body: '{"timeout_s":0.1}' })).json as WaitAnswer;
  assert.equal(answer.result, 'not-in-time');
  assert.equal(answer.folders[0]?.code, 'E_TIMEOUT');
});

test('closing ends streams and waits and leaves no socket behind', async (t) => {
  const { socket, docs, server } = await serve(t);
  docs.waitResult = 'never';
  const asking = request({ socketPath: socket, path: '/v1/events?follow=true', headers: { host: 'syncd' } }).end();
  const stream = await new Promise<IncomingMessage>((resolve) => asking.once('response', resolve));
  const streamEnds = new Promise<void>((resolve) => stream.resume().once('end', resolve));
  const wait = ask(socket, 'POST', '/v1/wait', { body: '{}' });
  await waitFor('the wait has begun', () => docs.startedWaits === 1);

  await server.close();

  await streamEnds;
  assert.match((await wait).text, /E_NOT_RUNNING/);
  assert.throws(() => statSync(socket), { code: 'ENOENT' });
});

test('more connections than the limit are turned away, and the place is free again afterwards', async (t) => {
  const { socket } = await serve(t);
  const open: Socket[] = [];
  for (let i = 0; i < MAX_CONTROL_CONNECTIONS; i++) {
    const one = connect(socket);
    one.on('error', () => {});
    open.push(one);
    await new Promise<void>((resolve) => one.once('connect', resolve));
  }
  await assert.rejects(ask(socket, 'GET', '/v1/status'));
  for (const one of open) one.destroy();
  await waitFor('it answers again', async () => {
    const answer = await ask(socket, 'GET', '/v1/status').catch(() => undefined);
    return answer?.status === 200;
  });
});

test('a reader of events that stands still loses the oldest, and costs no memory', async (t) => {
  const { socket, feed, docs } = await serve(t);
  const event = {
    atMs: 0,
    folder: docs.name,
    kind: 'change',
    path: undefined,
    what: 'x'.repeat(1000),
    device: undefined,
    direction: 'local',
    sizeBytes: 1,
    code: undefined,
  } as const;
  const reader = connect(socket);
  t.after(() => reader.destroy());
  reader.write('GET /v1/events?follow=true HTTP/1.1\r\nHost: syncd\r\n\r\n');
  await new Promise<void>((resolve) => reader.once('readable', resolve));
  for (let i = 0; i < 30_000; i++) feed.add(event);

  let text = '';
  reader.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const last = feed.last(1)[0]?.id;
  await waitFor('the last event arrives', () => text.includes(`"id":${last}`));
  assert.ok(text.length < 25_000_000, `${text.length} bytes were kept for the reader`);
});

test('the socket is for the user alone, and for the system’s daemon its group, in a directory that is made for it', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'syncd-place-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  for (const [forGroup, directory, socket] of [
    [true, 0o750, 0o660],
    [false, 0o700, 0o600],
  ] as const) {
    const place = new ControlSocketPlace(join(home, `run${forGroup}/syncd.sock`), forGroup);
    place.prepare();
    assert.equal(statSync(join(home, `run${forGroup}`)).mode & 0o777, directory);

    const server = createServer();
    await new Promise<void>((resolve) => server.listen(place.path, resolve));
    place.open();
    assert.equal(statSync(place.path).mode & 0o777, socket);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

test('a stale socket is replaced, another file in its place is not, and a path that is too long is told', async (t) => {
  const { socket, server } = await serve(t);
  // A second server would take the first one's place: only the home's lock keeps it away.
  new ControlSocketPlace(socket, false).prepare();
  assert.throws(() => statSync(socket), { code: 'ENOENT' });
  await server.close();

  writeFileSync(socket, 'not a socket');
  assert.throws(() => new ControlSocketPlace(socket, false).prepare(), CodedError);
  assert.throws(() => new ControlSocketPlace(`/tmp/${'x'.repeat(110)}`, false).prepare(), /107/);
});

test('a peer is found by its name or by the beginning of its ID, and nothing is guessed', async (t) => {
  const { socket, daemon } = await serve(t);
  const other = deviceId('LAPTOQ');
  daemon.peerList = [peer(LAPTOP, 'laptop'), peer(other, 'tablet'), peer(NAS, 'nas')];
  const remove = async (name: string): Promise<readonly [number, string]> => {
    const answer = await ask(socket, 'POST', '/v1/peers/remove', { body: JSON.stringify({ peer: name }) });
    return [answer.status, answer.text];
  };

  assert.match((await remove('LAPT'))[1], /E_AMBIGUOUS/);
  assert.match((await remove('laptpo'))[1], /Did you mean laptop\?/);
  assert.match((await remove('xyz'))[1], /E_NO_SUCH_PEER/);
  assert.equal((await remove('lapto-q'))[0], 200);
  assert.equal((await remove('nas'))[0], 200);
  assert.deepEqual(
    daemon.peerList.map((one) => one.name),
    ['laptop'],
  );
});
