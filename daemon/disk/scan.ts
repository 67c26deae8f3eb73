// Reads whole directories. What a listing does not name is absent only if the listing is whole.
import type { ErrorCode } from '../../protocol/errors.ts';
import { parseExpected, statText } from '../core/expected-names.ts';
import { RULES_FILE } from '../core/filter-file.ts';
import type { SeenStat } from '../core/observation.ts';
import { type DirPath, OWN_DIR, type RelativePath, childPath } from '../core/path.ts';
import type { Directory } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';
import { type Tree, type TreeRef, seenOf, withTree } from './tree.ts';

export interface ScanInput {
  readonly tree: TreeRef;
  readonly dirs: readonly {
    readonly dir: DirPath;
    /** What is known of it (core/expected-names.ts): then only what may be otherwise is told. */
    readonly expected?: string | undefined;
  }[];
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
      /** The directory's own, before it was read. */
      readonly ctimeNs: bigint;
      /** All; or where something was expected, what is not as expected, directories, and files of rules. */
      readonly entries: readonly ListedEntry[];
      /** What was expected and is not there; undefined where nothing was expected. */
      readonly gone?: readonly RelativePath[];
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
    return withTree(fs, ref, (tree) => dirs.map(({ dir, expected }) => scanDirectory(tree, dir, expected)));
  },
};

export function scanDirectory(tree: Tree, dir: DirPath, expected?: string): Listing {
  try {
    const opened = tree.open(dir);
    const listing = list(dir, opened, expected === undefined ? undefined : parseExpected(expected));
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

function list(dir: DirPath, opened: Directory, expected: Map<string, string> | undefined): Listing {
  const { dev, ctimeNs } = opened.lstat();
  const entries: ListedEntry[] = [];
  const skipped: { path: string; code: ErrorCode }[] = [];
  const unknown: RelativePath[] = [];
  for (const { name, wellFormed } of opened.list()) {
    if (dir === '' && name === OWN_DIR) continue;
    const at = dir === '' ? name : `${dir}/${name}`;
    const before = wellFormed ? expected?.get(name) : undefined;
    // What is expected is a path.
    const path = before === undefined ? (wellFormed ? childPath(dir, name) : undefined) : (at as RelativePath);
    if (path === undefined) {
      skipped.push({ path: at, code: 'E_NAME' });
      continue;
    }
    try {
      const stat = opened.lstat(name);
      expected?.delete(name);
      const seen = seenOf(stat);
      if (seen === undefined) {
        skipped.push({ path, code: 'E_KIND' });
        unknown.push(path);
      } else if (seen.kind === 'dir' || name === RULES_FILE || before !== statText(seen)) {
        entries.push({ path, seen, boundary: stat.kind === 'dir' && stat.dev !== dev });
      }
    } catch (error) {
      if (isAbsent(error)) continue;
      const code = codeOf(error);
      if (code === undefined) throw error;
      expected?.delete(name);
      skipped.push({ path, code });
      unknown.push(path);
    }
  }
  if (expected === undefined) return { kind: 'whole', dir, ctimeNs, entries, skipped, unknown };
  const gone = [...expected.keys()].map((name) => (dir === '' ? name : `${dir}/${name}`) as RelativePath);
  return { kind: 'whole', dir, ctimeNs, entries, gone, skipped, unknown };
}
