// PrivateFiles in the state directory: keys, invitations, the port. Each file is made beside its name with O_EXCL and
// 0600, flushed, and only then given its name: no moment shows half a key, or a key that others can read.
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '../../protocol/errors.ts';
import type { PrivateFiles } from '../ports/private-files.ts';
import { makeDirectories } from './make-directories.ts';

const TEMPORARY = '.new-';

export class KeyFiles implements PrivateFiles {
  readonly #root: string;

  /** @param root the state directory; made if missing, 0700 */
  constructor(root: string) {
    this.#root = root;
  }

  read(name: string): string | undefined {
    const path = join(this.#root, name);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw homeError('read', path, error);
    }
  }

  create(name: string, text: string): boolean {
    const path = join(this.#root, name);
    return this.#write(path, text, (temporary) => {
      try {
        // A link is refused where a name is taken; a rename would replace it.
        linkSync(temporary, path);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        unlinkSync(temporary);
        return false;
      }
      unlinkSync(temporary);
      return true;
    });
  }

  replace(name: string, text: string): void {
    const path = join(this.#root, name);
    this.#write(path, text, (temporary) => {
      renameSync(temporary, path);
      return true;
    });
  }

  remove(name: string): boolean {
    const path = join(this.#root, name);
    try {
      unlinkSync(path);
      flush(dirname(path));
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw homeError('remove', path, error);
    }
  }

  list(directory: string): readonly string[] {
    const path = join(this.#root, directory);
    try {
      return readdirSync(path).filter((name) => !name.startsWith(TEMPORARY));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw homeError('list', path, error);
    }
  }

  /** What a kill left beside names in a directory, `''` for the state directory itself. The caller has the home's lock. */
  removeLeftOver(directory: string): void {
    const path = join(this.#root, directory);
    try {
      for (const name of readdirSync(path)) if (name.startsWith(TEMPORARY)) unlinkSync(join(path, name));
    } catch {
      // It is of no use to anybody, and keeps no daemon from its start.
    }
  }

  /** One of the directories in it, with what is missing above it. E_HOME. */
  makeDirectory(directory: string): void {
    const path = join(this.#root, directory);
    try {
      makeDirectories(path, 0o700);
    } catch (error) {
      throw homeError('make', path, error);
    }
  }

  #write(path: string, text: string, take: (temporary: string) => boolean): boolean {
    const temporary = join(dirname(path), `${TEMPORARY}${basename(path)}-${randomBytes(6).toString('hex')}`);
    try {
      makeDirectories(dirname(path), 0o700);
      const fd = openSync(temporary, 'wx', 0o600);
      try {
        writeSync(fd, text);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      const done = take(temporary);
      flush(dirname(path));
      return done;
    } catch (error) {
      removeQuietly(temporary);
      throw homeError('write', path, error);
    }
  }
}

function flush(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** After a failure that is about to be told: a temporary file that is left is harmless. */
function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The failure that is told is the first one.
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function homeError(what: string, path: string, error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError('E_HOME', `cannot ${what} ${path}: ${error instanceof Error ? error.message : String(error)}`);
}
