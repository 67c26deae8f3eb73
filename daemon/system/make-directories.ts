// mkdir -p. The runtime's own tries for ever where mkdir says ENOENT although the directory above is there, as in /proc.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory, and what is missing above it.
 * @returns the topmost that was made; undefined where the directory was there
 */
export function makeDirectories(path: string, mode: number): string | undefined {
  try {
    mkdirSync(path, { mode });
    return path;
  } catch (error) {
    if (isDirectory(path)) return undefined;
    const above = dirname(path);
    if (!isNotFound(error) || above === path) throw error;
    const topmost = makeDirectories(above, mode);
    mkdirSync(path, { mode });
    return topmost ?? path;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
