// How a device gets its ID from its key. The hash is made where keys are: this side knows no cryptography.
import { assert } from './assert.ts';
import { encodeBase32 } from './base32.ts';
import { type DeviceId, parseDeviceId } from './ids.ts';

/** @param sha256 of the public key (SPKI, DER) */
export function deviceIdOfHash(sha256: Uint8Array): DeviceId {
  const device = parseDeviceId(encodeBase32(sha256));
  assert(device !== undefined, 'a SHA-256 has 32 bytes');
  return device;
}
