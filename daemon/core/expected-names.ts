// What the index has of the names in one directory, as one text: SQLite puts it together, and who lists the directory finds
// with it which names need a closer look, without a row or a stat of all the others.
import type { SeenStat } from './observation.ts';

/** No name has it, and no stat. */
export const BETWEEN = '/';

/** A stat as the index keeps it. */
export function statText({ kind, size, mtimeNs, ctimeNs, ino, mode, nlink }: SeenStat): string {
  return `${kind} ${size} ${mtimeNs} ${ctimeNs} ${ino} ${mode} ${nlink}`;
}

/** By name the stat that was seen last, as text; empty where nothing may be concluded from it. */
export function parseExpected(text: string): Map<string, string> {
  const expected = new Map<string, string>();
  if (text === '') return expected;
  const parts = text.split(BETWEEN);
  for (let at = 0; at + 1 < parts.length; at += 2) expected.set(parts[at] ?? '', parts[at + 1] ?? '');
  return expected;
}
