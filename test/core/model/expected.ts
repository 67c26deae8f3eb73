// What the trees must be after a case of which all deeds were done before the devices met: said path by path from the
// trees alone, without a record, a vector or a decision of the product. PRODUCT.md (conflict: newest) and DESIGN.md.
import { type RelativePath, ancestorsOf } from '../../../daemon/core/path.ts';
import type { Entry, FileRecord } from '../../../daemon/core/record.ts';
import { hash } from '../build.ts';
import { BASE_MS, type ModelCase } from './case.ts';
import type { Node } from './tree.ts';

type Tree = ReadonlyMap<RelativePath, Node>;

/** A directory that lives because of what is in it: with the mode that it has, or had, on some device. */
const SOME_DIR = 'a directory';
type Allowed = readonly Entry[] | typeof SOME_DIR;

const ABSENT: Entry = { kind: 'absent' };

/** Undefined where `final` is what must come of the devices' trees. */
export function unexpected(what: ModelCase, trees: readonly Tree[], final: Tree): string | undefined {
  const base = new Map<RelativePath, Entry>(what.baseBy === undefined ? [] : what.base);
  const paths = new Set([...base.keys(), ...final.keys()]);
  for (const tree of trees) for (const path of tree.keys()) paths.add(path);
  const allowed = new Map<RelativePath, Allowed>();
  for (const path of paths) allowed.set(path, allowedAt(what, path, base.get(path) ?? ABSENT, trees));
  for (const [path, one] of allowed)
    if (one === SOME_DIR || one[0]?.kind !== 'absent')
      for (const dir of ancestorsOf(path)) if (!isDirs(allowed.get(dir))) allowed.set(dir, SOME_DIR);
  for (const [path, one] of allowed) {
    const is = final.get(path)?.entry ?? ABSENT;
    const isRight =
      one === SOME_DIR
        ? is.kind === 'dir' && hadMode(is.mode, [base.get(path), ...trees.map((tree) => tree.get(path)?.entry)])
        : one.some((entry) => isSame(entry, is));
    if (!isRight)
      return `I2: ${path} is ${tell(is)}, and should be ${one === SOME_DIR ? one : one.map(tell).join(' or ')}`;
  }
  return undefined;
}

/** Undefined where each content that lost against another is listed, and none that was deleted. */
export function unlisted(
  what: ModelCase,
  trees: readonly Tree[],
  rows: ReadonlyMap<RelativePath, { readonly record: FileRecord }>,
): string | undefined {
  const base = new Map<RelativePath, Entry>(what.baseBy === undefined ? [] : what.base);
  for (const [path, { record }] of rows) {
    const { entry, lost } = record;
    if (entry.kind === 'absent') {
      if (lost.length > 0) return `${path} is deleted, and a conflict`;
      continue;
    }
    for (const tree of trees) {
      const made = tree.get(path)?.entry;
      if (made === undefined || made.kind === 'dir' || isSame(made, base.get(path) ?? ABSENT)) continue;
      const sha256 = made.kind === 'file' ? made.sha256 : hash(made.target);
      const isWinner =
        entry.kind === 'file' ? entry.sha256 === sha256 : entry.kind === 'symlink' && hash(entry.target) === sha256;
      if (!isWinner && !lost.some((one) => one.sha256 === sha256))
        return `${path}: ${tell(made)} lost, and is not listed`;
    }
  }
  return undefined;
}

/** Whether one of them is a directory with this mode; or none is one, and the mode is anybody's. */
function hadMode(mode: number, entries: readonly (Entry | undefined)[]): boolean {
  const modes = entries.flatMap((entry) => (entry?.kind === 'dir' ? [entry.mode] : []));
  return modes.length === 0 || modes.includes(mode);
}

function isDirs(allowed: Allowed | undefined): boolean {
  return allowed === SOME_DIR || allowed?.[0]?.kind === 'dir';
}

function allowedAt(what: ModelCase, path: RelativePath, before: Entry, trees: readonly Tree[]): Allowed {
  const changed: { readonly entry: Entry; readonly device: number }[] = [];
  trees.forEach((tree, device) => {
    const entry = tree.get(path)?.entry ?? ABSENT;
    if (!isSame(entry, before)) changed.push({ entry, device });
  });
  const [first, ...rest] = changed;
  if (first === undefined) return [before];
  if (rest.every(({ entry }) => isSame(entry, first.entry))) return [first.entry];
  const dirs = changed.filter(({ entry }) => entry.kind === 'dir');
  const live = changed.filter(({ entry }) => entry.kind !== 'absent');
  // A directory lives over what is none, and anything lives over its deletion: which, if there are several, is not said.
  if (dirs.length > 0 && dirs.length < changed.length) return SOME_DIR;
  if (live.length < changed.length) return live.map(({ entry }) => entry);
  const known = what.baseBy !== undefined && (before.kind !== 'absent' || what.buried.includes(path));
  const newest = changed.reduce((a, b) => (isNewer(what, known, b, a) ? b : a));
  return [newest.entry];
}

type Change = { readonly entry: Entry; readonly device: number };

/** By the time of the edit, which is later than that of what it replaces; then the authority; then the maker. */
function isNewer(what: ModelCase, known: boolean, a: Change, b: Change): boolean {
  const [ofA, ofB] = [timeOf(what, known, a), timeOf(what, known, b)];
  if (ofA !== ofB) return ofA > ofB;
  if (a.device === 0 || b.device === 0) return a.device === 0;
  return a.device > b.device;
}

function timeOf({ clocks }: ModelCase, known: boolean, { entry, device }: Change): number {
  const nowMs = clocks[device] ?? 0;
  const fileMs = entry.kind === 'file' ? Number(entry.mtimeUs / 1000n) : nowMs;
  const editedMs = fileMs > BASE_MS && fileMs <= nowMs ? fileMs : nowMs;
  return known ? Math.max(BASE_MS + 1, editedMs) : editedMs;
}

function isSame(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'absent':
      return b.kind === 'absent';
    case 'dir':
      return b.kind === 'dir' && a.mode === b.mode;
    case 'symlink':
      return b.kind === 'symlink' && a.target === b.target;
    case 'file':
      return b.kind === 'file' && a.sha256 === b.sha256 && a.mode === b.mode && a.mtimeUs === b.mtimeUs;
  }
}

function tell(entry: Entry): string {
  if (entry.kind === 'dir') return `dir ${entry.mode.toString(8)}`;
  return entry.kind === 'file' ? `file ${entry.sha256.replace(/^0+(?=.)/, '')}` : entry.kind;
}
