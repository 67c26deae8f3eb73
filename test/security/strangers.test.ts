// Who is not paired: hundreds of connections that stall, guess or show strange certificates. Paired devices do not notice,
// all of it is gone in time, and who comes with a right invitation gets in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { parseInvitation } from '../../daemon/peer/invitation.ts';
import { MAX_STRANGERS } from '../../protocol/limits.ts';
import { atEnd } from '../system/at-end.ts';
import { type Daemon, temporaryDirectory } from '../system/daemon.ts';
import { waitFor } from '../system/wait-for.ts';
import { type Ground, battleground, rounds } from './ground.ts';
import { type MaliciousPeer, Wire, someIdentity } from './malicious-peer.ts';

test('strangers come to a daemon that has peers', async (t) => {
  const ground = await battleground(t);
  const { hub, mallory, standsFirm } = ground;
  const { port } = mallory;

  await t.test('S61: 300 that drip bytes, 300 that say nothing and 50 that guess keep nobody out', async (each) => {
    const invitation = parseInvitation(await hub.ok('invite', 'docs'));
    const before = descriptors(hub);
    const [dripping, silent] = [rounds(300), rounds(300)];
    const sockets: Socket[] = [];
    for (let n = 0; n < dripping; n++) sockets.push(tcp(each, port));
    const drip = setInterval(() => {
      for (const socket of sockets.slice(0, dripping)) if (!socket.destroyed) socket.write('\x16');
    }, 1_000);
    atEnd(each, () => clearInterval(drip));
    const { credentials } = await someIdentity(each);
    for (let n = 0; n < silent; n++) {
      const socket = tcp(each, port);
      sockets.push(socket);
      connectTls({ socket, key: credentials.key, cert: credentials.certificate, rejectUnauthorized: false }).on(
        'error',
        () => socket.destroy(),
      );
    }
    for (let n = 0; n < 50; n++) void guess(each, ground).catch(() => {});

    await standsFirm('strangers without end');
    assert.ok(descriptors(hub) - before < MAX_STRANGERS + 50, `${descriptors(hub) - before} more descriptors`);
    await waitFor('all of them are gone', () => sockets.every((socket) => socket.destroyed));
    clearInterval(drip);
    await waitFor('their descriptors are too', () => descriptors(hub) <= before + 5);

    // From another address: this one has guessed too often.
    const joined = await join4(each, ground, invitation.secret, '127.0.0.2');
    assert.equal(joined, 'JOINED');
  });

  await t.test('A1: an invitation that two use at once lets one in', async (each) => {
    const { secret } = parseInvitation(await hub.ok('invite', 'docs'));
    const answers = await Promise.all(
      ['127.0.0.3', '127.0.0.4', '127.0.0.5'].map((from) => join4(each, ground, secret, from)),
    );
    assert.deepEqual(answers.toSorted(), ['E_INVITATION_REFUSED', 'E_INVITATION_REFUSED', 'JOINED']);
  });

  for (const { why, make, opens } of CERTIFICATES)
    await t.test(`T43: ${why}: ${opens ? 'it is the peer that it was' : 'refused, without a word'}`, async (each) => {
      const place = temporaryDirectory(each);
      const options = make(place, mallory);
      if (options === undefined) return each.skip('this machine cannot make such a key');
      const said = await hello(each, mallory, options);
      assert.equal(said, opens ? 'HELLO' : 'nothing');
      assert.ok(hub.isRunning(), `the daemon lives:\n${hub.logs()}`);
    });

  await t.test('T43: a device whose ID is a peer’s, but not its key, is not that peer', async (each) => {
    // The name in a certificate means nothing: this one carries the peer's.
    const other = await someIdentity(each);
    const said = await hello(each, mallory, { key: other.credentials.key, cert: other.credentials.certificate });
    assert.equal(said, 'nothing');
  });

  await t.test('S31: a removed peer that reconnects without end gets nothing, and fills no log', async () => {
    const wire = await mallory.openFolder('docs');
    const linesBefore = readFileSync(`${hub.home}.log`, 'utf8').split('\n').length;
    await hub.ok('remove-peer', 'mallory');
    assert.equal((await wire.ended).code, 'E_REMOVED');
    for (let n = 0; n < rounds(30); n++) {
      const again = await mallory.shakeHands().catch(() => undefined);
      const came: Buffer[] = [];
      again?.on('data', (bytes: Buffer) => came.push(bytes));
      again?.write('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      await waitFor('it is closed', () => again === undefined || again.destroyed);
      assert.equal(Buffer.concat(came).length, 0, 'without a byte');
    }
    const lines = readFileSync(`${hub.home}.log`, 'utf8').split('\n').length - linesBefore;
    assert.ok(lines < 10, `${lines} lines of log`);
  });

  await t.test('I8, I15: nothing was harmed', () => standsFirm('all strangers'));
});

interface Certificate {
  readonly why: string;
  /** Undefined: it cannot be made here. */
  readonly make: (place: string, peer: MaliciousPeer) => Pick<ConnectionOptions, 'key' | 'cert'> | undefined;
  readonly opens: boolean;
}

/** Self-signed, of the key and the days given. */
function certify(place: string, ...args: readonly string[]): Pick<ConnectionOptions, 'key' | 'cert'> | undefined {
  const [key, cert] = [join(place, 'key.pem'), join(place, 'cert.pem')];
  const given = args.includes('-key') ? [] : ['-keyout', key];
  try {
    execFileSync('openssl', ['req', '-x509', '-nodes', ...args, ...given, '-out', cert], { stdio: 'ignore' });
    return {
      key: readFileSync(args.includes('-key') ? (args[args.indexOf('-key') + 1] ?? key) : key),
      cert: readFileSync(cert),
    };
  } catch {
    return undefined;
  }
}

/** The same certificate with a last day in 2001: its signature is none any more. */
function expired(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const text = der.toString('latin1');
  const [, last] = [...text.matchAll(/\d{12}Z/g)];
  assert.ok(last);
  der.write('01', last.index, 'latin1');
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

const strange = (why: string, ...args: readonly string[]): Certificate => ({
  why: `a certificate of ${why}`,
  make: (place) => certify(place, ...args, '-subj', '/CN=mallory'),
  opens: false,
});

const CERTIFICATES: readonly Certificate[] = [
  strange('RSA with 512 bits', '-newkey', 'rsa:512'),
  strange('RSA with 1,024 bits', '-newkey', 'rsa:1024'),
  strange('RSA-PSS', '-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'),
  strange('Ed25519', '-newkey', 'ed25519'),
  strange('Ed448', '-newkey', 'ed448'),
  strange('P-521', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'),
  strange('brainpool', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'),
  strange(
    'explicit parameters',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-pkeyopt',
    'ec_param_enc:explicit',
  ),
  strange('ML-DSA', '-newkey', 'ML-DSA-65'),
  {
    why: 'a certificate of 100,000 bytes',
    make: (place) =>
      certify(
        place,
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-subj',
        '/CN=big',
        '-addext',
        `nsComment=${'x'.repeat(100_000)}`,
      ),
    opens: false,
  },
  {
    why: 'the peer’s key in an expired certificate of another name that nobody signed',
    make: (place, peer) => {
      const key = join(place, 'peer.pem');
      writeFileSync(key, peer.identity.credentials.key, { mode: 0o600 });
      const made = certify(place, '-key', key, '-subj', '/CN=somebody else');
      return (
        made && { key: peer.identity.credentials.key, cert: expired(readFileSync(join(place, 'cert.pem'), 'utf8')) }
      );
    },
    opens: true,
  },
];

/** Shakes hands with these credentials, says HELLO, and answers with what came back. */
async function hello(t: TestContext, peer: MaliciousPeer, options: ConnectionOptions): Promise<'HELLO' | 'nothing'> {
  let socket;
  try {
    // Our own TLS may refuse to use such a key: then nobody could show it.
    socket = connectTls({ host: '127.0.0.1', port: peer.port, rejectUnauthorized: false, ...options });
  } catch {
    return 'nothing';
  }
  const made = socket;
  made.on('error', () => made.destroy());
  atEnd(t, () => void made.destroy());
  const shaken = await Promise.race([
    new Promise<boolean>((resolve) => made.once('secureConnect', () => resolve(true))),
    new Promise<boolean>((resolve) => made.once('close', () => resolve(false))),
  ]);
  if (!shaken) return 'nothing';
  const wire = await Wire.over(peer, made);
  wire.send(peer.hello());
  await waitFor('an answer, or the end', () => wire.isOver || wire.messages('HELLO').length > 0);
  const said = wire.messages('HELLO').length > 0 ? 'HELLO' : 'nothing';
  wire.cut();
  return said;
}

/** Shows a secret as a new device, from a loopback address, and answers with what it is told. */
async function join4(t: TestContext, { mallory }: Ground, secret: string, from: string): Promise<string> {
  const { credentials } = await someIdentity(t);
  const socket = connectTls({
    socket: connect({ host: '127.0.0.1', port: mallory.port, localAddress: from }),
    key: credentials.key,
    cert: credentials.certificate,
    rejectUnauthorized: false,
  });
  socket.on('error', () => socket.destroy());
  atEnd(t, () => void socket.destroy());
  const wire = await Wire.over(mallory, socket);
  wire.send({ type: 'JOIN', secret, name: `device ${from}`, preview: false });
  await waitFor('an answer, or the end', () => wire.isOver || wire.frames > 0);
  return wire.messages('ERROR')[0]?.code ?? wire.messages('JOINED')[0]?.type ?? 'nothing';
}

function guess(t: TestContext, ground: Ground): Promise<string> {
  return join4(t, ground, 'A'.repeat(26), '127.0.0.1');
}

function tcp(t: TestContext, port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => socket.destroy());
  atEnd(t, () => void socket.destroy());
  return socket;
}

function descriptors(daemon: Daemon): number {
  return readdirSync(`/proc/${daemon.pid}/fd`).length;
}
