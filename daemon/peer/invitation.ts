// An invitation as people carry it: `syncd:v1:ADDRESS[,ADDRESS…]:FINGERPRINT:SECRET`. Pure. An address may hold colons
// (IPv6 in brackets), so the line is read from its right end.
import { CodedError } from '../../protocol/errors.ts';
import { type DeviceId, parseDeviceId } from '../core/ids.ts';
import type { HostPort } from '../ports/network.ts';
import { formatHostPort, parseHostPort } from './address.ts';

/** More addresses than this are not tried. */
export const MAX_ADDRESSES = 16;
/** 128 bits in base32. */
export const SECRET_LENGTH = 26;

export interface Invitation {
  readonly addresses: readonly HostPort[];
  /** The inviting device: nobody else is given the secret. */
  readonly device: DeviceId;
  readonly secret: string;
}

const SHAPE = new RegExp(`^syncd:v1:(.+):([A-Z2-7]{52}):([A-Z2-7]{${SECRET_LENGTH}})$`);

export function formatInvitation(invitation: Invitation): string {
  const addresses = invitation.addresses.slice(0, MAX_ADDRESSES).map(formatHostPort);
  return `syncd:v1:${addresses.join(',')}:${invitation.device}:${invitation.secret}`;
}

/** @throws CodedError E_INVITATION */
export function parseInvitation(text: string): Invitation {
  const [, list, fingerprint, secret] = SHAPE.exec(text.trim()) ?? [];
  if (list === undefined || fingerprint === undefined || secret === undefined)
    throw new CodedError('E_INVITATION', 'this is not an invitation: syncd:v1:ADDRESS:FINGERPRINT:SECRET is expected');
  const device = parseDeviceId(fingerprint);
  const addresses = list.split(',').map(parseHostPort);
  const known = addresses.filter((address) => address !== undefined);
  if (device === undefined || known.length < addresses.length || known.length > MAX_ADDRESSES)
    throw new CodedError('E_INVITATION', 'an address in the invitation cannot be read');
  return { addresses: known, device, secret };
}
