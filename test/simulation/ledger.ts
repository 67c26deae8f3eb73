// What users have written, and what must be true of it. Every content is in a tree or a version store, unless a user took
// away the only copy; a daemon never does that. No path holds what no user wrote. No path exists that nobody made since all
// had it last, and what one device's users alone have touched is at rest as they left it.
import { contentWords, describe } from './memory-user.ts';
import type { Change, Inode } from './memory-tree.ts';
import type { SimulatedDevice } from './simulated-device.ts';
import { ROOT } from './simulated-device.ts';
import { type UserStep, carryOut } from './steps.ts';
import { Uncontested } from './uncontested.ts';

const STAGING = '.syncd/staging';
const VERSIONS = '.syncd/versions/';
const EMPTY = '""';

/** What tells one content from every other; undefined where there is none worth keeping. */
function contentOf(inode: Inode): string | undefined {
  if (inode.kind === 'file') return inode.size === 0 ? undefined : contentWords(inode);
  if (inode.kind === 'symlink' && inode.target.startsWith('nowhere')) return describe(inode);
  return undefined;
}

export class Ledger {
  readonly #devices: readonly SimulatedDevice[];
  readonly #meddled: boolean;
  readonly #uncontested = new Uncontested();
  /** Of each device: what lies at which path of its tree and its version store. */
  readonly #places = new Map<SimulatedDevice, Map<string, string>>();
  /** At how many of these places a content lies. */
  readonly #copies = new Map<string, number>();
  readonly #needed = new Map<string, string>();
  readonly #written = new Set<string>([EMPTY]);
  /** The last copy of these has gone: not lost where it is in staging for a moment. */
  readonly #doubtful = new Set<string>();
  /** Paths that may exist: those of the last rest, and those that a user has made since. */
  #alive = new Set<string>();
  readonly #wrong: string[] = [];
  #blind = false;
  #acting: { readonly touched: Set<string>; readonly made: Set<string>; readonly gone: Set<string> } | undefined;

  /** `meddled`: directories move under the daemon's hands, and with them what it makes in them: where that is says nothing. */
  constructor(devices: readonly SimulatedDevice[], meddled: boolean) {
    this.#devices = devices;
    this.#meddled = meddled;
    for (const device of devices) {
      this.#places.set(device, new Map());
      device.fs.onChange((change) => this.#onChange(device, change));
    }
  }

  /** A user's step, and what it made and destroyed. */
  act(device: SimulatedDevice, step: UserStep): boolean {
    const acting = { touched: new Set<string>(), made: new Set<string>(), gone: new Set<string>() };
    this.#acting = acting;
    const done = carryOut(device.fs.user, step);
    this.#acting = undefined;
    for (const content of acting.made)
      if (this.#copies.has(content)) this.#needed.set(content, `${device.name}, ${step.path}`);
    for (const content of acting.gone) if (!this.#copies.has(content)) this.#forget(content);
    for (const path of acting.touched) this.#uncontested.touch(device, path);
    return done;
  }

  /** Everybody has all: what is in no tree now has been deleted for good. */
  rest(): void {
    const [first] = this.#devices;
    const tree = first?.fs.user.tree(ROOT) ?? new Map<string, string>();
    // What a power loss took from one and nobody else has is missing there alone: others have what lost against it.
    this.#alive = new Set(this.#devices.flatMap(({ fs }) => [...fs.user.tree(ROOT).keys()]));
    this.#uncontested.rest(tree);
  }

  /** What happens to a disk meanwhile no user and no daemon does; to be followed by {@link anew}. */
  unseen(change: () => void): void {
    this.#blind = true;
    change();
    this.#blind = false;
  }

  /** A disk made this of something that no daemon had seen: it may be taken for what a user wrote. */
  excuse(words: string): void {
    this.#written.add(words);
  }

  /** A device's disk or index is not what it was, and what lay there alone is lost for no fault of anybody. */
  anew(device: SimulatedDevice): void {
    const places = this.#places.get(device);
    if (places === undefined) return;
    const before = new Set(this.#doubtful);
    for (const path of [...places.keys()]) this.#drop(places, path);
    const top = device.fs.user.follow(ROOT, 'open');
    if (top.kind === 'dir')
      for (const [name, { inode }] of top.children) if (name !== '.syncd') this.#add(device, name, inode);
    if (device.fs.user.exists(`${ROOT}/${VERSIONS}`.slice(0, -1))) {
      const store = device.fs.user.follow(`${ROOT}/${VERSIONS}`.slice(0, -1), 'open');
      this.#add(device, VERSIONS.slice(0, -1), store);
    }
    // What was on its way to another has not arrived.
    for (const content of this.#doubtful) if (!before.has(content) || !this.#isStaged(content)) this.#forget(content);
    this.#uncontested.anew(device);
  }

  /** Until the next rest it cannot be said which version is where. */
  doubt(): void {
    this.#uncontested.doubtAll();
  }

  /** What is wrong at any time. */
  problems(): string[] {
    for (const content of this.#doubtful) {
      if (!this.#needed.has(content) || this.#isStaged(content)) continue;
      this.#wrong.push(`I1: lost ${content.slice(0, 40)} of ${this.#needed.get(content)}`);
    }
    return this.#wrong;
  }

  /** What is wrong at rest; all trees are this one, but for what is gone from everybody. */
  problemsAtRest(tree: ReadonlyMap<string, string>, gone: ReadonlySet<string> = new Set()): string[] {
    const held = new Set<string>();
    for (const { fs } of this.#devices)
      for (const [path, words] of fs.user.tree(ROOT, [STAGING])) {
        if (path.startsWith('.syncd/id')) continue;
        held.add(/^file \d+ at -?\d+: (.*)$/s.exec(words)?.[1] ?? words);
      }
    const lost = [...this.#needed].filter(([content]) => !held.has(content));
    return [
      ...lost.map(([content, where]) => `I1: lost ${content.slice(0, 40)} of ${where}`),
      ...this.#wrong,
      ...(this.#meddled ? [] : this.#uncontested.problems(tree, gone)),
    ];
  }

  #forget(content: string): void {
    this.#needed.delete(content);
    this.#doubtful.delete(content);
  }

  #isStaged(content: string): boolean {
    return this.#devices.some(
      ({ fs }) =>
        fs.user.exists(`${ROOT}/${STAGING}`) &&
        [...fs.user.tree(`${ROOT}/${STAGING}`).values()].some((words) => words.endsWith(content)),
    );
  }

  #onChange(device: SimulatedDevice, { path, what, inode, by }: Change): void {
    if (this.#blind || !path.startsWith(`${ROOT}/`)) return;
    const relative = path.slice(ROOT.length + 1);
    const inTree = !relative.startsWith('.syncd');
    if (!inTree && !relative.startsWith(VERSIONS)) return;
    if (by === 'user') this.#note(relative, inode, what);
    // What a power loss has torn, and somebody touches before a daemon has looked, looks like what he wrote.
    const content = by === 'user' && what === 'attributes' ? contentOf(inode) : undefined;
    if (content?.includes('\\u0000') === true) this.excuse(content);
    if (what === 'removed') this.#remove(device, relative, inode);
    if (what === 'created' || what === 'changed') this.#add(device, relative, inode);
    if (by === 'daemon' && inTree) this.#judge(device, relative, inode, what);
  }

  /** What the daemon makes in the tree a user has made once. */
  #judge(device: SimulatedDevice, path: string, inode: Inode, what: Change['what']): void {
    if (what === 'created' && !this.#meddled && !this.#alive.has(path))
      this.#wrong.push(`I3: came back: ${path} on ${device.name}`);
    if (what !== 'created' && what !== 'changed') return;
    const content = contentOf(inode);
    if (content !== undefined && !this.#written.has(content))
      this.#wrong.push(`I5: ${path} on ${device.name} holds what nobody wrote: ${content.slice(0, 60)}`);
  }

  #note(path: string, inode: Inode, what: Change['what']): void {
    const isThere = what === 'created' || what === 'changed';
    const isGone = what === 'removed';
    this.#acting?.touched.add(path);
    if (isGone) this.#uncontested.remove(path);
    if (isThere) this.#alive.add(path);
    const content = contentOf(inode);
    if (content !== undefined && isThere) {
      this.#written.add(content);
      this.#acting?.made.add(content);
    }
    if (inode.kind === 'dir')
      for (const [name, child] of inode.children) this.#note(`${path}/${name}`, child.inode, what);
  }

  #add(device: SimulatedDevice, path: string, inode: Inode): void {
    const places = this.#places.get(device);
    if (places === undefined) return;
    const content = contentOf(inode);
    if (places.get(path) !== content) {
      this.#drop(places, path);
      if (content !== undefined) {
        places.set(path, content);
        this.#copies.set(content, (this.#copies.get(content) ?? 0) + 1);
        this.#doubtful.delete(content);
      }
    }
    if (inode.kind === 'dir')
      for (const [name, child] of inode.children) this.#add(device, `${path}/${name}`, child.inode);
  }

  #remove(device: SimulatedDevice, path: string, inode: Inode): void {
    const places = this.#places.get(device);
    if (places !== undefined) this.#drop(places, path);
    if (inode.kind === 'dir')
      for (const [name, child] of inode.children) this.#remove(device, `${path}/${name}`, child.inode);
  }

  #drop(places: Map<string, string>, path: string): void {
    const content = places.get(path);
    if (content === undefined) return;
    places.delete(path);
    this.#acting?.gone.add(content);
    const left = (this.#copies.get(content) ?? 0) - 1;
    if (left > 0) this.#copies.set(content, left);
    else {
      this.#copies.delete(content);
      if (this.#needed.has(content)) this.#doubtful.add(content);
    }
  }
}
