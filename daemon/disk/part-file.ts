// `NAME.part` in staging: a large file that is not whole yet, and how what goes wrong with it is told.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Directory, FileSystem, OpenFile } from '../ports/file-system.ts';
import { codeOf, isAbsent } from './errno.ts';
import { STAGING, type Tree, type TreeRef, withTree } from './tree.ts';

export interface PartProblem {
  readonly kind: 'problem';
  readonly code: ErrorCode;
}

/** It is not there any more, or what it is made from is not. */
export interface PartGone {
  readonly kind: 'gone';
}

export function partOf(staged: string): string {
  return `${staged}.part`;
}

/** Works in staging; an error of the disk is a problem with its code. */
export function inStaging<T>(
  fs: FileSystem,
  ref: TreeRef,
  use: (staging: Directory, tree: Tree) => T,
): T | PartProblem {
  return withTree(fs, ref, (tree): T | PartProblem => {
    const staging = tree.own(STAGING);
    try {
      return use(staging, tree);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      return { kind: 'problem', code };
    } finally {
      staging.close();
    }
  });
}

/** Works on a part that is there; nothing is made. */
export function withPart<T>(
  fs: FileSystem,
  ref: TreeRef,
  staged: string,
  use: (part: OpenFile, tree: Tree) => T,
): T | PartGone | PartProblem {
  return inStaging(fs, ref, (staging, tree): T | PartGone => {
    try {
      const part = staging.openFile(partOf(staged), 'write');
      try {
        return use(part, tree);
      } finally {
        part.close();
      }
    } catch (error) {
      if (isAbsent(error)) return { kind: 'gone' };
      throw error;
    }
  });
}
