// How links to other devices come to be: by dialling and by listening. Whoever implements this proves keys; who is
// trusted is decided in peer/.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId } from '../core/ids.ts';
import type { Link } from './link.ts';

/** This device's private key and self-signed certificate, PEM. */
export interface Credentials {
  readonly key: string;
  readonly certificate: string;
}

export interface LinkLimits {
  /** A longer message from the other end ends the link. */
  readonly maxMessageBytes: number;
  /** More than this queued ends the link with E_PEER_SLOW: the other end does not read. */
  readonly maxQueuedBytes: number;
}

export interface HostPort {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface DialRequest extends HostPort {
  /** Whose key must be proved before anything else is said. */
  readonly device: DeviceId;
  readonly limits: LinkLimits;
  readonly timeoutMs: number;
}

/** A connection that came in, from accept to its end. */
export interface Incoming {
  /** IP address of the other end. */
  readonly source: string;
  /** Ends it at once. */
  close(): void;
}

/** Decides about connections that come in; called in this order. */
export interface Gate {
  /** At accept, before a byte is read. False: closed at once, and nothing else is called. */
  accepted(incoming: Incoming): boolean;
  /** The key is proved, and not one byte of WebSocket has gone either way. Undefined: closed at once. */
  proved(incoming: Incoming, device: DeviceId): LinkLimits | undefined;
  opened(incoming: Incoming, link: Link): void;
  /** Once for each accepted connection, however far it came. */
  closed(incoming: Incoming): void;
}

export interface Listening extends HostPort {
  readonly kind: 'listening';
  /** Takes no new connections; those that are open stay. */
  close(): void;
}

/** `in use`: another program has the port. `no such host`: this machine has no such address, or no IPv6. */
export interface NotListening {
  readonly kind: 'not listening';
  readonly why: 'in use' | 'no such host' | 'other';
  readonly code: ErrorCode;
  readonly message: string;
}

export interface Network {
  /**
   * TLS 1.3 to one address, mutual, never resumed; the other end's key is compared before a byte of WebSocket is sent.
   * Rejects with a CodedError: E_WRONG_KEY, E_NOT_TRUSTED (it closed after our key was shown), else E_UNREACHABLE.
   */
  dial(request: DialRequest, credentials: Credentials, signal: AbortSignal): Promise<Link>;
  /** Port 0: any free one. */
  listen(at: HostPort, credentials: Credentials, gate: Gate): Promise<Listening | NotListening>;
  /** Addresses of this machine's interfaces, those that others can reach first, loopback last; no link-local ones. */
  hostAddresses(): readonly string[];
}
