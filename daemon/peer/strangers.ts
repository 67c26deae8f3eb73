// Connections that have not shown yet who they are: how many, and for how long. A stranger that stalls is closed at its
// deadline, which runs from accept; when there are too many, the oldest of the source that has most is closed, so that
// nobody can keep peers of other sources out.
import {
  HANDSHAKE_TIMEOUT_MS,
  MAX_DIGEST_BYTES,
  MAX_JOIN_BYTES,
  MAX_JSON_BYTES,
  MAX_STRANGERS,
} from '../../protocol/limits.ts';
import type { DeviceId } from '../core/ids.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Link } from '../ports/link.ts';
import type { Gate, Incoming, LinkLimits } from '../ports/network.ts';
import { PEER_LIMITS } from './dial.ts';

/** We send it one answer: a refusal, or what its right secret gives. */
const MAX_ANSWER_BYTES = MAX_JSON_BYTES + MAX_DIGEST_BYTES + (1 << 10);
const STRANGER_LIMITS: LinkLimits = { maxMessageBytes: MAX_JOIN_BYTES, maxQueuedBytes: MAX_ANSWER_BYTES };

export interface Arrival {
  readonly link: Link;
  /** IP address of the other end. */
  readonly source: string;
  /** Its key is that of a peer. */
  readonly paired: boolean;
  /** Monotonic: when it was accepted. */
  readonly startedMs: number;
  /** It has shown who it is, and is counted no longer. */
  known(): void;
}

export interface StrangersOptions {
  readonly clock: Clock;
  readonly isPeer: (device: DeviceId) => boolean;
  /** An invitation is open. */
  readonly mayJoin: () => boolean;
  readonly arrived: (arrival: Arrival) => void;
}

interface Stranger {
  readonly startedMs: number;
  readonly deadline: Timer;
}

export class Strangers implements Gate {
  readonly #options: StrangersOptions;
  /** In the order of their arrival. */
  readonly #strangers = new Map<Incoming, Stranger>();
  readonly #paired = new WeakSet<Incoming>();

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#strangers.size;
  }

  accepted(incoming: Incoming): boolean {
    const { clock } = this.#options;
    if (this.#strangers.size >= MAX_STRANGERS) this.#closeOne();
    const deadline = clock.after(HANDSHAKE_TIMEOUT_MS, () => incoming.close());
    this.#strangers.set(incoming, { startedMs: clock.monotonicMs(), deadline });
    return true;
  }

  proved(incoming: Incoming, device: DeviceId): LinkLimits | undefined {
    if (this.#options.isPeer(device)) {
      this.#paired.add(incoming);
      return PEER_LIMITS;
    }
    return this.#options.mayJoin() ? STRANGER_LIMITS : undefined;
  }

  opened(incoming: Incoming, link: Link): void {
    const { arrived, clock } = this.#options;
    arrived({
      link,
      source: incoming.source,
      paired: this.#paired.has(incoming),
      startedMs: this.#strangers.get(incoming)?.startedMs ?? clock.monotonicMs(),
      known: () => this.closed(incoming),
    });
  }

  /** Gone, or known. */
  closed(incoming: Incoming): void {
    this.#strangers.get(incoming)?.deadline.cancel();
    this.#strangers.delete(incoming);
  }

  closeAll(): void {
    for (const incoming of [...this.#strangers.keys()]) this.#close(incoming);
  }

  #closeOne(): void {
    const bySource = Map.groupBy(this.#strangers.keys(), (one) => one.source);
    const most = [...bySource.values()].reduce((a, b) => (b.length > a.length ? b : a));
    const [oldest] = most;
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(incoming: Incoming): void {
    this.closed(incoming);
    incoming.close();
  }
}
