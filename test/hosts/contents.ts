// Every content below a directory, by its hash: what the tests that cut the power account with.
import { createHash } from 'node:crypto';
import { type Dirent, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 24);
}

/** Hash of each regular file of a folder by its path, ROOT/.syncd apart. */
export function contentsOf(root: string): Map<string, string> {
  return hashesBelow(root, (path) => path !== '.syncd');
}

/** Hashes of all that is in the version store of a folder. */
export function versionsOf(root: string): Set<string> {
  return new Set(hashesBelow(join(root, '.syncd/versions'), () => true).values());
}

/** Every path of a folder, directories included, ROOT/.syncd apart. */
export function pathsOf(root: string): { readonly files: string[]; readonly directories: string[] } {
  const files: string[] = [];
  const directories: string[] = [];
  walk(root, '', (path, isDirectory) => {
    if (path === '.syncd') return false;
    (isDirectory ? directories : files).push(path);
    return true;
  });
  return { files, directories };
}

function hashesBelow(root: string, take: (path: string) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  walk(root, '', (path, isDirectory) => {
    if (!take(path)) return false;
    if (!isDirectory && lstatSync(join(root, path)).isFile()) found.set(path, hashOf(readFileSync(join(root, path))));
    return true;
  });
  return found;
}

/** None where the directory has gone since it was named: the daemon may be at work. */
function entriesOf(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** @param visit Answers whether to go into a directory. */
function walk(root: string, from: string, visit: (path: string, isDirectory: boolean) => boolean): void {
  for (const entry of entriesOf(join(root, from))) {
    const path = from === '' ? entry.name : `${from}/${entry.name}`;
    if (visit(path, entry.isDirectory()) && entry.isDirectory()) walk(root, path, visit);
  }
}
