// Taking a path's place in one atomic step that cannot destroy what nobody looked at: what was there is in our hands
// afterwards, and is looked at; if it is not what was expected, somebody wrote in between, and it is put back.
import type { Operation } from '../core/plan.ts';
import { type Directory, type Stat, errnoOf } from '../ports/file-system.ts';
import { codeOf, isAbsent, isElsewhere } from './errno.ts';
import { toMicroseconds } from './observe.ts';
import { CHANGED, type Outcome, isExpected, isTaken, lookAt, placed, strand } from './outcome.ts';
import type { Place, Tree } from './tree.ts';
import { type Filed, file, moveWithoutReplacing } from './versions.ts';

export type Put = Extract<Operation, { kind: 'place' | 'symlink' | 'mkdir' }>;

/** What is in staging under `staged` takes its place at `path`. */
export function put(tree: Tree, staging: Directory, operation: Put): Outcome {
  const { path, staged, expect, version } = operation;
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  if (!isExpected(expect, now)) return CHANGED;
  if (now?.kind === 'dir' && !isEmpty(place)) return { kind: 'not empty' };
  const ours = stagedStat(staging, operation);
  if (ours === undefined) return { kind: 'not staged' };
  if (expect === 'absent') {
    moveWithoutReplacing(staging, staged, place.dir, place.name);
    return placed(place, ours);
  }
  try {
    staging.rename(staged, place.dir, place.name, 'exchange');
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    return putByLink(tree, staging, place, operation, ours);
  }
  // The old one is in our hands now, and nobody can have destroyed it.
  let old: Stat;
  try {
    old = staging.lstat(staged);
  } catch (error) {
    return strand(error);
  }
  if (!isTaken(expect, old)) return putBack(tree, staging, place, { path, staged, version }, ours);
  if (old.kind === 'dir') {
    try {
      staging.remove(staged, 'dir');
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      staging.rename(staged, place.dir, place.name, 'exchange');
      return { kind: 'not empty' };
    }
    return placed(place, ours);
  }
  let filed: Filed;
  try {
    filed = file(tree, staging, staged, path, version);
  } catch (error) {
    // It cannot be kept (the disk is full, for one): then it is not replaced.
    try {
      staging.rename(staged, place.dir, place.name, 'exchange');
    } catch {
      return strand(error);
    }
    throw error;
  }
  try {
    return placed(place, ours, [filed]);
  } catch (error) {
    // It is kept, and nobody has been told where.
    return strand(error);
  }
}

/**
 * Staged contents have mode and time of the version that they were staged for. Another version with the same content may
 * be wanted by now, and on our disk they may get another mode.
 */
function stagedStat(staging: Directory, operation: Put): Stat | undefined {
  const { staged } = operation;
  const ours = lookAt(staging, staged);
  if (operation.kind !== 'place' || ours === undefined) return ours;
  const { mode, mtimeUs } = operation.entry;
  if ((ours.mode & 0o777) === mode && toMicroseconds(ours.mtimeNs) === mtimeUs) return ours;
  staging.setAttributes(staged, { mode, mtimeUs });
  return staging.lstat(staged);
}

function isEmpty(place: Place): boolean {
  const dir = place.dir.openDir(place.name);
  try {
    return dir.list().length === 0;
  } finally {
    dir.close();
  }
}

function keep(
  tree: Tree,
  staging: Directory,
  { path, staged, version }: Pick<Put, 'path' | 'staged' | 'version'>,
): Outcome {
  try {
    return { kind: 'changed', filed: [file(tree, staging, staged, path, version)] };
  } catch (error) {
    return strand(error);
  }
}

/**
 * Somebody wrote between our look and the exchange. Their file goes back to its place, and ours to staging. If a third
 * one has taken the place meanwhile, that one is in our hands after it, and is filed.
 */
function putBack(
  tree: Tree,
  staging: Directory,
  place: Place,
  { path, staged, version }: Pick<Put, 'path' | 'staged' | 'version'>,
  ours: Stat,
): Outcome {
  try {
    staging.rename(staged, place.dir, place.name, 'exchange');
  } catch (error) {
    if (!isAbsent(error)) return strand(error);
    // What we had put there is gone: a deletion of what they had not seen. Theirs goes back to a free place.
    try {
      staging.rename(staged, place.dir, place.name, 'noreplace');
    } catch (again) {
      if (!isElsewhere(again)) return strand(again);
      return keep(tree, staging, { path, staged, version });
    }
    return CHANGED;
  }
  let back: Stat;
  try {
    back = staging.lstat(staged);
  } catch (error) {
    return strand(error);
  }
  const isOurs = back.ino === ours.ino && back.dev === ours.dev;
  // It lay at the path for a moment: whoever wrote into it wrote what is nowhere else, and what must not be taken for ours.
  if (isOurs && back.size === ours.size && back.mtimeNs === ours.mtimeNs) return CHANGED;
  if (back.kind === 'dir') return { kind: 'problem', code: 'E_UNREADABLE', message: `${path} changes all the time` };
  return keep(tree, staging, { path, staged, version });
}

/** Without renameat2: the old inode gets its name in the store first, so a program that has it open goes on into the version. */
function putByLink(
  tree: Tree,
  staging: Directory,
  place: Place,
  { path, staged, version, expect }: Put,
  ours: Stat,
): Outcome {
  if (expect !== 'absent' && expect.kind === 'dir') {
    place.dir.remove(place.name, 'dir');
    moveWithoutReplacing(staging, staged, place.dir, place.name);
    return placed(place, ours);
  }
  const kept = `${staged}.old`;
  if (lookAt(staging, kept) !== undefined) staging.remove(kept, 'file');
  place.dir.link(place.name, staging, kept);
  const linked = staging.lstat(kept);
  if (!isExpected(expect, { ...linked, ctimeNs: expect === 'absent' ? 0n : expect.ctimeNs })) {
    staging.remove(kept, 'file');
    return CHANGED;
  }
  const filed = file(tree, staging, kept, path, version);
  if (lookAt(place.dir, place.name)?.ino !== linked.ino) return { kind: 'changed', filed: [filed] };
  // A directory is renamed over nothing only.
  if (ours.kind === 'dir') place.dir.remove(place.name, 'file');
  staging.rename(staged, place.dir, place.name, 'replace');
  return placed(place, ours, [filed]);
}
