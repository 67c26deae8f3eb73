// The private key and the secrets of invitations through a whole life of two devices, at level debug: they are where they
// belong, and in no log, no answer, no argument, no environment and no other file, in no form.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Daemon, type Ended, settle, startDaemon, temporaryDirectory } from '../system/daemon.ts';
import { plant } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The forms in which some bytes may be written down. */
function formsOf(what: string, bytes: Buffer): [string, string][] {
  const list = [...bytes].join(',');
  const forms = [
    bytes.toString('hex'),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    list,
    list.replaceAll(',', ', '),
  ];
  return forms.map((form) => [what, form.replace(/=+$/, '')]);
}

function secretOf(invitation: string): [string, string][] {
  const text = invitation.slice(invitation.lastIndexOf(':') + 1);
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(Array.from({ length: 16 }, (_, n) => Number.parseInt(bits.slice(n * 8, n * 8 + 8), 2)));
  return [['the secret of an invitation', text], ...formsOf('the bytes of a secret', bytes)];
}

function keyOf(daemon: Daemon): [string, string][] {
  const pem = readFileSync(join(daemon.home, 'state/device.key'), 'utf8');
  const key = createPrivateKey(pem);
  const scalar = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  assert.equal(scalar.length, 32);
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  return [
    ...lines.map((line): [string, string] => ['a line of a key', line]),
    ...formsOf('a private key', scalar),
    ...formsOf('a key as DER', key.export({ format: 'der', type: 'pkcs8' })),
  ];
}

/** Everything that is or was to be seen of a device, by where it was seen. */
class Seen {
  readonly #texts: [string, string][] = [];

  add(where: string, text: string): void {
    this.#texts.push([where, text]);
  }

  async ctl(daemon: Daemon, ...args: string[]): Promise<Ended> {
    const ended = await daemon.ctl(...args);
    this.add(`syncctl ${args[0]} ${args[1] ?? ''} on ${daemon.name}`, ended.stdout + ended.stderr);
    return ended;
  }

  /** Arguments and environment of the daemon and of the processes that it started. */
  processes(daemon: Daemon): void {
    const children = readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      return new RegExp(`^PPid:\\s${daemon.pid}$`, 'm').test(readOr(`/proc/${pid}/status`));
    });
    for (const pid of [`${daemon.pid}`, ...children])
      for (const file of ['cmdline', 'environ'])
        this.add(`/proc/PID/${file} of ${daemon.name}`, readOr(`/proc/${pid}/${file}`));
  }

  assertWithout(secrets: readonly (readonly [string, string])[]): void {
    for (const [what, secret] of secrets)
      for (const [where, text] of this.#texts) assert.equal(text.includes(secret), false, `${what} is in ${where}`);
  }

  get size(): number {
    return this.#texts.reduce((sum, [, text]) => sum + text.length, 0);
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

async function device(t: TestContext, name: string): Promise<Daemon> {
  return startDaemon(t, { name, config: 'log: { file: syncd.log, level: debug }\n', args: ['--log-level', 'debug'] });
}

test('I8: through a whole life at level debug, no secret is anywhere but in its place', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(left);
  plant(left, { 'a.txt': 'a', 'b.txt': 'b' });
  const [hub, laptop] = [await device(t, 'hub'), await device(t, 'laptop')];
  const seen = new Seen();
  await seen.ctl(hub, 'add-folder', 'docs', left);
  // What the other commands print may be seen by anybody; what invite prints is the secret.
  const invite = async (...more: string[]): Promise<string> => (await hub.ok('invite', 'docs', ...more)).trim();
  const [wrong, joined, unused, short] = [
    await invite(),
    await invite(),
    await invite(),
    await invite('--expires', '1s'),
  ];
  const invitations = [wrong, joined, unused, short];

  for (const spoilt of [wrong.slice(0, -1), `${wrong}A`, wrong.replace('syncd:v1', 'syncd:v2'), wrong.toLowerCase()]) {
    const refused = await seen.ctl(laptop, 'join', spoilt, right);
    assert.notEqual(refused.code, 0);
    invitations.push(spoilt.toUpperCase());
  }
  const other = `${wrong.slice(0, -26)}${'A'.repeat(26)}`;
  assert.notEqual((await seen.ctl(laptop, 'join', other, right)).code, 0);
  assert.notEqual((await seen.ctl(hub, 'join', unused, join(place, 'x'))).code, 0, 'its own');
  assert.equal((await seen.ctl(laptop, 'join', joined, right)).code, 0);
  await settle('docs', hub, laptop);
  await waitFor('the short one is over', async () =>
    /E_INVITATION/.test((await seen.ctl(laptop, 'join', short, right)).stderr),
  );

  writeFileSync(join(left, 'a.txt'), 'changed');
  rmSync(join(right, 'b.txt'));
  await settle('docs', hub, laptop);
  for (const daemon of [hub, laptop]) {
    writeFileSync(join(daemon.home, 'state/device.key.txt'), '');
    daemon.configure('nonsense: true\n');
    assert.notEqual((await seen.ctl(daemon, 'reload')).code, 0);
    daemon.configure('log: { file: syncd.log, level: debug }\n');
    for (const words of [
      'status',
      'overview',
      'config show',
      'history docs',
      'events',
      'logs --level debug',
      'peers',
      'folders',
    ])
      await seen.ctl(daemon, '--json', ...words.split(' '));
    await seen.ctl(daemon, 'doctor');
    seen.processes(daemon);
  }
  await laptop.restart();
  await settle('docs', hub, laptop);
  await Promise.all([hub.kill(), laptop.kill()]);

  for (const daemon of [hub, laptop]) {
    seen.add(`standard error of ${daemon.name}`, readFileSync(`${daemon.home}.log`, 'latin1'));
    for (const file of filesBelow(dirname(daemon.home)))
      if (!file.endsWith('/state/device.key')) seen.add(file, readFileSync(file, 'latin1'));
  }
  for (const root of [left, right]) for (const file of filesBelow(root)) seen.add(file, readFileSync(file, 'latin1'));
  assert.ok(seen.size > 50_000, 'there is something to look through');
  seen.assertWithout([...keyOf(hub), ...keyOf(laptop)]);
  // The last sign was cut off of some of them: what is left is as good as the whole.
  seen.assertWithout(invitations.flatMap(secretOf).map(([what, form]) => [what, form.slice(0, 20)]));
});
