// Two ends of one connection in memory: messages take time, wait where nobody reads, and are lost when it is cut.
import type { DeviceId } from '../../daemon/core/ids.ts';
import type { Clock } from '../../daemon/ports/clock.ts';
import type { Link } from '../../daemon/ports/link.ts';

const DRAINED_BYTES = 256 << 10;

export interface SimulatedConnection {
  /** The end that each of the two devices holds. */
  readonly ends: readonly [Link, Link];
  /** Ends it for both, as a reset does; what is under way is lost. */
  cut(): void;
  /** From now on nothing arrives any more, and nobody is told. */
  swallow(): void;
  /** Nothing arrives any more, and one end alone is told. */
  cutAt(end: 0 | 1): void;
  /** Whoever held this end is no more: it is told nothing. */
  abandon(end: 0 | 1): void;
  /** Both ends are held, and what is sent arrives. */
  readonly isWhole: boolean;
}

export interface Weather {
  /** How long a message takes; none overtakes another. */
  readonly latencyMs: number | (() => number);
  /** More queued than this ends it with E_PEER_SLOW. */
  readonly maxQueuedBytes: number;
  /** What both ends say of where the other one is. */
  readonly address: string;
}

/** A connection between two devices: each end says that the other device is there. */
export function connectDevices(
  clock: Clock,
  devices: readonly [DeviceId, DeviceId],
  weather: Partial<Weather> = {},
): SimulatedConnection {
  const conditions: Weather = { latencyMs: 1, maxQueuedBytes: 12 << 20, address: 'simulated:0', ...weather };
  const [near, far] = devices;
  const one = new SimulatedEnd(clock, far, conditions);
  const two = new SimulatedEnd(clock, near, conditions);
  one.joinTo(two);
  two.joinTo(one);
  return {
    ends: [one, two],
    cut: () => {
      one.lose('the connection was cut');
      two.lose('the connection was cut');
    },
    swallow: () => {
      one.swallow();
      two.swallow();
    },
    cutAt: (end) => {
      one.swallow();
      two.swallow();
      (end === 0 ? one : two).lose('the connection was cut');
    },
    abandon: (end) => (end === 0 ? one : two).abandon(),
    get isWhole() {
      return one.isWhole && two.isWhole;
    },
  };
}

class SimulatedEnd implements Link {
  readonly device: DeviceId;
  readonly address: string;
  readonly #clock: Clock;
  readonly #weather: Weather;
  #other: SimulatedEnd | undefined;
  /** Sent, and not taken by the other end yet. */
  #queuedBytes = 0;
  #receivedBytes = 0;
  #full = false;
  /** Arrived, and not read: there is no receiver, or it does not read. */
  #inbox: Uint8Array[] = [];
  #reading = true;
  #swallowing = false;
  #lastDueMs = 0;
  #reason: string | undefined;
  #gone = false;
  #receive: ((message: Uint8Array) => void) | undefined;
  #ended: ((reason: string) => void) | undefined;
  #drained: (() => void) | undefined;

  constructor(clock: Clock, device: DeviceId, weather: Weather) {
    this.#clock = clock;
    this.device = device;
    this.address = weather.address;
    this.#weather = weather;
  }

  joinTo(other: SimulatedEnd): void {
    this.#other = other;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  send(message: Uint8Array): void {
    if (this.#reason !== undefined) return;
    // The sender may use its buffer again.
    const copy = message.slice();
    this.#queuedBytes += copy.byteLength;
    if (this.#queuedBytes >= DRAINED_BYTES) this.#full = true;
    if (this.#queuedBytes > this.#weather.maxQueuedBytes)
      return this.terminate(`E_PEER_SLOW: ${this.#queuedBytes} bytes wait to be sent`);
    this.#travel(() => this.#other?.arrive(copy));
  }

  onMessage(receive: (message: Uint8Array) => void): void {
    this.#receive = receive;
    this.#read();
  }

  onEnd(ended: (reason: string) => void): void {
    this.#ended = ended;
    if (this.#gone) queueMicrotask(() => ended(this.#reason ?? 'ended'));
  }

  onDrain(drained: () => void): void {
    this.#drained = drained;
  }

  setReading(on: boolean): void {
    this.#reading = on;
    this.#read();
  }

  close(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    // Behind what was sent before.
    this.#travel(() => {
      this.#other?.lose('the other end closed the connection');
      this.lose(reason);
    });
    this.#clock.after(2_000, () => this.lose(reason));
  }

  terminate(reason: string): void {
    this.#reason ??= reason;
    this.#travel(() => this.#other?.lose('the other end closed the connection'));
    this.#clock.after(0, () => this.lose(reason));
  }

  arrive(message: Uint8Array): void {
    if (this.#gone) return;
    this.#receivedBytes += message.byteLength;
    this.#inbox.push(message);
    this.#read();
  }

  lose(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#reason ??= reason;
    this.#ended?.(this.#reason);
  }

  swallow(): void {
    this.#swallowing = true;
  }

  abandon(): void {
    this.#gone = true;
    this.#reason ??= 'nobody is there';
    this.#receive = this.#ended = this.#drained = undefined;
  }

  get isWhole(): boolean {
    return !this.#gone && !this.#swallowing && this.#reason === undefined;
  }

  #travel(arrive: () => void): void {
    const { latencyMs } = this.#weather;
    const nowMs = this.#clock.monotonicMs();
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + (typeof latencyMs === 'number' ? latencyMs : latencyMs()));
    this.#clock.after(this.#lastDueMs - nowMs, () => {
      if (!this.#swallowing) arrive();
    });
  }

  #read(): void {
    while (this.#reading && this.#receive !== undefined && this.#reason === undefined) {
      const message = this.#inbox.shift();
      if (message === undefined) return;
      this.#other?.taken(message.byteLength);
      this.#receive(message);
    }
  }

  taken(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (!this.#full || this.#queuedBytes >= DRAINED_BYTES || this.#reason !== undefined) return;
    this.#full = false;
    this.#clock.after(0, () => this.#drained?.());
  }
}
