// Profiles: settings that several folders have in common, by name. Those of the configuration, and the four that everybody
// has. A folder that names one takes its keys over those of `defaults:` and under its own.
import type { PlainObject } from './document.ts';

/** What comes and goes while programs work, and is made anew wherever it is needed. */
const BUILD_OUTPUT = [
  'node_modules/',
  '.venv/',
  '__pycache__/',
  '*.pyc',
  '*.o',
  '.gradle/',
  '.cache/',
  '.mypy_cache/',
  '.pytest_cache/',
];
const EDITOR_LITTER = ['*~', '*.swp', '*.swo', '.#*', '.DS_Store', 'Thumbs.db'];
const OFFICE_LITTER = ['~$*', '.~lock.*#', '~WRL*.tmp', 'desktop.ini'];

/** Each may be replaced by one of the same name under `profiles:`. */
export const BUILT_IN_PROFILES: Readonly<Record<string, PlainObject>> = {
  /** Notes, configuration, a text-only mirror. */
  text: { content: 'text', ignore: EDITOR_LITTER },
  /** Sources without what is built from them. A repository's own database is left out: git keeps that the same itself. */
  code: { ignore: ['.git/', ...BUILD_OUTPUT, ...EDITOR_LITTER], max_delete: '75%' },
  /** Office files: older contents are kept for longer, as nobody can merge them. */
  documents: {
    ignore: [...OFFICE_LITTER, ...EDITOR_LITTER],
    versions: { keep: '180d', max_size: '20%' },
  },
  /** A copy of what others have: nothing that is changed here goes out. */
  mirror: { mode: 'receive-only', rescan: '1h' },
};

/** All by name. One that the configuration has goes in the place of a built-in one. */
export function profilesOf(written: Readonly<Record<string, object>> | undefined): ReadonlyMap<string, PlainObject> {
  const own = Object.entries(written ?? {}).map(([name, keys]): [string, PlainObject] => [name, { ...keys }]);
  return new Map([...Object.entries(BUILT_IN_PROFILES), ...own]);
}
