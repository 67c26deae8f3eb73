// The accounts of what the user of a test wrote, path by path: what settled is in a tree or in a version store for ever
// after, each path shows the last word on it, and at no instant does a path show what nobody wrote.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

const LOOK_EVERY_MS = 10;

export class Accounts {
  /** Hash of each content that was ever written, with what it was. */
  readonly #written = new Map<string, string>();
  /** Those of them that every device had. */
  readonly #settled = new Set<string>();
  /** What the user's last word on each path was; of two, either may have won. */
  readonly #expected = new Map<string, readonly string[]>();

  /**
   * Writes it there, and expects it at this path. A new file comes whole, as nobody can tell an empty one from one that
   * is about to be filled; one that is there already is written in place.
   */
  write(root: string, path: string, content: string | Uint8Array): void {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    // Known before it can be seen.
    this.#expected.set(path, [this.#know(path, content)]);
    if (existsSync(place)) writeFileSync(place, content);
    else this.replace(root, path, content);
  }

  /** The same, written elsewhere and put in its place whole, as careful programs do. */
  replace(root: string, path: string, content: string | Uint8Array): void {
    this.#expected.set(path, [this.#know(path, content)]);
    writeFileSync(`${root}.next`, content);
    renameSync(`${root}.next`, join(root, path));
  }

  /** Writes other contents over one path in all places at once; either may win, and what was there is the user's loss. */
  writeApart(path: string, ...places: readonly (readonly [root: string, content: string])[]): void {
    for (const before of this.#expected.get(path) ?? []) this.#settled.delete(before);
    const hashes = places.map(([root, content]) => {
      const hash = this.#know(path, content);
      writeFileSync(join(root, path), content);
      this.#settled.add(hash);
      return hash;
    });
    this.#expected.set(path, hashes);
  }

  remove(root: string, path: string): void {
    rmSync(join(root, path));
    this.#expected.delete(path);
  }

  /** Of a file, or of a directory with what is in it. */
  rename(root: string, from: string, to: string): void {
    renameSync(join(root, from), join(root, to));
    for (const [path, hashes] of this.#expected)
      if (path === from || path.startsWith(`${from}/`)) {
        this.#expected.delete(path);
        this.#expected.set(to + path.slice(from.length), hashes);
      }
  }

  /** A path may show an earlier content as well from now on: one that was brought back. */
  mayReturn(path: string, content: string | Uint8Array): void {
    this.#expected.set(path, [...(this.#expected.get(path) ?? []), this.#know(path, content)]);
  }

  /** All devices are equal and at rest: what is expected is there, and nothing that once settled is lost. */
  assertAtRest(...roots: readonly string[]): void {
    const [first = ''] = roots;
    const found = hashesBelow(first, '', isNotOwn);
    const wrong = [...this.#expected].filter(([path, hashes]) => !hashes.includes(found.get(path) ?? 'nothing'));
    assert.deepEqual(
      wrong.map(([path]) => `${path}: ${this.#named(found.get(path))}`),
      [],
      'a path does not show what was written last',
    );
    const unasked = [...found.keys()].filter((path) => !this.#expected.has(path));
    assert.deepEqual(unasked, [], 'a path is there that the user has removed');
    for (const [path, hash] of found) {
      this.#settled.add(hash);
      this.#expected.set(path, [hash]);
    }
    this.assertKept(roots, ['versions']);
  }

  /** Each content that settled is in a tree, or below one of these directories of ROOT/.syncd. */
  assertKept(roots: readonly string[], own: readonly string[]): void {
    const kept = new Set<string>();
    for (const root of roots) {
      for (const hash of hashesBelow(root, '', isNotOwn).values()) kept.add(hash);
      for (const name of own) for (const hash of hashesBelow(root, `.syncd/${name}`).values()) kept.add(hash);
    }
    const lost = [...this.#settled].filter((hash) => !kept.has(hash)).map((hash) => this.#named(hash));
    assert.deepEqual(lost, [], 'contents are in no tree and in no version store');
  }

  /** Reads all paths of these trees all the time until the test ends; the answer throws if one ever showed half a file. */
  watchWhole(t: TestContext, ...roots: readonly string[]): { readonly looks: () => number; assertWhole(): void } {
    const torn: string[] = [];
    let looks = 0;
    let over = false;
    const watching = (async () => {
      while (!over) {
        for (const root of roots)
          for (const [path, hash] of hashesBelow(root, '', isNotOwn)) {
            looks++;
            if (!this.#written.has(hash)) torn.push(`${path} (${sizeOf(join(root, path))} bytes)`);
          }
        await sleep(LOOK_EVERY_MS);
      }
    })();
    atEnd(t, async () => {
      over = true;
      await watching;
    });
    return { looks: () => looks, assertWhole: () => assert.deepEqual(torn, [], 'a path showed what nobody wrote') };
  }

  #know(path: string, content: string | Uint8Array): string {
    const hash = hashOf(content);
    this.#written.set(hash, `${path} = ${typeof content === 'string' ? content : `${content.length} bytes`}`);
    return hash;
  }

  #named(hash: string | undefined): string {
    return hash === undefined ? 'nothing' : (this.#written.get(hash) ?? `unknown content ${hash.slice(0, 12)}`);
  }
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function isNotOwn(path: string): boolean {
  return path !== '.syncd';
}

/** Hash of each regular file below ROOT/from, by its path. */
function hashesBelow(root: string, from: string, take: (path: string) => boolean = () => true): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (directory: string): void => {
    const entries = unlessGone(() => readdirSync(join(root, directory), { withFileTypes: true })) ?? [];
    for (const entry of entries) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (!take(path)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) {
        const content = unlessGone(() => readFileSync(join(root, path)));
        if (content !== undefined) found.set(path, hashOf(content));
      }
    }
  };
  walk(from);
  return found;
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

function sizeOf(file: string): number {
  return lstatSync(file, { throwIfNoEntry: false })?.size ?? -1;
}
