// Two edits of one text put together, by lines, with the content that both began from. Pure, and the same for the same
// three contents: whichever device merges comes to these bytes.
import { diff3Merge } from 'node-diff3';
import { type Encoding, type Text, bareLines, bytesOf, textOf, wholeLines } from './text-lines.ts';

/** Larger files are not merged: both contents are kept. */
export const MAX_MERGE_BYTES = 1 << 20;
/** Equal lines of two contents, pair by pair: a file of a hundred thousand empty lines would take minutes. */
const MAX_PAIRS = 400_000;

export type Merged =
  | { readonly kind: 'merged'; readonly bytes: Uint8Array }
  /** Both have changed the same lines, or lines beside each other. */
  | { readonly kind: 'clash' }
  | { readonly kind: 'no text' }
  | { readonly kind: 'too large' };

export function mergeText(base: Uint8Array, a: Uint8Array, b: Uint8Array): Merged {
  if ([base, a, b].some(({ length }) => length > MAX_MERGE_BYTES)) return { kind: 'too large' };
  const texts = [textOf(base), textOf(a), textOf(b)] as const;
  const [o, x, y] = texts;
  if (o === undefined || x === undefined || y === undefined) return { kind: 'no text' };
  const encoding = commonEncoding([o, x, y]);
  const marked = three(o.marked, x.marked, y.marked);
  if (encoding === undefined || marked === undefined) return { kind: 'clash' };
  const lines = texts.some((text) => text?.lineEnd === 'mixed') ? mergeWhole(o, x, y) : mergeBare(o, x, y);
  if (typeof lines === 'object') return lines;
  return { kind: 'merged', bytes: bytesOf(lines, encoding, marked) };
}

/** With several kinds of line ends in one file, the end is part of the line. */
function mergeWhole(o: Text, a: Text, b: Text): string | Merged {
  const merged = mergeLines(wholeLines(o.text), wholeLines(a.text), wholeLines(b.text));
  return Array.isArray(merged) ? merged.join('') : merged;
}

/** Who has changed all line ends has changed no line: the end is merged by itself, and so is that of the last line. */
function mergeBare(o: Text, a: Text, b: Text): string | Merged {
  const lineEnd = mergedLineEnd(o, a, b);
  const [bareO, bareA, bareB] = [bareLines(o), bareLines(a), bareLines(b)];
  const ended = three(bareO.ended, bareA.ended, bareB.ended);
  if (lineEnd === undefined || ended === undefined) return { kind: 'clash' };
  const merged = mergeLines(bareO.lines, bareA.lines, bareB.lines);
  if (!Array.isArray(merged)) return merged;
  return merged.join(lineEnd) + (ended && merged.length > 0 ? lineEnd : '');
}

/** A text without a line end has no say in it. */
function mergedLineEnd(...texts: readonly [Text, Text, Text]): string | undefined {
  const [o, a, b] = texts.map(({ lineEnd }) => (lineEnd === 'none' ? undefined : lineEnd));
  const [x, y] = [a ?? o, b ?? o];
  return x === undefined || y === undefined ? (x ?? y ?? '\n') : three(o, x, y);
}

/** Of one value: what was changed on one side only, or on both alike. Undefined where each changed it in its own way. */
function three<Value>(base: Value, a: Value, b: Value): Value | undefined {
  if (a === b || b === base) return a;
  return a === base ? b : undefined;
}

function mergeLines(base: readonly string[], a: readonly string[], b: readonly string[]): string[] | Merged {
  // As numbers: comparing is quick, and no line can be a name that means something to the library.
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  const numbered = (lines: readonly string[]): number[] =>
    lines.map((line) => {
      const known = numbers.get(line);
      if (known !== undefined) return known;
      numbers.set(line, texts.push(line) - 1);
      return texts.length - 1;
    });
  const [o, x, y] = [numbered(base), numbered(a), numbered(b)];
  const head = sameAtBegin(o, x, y);
  const tail = sameAtEnd(o, x, y, head);
  const middle = (lines: number[]): number[] => lines.slice(head, lines.length - tail);
  const [midO, midX, midY] = [middle(o), middle(x), middle(y)];
  if (pairs(midO, midX) > MAX_PAIRS || pairs(midO, midY) > MAX_PAIRS) return { kind: 'too large' };
  const merged: number[] = o.slice(0, head);
  for (const region of diff3Merge(midX, midO, midY, { excludeFalseConflicts: true })) {
    if (region.ok === undefined) return { kind: 'clash' };
    for (const line of region.ok) merged.push(line);
  }
  return [...merged, ...o.slice(o.length - tail)].map((line) => texts[line] ?? '');
}

/** Most of a file is the same in all three. One line before the first change stays: changes beside each other clash. */
function sameAtBegin(o: readonly number[], a: readonly number[], b: readonly number[]): number {
  const most = Math.min(o.length, a.length, b.length);
  let n = 0;
  while (n < most && o[n] === a[n] && o[n] === b[n]) n++;
  return Math.max(0, n - 1);
}

function sameAtEnd(o: readonly number[], a: readonly number[], b: readonly number[], head: number): number {
  const most = Math.min(o.length, a.length, b.length) - head;
  let n = 0;
  while (n < most && o.at(-1 - n) === a.at(-1 - n) && o.at(-1 - n) === b.at(-1 - n)) n++;
  return Math.max(0, n - 1);
}

function pairs(a: readonly number[], b: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1);
  return b.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0);
}

/** Texts in encodings of which each has all characters of the other. */
function commonEncoding(texts: readonly Text[]): Encoding | undefined {
  const wide = new Set(texts.map(({ encoding }) => encoding).filter((encoding) => encoding !== 'ascii'));
  const [one, another] = wide;
  if (another !== undefined) return undefined;
  const isAnyAscii = texts.some(({ encoding }) => encoding === 'ascii');
  // A file of 16 bits that was one of 8 has changed in every byte.
  if (isAnyAscii && (one === 'utf-16le' || one === 'utf-16be')) return undefined;
  return one ?? 'ascii';
}
