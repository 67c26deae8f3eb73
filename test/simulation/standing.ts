// What must be where at rest. A content that a user has put at a path stands there until a user who has it there takes it
// away: replaces, moves or removes it. So a lone edit is there in the end, whoever deleted what was there before, and what
// nobody has kept comes back to nobody. Where two stand at one path the rules of conflicts decide which of them is there,
// and the other is named as lost; nowhere else is a conflict. Where contents cannot be told from one another nobody can
// say: those paths are left out until the next rest.
import { createHash } from 'node:crypto';
import type { Change, Inode } from './memory-tree.ts';
import { ROOT, type SimulatedDevice } from './simulated-device.ts';

const SHORT = 64;
const EMPTY = 'file ""';

/** Two equal texts are equal contents. Undefined for what has none. */
function contentOf(inode: Inode): string | undefined {
  switch (inode.kind) {
    case 'file': {
      const bytes = inode.content.subarray(0, inode.size);
      if (bytes.length <= SHORT) return `file ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`;
      return `file ${bytes.length} ${sha256(bytes)}`;
    }
    case 'symlink':
      return `link to ${inode.target}`;
    case 'dir':
    case 'other':
      return undefined;
  }
}

function* contentsIn(inode: Inode, path: string): Generator<readonly [path: string, content: string]> {
  if (inode.kind === 'dir') {
    for (const [name, child] of inode.children) yield* contentsIn(child.inode, `${path}/${name}`);
    return;
  }
  const content = contentOf(inode);
  if (content !== undefined) yield [path, content];
}

/** By which it is named where it has lost. */
function sha256Of(content: string): string {
  const [kind, ...rest] = content.split(' ');
  if (kind === 'link') return sha256(rest.slice(1).join(' '));
  const text = rest.join(' ');
  return text.startsWith('"') ? sha256(Buffer.from(JSON.parse(text) as string, 'latin1')) : (rest[1] ?? '');
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function* directoriesIn(inode: Inode, path: string): Generator<string> {
  if (inode.kind !== 'dir') return;
  yield path;
  for (const [name, child] of inode.children) yield* directoriesIn(child.inode, `${path}/${name}`);
}

export class Standing {
  readonly #devices: readonly SimulatedDevice[];
  /** What each device has at each path. */
  readonly #here: readonly Map<string, string>[];
  readonly #standing = new Map<string, Set<string>>();
  /** Put somewhere since the last rest: `path content`. */
  readonly #born = new Set<string>();
  readonly #unsure = new Set<string>();
  /** Who has made a file without content at which path. */
  readonly #empty = new Map<string, Set<number>>();
  /** Two that have not seen one another, until a user does anything more there. */
  readonly #duels = new Map<string, readonly [string, string] | 'over'>();
  /** `path SHA-256` of what had lost at the last rest. */
  #lost: ReadonlySet<string> = new Set();
  /** Somebody took away what another had replaced: a version that is made over that may meet an edit of what it holds. */
  readonly #crossed = new Set<string>();
  #doubted = false;

  constructor(devices: readonly SimulatedDevice[]) {
    this.#devices = devices;
    this.#here = devices.map(() => new Map<string, string>());
    devices.forEach(({ fs }, number) => fs.onChange((change) => this.#onChange(number, change)));
  }

  #onChange(number: number, { path: absolute, what, by, inode }: Change): void {
    const path = absolute.slice(ROOT.length + 1);
    const here = this.#here[number];
    if (here === undefined || !absolute.startsWith(`${ROOT}/`) || path === '.syncd' || path.startsWith('.syncd/'))
      return;
    const isUser = by === 'user';
    if (what === 'attributes') {
      // It is a new version of the same content: whether it was seen by who takes it away cannot be told.
      if (isUser) this.#isDirectory(path, inode);
      if (isUser)
        for (const [one] of contentsIn(inode, path)) {
          this.#unsure.add(one);
          this.#duels.set(one, 'over');
        }
      return;
    }
    if (what === 'removed') {
      for (const [one] of contentsIn(inode, path)) this.#leave(here, one, isUser);
      return;
    }
    if (isUser) this.#isDirectory(path, inode);
    // Somebody who writes a file makes it first, of no bytes; one that stays so is like any other.
    if (isUser && inode.kind === 'file') {
      // Where another's took its place before that, it has lost, and was nobody's beginning of this one.
      if (inode.size > 0 && this.#empty.get(path)?.delete(number) === true && here.get(path) !== EMPTY)
        this.#unsure.add(path);
      else if (inode.size === 0) this.#empty.set(path, (this.#empty.get(path) ?? new Set()).add(number));
    }
    for (const [one, content] of contentsIn(inode, path)) {
      if (here.get(one) === content) {
        // Written again: a version of its own, that nobody can tell from the one before.
        if (isUser) this.#unsure.add(one);
        continue;
      }
      this.#leave(here, one, isUser);
      here.set(one, content);
      if (isUser) this.#put(one, content);
    }
  }

  #put(path: string, content: string): void {
    const standing = this.#standing.get(path) ?? new Set();
    this.#standing.set(path, standing);
    const key = `${path} ${content}`;
    const others = [...standing].filter((one) => one !== EMPTY);
    const [rival] = others;
    const isKnown = content === EMPTY || this.#born.has(key) || this.#unsure.has(path);
    if (!isKnown && others.length === 1 && rival !== undefined && !this.#duels.has(path))
      this.#duels.set(path, [rival, content]);
    else if (others.length > 0) this.#duels.set(path, 'over');
    if (content !== EMPTY && (this.#born.has(key) || others.length > 0)) this.#unsure.add(path);
    this.#born.add(key);
    standing.add(content);
  }

  #leave(here: Map<string, string>, path: string, isUser: boolean): void {
    const content = here.get(path);
    if (content === undefined) return;
    here.delete(path);
    if (!isUser) return;
    if (this.#standing.get(path)?.delete(content) !== true) this.#crossed.add(path);
    if (this.#duels.has(path)) this.#duels.set(path, 'over');
  }

  /** A directory is a rival of what has a content; and what is in it keeps it. */
  #isDirectory(path: string, inode: Inode): void {
    const directories = [...directoriesIn(inode, path)];
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) directories.push(above);
    for (const one of directories) {
      this.#unsure.add(one);
      this.#duels.set(one, 'over');
    }
  }

  /** What this device has lost or got back is no user's doing: until the next rest nothing can be said. */
  anew(number: number, { fs }: SimulatedDevice): void {
    this.doubt();
    const here = this.#here[number];
    const top = fs.user.follow(ROOT, 'open');
    if (here === undefined || top.kind !== 'dir') return;
    here.clear();
    for (const [name, { inode }] of top.children)
      if (name !== '.syncd') for (const [path, content] of contentsIn(inode, name)) here.set(path, content);
  }

  /** Until the next rest nothing can be said. */
  doubt(): void {
    this.#doubted = true;
  }

  /** What is not where it must be. To be asked when all trees are equal. */
  problems(): string[] {
    const problems: string[] = [];
    const [tree] = this.#here;
    if (tree === undefined || this.#doubted) return [];
    for (const path of new Set([...tree.keys(), ...this.#standing.keys()])) {
      if (this.#unsure.has(path) || (this.#empty.get(path)?.size ?? 0) > 0) continue;
      const [must] = this.#standing.get(path) ?? [];
      const now = tree.get(path);
      if (must !== now) problems.push(`I1, I3: ${path} must have ${short(must)}, and has ${short(now)}`);
    }
    return [...problems, ...this.#wrongConflicts(tree)];
  }

  #wrongConflicts(tree: ReadonlyMap<string, string>): string[] {
    const problems: string[] = [];
    const lost = this.#lostNow();
    for (const [path, duel] of this.#duels) {
      if (duel === 'over' || (this.#empty.get(path)?.size ?? 0) > 0) continue;
      const loser = duel.find((content) => content !== tree.get(path));
      if (!duel.some((content) => content === tree.get(path)))
        problems.push(`I2: ${path} has ${short(tree.get(path))}, and must have ${duel.map(short).join(' or ')}`);
      else if (loser !== undefined && !lost.has(`${path} ${sha256Of(loser)}`))
        problems.push(`I11: ${path} has lost ${short(loser)}, and does not say so`);
    }
    for (const one of lost) {
      const path = one.slice(0, one.lastIndexOf(' '));
      const isContested = this.#unsure.has(path) || this.#empty.has(path) || this.#crossed.has(path);
      if (!isContested && !this.#lost.has(one)) problems.push(`I2: a conflict that nobody has made: ${one}`);
    }
    return problems;
  }

  #lostNow(): ReadonlySet<string> {
    const conflicts = this.#devices[0]?.folder?.conflicts() ?? [];
    return new Set(conflicts.map(({ path, lost }) => `${path} ${lost.sha256}`));
  }

  /** All trees are equal, and nobody is in between. */
  rest(): void {
    this.#doubted = false;
    this.#lost = this.#lostNow();
    this.#duels.clear();
    this.#born.clear();
    this.#crossed.clear();
    this.#unsure.clear();
    this.#empty.clear();
    this.#standing.clear();
    for (const [path, content] of this.#here[0] ?? []) {
      this.#standing.set(path, new Set([content]));
      // What is taken away and put back in one moment is no edit.
      this.#born.add(`${path} ${content}`);
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function short(content: string | undefined): string {
  return content?.slice(0, 40) ?? 'nothing';
}
