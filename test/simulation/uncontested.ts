// What must be at a path when all is at rest, where it can be said without knowing how conflicts are decided: what nobody
// has touched since the last rest is as it was then, and what the users of one device alone have touched is as they left it.
import type { SimulatedDevice } from './simulated-device.ts';
import { ROOT } from './simulated-device.ts';

export class Uncontested {
  #before: ReadonlyMap<string, string> = new Map();
  readonly #touched = new Map<string, Set<SimulatedDevice>>();
  readonly #left = new Map<string, string | undefined>();
  readonly #removed = new Set<string>();
  /** On which devices users have made something there, that have lost nothing since. */
  readonly #made = new Map<string, Set<SimulatedDevice>>();
  #doubted = false;

  /** A user of this device has made, changed or removed what is there; called when it is done. */
  touch(device: SimulatedDevice, path: string): void {
    addTo(this.#touched, path, [device]);
    const words = device.fs.user.wordsAt(ROOT, path);
    this.#left.set(path, words);
    if (words !== undefined) addTo(this.#made, path, [device]);
  }

  /** Some user has removed this, or moved it away. */
  remove(path: string): void {
    this.#removed.add(path);
  }

  /** What this device had alone may be lost. */
  anew(device: SimulatedDevice): void {
    for (const devices of this.#made.values()) devices.delete(device);
    this.doubtAll();
  }

  doubtAll(): void {
    this.#doubted = true;
  }

  rest(tree: ReadonlyMap<string, string>): void {
    this.#before = tree;
    this.#touched.clear();
    this.#left.clear();
    this.#removed.clear();
    this.#made.clear();
    this.#doubted = false;
  }

  problems(tree: ReadonlyMap<string, string>, gone: ReadonlySet<string>): string[] {
    const made = [...this.#made].filter(([, devices]) => devices.size > 0).map(([path]) => path);
    const vanished = [...this.#before.keys(), ...made].filter(
      (path) => !tree.has(path) && !this.#removed.has(path) && !gone.has(path),
    );
    // Whatever a disk or an index has lost: somebody else had it, and nobody has removed it.
    if (this.#doubted) return vanished.map((path) => `I4: ${path} is gone, and no user removed it`);
    const below = new Map<string, Set<SimulatedDevice>>();
    for (const [path, devices] of this.#touched) for (const above of ancestors(path)) addTo(below, above, devices);
    const problems: string[] = [];
    for (const path of new Set([...this.#before.keys(), ...this.#touched.keys(), ...tree.keys()])) {
      const touchers = new Set(below.get(path));
      for (const one of [path, ...ancestors(path)])
        for (const device of this.#touched.get(one) ?? []) touchers.add(device);
      if (touchers.size > 1) continue;
      const must = this.#left.has(path) ? this.#left.get(path) : this.#before.get(path);
      const is = tree.get(path);
      if (is === must) continue;
      const [only] = touchers;
      const who = only === undefined ? 'nobody' : `users of ${only.name} alone`;
      problems.push(`I2, I3, I4: ${path} is ${is?.slice(0, 60)}, and ${who} touched it: must be ${must?.slice(0, 60)}`);
    }
    return problems;
  }
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, items: Iterable<T>): void {
  const set = sets.get(key) ?? new Set();
  for (const item of items) set.add(item);
  sets.set(key, set);
}

function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) found.push(path.slice(0, end));
  return found;
}
