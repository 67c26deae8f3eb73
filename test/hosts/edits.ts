// Random edits of a folder, as programs make them: files made, written over, saved by rename, appended to, moved, removed,
// directories moved and removed. What was written, and which paths were touched, is known afterwards.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dice } from '../system/rounds.ts';
import { noise } from '../system/trees.ts';
import { hashOf, pathsOf } from './contents.ts';

const BIG_BYTES = 6_000_000;
const SMALL_BYTES = 4_000;

export type Kind = 'small' | 'big' | 'moves' | 'deletions' | 'mixed';

export class Edits {
  readonly #dice: Dice;
  #count = 0;
  /** Hash of each content that was ever written in full. */
  readonly written = new Set<string>();
  /** By root: paths that were written, moved or removed there since `forget`, with what is below them. */
  readonly #touched = new Map<string, Set<string>>();
  /** By root: hashes of what the user wrote over or removed there since `forget`, wherever it lay by then. */
  readonly #destroyed = new Map<string, Set<string>>();
  /** What was written last to a path since `forget`; of moved ones nothing is said. */
  readonly last = new Map<string, string>();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  forget(): void {
    this.#touched.clear();
    this.#destroyed.clear();
    this.last.clear();
  }

  /** Whether the user wrote over this content in this root, or removed it: another device may have moved it before. */
  hasDestroyed(root: string, hash: string): boolean {
    return this.#destroyed.get(root)?.has(hash) === true;
  }

  #destroys(root: string, path: string): void {
    const destroyed = this.#destroyed.get(root) ?? new Set();
    this.#destroyed.set(root, destroyed);
    unlessGone(() => destroyed.add(hashOf(readFileSync(join(root, path)))));
  }

  /** Whether the user did something to it in this root. */
  isTouched(root: string, path: string): boolean {
    for (let at = path; at !== '.'; at = dirname(at)) if (this.#touched.get(root)?.has(at) === true) return true;
    return false;
  }

  #touch(root: string, ...paths: readonly string[]): void {
    const touched = this.#touched.get(root) ?? new Set();
    this.#touched.set(root, touched);
    for (const path of paths) touched.add(path);
  }

  /**
   * Makes one edit.
   * @param isSafe Whether the writing program calls fsync, as careful ones do.
   */
  make(root: string, kind: Kind, isSafe: boolean): void {
    const dice = this.#dice;
    const { files, directories } = pathsOf(root);
    const fileHere = (): string => (files.length === 0 ? this.#newPath(directories) : dice.one(files));
    switch (kind === 'mixed' ? dice.one(['small', 'small', 'big', 'moves', 'deletions'] as const) : kind) {
      case 'small':
        switch (dice.below(4)) {
          case 0:
            return this.write(root, fileHere(), SMALL_BYTES, isSafe);
          case 1:
            return this.#save(root, fileHere(), isSafe);
          case 2:
            return this.#append(root, fileHere(), isSafe);
          default:
            return this.write(root, this.#newPath(directories), SMALL_BYTES, isSafe);
        }
      case 'big':
        return this.write(root, dice.below(3) === 0 ? fileHere() : this.#newPath(directories), BIG_BYTES, isSafe);
      case 'moves': {
        const isDirectory = directories.length > 0 && dice.below(3) === 0;
        if (!isDirectory && files.length === 0) return;
        const from = isDirectory ? dice.one(directories) : dice.one(files);
        return this.#move(root, from, isDirectory ? `d${this.#count++}` : this.#newPath(directories));
      }
      case 'deletions':
        if (files.length > 12) this.#remove(root, dice.one(files));
        return;
    }
  }

  #newPath(directories: readonly string[]): string {
    const name = `f${this.#count++}`;
    if (this.#dice.below(4) === 0) return `d${this.#count++}/${name}`;
    return directories.length > 0 && this.#dice.below(2) === 0 ? `${this.#dice.one(directories)}/${name}` : name;
  }

  /** Writes a path anew, in place. */
  write(root: string, path: string, limitBytes = SMALL_BYTES, isSafe = false): void {
    this.#destroys(root, path);
    this.#put(root, path, this.#content(limitBytes), 'w', isSafe);
    this.#touch(root, path);
  }

  /** As editors do: beside it, then renamed over it. */
  #save(root: string, path: string, isSafe: boolean): void {
    const content = this.#content(SMALL_BYTES);
    this.#put(root, `${path}.new`, content, 'w', isSafe);
    this.#touch(root, `${path}.new`, path);
    this.#destroys(root, path);
    renameSync(join(root, `${path}.new`), join(root, path));
    this.last.delete(`${path}.new`);
    this.last.set(path, hashOf(content));
  }

  #append(root: string, path: string, isSafe: boolean): void {
    let before: Buffer = Buffer.alloc(0);
    try {
      before = readFileSync(join(root, path));
    } catch {
      // It is new, or went away under us: then this makes it.
    }
    const more = this.#content(SMALL_BYTES);
    this.written.add(hashOf(Buffer.concat([before, more])));
    this.#touch(root, path);
    this.#destroys(root, path);
    this.#put(root, path, more, 'a', isSafe);
    this.last.delete(path);
  }

  #move(root: string, from: string, to: string): void {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    this.#touch(root, from, to);
    for (const path of [...this.last.keys()]) if (path === from || path.startsWith(`${from}/`)) this.last.delete(path);
    unlessGone(() => renameSync(join(root, from), join(root, to)));
  }

  #remove(root: string, path: string): void {
    this.#touch(root, path);
    this.last.delete(path);
    this.#destroys(root, path);
    unlessGone(() => rmSync(join(root, path)));
  }

  #put(root: string, path: string, content: Buffer, flag: 'w' | 'a', isSafe: boolean): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const file = openSync(join(root, path), flag);
    try {
      writeSync(file, content);
      if (isSafe) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (flag === 'w') this.last.set(path, hashOf(content));
  }

  /** Known as written before it can be seen. */
  #content(limitBytes: number): Buffer {
    const content = noise(4 + this.#dice.below(limitBytes / 4) * 4, this.#count++ * 7919 + this.#dice.seed);
    this.written.add(hashOf(content));
    return content;
  }
}

/** Another device may have taken it away between the choice and the deed: then there is nothing to do. */
function unlessGone(deed: () => void): void {
  try {
    deed();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')))
      throw error;
  }
}
