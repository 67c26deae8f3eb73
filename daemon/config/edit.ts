// Changes inside plain values and inside the texts of files: what a writer does to one file. Pure. A file that is
// rewritten so keeps every key that a person put into it; comments are lost, as the first line of such a file says.
import { dump } from 'js-yaml';

import { isPlainObject, parseDocument, type PlainObject } from './document.ts';

const FIRST_LINE =
  '# Kept by syncd for what commands change. You may edit it; comments do not survive the next command.\n';

/** What to do to the value at these keys; null removes it, and what is empty around it. */
export interface Edit {
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** The file's new text; undefined: nothing is left in it. `text` is undefined for a new file, and has been loaded before. */
export function editText(text: string | undefined, edits: readonly Edit[]): string | undefined {
  const parsed = parseDocument('', text ?? '');
  const before = parsed.ok ? parsed.document.value : {};
  const after = edits.reduce((value, edit) => setIn(value, edit.keys, edit.value), before);
  // Nothing to change: the file keeps its comments.
  if (text !== undefined && JSON.stringify(after) === JSON.stringify(before)) return text;
  return Object.keys(after).length === 0 ? undefined : FIRST_LINE + dump(after, { noRefs: true, lineWidth: -1 });
}

function setIn(value: PlainObject, keys: readonly string[], to: unknown): PlainObject {
  const [key, ...inner] = keys;
  if (key === undefined) return value;
  const items = new Map(Object.entries(value));
  const below = items.get(key);
  const changed = inner.length === 0 ? to : setIn(isPlainObject(below) ? below : {}, inner, to);
  // A mapping that has become empty says nothing, but one that was given empty does: a folder may have no peers.
  const gone = changed === null || (inner.length > 0 && isPlainObject(changed) && Object.keys(changed).length === 0);
  if (gone) items.delete(key);
  else items.set(key, changed);
  return Object.fromEntries(items);
}
