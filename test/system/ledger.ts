// What a test's users have written and left in peace: each such content must be found afterwards in a tree or in a
// version store, by its hash alone. Looks from the outside, at files and nothing else.
import { createHash } from 'node:crypto';
import { type Dirent, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';

export class Ledger {
  /** Hash of a content, and where it was seen first. */
  readonly #contents = new Map<string, string>();

  get size(): number {
    return this.#contents.size;
  }

  /** All contents that lie in a tree now. Only for trees that have rested. */
  noteTree(root: string): void {
    for (const [hash, path] of contentsBelow(root, '.syncd'))
      if (!this.#contents.has(hash)) this.#contents.set(hash, path);
  }

  note(content: string | Uint8Array, what: string): void {
    this.#contents.set(hashOf(content), what);
  }

  /** Users have destroyed it on every device at once: nobody could keep it. */
  forget(content: string): void {
    assert.ok(this.#contents.delete(hashOf(content)), 'it had been noted');
  }

  /** Every content is below one of these roots, the version stores included. */
  assertKept(...roots: readonly string[]): void {
    const kept = new Set<string>();
    for (const root of roots) {
      for (const hash of contentsBelow(root, '.syncd').keys()) kept.add(hash);
      for (const hash of contentsBelow(join(root, '.syncd/versions')).keys()) kept.add(hash);
    }
    const lost = [...this.#contents].filter(([hash]) => !kept.has(hash)).map(([, path]) => path);
    assert.deepEqual(
      lost.slice(0, 10),
      [],
      `${lost.length} of ${this.size} contents are in no tree and no version store`,
    );
  }
}

/** What a tree outside of all folders looks like, down to what no content shows: inode, times and link counts. */
export function imprintOf(root: string): string[] {
  return entriesBelow(root).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { ino, mode, nlink, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    return [path, ino, mode, nlink, mtimeNs, ctimeNs, entry.isFile() ? hashOf(readFileSync(path)) : ''].join(' ');
  });
}

function contentsBelow(root: string, except?: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of entriesBelow(root, except)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    try {
      found.set(hashOf(readFileSync(path)), path);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return found;
}

function entriesBelow(root: string, except?: string): Dirent[] {
  let here: Dirent[];
  try {
    here = readdirSync(root, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
  const wanted = here.filter((entry) => entry.name !== except);
  return wanted.flatMap((entry) => (entry.isDirectory() ? [entry, ...entriesBelow(join(root, entry.name))] : [entry]));
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
