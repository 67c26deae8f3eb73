// Markdown within a line, as man(7) writes it. Pure.
import { bold, escaped, italic } from './roff.ts';

const MARKS = /`([^`]+)`|\*\*([^*]+)\*\*|(?<!\w)_([^_]+)_(?!\w)|\[([^\]]*)\]\(([^)]*)\)/g;

/** `code` and **strong** are bold, _stressed_ is italic, and of a link its text stays. */
export function inline(text: string): string {
  let made = '';
  let at = 0;
  for (const match of text.matchAll(MARKS)) {
    const [whole, code, strong, stressed, link] = match;
    made += escaped(text.slice(at, match.index));
    if (link !== undefined) made += inline(link);
    else if (stressed === undefined) made += bold(code ?? strong ?? '');
    else made += italic(stressed);
    at = match.index + whole.length;
  }
  return made + escaped(text.slice(at));
}
