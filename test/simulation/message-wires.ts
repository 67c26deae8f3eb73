// Wires over which messages are handed as values: quicker than links of bytes, and without their sessions.
import type { DeviceId } from '../../daemon/core/ids.ts';
import type { SimulatedClock } from './clock.ts';
import { SeededRandom } from './random.ts';
import { type SimulatedDevice, deviceId } from './simulated-device.ts';
import { type Party, SimulatedSession } from './simulated-session.ts';
import { type OnMessages, type Wires, linkKey } from './wires.ts';

export interface MessageWireOptions {
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly links: readonly (readonly [number, number])[];
  readonly maxDelayMs: number;
  /** One announcement in so many is taken in twice. */
  readonly doubledOneIn?: number | undefined;
  readonly deviceOf: (device: number) => SimulatedDevice;
  readonly onMessages: OnMessages;
}

export class MessageWires implements Wires {
  readonly #options: MessageWireOptions;
  readonly #sessions = new Map<string, SimulatedSession>();
  readonly #cut = new Set<string>();

  constructor(options: MessageWireOptions) {
    this.#options = options;
  }

  heal(a: number, b: number): void {
    this.#cut.delete(linkKey(a, b));
    this.#connect(a, b);
  }

  /** Both sides are told: what else may happen to a connection is for links of bytes. */
  cut(a: number, b: number): void {
    this.#cut.add(linkKey(a, b));
    this.#sessions.get(linkKey(a, b))?.cut();
  }

  began(device: number): void {
    for (const [a, b] of this.#options.links) if (a === device || b === device) this.#connect(a, b);
  }

  ended(device: number): void {
    for (const [a, b] of this.#options.links)
      if (a === device || b === device) this.#sessions.get(linkKey(a, b))?.cut();
  }

  setReading(device: number, from: DeviceId, on: boolean): void {
    for (const [a, b] of this.#options.links)
      if ((a === device && deviceId(b) === from) || (b === device && deviceId(a) === from))
        this.#sessions.get(linkKey(a, b))?.setReading(deviceId(device), on);
  }

  get isWhole(): boolean {
    return this.#options.links.every(([a, b]) => this.#sessions.get(linkKey(a, b))?.isOpen === true);
  }

  end(): void {
    for (const session of this.#sessions.values()) session.cut();
  }

  #connect(a: number, b: number): void {
    const key = linkKey(a, b);
    if (this.#sessions.get(key)?.isOpen === true || this.#cut.has(key)) return;
    const { deviceOf, clock, random, onMessages } = this.#options;
    const [one, other] = [party(deviceOf(a)), party(deviceOf(b))];
    if (one === undefined || other === undefined) return;
    const onMessage: ConstructorParameters<typeof SimulatedSession>[5] = (kind, { from, to, text }) =>
      onMessages(from, to, () => `${kind} ${text()}`);
    const session = new SimulatedSession(one, other, clock, new SeededRandom(random.next()), this.#options, onMessage);
    this.#sessions.set(key, session);
  }
}

function party({ id, name, folder }: SimulatedDevice): Party | undefined {
  return folder === undefined ? undefined : { device: id, name, door: folder.door };
}
