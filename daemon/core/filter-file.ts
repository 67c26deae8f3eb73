// The text of a `.syncignore` file, line by line as git reads a .gitignore. A line that cannot be used is left out and named.
import { type PatternRefused, type Rule, parsePattern } from './filter-rule.ts';
import type { DirPath } from './path.ts';

export const RULES_FILE = '.syncignore';
/** Bounds of one file; what is beyond them is not read, and named. */
export const MAX_RULES_FILE_BYTES = 64 << 10;
export const MAX_RULES = 1000;
/** Of all files of a folder: files, and characters in them; what is beyond is not used, and named. */
export const MAX_RULES_FILES = 1000;
export const MAX_RULES_CHARACTERS = 1 << 20;

export interface ParsedRules {
  readonly rules: readonly Rule[];
  /** Lines that mean nothing here. */
  readonly refused: readonly { readonly line: number; readonly why: PatternRefused | 'too many' }[];
}

/** `dir`: where it lies; its patterns begin there. */
export function parseRules(dir: DirPath, text: string): ParsedRules {
  const file = dir === '' ? RULES_FILE : `${dir}/${RULES_FILE}`;
  const rules: Rule[] = [];
  const refused: { line: number; why: PatternRefused | 'too many' }[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const [i, written] of lines.entries()) {
    if (written.startsWith('#') || written.trim() === '') continue;
    const line = i + 1;
    if (rules.length >= MAX_RULES) {
      refused.push({ line, why: 'too many' });
      break;
    }
    const parsed = parsePattern(written, { key: '.syncignore', file, line });
    if (parsed.ok) rules.push(...parsed.rules);
    else refused.push({ line, why: parsed.why });
  }
  return { rules, refused };
}
