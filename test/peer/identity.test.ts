// The device's key: made once, kept, never replaced.
import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeBase32 } from '../../daemon/core/base32.ts';
import { loadIdentity } from '../../daemon/peer/identity.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { CodedError } from '../../protocol/errors.ts';
import { temporaryDirectory } from './device.ts';

test('the first start makes a key, and every later one is the same device', async (t) => {
  const directory = join(temporaryDirectory(t), 'state');
  const first = await loadIdentity(new KeyFiles(directory), keyMaker);
  const again = await loadIdentity(new KeyFiles(directory), keyMaker);

  assert.deepEqual(again, first);
  assert.deepEqual(readdirSync(directory).toSorted(), ['device.crt', 'device.key'], 'and no temporary file is left');
  for (const name of ['device.key', 'device.crt']) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('what a kill left beside keys and invitations is removed, and nothing else', (t) => {
  const directory = temporaryDirectory(t);
  const files = new KeyFiles(directory);
  files.create('kept', 'key');
  files.create('invitations/kept', 'hash');
  for (const name of ['.new-device.key-1a2b', 'invitations/.new-A.json-3c4d']) writeFileSync(join(directory, name), '');

  for (const one of ['', 'invitations', 'missing']) files.removeLeftOver(one);

  const left = readdirSync(directory, { recursive: true }).map(String).toSorted();
  assert.deepEqual(left, ['invitations', 'invitations/kept', 'kept']);
});

test('the device ID is base32 of the SHA-256 of the public key that the certificate carries', async (t) => {
  const { device, credentials } = await loadIdentity(new KeyFiles(temporaryDirectory(t)), keyMaker);

  const key = new X509Certificate(credentials.certificate).publicKey.export({ type: 'spki', format: 'der' });

  assert.equal(device, encodeBase32(createHash('sha256').update(key).digest()));
  assert.match(device, /^[A-Z2-7]{52}$/);
});

test('a lost or foreign certificate is made again for the same key', async (t) => {
  const [directory, elsewhere] = [temporaryDirectory(t), temporaryDirectory(t)];
  const first = await loadIdentity(new KeyFiles(directory), keyMaker);
  await loadIdentity(new KeyFiles(elsewhere), keyMaker);

  rmSync(join(directory, 'device.crt'));
  assert.equal((await loadIdentity(new KeyFiles(directory), keyMaker)).device, first.device);
  writeFileSync(join(directory, 'device.crt'), readFileSync(join(elsewhere, 'device.crt')));
  const again = await loadIdentity(new KeyFiles(directory), keyMaker);

  assert.equal(again.device, first.device);
  const carried = new X509Certificate(again.credentials.certificate).publicKey;
  assert.ok(carried.equals(new X509Certificate(first.credentials.certificate).publicKey));
});

test('a key that cannot be read stops the start, and is never replaced', async (t) => {
  const directory = temporaryDirectory(t);
  for (const damage of ['', 'rubbish']) {
    writeFileSync(join(directory, 'device.key'), damage);
    await assert.rejects(
      loadIdentity(new KeyFiles(directory), keyMaker),
      (error) => error instanceof CodedError && error.code === 'E_HOME',
    );
    assert.equal(readFileSync(join(directory, 'device.key'), 'utf8'), damage);
  }
});

test('a key that is given from outside is used and not stored', async (t) => {
  const [directory, elsewhere] = [temporaryDirectory(t), temporaryDirectory(t)];
  const theirs = await loadIdentity(new KeyFiles(elsewhere), keyMaker);

  const given = await loadIdentity(new KeyFiles(directory), keyMaker, theirs.credentials.key);

  assert.equal(given.device, theirs.device);
  assert.deepEqual(readdirSync(directory), ['device.crt']);
});

test('of two that create one private file, the second is told so, and the first stays', (t) => {
  const files = new KeyFiles(temporaryDirectory(t));
  assert.equal(files.create('dir/name', 'first'), true);
  assert.equal(files.create('dir/name', 'second'), false);
  assert.equal(files.read('dir/name'), 'first');
  files.replace('dir/name', 'third');
  assert.equal(files.read('dir/name'), 'third');
  assert.deepEqual(files.list('dir'), ['name']);
  assert.equal(files.remove('dir/name'), true);
  assert.equal(files.remove('dir/name'), false);
  assert.deepEqual(files.list('nowhere'), []);
});
