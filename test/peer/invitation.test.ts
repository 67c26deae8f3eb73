// The line that people copy, and the addresses in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDeviceId } from '../../daemon/core/ids.ts';
import { formatHostPort, parseHostPort } from '../../daemon/peer/address.ts';
import { formatInvitation, parseInvitation } from '../../daemon/peer/invitation.ts';
import { CodedError } from '../../protocol/errors.ts';

const FINGERPRINT = 'K5QX'.repeat(13);
const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXY2';

test('an invitation reads back as it was written, with names, IPv4 and IPv6', () => {
  const device = parseDeviceId(FINGERPRINT);
  assert.ok(device !== undefined);
  const invitation = {
    addresses: [
      { host: '192.0.2.7', port: 9031 },
      { host: '2001:db8::1', port: 40_000 },
      { host: 'hub.example', port: 1 },
    ],
    device,
    secret: SECRET,
  };

  const text = formatInvitation(invitation);

  assert.equal(text, `syncd:v1:192.0.2.7:9031,[2001:db8::1]:40000,hub.example:1:${FINGERPRINT}:${SECRET}`);
  assert.deepEqual(parseInvitation(` ${text}\n`), invitation);
});

const bad: Record<string, string> = {
  nothing: '',
  'another version': `syncd:v2:h:1:${FINGERPRINT}:${SECRET}`,
  'no address': `syncd:v1::${FINGERPRINT}:${SECRET}`,
  'a port beyond the last': `syncd:v1:h:65536:${FINGERPRINT}:${SECRET}`,
  'port 0': `syncd:v1:h:0:${FINGERPRINT}:${SECRET}`,
  'an empty address in the list': `syncd:v1:h:1,,g:1:${FINGERPRINT}:${SECRET}`,
  'a short fingerprint': `syncd:v1:h:1:${FINGERPRINT.slice(1)}:${SECRET}`,
  'a short secret': `syncd:v1:h:1:${FINGERPRINT}:${SECRET.slice(1)}`,
  'lower case': `syncd:v1:h:1:${FINGERPRINT.toLowerCase()}:${SECRET}`,
  'a path': `syncd:v1:h:1/../x:${FINGERPRINT}:${SECRET}`,
  'too many addresses': `syncd:v1:${Array.from({ length: 17 }, () => 'h:1').join(',')}:${FINGERPRINT}:${SECRET}`,
};

for (const [what, text] of Object.entries(bad))
  test(`${what} is no invitation`, () => {
    assert.throws(
      () => parseInvitation(text),
      (error) => error instanceof CodedError && error.code === 'E_INVITATION',
    );
  });

test('an address is HOST:PORT with or without wss://, IPv6 in brackets, 9031 where no port is said', () => {
  assert.deepEqual(parseHostPort('wss://hub.example:9032'), { host: 'hub.example', port: 9032 });
  assert.deepEqual(parseHostPort('wss://[::1]:1/'), { host: '::1', port: 1 });
  assert.deepEqual(parseHostPort('hub'), { host: 'hub', port: 9031 });
  assert.equal(parseHostPort('a b:1'), undefined);
  assert.equal(parseHostPort('::1:9031'), undefined);
  assert.equal(formatHostPort({ host: '::1', port: 1 }), '[::1]:1');
});
