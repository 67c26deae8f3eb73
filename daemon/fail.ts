// How syncd ends when it cannot go on: a line of what and a line of what to do, or an entry of the journal, and a status.
import { CodedError, type ErrorCode } from '../protocol/errors.ts';
import { ConfigError, describeProblems } from './config/problem.ts';
import { makeLog, underJournal } from './system/log.ts';

const EXIT_FAILED = 1;
/** What needs a person: systemd does not restart after this (RestartPreventExitStatus). */
const EXIT_HELPLESS = 2;
const HELPLESS: readonly ErrorCode[] = ['E_USAGE', 'E_CONFIG', 'E_SERVICE'];

export function fail(error: unknown): never {
  if (underJournal()) tellJournal(error);
  else process.stderr.write(linesOf(error).join('\n') + '\n');
  process.exit(error instanceof CodedError && isHelpless(error) ? EXIT_HELPLESS : EXIT_FAILED);
}

function isHelpless(error: CodedError): boolean {
  return error instanceof ConfigError || HELPLESS.includes(error.code);
}

/** One entry, found by its code: journalctl -u syncd SYNCD_CODE=E_CONFIG. */
function tellJournal(error: unknown): void {
  const { log } = makeLog({ level: 'error', journal: true });
  if (error instanceof CodedError) log.error(error.message, { code: error.code, hint: error.hint });
  else if (error instanceof Error) log.error(error.message, { code: 'E_INTERNAL', stack: error.stack });
  else log.error(String(error), { code: 'E_INTERNAL' });
}

function linesOf(error: unknown): string[] {
  if (error instanceof ConfigError)
    return [...describeProblems(error.problems).map((line) => `syncd: ${error.code}: ${line}`), `hint: ${error.hint}`];
  if (error instanceof CodedError) return [`syncd: ${error.code}: ${error.message}`, `hint: ${error.hint}`];
  return [`syncd: E_INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
}
