// What a user does to a model tree: the commands of a shell, which fail where the tree does not allow them.
import { assertNever } from '../../../daemon/core/assert.ts';
import type { Sha256 } from '../../../daemon/core/ids.ts';
import { type RelativePath, depthOf, isBelow } from '../../../daemon/core/path.ts';
import type { LiveEntry } from '../../../daemon/core/record.ts';
import { path } from '../build.ts';
import { type ModelTree, contentOf } from './tree.ts';

export type Act =
  /** In place, or as a new file renamed over the old one. `content` is a number: the same number, the same bytes. */
  | { readonly kind: 'write' | 'save'; readonly path: RelativePath; readonly content: number }
  | { readonly kind: 'remove' | 'mkdir' | 'touch'; readonly path: RelativePath }
  | { readonly kind: 'link'; readonly path: RelativePath; readonly content: number }
  | { readonly kind: 'chmod'; readonly path: RelativePath; readonly mode: number }
  | { readonly kind: 'rename' | 'swap'; readonly path: RelativePath; readonly to: RelativePath };

const MAX_DEPTH = 4;
const ASIDE = path('aside');
const hashes: Sha256[] = [];

/** A file's content by its number, as long as its number is large. */
export function hashOf(content: number): Sha256 {
  return (hashes[content] ??= content.toString(16).padStart(64, '0') as Sha256);
}

export function fileEntry(content: number, nowMs: number, mode = 0o644): LiveEntry {
  return { kind: 'file', size: content + 1, sha256: hashOf(content), mode, mtimeUs: BigInt(nowMs) * 1000n };
}

/** Carries it out as far as it is possible. Answers with what it took away that was there only once in this tree. */
export function act(tree: ModelTree, what: Act, nowMs: number): readonly string[] {
  const { path: at } = what;
  const there = tree.nodes.get(at);
  switch (what.kind) {
    case 'write':
    case 'save': {
      if (there?.entry.kind === 'dir' || !tree.hasParent(at)) return [];
      const mode = there?.entry.kind === 'file' ? there.entry.mode : 0o644;
      const inPlace = what.kind === 'write' && there?.entry.kind === 'file';
      tree.set(at, fileEntry(what.content, nowMs, mode), inPlace ? there.seen.ino : undefined);
      return gone(tree, there?.entry);
    }
    case 'link':
      if (there?.entry.kind === 'dir' || !tree.hasParent(at)) return [];
      tree.set(at, { kind: 'symlink', target: `nowhere ${what.content}` });
      return gone(tree, there?.entry);
    case 'mkdir':
      if (there === undefined && tree.hasParent(at)) tree.set(at, { kind: 'dir', mode: 0o755 });
      return [];
    case 'touch':
      if (there?.entry.kind === 'file')
        tree.set(at, { ...there.entry, mtimeUs: BigInt(nowMs) * 1000n }, there.seen.ino);
      return [];
    case 'chmod':
      if (there !== undefined && there.entry.kind !== 'symlink')
        tree.set(at, { ...there.entry, mode: what.mode }, there.seen.ino);
      return [];
    case 'remove': {
      const taken = [...tree.nodes].filter(([other]) => other === at || isBelow(other, at));
      for (const [other] of taken) tree.nodes.delete(other);
      return taken.flatMap(([, { entry }]) => gone(tree, entry));
    }
    case 'rename':
      return rename(tree, at, what.to);
    case 'swap':
      if (there === undefined || !tree.nodes.has(what.to) || related(at, what.to)) return [];
      rename(tree, at, ASIDE);
      rename(tree, what.to, at);
      rename(tree, ASIDE, what.to);
      return [];
    default:
      return assertNever(what);
  }
}

/** rename(2): over a file, or over an empty directory by a directory. */
function rename(tree: ModelTree, from: RelativePath, to: RelativePath): readonly string[] {
  const source = tree.nodes.get(from);
  const target = tree.nodes.get(to);
  if (source === undefined || related(from, to) || !tree.hasParent(to)) return [];
  if ((source.entry.kind === 'dir') !== (target?.entry.kind === 'dir') && target !== undefined) return [];
  if (target?.entry.kind === 'dir' && tree.hasChildren(to)) return [];
  const moved = [...tree.nodes].filter(([one]) => one === from || isBelow(one, from));
  if (moved.some(([one]) => depthOf(one) - depthOf(from) + depthOf(to) > MAX_DEPTH)) return [];
  for (const [one] of moved) tree.nodes.delete(one);
  for (const [one, { entry, seen }] of moved) tree.set(path(to + one.slice(from.length)), entry, seen.ino);
  return gone(tree, target?.entry);
}

function related(a: RelativePath, b: RelativePath): boolean {
  return a === b || isBelow(a, b) || isBelow(b, a);
}

function gone(tree: ModelTree, entry: LiveEntry | undefined): readonly string[] {
  const content = contentOf(entry);
  return content === undefined || tree.has(content) ? [] : [content];
}

export function tellAct(what: Act): string {
  const { kind, ...words } = what;
  return [kind, ...Object.values(words).map((word) => (kind === 'chmod' ? tellMode(word) : String(word)))].join(' ');
}

function tellMode(word: string | number): string {
  return typeof word === 'number' ? word.toString(8) : word;
}
