// Parts of a page that are made, between two marks in a page that is otherwise written by hand.

/** The page with the region's content replaced. @throws Error when the page has not exactly one region of this name */
export function fillRegion(page: string, name: string, content: string): string {
  const begin = `<!-- made by packaging/docs.ts: ${name} -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest, ...more] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`no region «${name}» in the page`);
  return `${before}${begin}\n\n${content.trim()}\n\n${end}${after}`;
}
