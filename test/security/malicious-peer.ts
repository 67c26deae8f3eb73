// A paired device that has turned on us: it has a right key, was invited, and then says what no honest device would, byte
// by byte if need be. It speaks to a real daemon over real TLS.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import WebSocket from 'ws';
import { encodeBase32 } from '../../daemon/core/base32.ts';
import { type DeviceId, parseDeviceId } from '../../daemon/core/ids.ts';
import { PEER_LIMITS } from '../../daemon/peer/dial.ts';
import { type Identity, loadIdentity } from '../../daemon/peer/identity.ts';
import { parseInvitation } from '../../daemon/peer/invitation.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { dialTls, secureContext } from '../../daemon/system/tls.ts';
import { decodeMessage, encode } from '../../protocol/frame.ts';
import type {
  ErrorMessage,
  Frame,
  Index,
  Message,
  MessageType,
  WireFile,
  WireVersion,
} from '../../protocol/messages.ts';
import { PROTOCOL } from '../../protocol/session.ts';
import { atEnd } from '../system/at-end.ts';
import { type Daemon, temporaryDirectory } from '../system/daemon.ts';
import { waitFor } from '../system/wait-for.ts';

/** An open session says this often that it is there. */
const ALIVE_MS = 8_000;
const DIAL_TIMEOUT_MS = 10_000;
/** Frames that are kept to be looked at; a flood of answers is counted only. */
const MAX_KEPT = 10_000;

/** The end of a connection, as the attacker sees it: the fatal ERROR that was said, if any. */
export interface Farewell {
  readonly code: string | undefined;
  readonly message: string;
}

export class MaliciousPeer {
  readonly identity: Identity;
  readonly hub: DeviceId;
  readonly port: number;
  /** One life of its index; its records are made in it. */
  readonly epoch = encodeBase32(randomBytes(10));
  readonly #t: TestContext;

  constructor(t: TestContext, identity: Identity, hub: DeviceId, port: number) {
    this.#t = t;
    this.identity = identity;
    this.hub = hub;
    this.port = port;
  }

  /** Is invited to the folder and joins, as an honest device would. */
  static async invited(t: TestContext, daemon: Daemon, folder: string, role = 'two-way'): Promise<MaliciousPeer> {
    const { device, addresses, secret } = parseInvitation(await daemon.ok('invite', folder, '--role', role));
    const address = addresses.at(-1);
    assert.ok(address);
    const peer = new MaliciousPeer(t, await someIdentity(t), device, address.port);
    const wire = await peer.connect();
    wire.send({ type: 'JOIN', secret, name: 'mallory', preview: false });
    await wire.heard('JOINED');
    await wire.ended;
    return peer;
  }

  /** A connection with a proved key on which nothing has been said. */
  async connect(): Promise<Wire> {
    const socket = await this.shakeHands();
    const wire = await Wire.over(this, socket);
    atEnd(this.#t, () => wire.cut());
    return wire;
  }

  /** TLS only. */
  async shakeHands(): Promise<TLSSocket> {
    const request = {
      host: '127.0.0.1',
      port: this.port,
      device: this.hub,
      limits: PEER_LIMITS,
      timeoutMs: DIAL_TIMEOUT_MS,
    };
    const socket = await dialTls(
      request,
      secureContext(this.identity.credentials),
      AbortSignal.timeout(DIAL_TIMEOUT_MS),
    );
    socket.on('error', () => socket.destroy());
    atEnd(this.#t, () => void socket.destroy());
    return socket;
  }

  /** The session is open, and stays. */
  async open(): Promise<Wire> {
    const wire = await this.connect();
    wire.send(this.hello());
    await wire.heard('HELLO');
    const timer = setInterval(() => wire.send({ type: 'PING', id: 0 }), ALIVE_MS);
    void wire.ended.then(() => clearInterval(timer));
    return wire;
  }

  /** The session is open, and both have said INDEX for the folder. */
  async openFolder(folder: string, index: Partial<Index> = {}): Promise<Wire> {
    const wire = await this.open();
    wire.send(this.index(folder, { reply: true, ...index }));
    await wire.heard('INDEX', (said) => said.folder === folder);
    return wire;
  }

  hello(): Message {
    const nowMs = Date.now();
    return { type: 'HELLO', protocol: PROTOCOL, program: 'mallory 1', name: 'mallory', boot: this.epoch, nowMs };
  }

  index(folder: string, more: Partial<Index> = {}): Index {
    return { type: 'INDEX', folder, epoch: this.epoch, seq: nextSeq(), entries: 1, reply: false, ...more };
  }

  /** What signs a record that this device made just now. */
  version(path: string, more: Partial<WireVersion> = {}): WireVersion {
    const nowMs = Date.now();
    const vector = [[this.epoch, nowMs]] as const;
    return { path, vector, origin: this.identity.device, maker: this.epoch, stamp: nowMs, mark: false, ...more };
  }

  file(path: string, content: string | Uint8Array, more: Partial<WireFile> = {}): WireFile {
    const size = Buffer.byteLength(content);
    const mtimeUs = `${Date.now()}000`;
    return { ...this.version(path), kind: 'file', size, sha256: sha256(content), mode: 0o644, mtimeUs, ...more };
  }

  /** A small file with its content. */
  update(folder: string, path: string, content: string, more: Partial<WireFile> = {}): Frame {
    const payload = Buffer.from(content);
    const record = this.file(path, content, more);
    const message = { type: 'FILE_UPDATE', folder, seq: nextSeq(), record, payload: payload.byteLength } as const;
    return { message, payload };
  }
}

/** One connection of a malicious peer. */
export class Wire {
  readonly websocket: WebSocket;
  readonly socket: TLSSocket;
  /** Resolves when the other end has ended it. */
  readonly ended: Promise<Farewell>;
  /** The last of what came. */
  readonly heardFrames: Frame[] = [];
  frames = 0;
  isOver = false;
  #farewell: ErrorMessage | undefined;

  private constructor(websocket: WebSocket, socket: TLSSocket) {
    this.websocket = websocket;
    this.socket = socket;
    websocket.on('message', (data) => this.#onMessage(data));
    const over = Promise.withResolvers<Farewell>();
    this.ended = over.promise;
    websocket.on('error', () => websocket.terminate());
    websocket.on('close', (_, reason) => {
      this.isOver = true;
      over.resolve({ code: this.#farewell?.code, message: this.#farewell?.message ?? reason.toString() });
    });
  }

  static async over(peer: MaliciousPeer, socket: TLSSocket): Promise<Wire> {
    const websocket = new WebSocket('wss://syncd/', {
      createConnection: () => socket,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: 64 << 20,
    });
    const wire = new Wire(websocket, socket);
    await waitFor(
      `${peer.identity.device} is connected`,
      () => websocket.readyState !== WebSocket.CONNECTING || wire.isOver,
    );
    return wire;
  }

  /** As an honest device would encode it; what it says may be anything. */
  send(message: Message, payload?: Uint8Array): void {
    this.raw(encode(message, payload));
  }

  sendFrame({ message, payload }: Frame): void {
    this.send(message, payload);
  }

  /** One WebSocket message of any bytes; a string is a text message. */
  raw(bytes: Uint8Array | string): void {
    if (this.websocket.readyState === WebSocket.OPEN) this.websocket.send(bytes);
  }

  /** JSON that no encoder would write, in a frame of its own. */
  json(text: string, payload?: Uint8Array): void {
    this.raw(rawFrame(text, payload));
  }

  /** Waits for a message of a type. */
  async heard<T extends MessageType>(
    type: T,
    is: (message: Extract<Message, { type: T }>) => boolean = () => true,
  ): Promise<Extract<Message, { type: T }>> {
    return waitFor(`${type} is said`, () => {
      const found = this.messages(type).find(is);
      if (found === undefined && this.isOver) throw new Error(`ended before ${type}: ${this.#farewell?.message}`);
      return found;
    });
  }

  messages<T extends MessageType>(type: T): Extract<Message, { type: T }>[] {
    return this.heardFrames.flatMap(({ message }) => (isOf(message, type) ? [message] : []));
  }

  /** The other end still answers here: PING comes back as PONG. */
  async answers(): Promise<void> {
    const id = Math.floor(Math.random() * 2 ** 40);
    this.send({ type: 'PING', id });
    await this.heard('PONG', (pong) => pong.id === id);
  }

  /** Waits until what was queued here has left for the network. */
  async flushed(): Promise<void> {
    await waitFor('the network takes it', () => this.isOver || this.websocket.bufferedAmount < 64 << 10);
  }

  cut(): void {
    this.websocket.terminate();
    this.socket.destroy();
  }

  #onMessage(data: WebSocket.RawData): void {
    assert.ok(data instanceof Uint8Array);
    for (const decoded of decodeMessage(data)) {
      assert.ok(decoded.kind === 'frame', `the daemon keeps to the protocol: ${JSON.stringify(decoded)}`);
      this.frames++;
      const { message } = decoded.frame;
      if (message.type === 'ERROR' && message.fatal) this.#farewell = message;
      this.heardFrames.push(decoded.frame);
      if (this.heardFrames.length > 2 * MAX_KEPT) this.heardFrames.splice(0, MAX_KEPT);
    }
  }
}

/** A frame with any JSON text, any payload, and any length before it. */
export function rawFrame(json: string | Uint8Array, payload: Uint8Array = new Uint8Array(0), length?: number): Buffer {
  const body = Buffer.from(json);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length ?? body.byteLength);
  return Buffer.concat([head, body, payload]);
}

/** The keys of a new device. */
export function someIdentity(t: TestContext): Promise<Identity> {
  return loadIdentity(new KeyFiles(temporaryDirectory(t)), keyMaker);
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A device that nobody knows. */
export function strangersId(): DeviceId {
  const id = parseDeviceId(encodeBase32(randomBytes(32)).slice(0, 52));
  assert.ok(id);
  return id;
}

let given = Date.now() * 1000;
/** Rises, as that of an honest device does. */
export function nextSeq(): number {
  return ++given;
}

/** The last that was given. */
export function lastSeq(): number {
  return given;
}

function isOf<T extends MessageType>(message: Message, type: T): message is Extract<Message, { type: T }> {
  return message.type === type;
}
