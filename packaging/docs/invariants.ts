// The made part of docs/invariants.md: which test files show an invariant, by the titles of their tests.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('../../test', import.meta.url));
const TITLE = /\btest\(\s*(['"`])((?:I\d+(?:, | and )?)+): /g;
const ROW = /^\| +(I\d+) +\|.*\|$/gm;

export const NOT_SHOWN = '**no test yet**';

/** Invariants to the test files that have a title with their number, sorted. */
export function shownBy(): Map<string, string[]> {
  const shown = new Map<string, string[]>();
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.test.ts')).sort()) {
    const titles = [...readFileSync(`${TESTS}/${file}`, 'utf8').matchAll(TITLE)];
    const numbers = new Set(titles.flatMap(([, , named = '']) => named.match(/I\d+/g) ?? []));
    for (const number of numbers) shown.set(number, [...(shown.get(number) ?? []), file]);
  }
  return shown;
}

/** The page with the last cell of each row renewed. */
export function invariantsPage(page: string): string {
  const shown = shownBy();
  return page.replaceAll(ROW, (row, number: string) => {
    const files = shown.get(number)?.map((file) => `\`${file.replace(/\.test\.ts$/, '')}\``) ?? [];
    const cells = row.split('|').slice(1, -2);
    return `|${cells.join('|')}| ${files.join(', ') || NOT_SHOWN} |`;
  });
}
