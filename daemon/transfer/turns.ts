// Whose content goes next, one way: all folders and peers of this device wait here for their turn. Peers share evenly, the
// folders of a peer by their priority, and none goes beyond a limit. Without limits a turn comes at once, as long as
// the peer takes what it is given.
import { type Bandwidth, type Direction, UNLIMITED, isLimited, rateAt } from '../core/bandwidth.ts';
import { FairShare } from '../core/fair-share.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { Priority } from '../core/settings.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import type { Clock, Timer } from '../ports/clock.ts';

/** What is set, as far as content is concerned. */
export interface TrafficSettings {
  readonly all: Bandwidth;
  readonly peers: ReadonlyMap<DeviceId, Bandwidth>;
  readonly folders: ReadonlyMap<FolderName, { readonly bandwidth: Bandwidth; readonly priority: Priority }>;
}

/** Something that waits for its turn. */
export interface Turn {
  readonly folder: FolderName;
  readonly device: DeviceId;
  /** What the peer has still to take: above a bound it gets no turn. Undefined: nobody needs it any more. */
  queuedBytes(): number | undefined;
  /** Answers with the bytes that it took. May be called at once. */
  run(): number | Promise<number>;
  /** It goes on with what has begun: before those that wait. */
  readonly goesOn?: boolean;
  /** How the peer means it, beside what is set here. */
  priority?(): Priority;
}

export const WEIGHTS: Readonly<Record<Priority, number>> = { high: 16, normal: 4, low: 1 };
/** Above this a peer is given nothing until it has taken what is queued. */
const QUEUE_BYTES = 1 << 20;
/** With a limit, one turn is to take no longer than this part of a second, so that others come to theirs. */
const TURN_S = 0.2;
const LEAST_TURN_BYTES = 2 << 10;
/** A turn that takes longer waits for a disk that does not answer, and keeps others back no more. */
const STUCK_MS = 2_000;
/** Limits may depend on the time of day; and a wall clock may be set. */
const LOOK_AGAIN_MS = 1_000;
/** Turns of one folder and peer that wait; beyond it those that nobody needs any more are let go. */
const MANY = 1024;
const UNLIMITED_BUCKETS: readonly TokenBucket[] = [];

/** The turns of one folder with one peer, in their order. */
interface Flow {
  readonly folder: FolderName;
  readonly device: DeviceId;
  turns: Turn[];
}

export class Turns {
  readonly #clock: Clock;
  readonly #direction: Direction;
  #settings: TrafficSettings = { all: UNLIMITED, peers: new Map(), folders: new Map() };
  readonly #flows = new Map<string, Flow>();
  /** Those that have turns. */
  readonly #waiting = new Set<Flow>();
  /** Turns that are under way, and since when: monotonic ms. */
  readonly #underWay = new Map<DeviceId, Map<Turn, number>>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #peers = new FairShare<DeviceId>();
  readonly #folders = new Map<DeviceId, FairShare<Flow>>();
  /** Somebody is limited at some time. */
  #isAnyLimited = false;
  #ratesMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #giving = false;

  constructor(clock: Clock, direction: Direction) {
    this.#clock = clock;
    this.#direction = direction;
  }

  configure(settings: TrafficSettings): void {
    this.#settings = settings;
    const limits = [
      settings.all,
      ...settings.peers.values(),
      ...[...settings.folders.values()].map((one) => one.bandwidth),
    ];
    this.#isAnyLimited = limits.some((limit) => isLimited(limit, this.#direction));
    this.#ratesMs = Number.NEGATIVE_INFINITY;
    this.#peers.keep((device) => settings.peers.has(device));
    for (const device of this.#folders.keys()) if (!settings.peers.has(device)) this.#folders.delete(device);
    for (const [key, flow] of this.#flows)
      if (flow.turns.length === 0 && !(settings.folders.has(flow.folder) && settings.peers.has(flow.device)))
        this.#flows.delete(key);
    this.give();
  }

  add(turn: Turn): void {
    const { folder, device } = turn;
    const key = `${device} ${folder}`;
    const flow = this.#flows.get(key) ?? { folder, device, turns: [] };
    this.#flows.set(key, flow);
    if (flow.turns.length >= MANY) flow.turns = flow.turns.filter((one) => one.queuedBytes() !== undefined);
    if (turn.goesOn === true) flow.turns.unshift(turn);
    else flow.turns.push(turn);
    this.#waiting.add(flow);
    this.give();
  }

  /** A limit holds for this folder or peer, at some time. */
  isLimited(folder: FolderName, device?: DeviceId): boolean {
    if (!this.#isAnyLimited) return false;
    const { all, peers, folders } = this.#settings;
    const limits = [all, folders.get(folder)?.bandwidth, device && peers.get(device)];
    return limits.some((limit) => limit !== undefined && isLimited(limit, this.#direction));
  }

  /** What one turn may take at most: bytes. */
  portionOf(folder: FolderName, device: DeviceId): number {
    return Math.max(LEAST_TURN_BYTES, this.rateOf(folder, device) * TURN_S);
  }

  /** What the limits leave at this time: bytes in a second, Infinity where there are none. */
  rateOf(folder: FolderName, device: DeviceId): number {
    return Math.min(...this.#bucketsOf(folder, device).map((bucket) => bucket.rate));
  }

  /** Something small may go without a turn. */
  isFree(folder: FolderName, device: DeviceId): boolean {
    return this.#readyInMs(folder, device) === 0;
  }

  /** It went without a turn. */
  spent(folder: FolderName, device: DeviceId, bytes: number): void {
    const nowMs = this.#clock.monotonicMs();
    for (const bucket of this.#bucketsOf(folder, device)) bucket.spend(bytes, nowMs);
  }

  /** Gives turns to all who may have one. To be called when a peer has taken what it was given. */
  give(): void {
    if (this.#giving) return; // whose turn it is has added one
    if (this.#waiting.size === 0 && this.#timer === undefined) return;
    this.#giving = true;
    try {
      for (let flow = this.#next(); flow !== undefined; flow = this.#next()) this.#run(flow);
    } finally {
      this.#giving = false;
    }
    this.#wakeLater();
  }

  #next(): Flow | undefined {
    const able = [...this.#waiting].filter((flow) => this.#isAble(flow));
    const device = this.#peers.choose(new Set(able.map((flow) => flow.device)));
    return device && this.#sharesOf(device).choose(able.filter((flow) => flow.device === device));
  }

  #isAble(flow: Flow): boolean {
    const { folder, device } = flow;
    while (flow.turns[0] !== undefined && flow.turns[0].queuedBytes() === undefined) flow.turns.shift();
    const queued = flow.turns[0]?.queuedBytes();
    if (queued === undefined) this.#waiting.delete(flow);
    if (queued === undefined || queued > QUEUE_BYTES) return false;
    return !this.#isBusy(device) && this.#readyInMs(folder, device) === 0;
  }

  #isBusy(device: DeviceId): boolean {
    const nowMs = this.#clock.monotonicMs();
    return [...(this.#underWay.get(device)?.values() ?? [])].some((sinceMs) => nowMs - sinceMs < STUCK_MS);
  }

  #run(flow: Flow): void {
    const turn = flow.turns.shift();
    if (turn === undefined) return;
    const taken = turn.run();
    if (typeof taken === 'number') return this.#took(flow, turn, taken);
    const underWay = this.#underWay.get(flow.device) ?? new Map<Turn, number>();
    this.#underWay.set(flow.device, underWay.set(turn, this.#clock.monotonicMs()));
    const ended = (bytes: number): void => {
      underWay.delete(turn);
      this.#took(flow, turn, bytes);
      this.give();
    };
    // Who runs tells of failures itself.
    taken.then(ended, () => ended(0));
  }

  #took(flow: Flow, turn: Turn, bytes: number): void {
    const { folder, device } = flow;
    const own = this.#settings.folders.get(folder)?.priority ?? 'normal';
    const weight = WEIGHTS[own] * WEIGHTS[turn.priority?.() ?? 'normal'];
    this.spent(folder, device, bytes);
    this.#peers.served(device, bytes, 1);
    this.#sharesOf(device).served(flow, bytes, weight);
  }

  #sharesOf(device: DeviceId): FairShare<Flow> {
    const shares = this.#folders.get(device) ?? new FairShare();
    this.#folders.set(device, shares);
    return shares;
  }

  #readyInMs(folder: FolderName, device: DeviceId): number {
    const nowMs = this.#clock.monotonicMs();
    return Math.max(0, ...this.#bucketsOf(folder, device).map((bucket) => bucket.readyInMs(nowMs)));
  }

  /** Of the whole device, the peer and the folder, at the rates of this time of day. */
  #bucketsOf(folder: FolderName, device: DeviceId): readonly TokenBucket[] {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#ratesMs >= LOOK_AGAIN_MS) this.#readRates(nowMs);
    if (this.#buckets.size === 0) return UNLIMITED_BUCKETS;
    return ['all', `peer ${device}`, `folder ${folder}`].flatMap((key) => this.#buckets.get(key) ?? []);
  }

  #readRates(nowMs: number): void {
    this.#ratesMs = nowMs;
    const { all, peers, folders } = this.#settings;
    const limited = new Set<string>();
    const wallMs = this.#clock.nowMs();
    const set = (key: string, bandwidth: Bandwidth): void => {
      if (!isLimited(bandwidth, this.#direction)) return;
      const bucket = this.#buckets.get(key) ?? new TokenBucket();
      this.#buckets.set(key, bucket);
      limited.add(key);
      bucket.setRate(rateAt(bandwidth, this.#direction, wallMs), nowMs);
    };
    set('all', all);
    for (const [device, bandwidth] of peers) set(`peer ${device}`, bandwidth);
    for (const [folder, { bandwidth }] of folders) set(`folder ${folder}`, bandwidth);
    for (const key of this.#buckets.keys()) if (!limited.has(key)) this.#buckets.delete(key);
  }

  /** For those who wait for a limit, or behind a turn that does not end: nobody else comes to wake them. */
  #wakeLater(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const dueMs = [...this.#waiting].flatMap(({ folder, device }) => {
      const readyMs = this.#readyInMs(folder, device);
      return readyMs > 0 ? [readyMs] : this.#isBusy(device) ? [STUCK_MS] : [];
    });
    if (dueMs.length === 0) return;
    this.#timer = this.#clock.after(Math.min(LOOK_AGAIN_MS, ...dueMs), () => this.give());
  }
}
