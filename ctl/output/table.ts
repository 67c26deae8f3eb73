// Rows of cells: aligned columns with a heading on a terminal; in a pipe tab-separated, without heading or colour.
import type { Cell } from './cell.ts';
import type { Paint } from './color.ts';
import { escape } from './escape.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

const GAP = '  ';

/** Lines for a terminal. Empty rows: the heading alone. */
export function alignedLines(columns: readonly Column[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const shown = rows.map((row) => row.map((cell) => escape(cell.shown)));
  const widths = columns.map((column, i) =>
    Math.max(...[column.title, ...shown.map((row) => row[i] ?? '')].map(width)),
  );
  const line = (cells: readonly string[], painted: (text: string, i: number) => string): string =>
    columns
      .map((column, i) => {
        const cell = cells[i] ?? '';
        const space = ' '.repeat((widths[i] ?? 0) - width(cell));
        const last = i === columns.length - 1;
        return column.align === 'right' ? space + painted(cell, i) : painted(cell, i) + (last ? '' : space);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      (title) => paint('heading', title),
    ),
    ...shown.map((cells, r) => line(cells, (cell, i) => paint(rows[r]?.[i]?.tone, cell))),
  ];
}

/** Lines for a program: a tab in a name is escaped, so that columns stay columns. */
export function separatedLines(rows: readonly (readonly Cell[])[]): string[] {
  return rows.map((row) => row.map((cell) => escape(cell.plain)).join('\t'));
}

/** A heading, and values as they are: what holds a comma, a quote or a line break stands in quotes (RFC 4180). */
export function commaLines(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const quoted = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const heading = columns.map(({ title }) => title.toLowerCase().replaceAll(' ', '_'));
  return [heading, ...rows.map((row) => row.map(({ plain }) => plain))].map((row) => row.map(quoted).join(','));
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Columns that a text takes: marks that combine take none, CJK and emoji two. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\u200d/u.test(character)) continue;
    columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}
