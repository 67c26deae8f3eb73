// Whatever is asked of the control socket, by whomever: it is answered or refused in words, nothing of it is the daemon's
// failure, and the next one is served.
import assert from 'node:assert/strict';
import { type Socket, connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_CONTROL_CONNECTIONS, routes } from '../../protocol/control.ts';
import { isErrorCode } from '../../protocol/errors.ts';
import { rounds } from '../system/rounds.ts';
import { waitFor } from '../system/wait-for.ts';
import { type ServedDaemon, ask, serve } from './served.ts';

/** Streams and waits last as long as who asked: they are asked for what ends at once. */
const ROUTES = Object.values(routes).filter(({ stream, path }) => !stream && path !== '/v1/wait');
const FIELDS = (
  'folder name path mode ignore set peer folders role private expires_s addresses invitation as cwd quick since limit ' +
  'at version to last id dry_run text file __proto__ constructor'
).split(' ');
const TEXTS = [
  ...['', 'docs', '../x', '..', '.', '/', '/etc/passwd', '/proc/self/fd/0', 'docs/../../x', '.syncd/id', '%00', '\0'],
  ...['a\0b', '\ud800', '\u001b[2J', 'a\n<0>b', '__proto__', 'x'.repeat(20_000), '-1', '1e999', 'NaN', 'syncd:v1:x'],
  ...['laptop:docs', 'docs:', ':docs', '~', '~root', 'path=/', 'path=&a [*a]', 'ignore=[', '=', 'a.b.c=1', 'null'],
];
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...TEXTS) },
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, [], {}, [[]], ['docs'], ['\0'], {
    a: { b: 1 },
  }),
  fc.array(fc.constantFrom<unknown>(...TEXTS, 1, null), { maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.anything({ maxDepth: 3 }),
);
const body = fc.uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 6, selector: ([name]) => name });

/** An answer, or a refusal with a code of ours; and nothing that the log would call a failure. */
function assertAnswered(served: ServedDaemon, answer: { status: number; json: unknown; text: string }): void {
  assert.notEqual(answer.status, 500, answer.text);
  assert.notEqual(answer.json, undefined, `JSON, and not ${answer.text.slice(0, 100)}`);
  if (answer.status >= 400) {
    const { error } = answer.json as { error?: { code?: unknown; message?: unknown } };
    assert.ok(typeof error?.code === 'string' && isErrorCode(error.code), answer.text);
    assert.equal(typeof error.message, 'string');
  }
  assert.deepEqual(served.errors, []);
}

test('I8: whatever the fields of a request hold, it is done or refused with a code', async (t) => {
  const served = await serve(t);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROUTES), body, async ({ method, path }, fields) => {
      const text = textOf(Object.fromEntries(fields.filter(([name]) => name !== '__proto__')));
      const query = new URLSearchParams(fields.map(([name, of]) => [name, String(textOf(of))])).toString();
      const answer =
        method === 'GET'
          ? await ask(served.socket, 'GET', `${path}?${query.slice(0, 16_000)}`)
          : await ask(served.socket, 'POST', path, { body: text });
      assertAnswered(served, answer);
    }),
    { numRuns: rounds(400) },
  );
  assert.ok((await ask(served.socket, 'GET', '/v1/status')).status === 200);
});

test('I8: NUL, lone surrogates and text without end are refused in each field of each request', async (t) => {
  const served = await serve(t);
  const before = JSON.stringify([...served.daemon.asked, ...served.docs.calls]);
  for (const { method, path } of ROUTES.filter((route) => route.method === 'POST'))
    for (const field of FIELDS)
      for (const bad of ['a\0b', '\ud800', 'x'.repeat(20_000)]) {
        if (field === 'text' && bad.length > 100) continue;
        for (const given of [bad, [bad]]) {
          const answer = await ask(served.socket, method, path, {
            body: JSON.stringify({ folder: 'docs', [field]: given }),
          });
          assert.equal(answer.status, 400, `${path} ${field}: ${answer.text}`);
          assertAnswered(served, answer);
        }
      }
  assert.equal(JSON.stringify([...served.daemon.asked, ...served.docs.calls]), before, 'and nothing was done');
});

test('I8: nothing but a path of the API is answered, however it is written', async (t) => {
  const served = await serve(t);
  const targets =
    '// //[ http://[/ * http://evil/v1/status /\\evil //evil/v1/status v1/status /v1 /v1/ /V1/status /v1/status/ ' +
    '/v1/status%00 /v1/../../etc/passwd /%2e%2e/%2e%2e/etc/passwd /v1/..%2fstatus /v1/status/..;/ /v1/status%2f..';
  for (const target of targets.split(' ')) {
    const said = await send(served, `GET ${target} HTTP/1.1\r\nHost: syncd\r\nConnection: close\r\n\r\n`);
    assert.match(said, /^HTTP\/1\.1 40[04] /, target);
  }
  assert.deepEqual(served.errors, []);
});

const line = fc.oneof(
  fc.constantFrom(
    ...[
      'Host: syncd',
      'Host: evil',
      'Host:',
      'Origin: null',
      'Content-Length: -1',
      'Content-Length: 5',
      'Content-Length: 1e9',
    ],
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: x',
      'Expect: 100-continue',
      'Expect: x',
      'Connection: Upgrade',
    ],
    ...['Upgrade: websocket', 'Upgrade: h2c', ': x', 'x', `X: ${'y'.repeat(40_000)}`, 'A\0: b', 'A: b\0', ' folded'],
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
);
const head = fc.tuple(
  fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PUT', 'get', 'PRI', '\x16\x03\x01', ''),
  fc.constantFrom('/v1/status', '/v1/reload', '*', '/', '//', 'a:1', 'http://x/', '', `/${'a'.repeat(40_000)}`),
  fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
  fc.array(line, { maxLength: 5 }),
  fc.constantFrom('', '{}', '5\r\n{}', '0\r\n\r\n', 'ffffffffffffffff\r\n', '\0'.repeat(1000)),
);

test('I10: whatever bytes arrive, they are answered or the connection ends, and the next one is served', async (t) => {
  const served = await serve(t);
  await fc.assert(
    fc.asyncProperty(head, async ([method, target, version, lines, rest]) => {
      const said = await send(served, `${method} ${target} ${version}\r\n${lines.join('\r\n')}\r\n\r\n${rest}`);
      assert.doesNotMatch(said, /^HTTP\/1\.1 5/);
      if (said.startsWith('HTTP/1.1 200')) assert.match(lines.join('\n'), /^Host: syncd/im);
      assert.doesNotMatch(said.startsWith('HTTP/1.1 200') ? lines.join('\n') : '', /^Origin:/im);
    }),
    { numRuns: rounds(150) },
  );
  assert.deepEqual(served.errors, []);
  assert.equal((await ask(served.socket, 'GET', '/v1/status')).status, 200);
});

test('I10: a gigabyte of body is refused, and costs no memory', async (t) => {
  const served = await serve(t);
  const piece = Buffer.alloc(1 << 20, 'x');
  const beforeBytes = process.memoryUsage().rss;
  const announced = await send(
    served,
    `POST /v1/reload HTTP/1.1\r\nHost: syncd\r\nContent-Length: ${1 << 30}\r\n\r\n{}`,
  );
  assert.match(announced, /^HTTP\/1\.1 413 /);

  // One that does not listen to the refusal, and goes on for as long as it is let.
  const socket = connect(served.socket);
  socket.on('error', () => {});
  let closed = false;
  socket.once('close', () => (closed = true));
  socket.write('POST /v1/reload HTTP/1.1\r\nHost: syncd\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let sent = 0; sent < 1024 && !closed; sent++) {
    socket.write('100000\r\n');
    socket.write(piece);
    const full = !socket.write('\r\n');
    if (full)
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
  }
  await waitFor('it is cut off', () => closed);
  assert.ok(process.memoryUsage().rss - beforeBytes < 96 << 20);
  assert.equal((await ask(served.socket, 'GET', '/v1/status')).status, 200);
});

test('I10: thousands of connections that say nothing hold no more than their places, and leave them', async (t) => {
  const served = await serve(t);
  const attempts = rounds(1_000);
  const open = new Set<Socket>();
  let most = 0;
  for (let n = 0; n < attempts; n++) {
    const socket = connect(served.socket);
    socket.on('error', () => {});
    socket.once('connect', () => open.add(socket));
    socket.once('close', () => open.delete(socket));
    if (n % 100 < 99) continue;
    await ask(served.socket, 'GET', '/v1/status').catch(() => undefined);
    most = Math.max(most, open.size);
  }
  assert.ok(most <= MAX_CONTROL_CONNECTIONS + 100, `${most} were open at once`);
  for (const socket of open) socket.destroy();
  await waitFor('it answers', async () => {
    const answer = await ask(served.socket, 'GET', '/v1/status').catch(() => undefined);
    return answer?.status === 200;
  });
});

/** What comes back until the other end closes; a second after the last byte is its silence. */
async function send({ socket: path }: ServedDaemon, text: string): Promise<string> {
  const socket = connect(path);
  let said = '';
  return new Promise((resolve) => {
    socket.setTimeout(300, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      socket.end();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(said));
    socket.write(text, 'latin1');
  });
}

function textOf(of: unknown): string {
  return JSON.stringify(of, (_name, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner)) ?? 'null';
}
