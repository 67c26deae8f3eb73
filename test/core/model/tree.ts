// A tree as a plan sees it: path → what is there. Carries out operations as strictly as a file system does: a parent must
// be a directory, a directory that is removed must be empty, and what is replaced must be what was expected. What it takes
// out of its place goes to its store.
import { assertNever } from '../../../daemon/core/assert.ts';
import { type SeenStat, looksSame } from '../../../daemon/core/observation.ts';
import { type RelativePath, isBelow, parentOf } from '../../../daemon/core/path.ts';
import type { Expected, Operation } from '../../../daemon/core/plan.ts';
import type { Entry, LiveEntry } from '../../../daemon/core/record.ts';

export interface Node {
  readonly entry: LiveEntry;
  readonly seen: SeenStat;
}

export type Outcome = 'done' | 'not as expected' | 'not empty';

let lastInode = 0n;
let lastTick = 0n;

export class ModelTree {
  readonly nodes = new Map<RelativePath, Node>();
  /** What was replaced or removed by operations: {@link contentOf} each. */
  readonly store = new Set<string>();

  /** A directory can be made in or put into `path`'s parent. */
  hasParent(path: RelativePath): boolean {
    const parent = parentOf(path);
    return parent === '' || this.nodes.get(parent)?.entry.kind === 'dir';
  }

  hasChildren(path: RelativePath): boolean {
    for (const other of this.nodes.keys()) if (isBelow(other, path)) return true;
    return false;
  }

  /** Puts an entry at a path, whatever was there. Without `ino` it is a new one. */
  set(path: RelativePath, entry: LiveEntry, ino = ++lastInode): Node {
    const mode = entry.kind === 'symlink' ? 0o777 : entry.mode;
    const size = entry.kind === 'file' ? entry.size : 0;
    const mtimeNs = entry.kind === 'file' ? entry.mtimeUs * 1000n : 0n;
    const seen: SeenStat = { kind: entry.kind, size, mtimeNs, ctimeNs: ++lastTick, ino, mode, nlink: 1 };
    const node = { entry, seen };
    this.nodes.set(path, node);
    return node;
  }

  has(content: string): boolean {
    if (this.store.has(content)) return true;
    for (const { entry } of this.nodes.values()) if (contentOf(entry) === content) return true;
    return false;
  }

  carryOut(operation: Operation): Outcome {
    const { path } = operation;
    const there = this.nodes.get(path);
    switch (operation.kind) {
      case 'note':
        return 'done';
      case 'place':
        return this.#put(path, operation.entry, operation.expect);
      case 'symlink':
        return this.#put(path, { kind: 'symlink', target: operation.target }, operation.expect);
      case 'mkdir':
        return this.#put(path, { kind: 'dir', mode: operation.mode }, operation.expect);
      case 'attributes': {
        if (there === undefined || !looksSame(operation.expect, there.seen)) return 'not as expected';
        this.set(path, withAttributes(there.entry, operation.mode, operation.mtimeUs), there.seen.ino);
        return 'done';
      }
      case 'move': {
        const source = this.nodes.get(operation.from);
        if (source === undefined || !looksSame(operation.expect, source.seen)) return 'not as expected';
        if (there !== undefined || !this.hasParent(path)) return 'not as expected';
        this.nodes.delete(operation.from);
        this.set(path, withAttributes(source.entry, operation.mode, operation.mtimeUs), source.seen.ino);
        return 'done';
      }
      case 'remove':
        if (there === undefined) return 'done';
        if (!looksSame(operation.expect, there.seen) || there.entry.kind === 'dir') return 'not as expected';
        this.#file(path, there.entry);
        return 'done';
      case 'rmdir':
        if (there === undefined) return 'done';
        if (there.entry.kind !== 'dir') return 'not as expected';
        if (this.hasChildren(path)) return 'not empty';
        this.nodes.delete(path);
        return 'done';
      default:
        return assertNever(operation);
    }
  }

  #put(path: RelativePath, entry: LiveEntry, expect: Expected): Outcome {
    const there = this.nodes.get(path);
    if (!this.hasParent(path)) return 'not as expected';
    if (!isExpected(expect, there)) return 'not as expected';
    if (there?.entry.kind === 'dir') {
      if (this.hasChildren(path)) return 'not empty';
      this.nodes.delete(path);
    } else if (there !== undefined) this.#file(path, there.entry);
    this.set(path, entry);
    return 'done';
  }

  #file(path: RelativePath, entry: LiveEntry): void {
    const content = contentOf(entry);
    if (content !== undefined) this.store.add(content);
    this.nodes.delete(path);
  }
}

function isExpected(expect: Expected, there: Node | undefined): boolean {
  if (expect === 'absent' || there === undefined) return expect === 'absent' && there === undefined;
  return looksSame(expect, there.seen);
}

function withAttributes(entry: LiveEntry, mode: number, mtimeUs: bigint | undefined): LiveEntry {
  switch (entry.kind) {
    case 'file':
      return { ...entry, mode, mtimeUs: mtimeUs ?? entry.mtimeUs };
    case 'dir':
      return { kind: 'dir', mode };
    case 'symlink':
      return entry;
  }
}

/** What may not be lost of an entry; directories and nothing have no content. */
export function contentOf(entry: Entry | undefined): string | undefined {
  if (entry?.kind === 'file') return entry.sha256;
  return entry?.kind === 'symlink' ? `→ ${entry.target}` : undefined;
}
