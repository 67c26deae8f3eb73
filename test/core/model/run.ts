// Runs a case of the model to its end, in an order that follows from a number, and says what did not hold.
import type { Sha256 } from '../../../daemon/core/ids.ts';
import type { RelativePath } from '../../../daemon/core/path.ts';
import { looksSame } from '../../../daemon/core/observation.ts';
import { type FileRecord, newVersion, sameEntry, sameLost } from '../../../daemon/core/record.ts';
import { relate } from '../../../daemon/core/version-vector.ts';
import { BASE_MS, type ModelCase } from './case.ts';
import { ModelDevice, tellRecord } from './device.ts';
import { unexpected, unlisted } from './expected.ts';
import { Numbers } from './numbers.ts';
import { type Node, contentOf } from './tree.ts';
import { type Act, act, tellAct } from './user.ts';

const LETTERS = ['A', 'B', 'C', 'D'];
/** More turns than this between few devices about few paths are without end. */
const MAX_TURNS = 5000;
const ABSENT = { kind: 'absent' } as const;

export class ModelRun {
  readonly devices: readonly ModelDevice[];
  readonly #case: ModelCase;
  readonly #numbers: Numbers;
  readonly #neighbours: readonly (readonly number[])[];
  /** What is on the way, by receiver and sender. */
  readonly #queues: readonly (readonly FileRecord[][])[];
  readonly #late: (readonly [device: number, act: Act])[] = [];
  #isPatient = true;
  /** Contents that must be somewhere. */
  readonly #needed = new Set<string>();
  readonly #say: ((what: string) => void) | undefined;

  constructor(what: ModelCase, schedule: number, say?: (what: string) => void) {
    this.#case = what;
    this.#numbers = new Numbers(schedule);
    this.#say = say;
    const all = Array.from({ length: what.devices }, (_, i) => i);
    this.#neighbours = all.map((i) => what.links.flatMap(([a, b]) => (a === i ? [b] : b === i ? [a] : [])));
    this.#queues = all.map(() => all.map(() => []));
    this.devices = all.map(
      (i) =>
        new ModelDevice(LETTERS[i] ?? 'Z', i === 0, what.clocks[i] ?? BASE_MS, BASE_MS, {
          announce: (record, exceptTo) => this.#announce(i, record, exceptTo),
          isCaughtUp: () => this.#queues[i]?.every((queue) => queue.length === 0) ?? true,
          isPatient: () => this.#isPatient,
          hasContent: (sha256) => this.#isInSomeTree(sha256),
          say: say === undefined ? undefined : (text) => say(`${i} ${text}`),
        }),
    );
    this.#layBase();
  }

  /** Undefined when all held. */
  run(): string | undefined {
    for (const { device, act: what, late } of this.#case.deeds) {
      if (late) this.#late.push([device, what]);
      else this.#act(device, what);
    }
    const trees = this.devices.map(({ tree }) => new Map(tree.nodes));
    this.devices.forEach((device, i) => {
      if (this.#case.scanLate.includes(i)) device.isTouched = true;
      else device.scan();
    });
    return this.#talk() ?? this.#problem() ?? this.#unexpected(trees);
  }

  #layBase(): void {
    const { base, baseBy, buried } = this.#case;
    const maker = baseBy === undefined ? undefined : this.#device(baseBy).context.maker;
    const records =
      maker === undefined
        ? []
        : [...base, ...buried.map((path) => [path, ABSENT] as const)].map(([path, entry]) =>
            newVersion(path, entry, [], maker, BASE_MS, 1),
          );
    for (const { tree, rows } of this.devices) {
      for (const [path, entry] of base) tree.set(path, entry);
      for (const record of records) rows.set(record.path, { record, seen: tree.nodes.get(record.path)?.seen });
    }
    for (const [, entry] of base) {
      const content = contentOf(entry);
      if (content !== undefined) this.#needed.add(content);
    }
  }

  #device(number: number): ModelDevice {
    const device = this.devices[number];
    if (device === undefined) throw new Error(`there is no device ${number}`);
    return device;
  }

  #act(number: number, what: Act): void {
    const device = this.#device(number);
    this.#say?.(`${number} user: ${tellAct(what)}`);
    const gone = act(device.tree, what, device.context.nowMs);
    device.isTouched = true;
    for (const { entry } of device.tree.nodes.values()) {
      const content = contentOf(entry);
      if (content !== undefined) this.#needed.add(content);
    }
    for (const content of gone) if (!this.devices.some(({ tree }) => tree.has(content))) this.#needed.delete(content);
  }

  #announce(from: number, record: FileRecord, exceptTo: readonly number[]): void {
    for (const to of this.#neighbours[from] ?? []) {
      if (exceptTo.includes(to)) continue;
      const queue = this.#queues[to]?.[from];
      if (queue === undefined) continue;
      if (this.#case.overtakes) {
        const before = queue.findIndex(({ path }) => path === record.path);
        if (before >= 0) queue.splice(before, 1);
      }
      queue.push(record);
    }
  }

  #isInSomeTree(sha256: Sha256): boolean {
    for (const { tree } of this.devices)
      for (const { entry } of tree.nodes.values()) if (entry.kind === 'file' && entry.sha256 === sha256) return true;
    return false;
  }

  /** Whatever can happen happens, one thing after the other, until nothing is left. */
  #talk(): string | undefined {
    const { length } = this.devices;
    let idle = 0;
    for (let turn = 0; ; turn++) {
      if (turn > MAX_TURNS) return 'I2: no end of announcements';
      const at = this.#numbers.below(length);
      if (this.#turnOf(at, idle > 0)) idle = 0;
      else if (++idle > 2) {
        // Luck has not found anything: is there anything?
        let worked = false;
        for (let i = 0; i < length; i++) worked = this.#turnOf(i, true) || worked;
        if (!worked && !this.#isPatient) return undefined;
        this.#isPatient = worked;
        idle = 0;
      }
    }
  }

  /** False when there was nothing for this device to do. `all`: not only what luck says. */
  #turnOf(at: number, all: boolean): boolean {
    const device = this.#device(at);
    const late = this.#late[0];
    if (late !== undefined && (all || this.#numbers.oneIn(4))) {
      this.#late.shift();
      this.#act(late[0], late[1]);
      return true;
    }
    if (device.isTouched && (all || this.#numbers.oneIn(3))) {
      device.scan();
      return true;
    }
    let worked = false;
    const queues = this.#queues[at] ?? [];
    for (let from = 0; from < queues.length; from++) {
      const queue = queues[from];
      if (queue === undefined || queue.length === 0) continue;
      for (let left = 1 + this.#numbers.below(queue.length); left > 0; left--) {
        const record = queue.shift();
        if (record === undefined) break;
        this.#say?.(`${at} hears of ${tellRecord(record)} from ${from}`);
        device.receive(record, from);
        worked = true;
      }
      if (!all) return worked;
    }
    if (device.wants.size === 0 || (!all && this.#numbers.oneIn(3))) return worked;
    const paths = [...device.wants.keys()];
    const some = all || this.#numbers.below(4) > 0 ? paths : [this.#numbers.pick(paths)];
    return device.carryOut(some) || worked;
  }

  #problem(): string | undefined {
    const [first, ...rest] = this.devices;
    if (first === undefined) return undefined;
    for (const { broken, wants } of this.devices) {
      if (broken[0] !== undefined) return broken[0];
      for (const [path, { record }] of wants) return `I2: ${path} stays wanted: ${tellRecord(record)}`;
    }
    for (const other of rest) {
      const problem = differenceOf(first, other);
      if (problem !== undefined) return problem;
    }
    for (const [path, { record, seen }] of first.rows) {
      const node = first.tree.nodes.get(path);
      if ((node !== undefined && !looksSame(seen, node.seen)) || !sameEntry(node?.entry ?? ABSENT, record.entry))
        return `I2: ${path} is not as its record says`;
    }
    for (const path of first.tree.nodes.keys()) {
      if (!first.rows.has(path)) return `I6: ${path} has no record`;
      if (!first.tree.hasParent(path)) return `${path} hangs in the air`;
    }
    for (const content of this.#needed)
      if (!this.devices.some(({ tree }) => tree.has(content))) return `I1: lost ${content.replace(/^0+/, '')}`;
    return this.#again();
  }

  #unexpected(trees: readonly ReadonlyMap<RelativePath, Node>[]): string | undefined {
    const { tree, rows } = this.#device(0);
    if (this.#case.deeds.some(({ late }) => late)) return undefined;
    return unexpected(this.#case, trees, tree.nodes) ?? unlisted(this.#case, trees, rows);
  }

  /** I14: what everybody has heard already, and a look at what everybody has seen, change nothing. */
  #again(): string | undefined {
    for (const device of this.devices)
      for (const from of this.devices) {
        if (from === device) continue;
        for (const { record } of from.rows.values()) device.receive(record, 0);
      }
    for (const device of this.devices) device.scan();
    const isQuiet = this.#queues.every((queues) => queues.every((queue) => queue.length === 0));
    if (isQuiet && this.devices.every(({ wants }) => wants.size === 0)) return undefined;
    return 'I14: what was known already was news';
  }
}

function differenceOf(one: ModelDevice, other: ModelDevice): string | undefined {
  if (one.rows.size !== other.rows.size) return `I2: ${one.rows.size} records, and ${other.rows.size}`;
  for (const [path, { record: a }] of one.rows) {
    const b = other.rows.get(path)?.record;
    if (b === undefined) return `I2: only one knows of ${path}`;
    if (a === b) continue;
    if (!sameEntry(a.entry, b.entry)) return `I2: ${tellRecord(a)}, and ${tellRecord(b)}`;
    if (relate(a.vector, b.vector) !== 'equal') return `I2: vectors differ: ${tellRecord(a)}, and ${tellRecord(b)}`;
    if (!sameLost(a.lost, b.lost)) return `I2: the lists of losers of ${path} differ`;
  }
  return undefined;
}
