// TLS 1.3 between two devices. Certificates are only envelopes: what counts is whose public key the other end has proved
// to hold, and that is compared after every handshake, before anything else goes either way. Sessions are never resumed:
// a resumed one shows an empty certificate, or that of an earlier client (nodejs/node issues 3940 and 7672).
import { constants, createHash } from 'node:crypto';
import { type Socket, isIP } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { CodedError } from '../../protocol/errors.ts';
import { deviceIdOfHash } from '../core/device-id.ts';
import type { DeviceId } from '../core/ids.ts';
import type { Credentials, DialRequest } from '../ports/network.ts';
import { tls } from './builtins.ts';

/** What both ends insist on: TLS 1.3, and no tickets that a session could be resumed with. */
export function secureContext({ key, certificate }: Credentials): SecureContext {
  const secureOptions = constants.SSL_OP_NO_TICKET;
  return tls.createSecureContext({
    key,
    cert: certificate,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    secureOptions,
  });
}

/**
 * The listening end, over a connection that was just accepted. `proved` is called once, when the handshake is done and
 * the client has shown a key; without one, or after a fault, the connection is destroyed.
 */
export function acceptTls(
  connection: Socket,
  context: SecureContext,
  proved: (socket: TLSSocket, device: DeviceId) => void,
): void {
  const socket = new tls.TLSSocket(connection, {
    isServer: true,
    secureContext: context,
    requestCert: true,
    // Ours is the only check: certificates are self-signed.
    rejectUnauthorized: false,
  });
  socket.on('error', () => connection.destroy());
  socket.once('secure', () => {
    const device = provedDevice(socket);
    if (device === undefined) connection.destroy();
    else proved(socket, device);
  });
}

/** The dialling end: resolves when the expected key is proved. Rejects with E_WRONG_KEY or E_UNREACHABLE. */
export function dialTls(request: DialRequest, context: SecureContext, signal: AbortSignal): Promise<TLSSocket> {
  const { host, port } = request;
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port,
      secureContext: context,
      rejectUnauthorized: false,
      servername: isIP(host) === 0 ? host : '',
    });
    const settle = (): void => {
      signal.removeEventListener('abort', aborted);
      socket.off('close', closed);
    };
    const failed = (error: CodedError): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const aborted = (): void => failed(new CodedError('E_UNREACHABLE', `${host} did not answer in time`));
    const closed = (): void => failed(new CodedError('E_UNREACHABLE', `${host} closed the connection`));
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('close', closed);
    // Stays for good: an error after the handshake is told by 'close', and must not end the daemon.
    socket.on('error', (error) => failed(new CodedError('E_UNREACHABLE', inWords(error))));
    socket.once('secureConnect', () => {
      const device = provedDevice(socket);
      if (device !== request.device)
        return failed(new CodedError('E_WRONG_KEY', `${host}:${port} is ${device ?? 'nobody'}, not ${request.device}`));
      settle();
      resolve(socket);
    });
    if (signal.aborted) aborted();
  });
}

const IN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there, or a firewall refuses it',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'no address is known under that name',
  EAI_AGAIN: 'the name could not be looked up',
  ETIMEDOUT: 'no answer in time',
};

/** What went wrong with a connection, for whoever reads `status`. */
function inWords(error: Error): string {
  return ('code' in error && typeof error.code === 'string' && IN_WORDS[error.code]) || error.message;
}

/** The device whose key the other end has proved to hold; undefined when it showed none, or none that can be read. */
function provedDevice(socket: TLSSocket): DeviceId | undefined {
  if (socket.isSessionReused()) return undefined;
  try {
    // Not getPeerCertificate(): it also names the curve of the key, and where a stranger's certificate spells its curve
    // out instead of naming it, Node 26.10 dies of that (SIGSEGV).
    const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
    return key && deviceIdOfHash(createHash('sha256').update(key).digest());
  } catch {
    return undefined;
  }
}
