// How much lies in a directory here, for the preview of `join`. Bounded: a person waits for it.
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

export type LocalTree =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'counted'; readonly files: number; readonly bytes: number; readonly more: boolean };

const MAX_ENTRIES = 100_000;

/** Files and links below `root`, without `.syncd`; links are not followed. */
export async function countFiles(root: string): Promise<LocalTree> {
  let [files, bytes, entries] = [0, 0, 0];
  const waiting = [root];
  for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
    try {
      for await (const entry of await opendir(dir)) {
        if (++entries > MAX_ENTRIES) return { kind: 'counted', files, bytes, more: true };
        if (dir === root && entry.name === '.syncd') continue;
        const path = join(dir, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        else {
          files++;
          bytes += (await lstat(path)).size;
        }
      }
    } catch (error) {
      if (dir !== root) continue;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      return { kind: code === 'ENOENT' ? 'absent' : 'unreadable' };
    }
  }
  return { kind: 'counted', files, bytes, more: false };
}
