// Reads whole directories. What a listing does not name is absent only if the listing is whole.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { SeenStat } from '../core/observation.ts';
import { type DirPath, OWN_DIR, type RelativePath, childPath } from '../core/path.ts';
import type { Directory } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';
import { type Tree, type TreeRef, seenOf, withTree } from './tree.ts';

export interface ScanInput {
  readonly tree: TreeRef;
  readonly dirs: readonly DirPath[];
}

export interface ListedEntry {
  readonly path: RelativePath;
  readonly seen: SeenStat;
  /** A directory on another file system than the one that it is in. */
  readonly boundary: boolean;
}

export type Listing =
  | {
      readonly kind: 'whole';
      readonly dir: DirPath;
      readonly entries: readonly ListedEntry[];
      /** What is there and cannot be synced, as it is to be shown, with the reason. */
      readonly skipped: readonly { readonly path: string; readonly code: ErrorCode }[];
      /** Paths of which nothing may be concluded: they were named, and could not be looked at. */
      readonly unknown: readonly RelativePath[];
    }
  | { readonly kind: 'absent'; readonly dir: DirPath }
  | { readonly kind: 'unknown'; readonly dir: DirPath; readonly code: ErrorCode };

/** One listing a directory, in their order. */
export const scan: Job<ScanInput, Listing[]> = {
  name: 'scan',
  isPlain: true,
  run(fs, { tree: ref, dirs }) {
    return withTree(fs, ref, (tree) => dirs.map((dir) => scanDirectory(tree, dir)));
  },
};

export function scanDirectory(tree: Tree, dir: DirPath): Listing {
  try {
    const opened = tree.open(dir);
    const listing = list(dir, opened);
    // The directory may have been moved away while it was read: then its names say nothing about this path.
    const before = opened.lstat();
    tree.forget();
    const after = tree.open(dir).lstat();
    if (before.ino !== after.ino || before.dev !== after.dev) return { kind: 'unknown', dir, code: 'E_UNREADABLE' };
    return listing;
  } catch (error) {
    if (isAbsent(error)) return { kind: 'absent', dir };
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { kind: 'unknown', dir, code };
  }
}

function list(dir: DirPath, opened: Directory): Listing {
  const here = opened.lstat();
  const entries: ListedEntry[] = [];
  const skipped: { path: string; code: ErrorCode }[] = [];
  const unknown: RelativePath[] = [];
  for (const { name, wellFormed } of opened.list()) {
    if (dir === '' && name === OWN_DIR) continue;
    const path = wellFormed ? childPath(dir, name) : undefined;
    if (path === undefined) {
      skipped.push({ path: dir === '' ? name : `${dir}/${name}`, code: 'E_NAME' });
      continue;
    }
    try {
      const stat = opened.lstat(name);
      const seen = seenOf(stat);
      if (seen === undefined) {
        skipped.push({ path, code: 'E_KIND' });
        unknown.push(path);
      } else {
        entries.push({ path, seen, boundary: stat.kind === 'dir' && stat.dev !== here.dev });
      }
    } catch (error) {
      if (isAbsent(error)) continue;
      const code = codeOf(error);
      if (code === undefined) throw error;
      skipped.push({ path, code });
      unknown.push(path);
    }
  }
  return { kind: 'whole', dir, entries, skipped, unknown };
}
