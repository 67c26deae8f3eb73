// A page of docs/ as the sections of a manual page: headings, paragraphs, lists, examples and tables. Pure.
import { inline } from './inline.ts';
import { entry, paragraph, subsection, verbatim } from './roff.ts';

/** What stands under `## ` becomes a section; what stands before the first, one that is called `first`. */
export function manSections(page: string, first: string): (readonly [heading: string, body: string])[] {
  const [before = '', ...parts] = page.split(/^## (?!#)/m);
  const beginning = before.replace(/^# .*\n/, '').trim();
  const sections = parts.map((part) => {
    const [heading = '', ...lines] = part.split('\n');
    return [plain(heading).toUpperCase(), section(lines.join('\n'))] as const;
  });
  return beginning === '' ? sections : [[first, section(beginning)], ...sections];
}

function section(text: string): string {
  const [before = '', ...parts] = text.split(/^### /m);
  const subsections = parts.map((part) => {
    const [heading = '', ...lines] = part.split('\n');
    return subsection(plain(heading), blocks(lines.join('\n')));
  });
  return [blocks(before), ...subsections].filter((one) => one !== '').join('\n');
}

function blocks(text: string): string {
  const made: string[] = [];
  // An example may hold empty lines; everything else ends at one.
  for (const block of text.matchAll(/^```[^\n]*\n([^]*?)^```$|^(?:(?!```)[^\n]+(?:\n|$))+/gm)) {
    const [whole, example] = block;
    if (example !== undefined) made.push(verbatim(example));
    else if (whole.startsWith('|')) made.push(tableEntries(whole));
    else if (/^(?:- |\d+\. )/.test(whole)) made.push(list(whole));
    else if (!whole.startsWith('<!--')) made.push(paragraph(inline(oneLine(whole))));
  }
  return made.join('\n');
}

function list(text: string): string {
  return text
    .split(/^(?:- |\d+\. )/m)
    .slice(1)
    .map((item) => entry('\\(bu', inline(oneLine(item))).replace('.TP', '.TP 2'))
    .join('\n');
}

/** A row as an entry: the first cell is the term, a cell without a heading the text, the others `heading: cell`. */
function tableEntries(text: string): string {
  const [headings = [], , ...rows] = text.trim().split('\n').map(cells);
  return rows
    .map(([term = '', ...rest]) => {
      const named = rest.flatMap((cell, i) => {
        const heading = headings[i + 1] ?? '';
        return heading === '' || cell === '' ? [] : [`${heading}: ${cell}`];
      });
      const told = rest.filter((_, i) => (headings[i + 1] ?? '') === '');
      return entry(
        inline(term),
        [named.join('; '), ...told]
          .filter((part) => part !== '')
          .map(inline)
          .join('\n.br\n'),
      );
    })
    .join('\n');
}

function cells(row: string): string[] {
  return row
    .trim()
    .replaceAll(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');
const plain = (text: string): string => text.replaceAll(/[`*]/g, '').trim();
