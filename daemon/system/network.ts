// The Network over real sockets: TCP, TLS (tls.ts), WebSocket (websocket-link.ts).
import { type Server, type Socket, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { CodedError } from '../../protocol/errors.ts';
import type { Link } from '../ports/link.ts';
import type {
  Credentials,
  DialRequest,
  Gate,
  HostPort,
  Incoming,
  Listening,
  Network,
  NotListening,
} from '../ports/network.ts';
import { acceptTls, dialTls, secureContext } from './tls.ts';
import { acceptWebSocket, connectWebSocket, plainAddress } from './websocket-link.ts';

export class TlsNetwork implements Network {
  async dial(request: DialRequest, credentials: Credentials, signal: AbortSignal): Promise<Link> {
    const limit = new AbortController();
    const abort = (): void => limit.abort();
    const timer = setTimeout(abort, request.timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      const socket = await dialTls(request, secureContext(credentials), limit.signal);
      socket.setNoDelay(true);
      const destroy = (): void => void socket.destroy();
      limit.signal.addEventListener('abort', destroy, { once: true });
      try {
        return await connectWebSocket(socket, request.device, request.limits);
      } catch (error) {
        if (limit.signal.aborted) throw new CodedError('E_UNREACHABLE', `${request.host} did not answer in time`);
        // With TLS 1.3 the dialling end is done first: that the other one does not know our key shows only now.
        const found = error instanceof Error ? error.message : String(error);
        throw new CodedError('E_NOT_TRUSTED', `${request.host} closed the connection once it saw our key (${found})`);
      } finally {
        limit.signal.removeEventListener('abort', destroy);
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  listen(at: HostPort, credentials: Credentials, gate: Gate): Promise<Listening | NotListening> {
    const context = secureContext(credentials);
    const server = createServer({ noDelay: true }, (connection) => {
      const incoming = acceptedFrom(connection, gate);
      if (incoming === undefined) return;
      acceptTls(connection, context, (socket, device) => {
        const limits = gate.proved(incoming, device);
        if (limits === undefined) connection.destroy();
        else acceptWebSocket(socket, device, limits, (link) => gate.opened(incoming, link));
      });
    });
    return new Promise((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(notListening(at, error)));
      server.listen({ host: at.host, port: at.port, ipv6Only: false }, () => {
        // A connection that could not be accepted (no descriptor left) must not end the daemon.
        server.on('error', () => {});
        resolve(listening(at, server));
      });
    });
  }

  hostAddresses(): readonly string[] {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const outside = all.filter((one) => !one.internal && !isLinkLocal(one.address));
    const families = [4, 6].flatMap((family) => outside.filter((one) => one.family === `IPv${family}`));
    return [...new Set([...families.map((one) => one.address), '127.0.0.1'])];
  }
}

function acceptedFrom(connection: Socket, gate: Gate): Incoming | undefined {
  const source = connection.remoteAddress;
  const incoming: Incoming = {
    source: plainAddress(source ?? ''),
    close: () => void connection.destroy(),
  };
  connection.on('error', () => connection.destroy());
  if (source === undefined || !gate.accepted(incoming)) {
    connection.destroy();
    return undefined;
  }
  connection.once('close', () => gate.closed(incoming));
  return incoming;
}

function listening(at: HostPort, server: Server): Listening {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : at.port;
  return { kind: 'listening', host: at.host, port, close: () => void server.close() };
}

function notListening({ host, port }: HostPort, error: NodeJS.ErrnoException): NotListening {
  const message = `cannot listen on ${host} port ${port}: ${error.message}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return { kind: 'not listening', why: 'in use', code: 'E_ADDRESS_IN_USE', message };
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
      return { kind: 'not listening', why: 'no such host', code: 'E_ADDRESS_IN_USE', message };
    default:
      return { kind: 'not listening', why: 'other', code: 'E_ADDRESS_IN_USE', message };
  }
}

/** Works only with the name of an interface, which is another one on the other machine. */
function isLinkLocal(address: string): boolean {
  return address.toLowerCase().startsWith('fe80:') || address.startsWith('169.254.');
}
