// After a stop at any instruction: what lies in staging is a whole content that is still wanted, a part of one, or what
// somebody had and an interrupted exchange left there. The last is filed in the version store; nothing is guessed away.
// Directories that were open for a step have their modes back.
import type { Sha256, VersionId } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Entry } from '../core/record.ts';
import type { Directory, Stat } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { isAbsent } from './errno.ts';
import { hashFile } from './observe.ts';
import { OPENED, closeOpened } from './opened.ts';
import { lookAt } from './outcome.ts';
import { discard } from './stage.ts';
import { STAGING, type TreeRef, withTree } from './tree.ts';
import { type Filed, file } from './versions.ts';

export interface RecoverInput {
  readonly tree: TreeRef;
  /** For each wanted file: the name that it has in staging. */
  readonly wanted: readonly {
    readonly staged: string;
    readonly path: RelativePath;
    readonly entry: Entry;
  }[];
  /** Only what lies under these names is looked at; undefined: all. */
  readonly names?: ReadonlySet<string> | undefined;
  /** Names for what has to be filed; one is used for each. */
  readonly ids: readonly VersionId[];
}

export interface Recovered {
  /** Wanted contents that are whole. */
  readonly ready: readonly RelativePath[];
  readonly filed: readonly (Filed & { readonly sha256: Sha256 | undefined })[];
  /** More was found than there were IDs: ask again. */
  readonly more: boolean;
}

/** Where content goes whose path nobody can tell any more. */
const UNKNOWN_PATH = 'recovered' as RelativePath;

export const recover: Job<RecoverInput, Recovered> = {
  name: 'recover',
  run(fs, { tree: ref, wanted, names, ids }) {
    const byName = new Map(wanted.map((one) => [one.staged, one]));
    return withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      const ready: RelativePath[] = [];
      const filed: (Filed & { sha256: Sha256 | undefined })[] = [];
      let more = false;
      try {
        for (const { name } of staging.list()) {
          const [staged = name, kind] = name.split('.');
          if (names?.has(staged) === false) continue;
          const stat = lookAt(staging, name);
          // When the root is back, jobs from before may be at work still: one has given it its name.
          if (stat === undefined) continue;
          if (stat.kind === 'dir') {
            removeEmpty(staging, name);
            continue;
          }
          if (kind === OPENED) {
            closeOpened(tree, staging, name);
            continue;
          }
          const want = byName.get(staged);
          if (kind === 'part') {
            if (want === undefined) discard(staging, name);
            continue;
          }
          // Of what is no content nothing can be kept.
          if (stat.kind === 'other') continue;
          if (kind === undefined && want?.entry.kind === 'symlink' && isLinkTo(staging, name, want.entry.target)) {
            discard(staging, name);
            continue;
          }
          const sha256 = stat.kind === 'file' ? hashOf(staging, name, stat) : undefined;
          const content = want?.entry.kind === 'file' ? want.entry : undefined;
          if (want !== undefined && kind === undefined && content?.size === stat.size && content.sha256 === sha256) {
            ready.push(want.path);
            continue;
          }
          const id = ids[filed.length];
          if (id === undefined) {
            more = true;
            break;
          }
          filed.push({ ...file(tree, staging, name, want?.path ?? UNKNOWN_PATH, id), sha256 });
        }
      } finally {
        staging.close();
      }
      return { ready, filed, more };
    });
  },
};

/** Its mode may be one that nobody can read with. */
function hashOf(staging: Directory, name: string, { size, mode }: Stat): Sha256 | undefined {
  const isReadable = (mode & 0o400) !== 0;
  if (!isReadable) staging.setAttributes(name, { mode: (mode & 0o777) | 0o400 });
  const opened = staging.openFile(name, 'read');
  try {
    return hashFile(opened, size);
  } finally {
    opened.close();
    if (!isReadable) staging.setAttributes(name, { mode: mode & 0o777 });
  }
}

function isLinkTo(dir: Directory, name: string, target: string): boolean {
  return dir.lstat(name).kind === 'symlink' && dir.readlink(name) === target;
}

function removeEmpty(staging: Directory, name: string): void {
  try {
    staging.remove(name, 'dir');
  } catch (error) {
    // What is in it was somebody's: it stays where it is, and is looked at again at the next start.
    if (isAbsent(error)) return;
  }
}
