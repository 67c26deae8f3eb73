// docs/errors.md: the list of codes as a page.
import { ERRORS } from '../../protocol/errors.ts';
import type { ErrorEntry } from '../../protocol/errors.ts';
import { table } from './table.ts';

const STATUSES: Readonly<Record<ErrorEntry['exit'], string>> = {
  1: 'failed',
  2: 'wrong usage',
  3: 'the daemon is not running, or cannot be reached',
  4: 'not in time',
  5: 'needs attention',
};

export function errorsPage(): string {
  const statuses = Object.entries(STATUSES).map(([status, meaning]) => [status, meaning]);
  const codes = Object.entries(ERRORS).sort(([a], [b]) => (a < b ? -1 : 1));
  return `# Errors

Made from \`protocol/errors.ts\` by \`node packaging/docs.ts\`. \`syncctl explain E_CODE\` says the same.

A command that fails writes two lines to standard error, \`syncctl: E_CODE: what happened\` and \`hint: what to do\`; with \`--json\` one line, \`{"error":{"code","message","hint"}}\`. Codes keep their meaning. New ones may be added, so a script should treat a code that it does not know by the exit status, and any status that it does not know as a failure.

## Exit status

${table(['status', 'meaning'], [['0', 'done'], ...statuses])}

An exit status that is not listed here must be treated as a failure.

## Codes

${table(
  ['code', 'status', 'what has happened', 'what to do'],
  codes.map(([code, { meaning, hint, exit }]) => [`\`${code}\``, String(exit), meaning, hint]),
)}
`;
}
