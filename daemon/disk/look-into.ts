// What a filter has to know of a path beside its name: what is there, how large it is, and whether it is text.
import type { SeenStat } from '../core/observation.ts';
import { looksSame } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { LOOKED_AT_BYTES, looksLikeText } from '../core/text-content.ts';
import type { Directory } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { readAll } from './parts.ts';
import { STAGING, type Tree, type TreeRef, seenOf, withTree } from './tree.ts';

export interface LookIntoInput {
  readonly tree: TreeRef;
  readonly items: readonly {
    readonly path: RelativePath;
    /** A file that still looks so is what it was. */
    readonly known?: SeenStat | undefined;
    /** Whether it is text is asked for. */
    readonly text: boolean;
  }[];
}

export type LookedInto =
  | { readonly kind: 'there'; readonly seen: SeenStat; readonly isText: boolean }
  /** It looks as it is known. */
  | { readonly kind: 'same' }
  /** Nothing is there, or nothing that can be looked at: who looks closer finds out which. */
  | { readonly kind: 'unclear' };

/** One answer a path, in their order. */
export const lookInto: Job<LookIntoInput, LookedInto[]> = {
  name: 'lookInto',
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) => items.map((item) => lookIntoOne(tree, item)));
  },
};

export function lookIntoOne(tree: Tree, { path, known, text }: LookIntoInput['items'][number]): LookedInto {
  try {
    const { dir, name } = tree.place(path);
    const seen = seenOf(dir.lstat(name));
    if (seen === undefined) return { kind: 'unclear' };
    if (known !== undefined && looksSame(known, seen)) return { kind: 'same' };
    return { kind: 'there', seen, isText: !text || seen.kind !== 'file' || isTextAt(dir, name, seen.size) };
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return { kind: 'unclear' };
  }
}

export interface LookIntoStagedInput {
  readonly tree: TreeRef;
  readonly items: readonly { readonly staged: string; readonly size: number }[];
}

/** Whether staged contents are text, in their order; what is not in staging any more counts as text. */
export const lookIntoStaged: Job<LookIntoStagedInput, boolean[]> = {
  name: 'lookIntoStaged',
  run(fs, { tree: ref, items }) {
    return withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      try {
        return items.map(({ staged, size }) => {
          try {
            return isTextAt(staging, staged, size);
          } catch (error) {
            if (codeOf(error) === undefined) throw error;
            return true;
          }
        });
      } finally {
        staging.close();
      }
    });
  },
};

function isTextAt(dir: Directory, name: string, size: number): boolean {
  const file = dir.openFile(name, 'read');
  try {
    return looksLikeText(readAll(file, 0, Math.min(size, LOOKED_AT_BYTES)) ?? new Uint8Array(0));
  } finally {
    file.close();
  }
}
