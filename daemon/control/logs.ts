// The daemon's log, as far as it is kept in memory, and its records to come.
import type { LogItem } from '../../protocol/control.ts';
import type { LogLevel, LogMemory, LogRecord } from './daemon-port.ts';
import { follow } from './follow.ts';
import { rfc3339 } from './rfc3339.ts';

/** From the least to the most serious. */
export const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const DEFAULT_LIMIT = 200;
const DEFAULT_LIMIT_FOLLOWED = 10;
const MAX_WAITING = 2_000;

export interface AskedLogs {
  readonly follow: boolean;
  readonly level: LogLevel | undefined;
  readonly limit: number | undefined;
}

/** Records of the level asked for and above. */
export async function* logs(memory: LogMemory, asked: AskedLogs, signal: AbortSignal): AsyncGenerator<LogItem> {
  const level = asked.level ?? 'debug';
  const least = LEVELS.indexOf(level);
  const limit = asked.limit ?? (asked.follow ? DEFAULT_LIMIT_FOLLOWED : DEFAULT_LIMIT);
  const first = limit === 0 ? [] : memory.recent(level).slice(-limit);
  const subscribe = (receive: (record: LogRecord) => void): (() => void) =>
    memory.subscribe((record) => {
      if (LEVELS.indexOf(record.level) >= least) receive(record);
    });
  for await (const record of follow(first, asked.follow ? subscribe : undefined, signal, MAX_WAITING))
    yield { time: rfc3339(record.atMs), level: record.level, message: record.message, fields: record.fields };
}
