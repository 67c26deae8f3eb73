// One run of syncctl: the command line, the daemon that is meant, the command, the exit status.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { socketCandidates } from '../protocol/socket-place.ts';
import { Client, dialSocket } from './client.ts';
import { commands } from './commands/table.ts';
import type { Command } from './command.ts';
import { Failure, asFailure, usage } from './failure.ts';
import { Output } from './output/output.ts';
import { type GlobalGiven, parse } from './program.ts';
import { givenPath, workingDirectory } from './read/path.ts';
import { Terminal } from './terminal.ts';
import { explainUnreachable } from './unreachable.ts';
import { version } from './version.ts';

/** 128 + SIGINT, as shells count. */
const INTERRUPTED = 130;
const FAILED = 1;

export async function main(): Promise<void> {
  const { stdout } = process;
  const words = process.argv.slice(2);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` that has seen enough is no error.
    if (error.code === 'EPIPE') process.exit(0);
    const code = error.code === 'ENOSPC' ? 'E_DISK_FULL' : 'E_IO';
    const what = `standard output cannot be written: ${error.message}`;
    unparsed(words).failure(new Failure(code, what, 'What was printed is not complete.', FAILED));
    process.exit(FAILED);
  });
  process.on('SIGINT', () => process.exit(INTERRUPTED));
  process.exitCode = await run(words);
}

/** An error is told in JSON where that was asked for, also when nothing could be parsed. */
function unparsed(words: readonly string[]): Output {
  return new Output(process, { json: words.includes('--json'), csv: false, quiet: false, color: true });
}

async function run(words: readonly string[]): Promise<number> {
  let out = unparsed(words);
  try {
    const chosen = parse(commands, version, words, (text) => process.stdout.write(text));
    if (chosen.kind === 'helped') return 0;
    const { command, given, global } = chosen;
    out = new Output(process, global);
    if (global.csv) refuseCsv(command, global);
    const named = namedPlace(global);
    const context = {
      client: clientFor(global, named),
      out,
      isUsual: named === undefined,
      terminal: new Terminal(process.stdin, process.stdout),
      cwd: workingDirectory(),
      nowMs: () => Date.now(),
    };
    return (await command.run(context, given)) ?? 0;
  } catch (error) {
    const failure = asFailure(error);
    out.failure(failure);
    return failure.exit;
  }
}

/** Only a list has rows. */
function refuseCsv(command: Command, { json, quiet }: GlobalGiven): void {
  if (json || quiet) throw usage('--csv, --json and --quiet exclude each other');
  if (command.lists === true) return;
  const lists = commands.filter((one) => one.lists === true).map(({ name }) => name);
  throw usage(`syncctl ${command.name} prints no list`, `--csv is for ${lists.join(', ')}.`);
}

/** The home or socket that the user has named, by option or environment; undefined: neither. */
function namedPlace({ home, socket }: GlobalGiven): { readonly home: string | undefined } | undefined {
  const { env } = process;
  const namedSocket = socket ?? (env['SYNCD_SOCKET'] === '' ? undefined : env['SYNCD_SOCKET']);
  const namedHome = home ?? (env['SYNCD_HOME'] === '' ? undefined : env['SYNCD_HOME']);
  if (namedSocket === undefined && namedHome === undefined) return undefined;
  return { home: namedSocket === undefined ? namedHome : undefined };
}

function clientFor({ home, socket }: GlobalGiven, named: ReturnType<typeof namedPlace>): Client {
  const absolute = (what: string, path: string | undefined): string | undefined =>
    path === undefined ? undefined : givenPath(workingDirectory(), what, path);
  const candidates = socketCandidates({
    options: { home: absolute('--home', home), socket: absolute('--socket', socket) },
    env: process.env,
    uid: process.getuid?.() ?? 0,
    homeDir: homedir(),
  });
  const path = candidates.find((one) => existsSync(one)) ?? candidates.at(-1) ?? '';
  return new Client(dialSocket(path), (error) => explainUnreachable(error, { path, named }));
}
