// A mutation is a classic bug, planted into the shipped code while it is loaded: a text that is found exactly once, and
// what stands in its place. The code itself has no switch for it.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { KindName } from './kinds.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

export interface Edit {
  /** Below the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutation {
  readonly name: string;
  /** What the code does wrong with it. */
  readonly breaks: string;
  readonly invariant: `I${number}`;
  /** The ordinary kind of world in which it is looked for. */
  readonly within: KindName;
  readonly edits: readonly [Edit, ...Edit[]];
}

/** The text with the edit in it. Throws where what is to be replaced is not there exactly once: the table is out of date. */
export function applyEdit(text: string, { file, find, replace }: Edit): string {
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`${file}: found ${times} times and not once: ${find}`);
  return text.replace(find, () => replace);
}

/** Throws when the mutation does not fit the code as it is. */
export function checkMutation({ name, edits }: Mutation): void {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const before = texts.get(edit.file) ?? readFileSync(join(PROJECT, edit.file), 'utf8');
    const after = applyEdit(before, edit);
    if (after === before) throw new Error(`${name} changes nothing in ${edit.file}`);
    texts.set(edit.file, after);
  }
}

/** From now on this process loads the mutated code; what it has loaded already stays as it is. */
export function plant({ edits }: Mutation): void {
  const byUrl = new Map<string, Edit[]>();
  for (const edit of edits) {
    const url = pathToFileURL(join(PROJECT, edit.file)).href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), edit]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const planted = byUrl.get(url);
      if (planted === undefined) return loaded;
      return { ...loaded, source: planted.reduce(applyEdit, textOf(loaded.source)) };
    },
  });
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined | null): string {
  if (source === undefined || source === null) throw new Error('the loader gave no source');
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
