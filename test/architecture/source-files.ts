// Reads the source tree for the tests of its shape: each file with its imports, and its code without comments and texts.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '../..');

export interface Import {
  /** As written. */
  readonly from: string;
  /** The file that a relative one means, from the repository's root. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Comments, strings and regular expressions blanked, lines kept. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** All .ts files below these directories, sorted by path. */
export function sourceFiles(...directories: readonly string[]): SourceFile[] {
  return directories
    .flatMap((directory) => readdirSync(join(REPOSITORY, directory), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(REPOSITORY, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(REPOSITORY, path), 'utf8')));
}

export function parseSource(path: string, text: string): SourceFile {
  const { code, uncommented } = strip(text);
  return { path, text, code, imports: importsOf(path, uncommented) };
}

const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?(['"])([^'"\n]+)\2/gm;
const DYNAMIC = /\bimport\(\s*(['"])([^'"\n]+)\1/g;
const IN_TYPE = /\btypeof\s+$/;

function importsOf(path: string, uncommented: string): Import[] {
  const found: Import[] = [];
  const add = (from: string, typeOnly: boolean): void => {
    found.push({ from, file: from.startsWith('.') ? join(dirname(path), from) : undefined, typeOnly });
  };
  for (const [, type, , from] of uncommented.matchAll(STATEMENT)) if (from !== undefined) add(from, type !== undefined);
  for (const match of uncommented.matchAll(DYNAMIC))
    if (match[2] !== undefined) add(match[2], IN_TYPE.test(uncommented.slice(0, match.index)));
  return found;
}

/** A slash begins a regular expression where a value may stand, and divides after one. */
const BEFORE_VALUE = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\breturn|\bcase|\btypeof)\s*$/;

function strip(text: string): { readonly code: string; readonly uncommented: string } {
  let code = '';
  let uncommented = '';
  // Where an inner `}` goes on with a template: how many braces are open in each `${`.
  const templates: number[] = [];
  let i = 0;

  const blank = (end: number, keepText: boolean): void => {
    const part = text.slice(i, end);
    const empty = part.replaceAll(/[^\n]/g, ' ');
    code += empty;
    uncommented += keepText ? part : empty;
    i = end;
  };
  const keep = (): void => {
    code += text[i];
    uncommented += text[i];
    i++;
  };
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = i;
    return pattern.exec(text) === null ? text.length : pattern.lastIndex;
  };
  const template = (): void => {
    const end = endOf(/`|\$\{|(?:\\[^]|\$(?!\{)|[^`\\$])+/y);
    const piece = text.slice(i, end);
    blank(end, false);
    if (piece === '${') templates.push(0);
    else if (piece !== '`' && i < text.length) template();
  };

  while (i < text.length) {
    const two = text.slice(i, i + 2);
    const one = text[i];
    if (two === '//' || (i === 0 && two === '#!')) blank(endOf(/[^\n]*/y), false);
    else if (two === '/*') blank(endOf(/\/\*[^]*?\*\//y), false);
    else if (one === "'" || one === '"')
      blank(endOf(one === "'" ? /'(?:\\[^]|[^'\\\n])*'/y : /"(?:\\[^]|[^"\\\n])*"/y), true);
    else if (one === '`') {
      blank(i + 1, false);
      template();
    } else if (one === '/' && BEFORE_VALUE.test(code.slice(-20)))
      blank(endOf(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/\w*/y), false);
    else if (one === '{' && templates.length > 0) {
      templates.push((templates.pop() ?? 0) + 1);
      keep();
    } else if (one === '}' && templates.length > 0) {
      const open = templates.pop() ?? 0;
      if (open > 0) {
        templates.push(open - 1);
        keep();
      } else {
        blank(i + 1, false);
        template();
      }
    } else keep();
  }
  return { code, uncommented };
}
