// A Link over a WebSocket (RFC 6455) on a TLS connection whose key has been proved (tls.ts). Binary messages only.
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import WebSocket, { type RawData, WebSocketServer } from 'ws';
import type { DeviceId } from '../core/ids.ts';
import type { Link } from '../ports/link.ts';
import type { LinkLimits } from '../ports/network.ts';
import { free } from '../ports/workers.ts';
import { http } from './builtins.ts';

const DRAINED_BYTES = 256 << 10;
const CLOSE_TIMEOUT_MS = 1_500;
/** The upgrade request of a device is below 300 bytes. */
const MAX_UPGRADE_BYTES = 2_048;

/**
 * Each message by itself, and with a small window: a session keeps about 100 KiB for it, once it has had such a message.
 * Inflated it may not be longer than any other message: ws stops there.
 */
const DEFLATE = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 13,
  clientMaxWindowBits: 13,
  zlibDeflateOptions: { level: 1, memLevel: 6 },
};

/** What both ends say to ws: no automatic pong (a flood costs nothing), few fragments. */
function options(limits: LinkLimits): WebSocket.ClientOptions & { closeTimeout: number } {
  return {
    perMessageDeflate: DEFLATE,
    autoPong: false,
    maxPayload: limits.maxMessageBytes,
    // We send a message as one fragment; TLS cuts it into records of 1 to 16 KiB.
    maxFragments: 16,
    maxBufferedChunks: Math.max(64, limits.maxMessageBytes >> 8),
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
}

/** The dialling end. Rejects with what went wrong before the WebSocket was open; the socket is then destroyed. */
export function connectWebSocket(socket: TLSSocket, device: DeviceId, limits: LinkLimits): Promise<Link> {
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket('wss://syncd/', {
      ...options(limits),
      createConnection: () => socket,
      // A key of zeros changes nothing. Masking is for caches of proxies that could read along (RFC 6455, 10.3): within TLS
      // there are none, and it would touch each byte twice more.
      generateMask: (key) => void key.fill(0),
    });
    const failed = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    websocket.once('error', failed);
    websocket.once('open', () => {
      websocket.off('error', failed);
      resolve(new WebSocketLink(websocket, socket, device, limits));
    });
  });
}

/** The listening end. Calls back in the turn in which the WebSocket opens; anything but an upgrade destroys the socket. */
export function acceptWebSocket(
  socket: TLSSocket,
  device: DeviceId,
  limits: LinkLimits,
  opened: (link: Link) => void,
): void {
  const websockets = new WebSocketServer({
    ...options(limits),
    noServer: true,
    clientTracking: false,
  });
  const server = http.createServer({ maxHeaderSize: MAX_UPGRADE_BYTES, keepAliveTimeout: 1 }, () => socket.destroy());
  server.on('clientError', () => socket.destroy());
  server.on('upgrade', (request, upgraded: Duplex, head) => {
    websockets.handleUpgrade(request, upgraded, head, (websocket) => {
      opened(new WebSocketLink(websocket, socket, device, limits));
    });
  });
  server.emit('connection', socket);
}

class WebSocketLink implements Link {
  readonly device: DeviceId;
  readonly address: string;
  readonly #websocket: WebSocket;
  readonly #socket: TLSSocket;
  readonly #maxQueuedBytes: number;
  #receive: ((message: Uint8Array) => void) | undefined;
  #ended: ((reason: string) => void) | undefined;
  #drained: (() => void) | undefined;
  /** Received before there was a receiver: what came in the turn of the upgrade. */
  #early: Uint8Array[] = [];
  /** Set once ending has begun: the first reason is the true one. */
  #reason: string | undefined;
  #gone = false;
  #full = false;

  constructor(websocket: WebSocket, socket: TLSSocket, device: DeviceId, limits: LinkLimits) {
    this.device = device;
    this.address = addressOf(socket);
    this.#websocket = websocket;
    this.#socket = socket;
    this.#maxQueuedBytes = limits.maxQueuedBytes;
    websocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    websocket.on('error', (error) => this.terminate(error.message));
    websocket.on('close', () => this.#onClose());
  }

  get queuedBytes(): number {
    return this.#websocket.bufferedAmount;
  }

  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  send(message: Uint8Array, packs = false): void {
    if (this.#reason !== undefined) return;
    this.#websocket.send(message, { compress: packs }, () => {
      free(message);
      this.#onFlushed();
    });
    const queued = this.queuedBytes;
    if (queued > this.#maxQueuedBytes) this.terminate(`E_PEER_SLOW: ${queued} bytes wait to be sent`);
    else if (queued >= DRAINED_BYTES) this.#full = true;
  }

  onMessage(receive: (message: Uint8Array) => void): void {
    this.#receive = receive;
    const early = this.#early;
    this.#early = [];
    for (const message of early) if (this.#reason === undefined) receive(message);
  }

  onEnd(ended: (reason: string) => void): void {
    this.#ended = ended;
    if (this.#gone) queueMicrotask(() => ended(this.#reason ?? 'ended'));
  }

  onDrain(drained: () => void): void {
    this.#drained = drained;
  }

  setReading(on: boolean): void {
    if (on) this.#websocket.resume();
    else this.#websocket.pause();
  }

  close(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    // A paused socket would not see the other end's answer to our close frame.
    this.#websocket.resume();
    this.#websocket.close(1000);
  }

  terminate(reason: string): void {
    this.#reason ??= reason;
    this.#websocket.terminate();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#reason !== undefined) return;
    if (!isBinary || !(data instanceof Uint8Array)) this.terminate('E_PROTOCOL: a text message');
    else if (this.#receive === undefined) this.#early.push(data);
    else this.#receive(data);
  }

  #onFlushed(): void {
    if (!this.#full || this.#reason !== undefined || this.queuedBytes >= DRAINED_BYTES) return;
    this.#full = false;
    this.#drained?.();
  }

  #onClose(): void {
    this.#gone = true;
    this.#reason ??= 'the other end closed the connection';
    this.#ended?.(this.#reason);
  }
}

function addressOf(socket: TLSSocket): string {
  const host = plainAddress(socket.remoteAddress ?? 'unknown');
  return host.includes(':') ? `[${host}]:${socket.remotePort ?? 0}` : `${host}:${socket.remotePort ?? 0}`;
}

/** An IPv4 address as it is written, also when it came in over an IPv6 socket. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
