// Carries out a plan, one guarded operation after the other. Each looks whether the path still is what the decision
// assumed, takes its place in one atomic step that cannot destroy what nobody looked at, and then looks at what it took
// out: if that is not what was expected, somebody wrote in between, and it is put back.
import type { ErrorCode } from '../../protocol/errors.ts';
import { assertNever } from '../core/assert.ts';
import { type SeenStat, looksSame, sameFile } from '../core/observation.ts';
import { type RelativePath, parentOf } from '../core/path.ts';
import type { Expected, Operation } from '../core/plan.ts';
import { type Directory, type Stat, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent, isElsewhere } from './errno.ts';
import { toMicroseconds } from './observe.ts';
import { STAGING, type Place, type Tree, type TreeRef, seenOf, withTree } from './tree.ts';
import { type Filed, atVersion, file, moveWithoutReplacing } from './versions.ts';

export type Outcome =
  | { readonly kind: 'done'; readonly seen: SeenStat | undefined; readonly filed: readonly Filed[] }
  /** The path is not as the plan assumed: to be looked at and decided again. What had to be kept is in `filed`. */
  | { readonly kind: 'changed'; readonly filed: readonly Filed[] }
  /** A directory that was to go holds something that nobody has looked at, or that is not synced. */
  | { readonly kind: 'not empty' }
  | { readonly kind: 'problem'; readonly code: ErrorCode; readonly message: string };

export interface ApplyInput {
  readonly tree: TreeRef;
  readonly operations: readonly Operation[];
}

/** One outcome an operation, in their order. One that fails stops none of the others. */
export const apply: Job<ApplyInput, Outcome[]> = {
  name: 'apply',
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
    return withWritableParent(tree, operation.path, () => step(tree, staging, operation));
  } catch (error) {
    if (isElsewhere(error)) return CHANGED;
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { kind: 'problem', code, message: error instanceof Error ? error.message : String(error) };
  }
}

const CHANGED: Outcome = { kind: 'changed', filed: [] };

function step(tree: Tree, staging: Directory, operation: Operation): Outcome {
  switch (operation.kind) {
    case 'note':
      return { kind: 'done', seen: undefined, filed: [] };
    case 'place':
      return put(tree, staging, operation);
    case 'symlink':
      makeStagedLink(staging, operation.staged, operation.target);
      return put(tree, staging, operation);
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

type Put = Extract<Operation, { kind: 'place' | 'symlink' | 'mkdir' }>;

/** What is in staging under `staged` takes its place at `path`. */
function put(tree: Tree, staging: Directory, { path, staged, expect, version }: Put): Outcome {
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  if (!isExpected(expect, now)) return CHANGED;
  const ours = staging.lstat(staged);
  if (expect === 'absent') {
    moveWithoutReplacing(staging, staged, place.dir, place.name);
    return placed(place, ours);
  }
  try {
    staging.rename(staged, place.dir, place.name, 'exchange');
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    return putByLink(tree, staging, place, { path, staged, version }, ours);
  }
  // The old one is in our hands now, and nobody can have destroyed it.
  const old = staging.lstat(staged);
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
  return placed(place, ours, [file(tree, staging, staged, path, version)]);
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
    if (!isAbsent(error)) throw error;
    // What we had put there is gone: a deletion of what they had not seen. Theirs goes back to a free place.
    try {
      staging.rename(staged, place.dir, place.name, 'noreplace');
    } catch (again) {
      if (!isElsewhere(again)) throw again;
      return { kind: 'changed', filed: [file(tree, staging, staged, path, version)] };
    }
    return CHANGED;
  }
  const back = staging.lstat(staged);
  if (back.ino === ours.ino && back.dev === ours.dev) return CHANGED;
  if (back.kind === 'dir') return { kind: 'problem', code: 'E_UNREADABLE', message: `${path} changes all the time` };
  return { kind: 'changed', filed: [file(tree, staging, staged, path, version)] };
}

/** Without renameat2: the old inode gets its name in the store first, so a program that has it open goes on into the version. */
function putByLink(
  tree: Tree,
  staging: Directory,
  place: Place,
  { path, staged, version }: Pick<Put, 'path' | 'staged' | 'version'>,
  ours: Stat,
): Outcome {
  const kept = `${staged}.old`;
  place.dir.link(place.name, staging, kept);
  const filed = file(tree, staging, kept, path, version);
  staging.rename(staged, place.dir, place.name, 'replace');
  return placed(place, ours, [filed]);
}

function makeStagedLink(staging: Directory, staged: string, target: string): void {
  try {
    staging.symlink(staged, target);
  } catch (error) {
    // Left by a crash: ours if it is a link with this very target.
    const left = lookAt(staging, staged);
    if (left?.kind !== 'symlink' || staging.readlink(staged) !== target) throw error;
  }
}

function makeDirectory(tree: Tree, staging: Directory, operation: Extract<Operation, { kind: 'mkdir' }>): Outcome {
  const { path, mode, staged, expect } = operation;
  const place = tree.place(path);
  const now = lookAt(place.dir, place.name);
  // A directory that is there already is as good as one that we make.
  if (now?.kind === 'dir') {
    place.dir.setAttributes(place.name, { mode });
    return { kind: 'done', seen: seenOf(place.dir.lstat(place.name)), filed: [] };
  }
  if (!isExpected(expect, now)) return CHANGED;
  if (expect === 'absent') {
    place.dir.mkdir(place.name, mode);
    return { kind: 'done', seen: seenOf(place.dir.lstat(place.name)), filed: [] };
  }
  if (lookAt(staging, staged) === undefined) staging.mkdir(staged, mode);
  return put(tree, staging, operation);
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
  if (after.kind === 'dir' || (isRight && sameFile(was, after))) return { kind: 'done', seen: after, filed: [] };
  return after.size === was.size ? { kind: 'done', seen: { ...after, ctimeNs: was.ctimeNs }, filed: [] } : CHANGED;
}

/**
 * Another name of the same inode may lie outside of the folder: our attributes are not its. Our name gets a copy, whose
 * stat is the answer; undefined when somebody wrote meanwhile.
 */
function unlinkFromOthers(staging: Directory, place: Place, now: Stat): Stat | undefined {
  const copy = `${now.ino}.copy`;
  if (lookAt(staging, copy) !== undefined) staging.remove(copy, 'file');
  const from = place.dir.openFile(place.name, 'read');
  try {
    const to = staging.openFile(copy, 'create');
    try {
      const buffer = new Uint8Array(1 << 20);
      for (let at = 0, n: number; (n = from.read(buffer, at)) > 0; at += n) to.write(buffer.subarray(0, n), at);
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
  staging.setAttributes(copy, { mode: now.mode & 0o777 });
  const mine = staging.lstat(copy);
  staging.rename(copy, place.dir, place.name, 'exchange');
  const old = staging.lstat(copy);
  if (old.ino === now.ino && old.mtimeNs === now.mtimeNs && old.size === now.size) {
    staging.remove(copy, 'file');
    return mine;
  }
  staging.rename(copy, place.dir, place.name, 'exchange');
  if (staging.lstat(copy).ino === mine.ino) staging.remove(copy, 'file');
  return undefined;
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
  const filed = file(tree, place.dir, place.name, path, version);
  if (sameFile(expect, filed.seen)) return { kind: 'done', seen: undefined, filed: [filed] };
  const back = putVersionBack(tree, filed, place);
  return { kind: 'changed', filed: back ? [] : [filed] };
}

/** Puts back what was taken by mistake; false where its place is taken: then it stays in the store. */
function putVersionBack(tree: Tree, filed: Filed, place: Place): boolean {
  try {
    atVersion(tree, filed.storedAs, (dir, name) => moveWithoutReplacing(dir, name, place.dir, place.name));
    return true;
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

/** A directory without write permission for its owner gets it for one step, and has its mode back afterwards. */
function withWritableParent(tree: Tree, path: RelativePath, act: () => Outcome): Outcome {
  try {
    return act();
  } catch (error) {
    const parent = parentOf(path);
    if (errnoOf(error) !== 'EACCES' || parent === '') throw error;
    const above = tree.beside().place(parent);
    const mode = above.dir.lstat(above.name).mode & 0o777;
    if ((mode & 0o300) === 0o300) throw error;
    above.dir.setAttributes(above.name, { mode: mode | 0o300 });
    try {
      return act();
    } finally {
      const again = tree.beside().place(parent);
      again.dir.setAttributes(again.name, { mode });
    }
  }
}

function lookAt(dir: Directory, name: string): Stat | undefined {
  try {
    return dir.lstat(name);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isExpected(expect: Expected, now: Stat | undefined): boolean {
  if (expect === 'absent') return now === undefined;
  const seen = now && seenOf(now);
  return seen !== undefined && looksSame(expect, seen);
}

/** Whether what came out is what was looked at: all but the ctime, which the rename itself has set. */
function isTaken(expect: SeenStat, taken: Stat): boolean {
  const seen = seenOf(taken);
  if (seen === undefined) return false;
  return expect.kind === 'dir' ? seen.kind === 'dir' : sameFile(expect, seen);
}

/**
 * What is remembered of a place is what we put there. Somebody may have written, or taken it away, since: then it is the
 * stat of before that is remembered, and what is there differs from it at the next look. Remembered as it is by now, an
 * edit that came a microsecond after us would pass for the content that we brought.
 */
function placed(place: Place, put: Stat, filed: readonly Filed[] = []): Outcome {
  const now = lookAt(place.dir, place.name);
  const [before, after] = [seenOf(put), now && seenOf(now)];
  return { kind: 'done', seen: isSamePut(before, after) ? after : before, filed };
}

/** All but the ctime, which taking the place has set; of a directory also but the times, which are not its own. */
function isSamePut(before: SeenStat | undefined, after: SeenStat | undefined): boolean {
  if (before === undefined || after === undefined || before.mode !== after.mode) return false;
  return before.kind === 'dir' ? after.kind === 'dir' && before.ino === after.ino : sameFile(before, after);
}
