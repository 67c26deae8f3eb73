// What the journal has of a service: also of runs before this one, and of one that does not answer.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LevelName, LogItem } from '../protocol/control.ts';
import { type ServiceUnit, unitIn } from '../protocol/service-unit.ts';

const TIMEOUT_MS = 5_000;
const LIMIT = 200;
const LIMIT_FOLLOWED = 10;
/** As daemon/system/log-lines.ts writes them: syslog(3). */
const PRIORITIES: Readonly<Record<LevelName, string>> = { debug: 'debug', info: 'info', warn: 'warning', error: 'err' };

export interface AskedJournal {
  readonly follow: boolean;
  readonly level: LevelName | undefined;
  readonly limit: number | undefined;
}

/** The service that this process is, if what it logs is in the journal and may be read by this user. */
export async function journalOf(pid: number): Promise<ServiceUnit | undefined> {
  const unit = unitIn(readCgroups(pid));
  if (unit === undefined) return undefined;
  const { execFile } = await import('node:child_process');
  const words = [...unitOption(unit), ...PLAIN, '-b', '-n', '1', `_PID=${pid}`];
  const output = await new Promise<string>((resolve) => {
    execFile('journalctl', words, { timeout: TIMEOUT_MS }, (error, stdout) => resolve(error === null ? stdout : ''));
  });
  return output.trim() === '' ? undefined : unit;
}

/** Oldest first; none where this user may not read them. */
export async function* readJournal(unit: ServiceUnit, { follow, level, limit }: AskedJournal): AsyncGenerator<LogItem> {
  const { spawn } = await import('node:child_process');
  const count = limit ?? (follow ? LIMIT_FOLLOWED : LIMIT);
  const words = [
    ...unitOption(unit),
    ...PLAIN,
    ...['-n', `${count}`],
    ...(level === undefined ? [] : ['-p', PRIORITIES[level]]),
    ...(follow ? ['-f'] : []),
  ];
  const child = spawn('journalctl', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  // What cannot be started has nothing to show.
  child.on('error', () => child.stdout.destroy());
  try {
    for await (const line of linesOf(child)) yield recordOf(line);
  } finally {
    child.kill();
  }
}

/** Without --all a field of more than 4 KiB is null. */
const PLAIN = ['--quiet', '--no-pager', '--all', '--output=json'];
const unitOption = ({ name, ofUser }: ServiceUnit): string[] => [ofUser ? `--user-unit=${name}` : `--unit=${name}`];

async function* linesOf({ stdout }: ChildProcess): AsyncGenerator<string> {
  if (stdout === null) return;
  let rest = '';
  for await (const chunk of stdout.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

/** An entry of ours has its message and its fields apart; one of systemd about the unit is a message alone. */
function recordOf(line: string): LogItem {
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const fields = textOf(entry['SYNCD_FIELDS']);
  return {
    time: new Date(Math.floor(Number(entry['__REALTIME_TIMESTAMP']) / 1000)).toISOString(),
    level: levelOf(Number(entry['PRIORITY'] ?? 6)),
    message: textOf(entry['SYNCD_MESSAGE']) ?? textOf(entry['MESSAGE']) ?? '',
    fields: fields === undefined ? {} : (JSON.parse(fields) as Readonly<Record<string, unknown>>),
  };
}

/** journalctl(1), json: what is not UTF-8 is a list of bytes, and what is too large null. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? Buffer.from(value as number[]).toString('utf8') : undefined;
}

function levelOf(priority: number): LevelName {
  if (priority <= 3) return 'error';
  if (priority === 4) return 'warn';
  return priority === 7 ? 'debug' : 'info';
}

function readCgroups(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return ''; // it has ended, or is in another container
  }
}
