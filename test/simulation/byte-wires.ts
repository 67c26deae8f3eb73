// Links of bytes between the processes of a world. A message takes its time, and is lost when the connection is cut.
import { CodedError } from '../../protocol/errors.ts';
import type { DeviceId } from '../../daemon/core/ids.ts';
import type { Link } from '../../daemon/ports/link.ts';
import type { DialRequest } from '../../daemon/ports/network.ts';
import type { SimulatedClock } from './clock.ts';
import type { SeededRandom } from './random.ts';
import { deviceId } from './simulated-device.ts';
import type { SimulatedHost } from './simulated-host.ts';
import { type SimulatedConnection, connectDevices } from './simulated-link.ts';
import { type Cut, type OnMessages, type ProcessEnd, type Wires, linkKey } from './wires.ts';

/** A message that is longer is not only a sign of life. */
const SIGN_OF_LIFE_BYTES = 120;

interface Connected {
  readonly connection: SimulatedConnection;
  /** Who holds which end. */
  readonly devices: readonly [number, number];
}

export interface ByteWireOptions {
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly links: readonly (readonly [number, number])[];
  readonly maxDelayMs: number;
  readonly hostOf: (device: number) => SimulatedHost | undefined;
  readonly onMessages: OnMessages;
}

export class ByteWires implements Wires {
  readonly #options: ByteWireOptions;
  readonly #cut = new Set<string>();
  #connected: Connected[] = [];
  #made = 0;

  constructor(options: ByteWireOptions) {
    this.#options = options;
  }

  heal(a: number, b: number): void {
    this.#cut.delete(linkKey(a, b));
    this.#wake(a, b);
  }

  cut(a: number, b: number, how: Cut): void {
    this.#cut.add(linkKey(a, b));
    for (const { connection } of this.#between(a, b)) {
      if (how === 'reset') connection.cut();
      else if (how === 'black hole') connection.swallow();
      else connection.cutAt(this.#options.random.oneIn(2) ? 0 : 1);
    }
  }

  began(device: number): void {
    for (const [a, b] of this.#options.links) if (a === device || b === device) this.#wake(a, b);
  }

  ended(device: number, how: ProcessEnd): void {
    for (const { connection, devices } of this.#connected) {
      const end = devices[0] === device ? 0 : 1;
      if (devices[end] !== device) continue;
      if (how === 'powerless') connection.swallow();
      connection.abandon(end);
      if (how !== 'powerless') connection.cutAt(end === 0 ? 1 : 0);
    }
    this.#connected = this.#connected.filter(({ devices }) => !devices.includes(device));
  }

  setReading(device: number, from: DeviceId, on: boolean): void {
    this.#options.hostOf(device)?.backpressure.setReading(from, on);
  }

  get isWhole(): boolean {
    this.#connected = this.#connected.filter(({ connection }) => connection.isWhole);
    const { links, hostOf } = this.#options;
    return links.every(([a, b]) => {
      const [here, there] = [hostOf(a)?.connectionWith(deviceId(b)), hostOf(b)?.connectionWith(deviceId(a))];
      return here === there && this.#between(a, b).some(({ connection }) => connection.ends[0].address === here);
    });
  }

  end(): void {
    for (const { connection } of this.#connected) {
      connection.abandon(0);
      connection.abandon(1);
    }
  }

  /** ports/network, for the process of one device. */
  dial(from: number, { device }: DialRequest): Promise<Link> {
    const { clock, random, maxDelayMs } = this.#options;
    const to = this.#numberOf(device);
    const delayMs = (): number => random.below(maxDelayMs + 1);
    return new Promise((resolve, reject) => {
      clock.after(1 + delayMs(), () => {
        const host = this.#options.hostOf(to);
        const caller = this.#options.hostOf(from);
        if (host === undefined || caller === undefined || this.#cut.has(linkKey(from, to)))
          return reject(new CodedError('E_UNREACHABLE', 'nobody answers'));
        const connection = connectDevices(clock, [deviceId(from), device], {
          latencyMs: delayMs,
          address: `simulated:${++this.#made}`,
        });
        this.#connected.push({ connection, devices: [from, to] });
        const [near, far] = connection.ends;
        host.arrived(this.#watched(connection, far, to, from));
        resolve(this.#watched(connection, near, from, to));
      });
    });
  }

  #watched(connection: SimulatedConnection, link: Link, from: number, to: number): Link {
    const send = link.send.bind(link);
    link.send = (message) => {
      // What is said to nobody is no message.
      if (connection.isWhole && !isSignOfLife(message))
        this.#options.onMessages(`${from}`, `${to}`, () => framesOf(message).map(tellFrame).join('; '));
      send(message);
    };
    return link;
  }

  #wake(a: number, b: number): void {
    this.#options.hostOf(a)?.wake(deviceId(b));
    this.#options.hostOf(b)?.wake(deviceId(a));
  }

  #between(a: number, b: number): Connected[] {
    return this.#connected.filter(({ devices }) => devices.includes(a) && devices.includes(b));
  }

  #numberOf(device: DeviceId): number {
    return this.#options.links.flat().find((number) => deviceId(number) === device) ?? -1;
  }
}

function isSignOfLife(message: Uint8Array): boolean {
  if (message.length > SIGN_OF_LIFE_BYTES) return false;
  return framesOf(message).every(({ type }) => type === 'PING' || type === 'PONG');
}

/** The JSON of each frame, without the checks that the other side makes. */
function framesOf(message: Uint8Array): { readonly type: string }[] {
  const frames: { readonly type: string }[] = [];
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at < message.length;) {
    const end = at + 4 + view.getUint32(at);
    const text = new TextDecoder().decode(message.subarray(at + 4, end));
    const frame = JSON.parse(text) as { readonly type: string; readonly payload?: number };
    frames.push(frame);
    at = end + (frame.payload ?? 0);
  }
  return frames;
}

function tellFrame(frame: { readonly type: string }): string {
  return JSON.stringify(frame).slice(0, 400);
}
