// Going through many rows in bounded memory: page by page, by key, so that commits may happen between two pages.
import { type DirPath, rangeBelow } from '../core/path.ts';

// Statements say `LIMIT ? + 0`: a bare parameter there may decide the plan, so SQLite would plan the whole statement anew
// each time something is bound to it, which takes ten times as long as asking. `depth = ? + 0` likewise.

export const PAGE_ROWS = 1000;

/** Keys of paths: from `from` on, below `to`. */
export interface KeyRange {
  readonly from: string;
  readonly to: string | Buffer;
}

// SQLite orders every blob after every text: no path is above it.
const ABOVE_ALL_TEXT = Buffer.from([0xff]);

/** All that lies below `dir`. No path equals `from`, so it may be taken in or left out. */
export function keysBelow(dir: DirPath): KeyRange {
  return dir === '' ? { from: '', to: ABOVE_ALL_TEXT } : rangeBelow(dir);
}

/** One after another the items of pages, each page asked for when the one before is used up. */
export function* paged<T>(range: KeyRange, pageOf: (range: KeyRange) => T[], keyOf: (item: T) => string): Generator<T> {
  let page = pageOf(range);
  while (page.length > 0) {
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    page = pageOf({ from: keyOf(last), to: range.to });
  }
}

/** The same from the last to the first, for pages in falling order: what is in a directory comes before it. */
export function* pagedBack<T>(
  range: KeyRange,
  pageOf: (range: KeyRange) => T[],
  keyOf: (item: T) => string,
): Generator<T> {
  let page = pageOf(range);
  while (page.length > 0) {
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    page = pageOf({ from: range.from, to: keyOf(last) });
  }
}
