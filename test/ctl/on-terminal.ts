// Runs the real syncctl on a pseudo terminal (script(1) of util-linux), with somebody who answers its questions.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const LIMIT_MS = 60_000;

export interface OnTerminal {
  readonly code: number | null;
  /** All that stood on the terminal, what was typed too. */
  readonly shown: string;
}

/**
 * Types an answer and return whenever something is asked, as long as there are answers.
 * @param question how what is shown ends then: with `[Y/n] ` or `[y/N] `, unless something else is given
 */
export async function syncctlOnTerminal(
  words: readonly string[],
  answers: readonly string[],
  question = /\[(?:Y\/n|y\/N)\] $/,
): Promise<OnTerminal> {
  const quoted = [process.execPath, resolve(root, 'ctl/main.ts'), ...words].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const { SYNCD_HOME: _home, SYNCD_SOCKET: _socket, FORCE_COLOR: _color, ...inherited } = process.env;
  const child = spawn('script', ['--quiet', '--return', '--command', quoted.join(' '), '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...inherited, TERM: 'dumb', NO_COLOR: '1', COLUMNS: '500' },
    timeout: LIMIT_MS,
  });
  let shown = '';
  let answered = 0;
  let seen = 0;
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
    // Without the sequences by which the line is edited.
    const plain = stripVTControlCharacters(shown.slice(seen));
    const answer = answers[answered];
    if (answer === undefined || !question.test(plain)) return;
    answered++;
    seen = shown.length;
    child.stdin.write(`${answer}\n`);
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, shown: shown.replace(/\r+\n/g, '\n') }));
  });
}
