// The daemon's log: to standard error, as JSON lines or in the journal's form, to a file when one is configured, and the
// last records in memory for `syncctl logs`.
import { fstatSync } from 'node:fs';
import process from 'node:process';
import pino from 'pino';
import type { Log, LogFields } from '../ports/log.ts';
import { LogFile } from './log-file.ts';
import { LogLimit } from './log-limit.ts';
import { journalEntry, journalLine, safeJson } from './log-lines.ts';
import { type LogLevel, type LogRecord, cutMessage, isAtLeast, printable } from './log-record.ts';
import { LogRing } from './log-ring.ts';
import { openLogStream } from './log-stream.ts';
import { openDatagrams } from './unix-datagram.ts';

export type { LogLevel, LogRecord } from './log-record.ts';

/** Enough to see what led to something, in a few MiB at most. */
const KEPT_RECORDS = 2_000;
const STANDARD_ERROR = 2;
const JOURNAL_SOCKET = '/run/systemd/journal/socket';

export interface LogOptions {
  readonly level: LogLevel;
  /** Rolled: `syncd.log` becomes `syncd.1.log`, `syncd.2.log` and so on. */
  readonly file?: string | undefined;
  /** Entries for the journal instead of JSON on standard error: see {@link underJournal}. */
  readonly journal: boolean;
  /** The journal's own socket; what it does not take becomes a line on standard error. */
  readonly journalSocket?: string;
  /** Where to write instead of standard error. */
  readonly fd?: number;
  readonly nowMs?: () => number;
}

export interface DaemonLog {
  readonly log: Log;
  setLevel(level: LogLevel): void;
  /** From now on this file, or none. What is left for the other one is written. */
  setFile(path: string | undefined): void;
  /** Of the last 2,000 records, those of this level or above, oldest first. */
  recent(level: LogLevel): LogRecord[];
  /** Calls with each record to come until the answer is called. What it does must not log. */
  subscribe(receive: (record: LogRecord) => void): () => void;
  /** Writes what is left for the file. What is logged later goes to standard error only. */
  close(): Promise<void>;
}

export function makeLog(options: LogOptions): DaemonLog {
  let { level } = options;
  const nowMs = options.nowMs ?? Date.now;
  const ring = new LogRing(KEPT_RECORDS);
  const limit = new LogLimit();
  const stream = openLogStream(options.fd ?? STANDARD_ERROR);
  // A file that fails is told of everywhere but in that file.
  const fileFailed = (message: string, fields: LogFields): void => {
    toStreamAndRing('warn', message, fields);
  };
  let path = options.file;
  let file = path === undefined ? undefined : new LogFile(path, fileFailed);

  const toStream: Printer = options.journal
    ? journalPrinter(options.journalSocket ?? JOURNAL_SOCKET, (line) => stream.write(`${line}\n`))
    : jsonPrinter((line) => stream.write(line));
  const toFile = jsonPrinter((line) => file?.write(line));

  function toStreamAndRing(at: LogLevel, message: string, fields: LogFields): LogRecord {
    const plain = printable(fields, level === 'debug');
    const record: LogRecord = { atMs: nowMs(), level: at, message: cutMessage(message), fields: plain };
    toStream(record);
    ring.add(record);
    return record;
  }

  function add(at: LogLevel, message: string, fields: LogFields): void {
    if (!isAtLeast(at, level)) return;
    // Who asks for debug wants to see each.
    const leftOut = level === 'debug' ? 0 : limit.admit(at, message, fields, performance.now());
    if (leftOut === undefined) return;
    const record = toStreamAndRing(at, message, leftOut === 0 ? fields : { ...fields, left_out: leftOut });
    if (file !== undefined) toFile(record);
  }

  const withFields = (always: LogFields): Log => ({
    debug: (message, fields) => add('debug', message, { ...always, ...fields }),
    info: (message, fields) => add('info', message, { ...always, ...fields }),
    warn: (message, fields) => add('warn', message, { ...always, ...fields }),
    error: (message, fields) => add('error', message, { ...always, ...fields }),
    with: (fields) => withFields({ ...always, ...fields }),
  });

  return {
    log: withFields({}),
    setLevel: (to) => {
      level = to;
    },
    setFile: (to) => {
      if (to === path) return;
      void file?.close();
      path = to;
      file = to === undefined ? undefined : new LogFile(to, fileFailed);
    },
    recent: (least) => ring.recent(least),
    subscribe: (receive) => ring.subscribe(receive),
    close: async () => {
      const closing = file;
      file = undefined;
      await closing?.close();
    },
  };
}

/** Whether what is written to standard error goes to the journal: systemd.exec(5), JOURNAL_STREAM. */
export function underJournal(journalStream = process.env['JOURNAL_STREAM'], fd: number = STANDARD_ERROR): boolean {
  if (journalStream === undefined || journalStream === '') return false;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return journalStream === `${dev}:${ino}`;
}

type Printer = (record: LogRecord) => void;

/** With fields to search by, where the journal takes them: a full one does not, nor does one in another container. */
function journalPrinter(socket: string, write: (line: string) => void): Printer {
  const send = openDatagrams(socket);
  return (record) => {
    if (typeof send !== 'function' || !send(journalEntry(record))) write(journalLine(record));
  };
}

/** `{"level":"info","time":"2026-11-21T08:00:00.000Z","folder":"docs","msg":"…"}`, by pino. */
function jsonPrinter(write: (line: string) => void): Printer {
  let atMs = 0;
  const logger = pino(
    {
      level: 'debug',
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date(atMs).toISOString()}"`,
    },
    { write: (line) => write(safeJson(line)) },
  );
  return (record) => {
    ({ atMs } = record);
    // The message is an argument of its own, and not a format: a % in it is a %.
    logger[record.level](record.fields, '%s', record.message);
  };
}
