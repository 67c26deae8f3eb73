// What users have written, and what of it must still be somewhere: every content, unless a user took away the only copy
// that lay in a tree or a version store. A daemon never does that.
import type { SimulatedDevice } from './simulated-device.ts';
import { ROOT } from './simulated-device.ts';
import { type UserStep, carryOut } from './steps.ts';

const STAGING = '.syncd/staging';

/** All contents in the tree and the version store: of files, and the targets of links. */
function contentsOf({ fs }: SimulatedDevice): Set<string> {
  const found = new Set<string>();
  for (const [path, words] of fs.user.tree(ROOT, [STAGING])) {
    if (path.startsWith('.syncd/id')) continue;
    const file = /^file \d+ at -?\d+: (.*)$/s.exec(words)?.[1];
    if (file !== undefined && file !== '""') found.add(file);
    if (words.startsWith('link to nowhere')) found.add(words);
  }
  return found;
}

export class Ledger {
  readonly #devices: readonly SimulatedDevice[];
  readonly #needed = new Map<string, string>();
  /** Paths that may exist: those of the last rest, and those that a user has made since. */
  #alive = new Set<string>();
  readonly #cameBack: string[] = [];

  /** `meddled`: directories move under the daemon's hands, and with them what it makes in them: where that is says nothing. */
  constructor(devices: readonly SimulatedDevice[], meddled: boolean) {
    this.#devices = devices;
    if (meddled) return;
    for (const device of devices)
      device.fs.onChange(({ path, what, by }) => {
        if (by !== 'daemon' || what !== 'created' || !path.startsWith(`${ROOT}/`)) return;
        const relative = path.slice(ROOT.length + 1);
        if (relative === '.syncd' || relative.startsWith('.syncd/') || this.#alive.has(relative)) return;
        this.#cameBack.push(`${relative} on ${device.name}`);
      });
  }

  /** A user's step, and what it made and destroyed. */
  act(device: SimulatedDevice, step: UserStep): boolean {
    const before = contentsOf(device);
    const done = carryOut(device.fs.user, step);
    const after = contentsOf(device);
    for (const content of after) if (!before.has(content)) this.#needed.set(content, `${device.name}, ${step.path}`);
    const gone = [...before].filter((content) => !after.has(content));
    if (gone.length > 0) {
      const elsewhere = this.#held(this.#devices.filter((other) => other !== device));
      for (const content of gone) if (!elsewhere.has(content)) this.#needed.delete(content);
    }
    for (const path of device.fs.user.tree(ROOT).keys()) this.#alive.add(path);
    return done;
  }

  /** Everybody has all: what is in no tree now has been deleted for good. */
  rest(): void {
    this.#alive = new Set(this.#devices.flatMap(({ fs }) => [...fs.user.tree(ROOT).keys()]));
  }

  problems(): string[] {
    const held = this.#held(this.#devices);
    const lost = [...this.#needed].filter(([content]) => !held.has(content));
    return [
      ...lost.map(([content, where]) => `I1: lost ${content.slice(0, 40)} of ${where}`),
      ...this.#cameBack.map((path) => `I3: came back: ${path}`),
    ];
  }

  #held(devices: readonly SimulatedDevice[]): Set<string> {
    return new Set(devices.flatMap((device) => [...contentsOf(device)]));
  }
}
