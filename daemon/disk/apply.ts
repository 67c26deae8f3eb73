// Carries out a plan, one guarded operation after the other. Each looks whether the path still is what the decision
// assumed, takes its place in one atomic step that cannot destroy what nobody looked at, and then looks at what it took
// out: if that is not what was expected, somebody wrote in between, and it is put back.
import { assertNever } from '../core/assert.ts';
import { sameFile } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Operation } from '../core/plan.ts';
import { type Directory, type Stat, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isElsewhere } from './errno.ts';
import { copyWithHoles } from './holes.ts';
import { toMicroseconds } from './observe.ts';
import { withWritableParent } from './opened.ts';
import { CHANGED, type Outcome, isExpected, isTaken, lookAt, strand } from './outcome.ts';
import { put } from './put.ts';
import { discard, discardIfPossible } from './stage.ts';
import { STAGING, type Place, type Tree, type TreeRef, seenOf, withTree } from './tree.ts';
import { type Filed, atVersion, file, moveWithoutReplacing } from './versions.ts';

export type { Outcome };

export interface ApplyInput {
  readonly tree: TreeRef;
  readonly operations: readonly Operation[];
}

/** One outcome an operation, in their order. One that fails stops none of the others. */
export const apply: Job<ApplyInput, Outcome[]> = {
  name: 'apply',
  isPlain: true,
  run(fs, { tree: ref, operations }) {
    return withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      try {
        return operations.map((operation) => carryOut(tree, staging, operation));
      } finally {
        staging.close();
      }
    });
  },
};

function carryOut(tree: Tree, staging: Directory, operation: Operation): Outcome {
  try {
    const act = (): Outcome => withWritableParent(tree, staging, operation.path, () => step(tree, staging, operation));
    return operation.kind === 'move' ? withWritableParent(tree, staging, operation.from, act) : act();
  } catch (error) {
    if (isElsewhere(error)) return CHANGED;
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { kind: 'problem', code, message: error instanceof Error ? error.message : String(error) };
  }
}

function step(tree: Tree, staging: Directory, operation: Operation): Outcome {
  switch (operation.kind) {
    case 'note':
      return { kind: 'done', seen: undefined, filed: [] };
    case 'place':
      return put(tree, staging, operation);
    case 'symlink':
      return putLink(tree, staging, operation);
    case 'mkdir':
      return makeDirectory(tree, staging, operation);
    case 'attributes':
      return setAttributes(tree, staging, operation);
    case 'move':
      return move(tree, operation);
    case 'remove':
      return remove(tree, operation);
    case 'rmdir':
      return removeDirectory(tree, operation.path);
    default:
      return assertNever(operation);
  }
}

function putLink(tree: Tree, staging: Directory, operation: Extract<Operation, { kind: 'symlink' }>): Outcome {
  const { staged, target } = operation;
  // The name is of this path and target: what is there already is a link of ours that was not used.
  if (lookAt(staging, staged) === undefined) staging.symlink(staged, target);
  try {
    return put(tree, staging, operation);
  } finally {
    if (isLinkTo(staging, staged, target)) staging.remove(staged, 'file');
  }
}

function isLinkTo(dir: Directory, name: string, target: string): boolean {
  return lookAt(dir, name)?.kind === 'symlink' && dir.readlink(name) === target;
}

function makeDirectory(tree: Tree, staging: Directory, operation: Extract<Operation, { kind: 'mkdir' }>): Outcome {
  const { path, mode, staged, expect } = operation;
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  // A directory that is there already is as good as one that we make.
  if (now?.kind === 'dir') {
    place.dir.setAttributes(place.name, { mode });
    return madeDirectory(place, mode);
  }
  if (!isExpected(expect, now)) return CHANGED;
  if (expect === 'absent') {
    place.dir.mkdir(place.name, mode);
    return madeDirectory(place, mode);
  }
  if (lookAt(staging, staged) === undefined) staging.mkdir(staged, mode);
  const ours = staging.lstat(staged);
  try {
    return put(tree, staging, operation);
  } finally {
    const left = lookAt(staging, staged);
    if (left?.kind === 'dir' && left.ino === ours.ino) staging.remove(staged, 'dir');
  }
}

/** Remembered with the mode that we gave it: another one is somebody's, and differs from it at the next look. */
function madeDirectory(place: Place, mode: number): Outcome {
  const seen = seenOf(place.dir.lstat(place.name));
  if (seen?.kind !== 'dir') return CHANGED;
  return { kind: 'done', seen: { ...seen, mode: (seen.mode & 0o7000) | mode }, filed: [] };
}

function setAttributes(
  tree: Tree,
  staging: Directory,
  { path, mode, mtimeUs, expect }: Extract<Operation, { kind: 'attributes' }>,
): Outcome {
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  if (!isExpected(expect, now) || now === undefined) return CHANGED;
  const own = now.kind === 'file' && now.nlink > 1 ? unlinkFromOthers(staging, place, now) : now;
  return own === undefined ? CHANGED : withAttributes(place, own, mode, mtimeUs);
}

/**
 * Sets what differs. A write between the last look and this step is hidden by the time that is set over its own: so what
 * is remembered has the ctime of before, and the next look reads the content once more.
 */
function withAttributes(place: Place, before: Stat, mode: number, mtimeUs: bigint | undefined): Outcome {
  const isRight =
    (before.mode & 0o777) === mode && (mtimeUs === undefined || toMicroseconds(before.mtimeNs) === mtimeUs);
  if (!isRight) place.dir.setAttributes(place.name, mtimeUs === undefined ? { mode } : { mode, mtimeUs });
  const after = seenOf(place.dir.lstat(place.name));
  const was = seenOf(before);
  if (after === undefined || was === undefined) return CHANGED;
  if (after.ino !== was.ino) return CHANGED;
  if (after.kind === 'dir') return madeDirectory(place, mode);
  if (isRight && sameFile(was, after) && after.mode === was.mode) return { kind: 'done', seen: after, filed: [] };
  return after.size === was.size ? { kind: 'done', seen: { ...after, ctimeNs: was.ctimeNs }, filed: [] } : CHANGED;
}

/**
 * Another name of the same inode may lie outside of the folder: our attributes are not its. Our name gets a copy, whose
 * stat is the answer; undefined when somebody wrote meanwhile.
 */
function unlinkFromOthers(staging: Directory, place: Place, now: Stat): Stat | undefined {
  const copy = `${now.ino}.copy`;
  let mine: Stat;
  try {
    mine = copyFrom(place, staging, copy, now.mode);
    staging.rename(copy, place.dir, place.name, 'exchange');
  } catch (error) {
    // The file has gone meanwhile, or the disk is full. Only what is a copy is nobody's.
    if (lookAt(staging, copy)?.ino !== now.ino) discardIfPossible(staging, copy);
    throw error;
  }
  const old = staging.lstat(copy);
  if (old.ino === now.ino && old.mtimeNs === now.mtimeNs && old.size === now.size) {
    staging.remove(copy, 'file');
    return mine;
  }
  staging.rename(copy, place.dir, place.name, 'exchange');
  if (staging.lstat(copy).ino === mine.ino) staging.remove(copy, 'file');
  return undefined;
}

function copyFrom(place: Place, staging: Directory, copy: string, mode: number): Stat {
  discard(staging, copy);
  const from = place.dir.openFile(place.name, 'read');
  try {
    const to = staging.openFile(copy, 'create');
    try {
      copyWithHoles(from, to);
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
  staging.setAttributes(copy, { mode: mode & 0o777 });
  return staging.lstat(copy);
}

function move(tree: Tree, operation: Extract<Operation, { kind: 'move' }>): Outcome {
  const { path, from, mode, mtimeUs, expect, version } = operation;
  const source = tree.beside().place(from);
  if (!isExpected(expect, lookAt(source.dir, source.name))) return CHANGED;
  const place = tree.place(path);
  moveWithoutReplacing(source.dir, source.name, place.dir, place.name);
  const taken = place.dir.lstat(place.name);
  if (!isTaken(expect, taken)) {
    try {
      moveWithoutReplacing(place.dir, place.name, source.dir, source.name);
      return CHANGED;
    } catch (error) {
      if (!isElsewhere(error)) throw error;
      return { kind: 'changed', filed: [file(tree, place.dir, place.name, from, version)] };
    }
  }
  return withAttributes(place, taken, mode, mtimeUs);
}

/** A deletion is a move into the version store, looked at afterwards. */
function remove(tree: Tree, { path, expect, version }: Extract<Operation, { kind: 'remove' }>): Outcome {
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  if (now === undefined) return { kind: 'done', seen: undefined, filed: [] };
  if (!isExpected(expect, now)) return CHANGED;
  let filed: Filed;
  try {
    filed = file(tree, place.dir, place.name, path, version);
  } catch (error) {
    // It may be in the store already, and nobody has been told where.
    if (isThere(place)) throw error;
    return strand(error);
  }
  if (sameFile(expect, filed.seen)) return { kind: 'done', seen: undefined, filed: [filed] };
  const back = putVersionBack(tree, filed, place);
  return { kind: 'changed', filed: back ? [] : [filed] };
}

/** Surely. */
function isThere(place: Place): boolean {
  try {
    return lookAt(place.dir, place.name) !== undefined;
  } catch {
    return false;
  }
}

/** Puts back what was taken by mistake; false where its place is taken: then it stays in the store. */
function putVersionBack(tree: Tree, filed: Filed, place: Place): boolean {
  const back = (dir: Directory, name: string): true => {
    moveWithoutReplacing(dir, name, place.dir, place.name);
    return true;
  };
  try {
    return atVersion(tree, filed.storedAs, back) === true;
  } catch (error) {
    if (isElsewhere(error)) return false;
    throw error;
  }
}

function removeDirectory(tree: Tree, path: RelativePath): Outcome {
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  if (now === undefined) return { kind: 'done', seen: undefined, filed: [] };
  if (now.kind !== 'dir') return CHANGED;
  try {
    place.dir.remove(place.name, 'dir');
  } catch (error) {
    if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return { kind: 'not empty' };
    throw error;
  }
  return { kind: 'done', seen: undefined, filed: [] };
}
