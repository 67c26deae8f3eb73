// Names of devices: what stands before the colon of `DEVICE:NAME`, so it follows the same rule.
import { parseDeviceId } from '../core/ids.ts';

const DEVICE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._-]{0,62}$/u;

/** Letters, digits and `_`, inside also `.` and `-`, at most 63; and not what could be a device ID. */
export function isDeviceName(value: unknown): value is string {
  return typeof value === 'string' && DEVICE_NAME.test(value) && parseDeviceId(value) === undefined;
}

/** The nearest name that is allowed: for the host's name, and for what a peer calls itself. */
export function toDeviceName(text: string): string {
  const name = [...text.normalize('NFC').replace(/[^\p{L}\p{N}._-]+/gu, '-')].join('').replace(/^[.-]+/, '');
  const short = [...name]
    .slice(0, 48)
    .join('')
    .replace(/[.-]+$/, '');
  return isDeviceName(short) ? short : 'device';
}
