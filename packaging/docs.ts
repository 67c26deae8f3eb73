// Makes the pages that are made from code: node packaging/docs.ts writes them, --check only says which are out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { commandsPage } from './docs/commands.ts';
import { errorsPage } from './docs/errors.ts';
import { invariantsPage } from './docs/invariants.ts';
import { protocolPage } from './docs/protocol.ts';

const PAGES: Readonly<Record<string, (written: string) => string>> = {
  'docs/cli.md': commandsPage,
  'docs/errors.md': errorsPage,
  'docs/protocol.md': protocolPage,
  'docs/invariants.md': invariantsPage,
};

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly file: string;
  readonly made: string;
  readonly upToDate: boolean;
}

/** All pages as they should be now. */
export async function makePages(): Promise<Page[]> {
  return Promise.all(
    Object.entries(PAGES).map(async ([path, make]) => {
      const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
      const written = readOrEmpty(file);
      const made = await format(make(written), { ...(await resolveConfig(file)), filepath: file });
      return { path, file, made, upToDate: made === written };
    }),
  );
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A page that is made as a whole need not be there yet; one with regions says what it misses.
    return '';
  }
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  for (const { path, file, made, upToDate } of await makePages()) {
    if (upToDate) continue;
    if (check) process.exitCode = 1;
    else writeFileSync(file, made);
    console.log(check ? `${path} is out of date: node packaging/docs.ts` : `${path} written`);
  }
}
