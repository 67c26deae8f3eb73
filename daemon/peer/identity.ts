// Who this device is: one key, made at the first start and kept for good. Its ID is the hash of the public key; the
// certificate only carries that key through TLS and can be made again at any time.
import { X509Certificate, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { CodedError } from '../../protocol/errors.ts';
import { assert } from '../core/assert.ts';
import { deviceIdOfHash } from '../core/device-id.ts';
import type { DeviceId } from '../core/ids.ts';
import type { KeyMaker } from '../ports/key-maker.ts';
import type { Credentials } from '../ports/network.ts';
import type { PrivateFiles } from '../ports/private-files.ts';

const KEY_FILE = 'device.key';
const CERTIFICATE_FILE = 'device.crt';

export interface Identity {
  readonly device: DeviceId;
  readonly credentials: Credentials;
}

/**
 * Reads the device's identity, or makes it at the first start.
 * @param given a private key from outside (systemd's `$CREDENTIALS_DIRECTORY/device-key`), PEM; it is not stored
 * @throws CodedError E_HOME when a key is there and cannot be used: it is never replaced by a new one
 */
export async function loadIdentity(files: PrivateFiles, keys: KeyMaker, given?: string): Promise<Identity> {
  const key = given ?? files.read(KEY_FILE) ?? (await firstKey(files, keys));
  const publicKey = publicKeyOf(key);
  let certificate = files.read(CERTIFICATE_FILE);
  if (certificate === undefined || !isFor(certificate, publicKey)) {
    certificate = await certify(keys, key);
    files.replace(CERTIFICATE_FILE, certificate);
  }
  return { device: deviceIdOfHash(createHash('sha256').update(publicKey).digest()), credentials: { key, certificate } };
}

async function firstKey(files: PrivateFiles, keys: KeyMaker): Promise<string> {
  const made = await keys.makeKey();
  if (files.create(KEY_FILE, made)) return made;
  const theirs = files.read(KEY_FILE);
  assert(theirs !== undefined, 'a key that is in the way is there');
  return theirs;
}

function publicKeyOf(key: string): Uint8Array {
  try {
    // Checked to be private: with a public key alone the device would start, and fail at every handshake.
    return createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
  } catch {
    throw new CodedError(
      'E_HOME',
      'the device key cannot be read: it is not a private key in PEM',
      'Restore state/device.key from a backup. Without it, this device gets a new identity: remove the file and pair again.',
    );
  }
}

function isFor(certificate: string, publicKey: Uint8Array): boolean {
  try {
    const carried = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
    return carried.equals(publicKey);
  } catch {
    return false;
  }
}

async function certify(keys: KeyMaker, key: string): Promise<string> {
  try {
    return await keys.certify(key);
  } catch (error) {
    throw new CodedError(
      'E_HOME',
      `no certificate can be made for the device key: ${String(error)}`,
      'The key must be P-256.',
    );
  }
}
