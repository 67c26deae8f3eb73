// What is remembered of a peer from one session to the next: bytes that went either way, and the last failure. What
// `syncctl peers` shows is made here.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DeviceId } from '../core/ids.ts';
import type { PeerSettings } from '../core/settings.ts';
import type { Log } from '../ports/log.ts';
import type { Conversation } from './conversation.ts';
import type { PeerSession } from './peer.ts';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One line of `syncctl peers`. */
export interface PeerState {
  readonly id: DeviceId;
  readonly name: string;
  /** `HOST:PORT`: the other end of the connection, else where it is dialled. */
  readonly address: string | undefined;
  readonly connected: boolean;
  /** Wall clock, ms: since when it is connected, or not any more; undefined when it has not been since the start. */
  readonly sinceMs: number | undefined;
  readonly rttMs: number | undefined;
  /** Since this daemon was started. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** What its program calls itself, and how far its clock is ahead of ours: while it is connected. */
  readonly program: string | undefined;
  readonly clockOffsetMs: number | undefined;
  /** Why it is not connected, where that is known. */
  readonly lastError: Failure | undefined;
}

interface Remembered {
  bytesSent: number;
  bytesReceived: number;
  lastError: Failure | undefined;
  /** Wall clock, ms: when the last session ended. */
  endedMs: number | undefined;
}

export class Roster {
  readonly #log: Log;
  readonly #peers = new Map<DeviceId, Remembered>();

  constructor(log: Log) {
    this.#log = log;
  }

  connected(device: DeviceId): void {
    this.#of(device).lastError = undefined;
  }

  /** A session is over: its bytes are added to those of earlier ones. */
  disconnected(device: DeviceId, { sentBytes, receivedBytes }: Conversation, atMs: number): void {
    const peer = this.#of(device);
    peer.endedMs = atMs;
    peer.bytesSent += sentBytes;
    peer.bytesReceived += receivedBytes;
  }

  /** The same failure again and again is one line in the log. */
  failed(peer: PeerSettings, failure: Failure): void {
    const remembered = this.#of(peer.id);
    const same = remembered.lastError?.code === failure.code && remembered.lastError.message === failure.message;
    remembered.lastError = { code: failure.code, message: failure.message };
    const fields = { peer: peer.name, code: failure.code, why: failure.message };
    if (same) this.#log.debug('not connected', fields);
    else this.#log.info('not connected; trying again', fields);
  }

  /** Forgets who is no peer any longer. */
  keep(isPeer: (device: DeviceId) => boolean): void {
    for (const device of this.#peers.keys()) if (!isPeer(device)) this.#peers.delete(device);
  }

  stateOf(peer: PeerSettings, session: PeerSession | undefined): PeerState {
    const { bytesSent, bytesReceived, lastError, endedMs } = this.#of(peer.id);
    const [dialled] = peer.addresses;
    return {
      id: peer.id,
      name: peer.name,
      address: session?.address ?? dialled?.replace(/^wss:\/\//, ''),
      connected: session !== undefined,
      sinceMs: session === undefined ? endedMs : session.since.wallMs,
      rttMs: session?.conversation.rttMs,
      bytesSent: bytesSent + (session?.conversation.sentBytes ?? 0),
      bytesReceived: bytesReceived + (session?.conversation.receivedBytes ?? 0),
      program: session?.hello.program,
      clockOffsetMs: session?.hello.clockOffsetMs,
      lastError,
    };
  }

  #of(device: DeviceId): Remembered {
    const known = this.#peers.get(device);
    if (known !== undefined) return known;
    const fresh: Remembered = { bytesSent: 0, bytesReceived: 0, lastError: undefined, endedMs: undefined };
    this.#peers.set(device, fresh);
    return fresh;
  }
}
