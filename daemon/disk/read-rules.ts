// Reads the `.syncignore` files of directories. Only a file of its own is one: a link could lead outside.
import type { ErrorCode } from '../../protocol/errors.ts';
import { MAX_RULES_FILE_BYTES, RULES_FILE } from '../core/filter-file.ts';
import type { DirPath } from '../core/path.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf, isAbsent } from './errno.ts';
import { readAll } from './parts.ts';
import { type Tree, type TreeRef, withTree } from './tree.ts';

export type RulesText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' }
  /** There is one, and it cannot be used. */
  | { readonly kind: 'unusable'; readonly code: ErrorCode };

/** One answer a directory, in their order. */
export const readRules: Job<{ readonly tree: TreeRef; readonly dirs: readonly DirPath[] }, RulesText[]> = {
  name: 'readRules',
  run(fs, { tree: ref, dirs }) {
    return withTree(fs, ref, (tree) => dirs.map((dir) => readRulesIn(tree, dir)));
  },
};

export function readRulesIn(tree: Tree, dir: DirPath): RulesText {
  try {
    const opened = tree.open(dir);
    if (opened.lstat(RULES_FILE).kind !== 'file') return { kind: 'none' };
    const file = opened.openFile(RULES_FILE, 'read');
    try {
      const { size } = file.stat();
      if (size > MAX_RULES_FILE_BYTES) return { kind: 'unusable', code: 'E_IGNORE_RULES' };
      const bytes = readAll(file, 0, size);
      // It has become shorter meanwhile: its next hint comes.
      return bytes === undefined ? { kind: 'unusable', code: 'E_CHANGING' } : { kind: 'text', text: decode(bytes) };
    } finally {
      file.close();
    }
  } catch (error) {
    if (isAbsent(error)) return { kind: 'none' };
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { kind: 'unusable', code };
  }
}

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
