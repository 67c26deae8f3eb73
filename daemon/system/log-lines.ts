// How a record looks: a JSON object a line for programs, or a line for the journal, which has a time of its own and takes
// the priority from the prefix (sd-daemon(3)). Nothing in a record can begin a new line or speak to a terminal.
import type { LogLevel, LogRecord } from './log-record.ts';

const PRIORITY: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/** Control characters, line and paragraph separators, and those that turn the direction of text. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
/** What needs no quotes. */
const PLAIN = /^[\p{L}\p{N}_./:@+%~-]+$/u;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** `<6>folder has been scanned folder=docs files=12`, without the end of the line. */
export function journalLine({ level, message, fields }: LogRecord): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${journalValue(value)}`);
  return `<${PRIORITY[level]}>${`${message}${pairs.join('')}`.replace(UNSAFE, escaped)}`;
}

/** Names of fields that people look for: `journalctl -u syncd SYNCD_FOLDER=docs`. */
const JOURNAL_FIELDS = ['folder', 'path', 'peer', 'code'];

/**
 * The same as an entry of the journal with fields: journald's native protocol, a field a line
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL). No value holds a line break. SYNCD_MESSAGE and SYNCD_FIELDS are what `syncctl logs`
 * makes the record of again.
 */
export function journalEntry(record: LogRecord): string {
  const { level, fields } = record;
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const own = JOURNAL_FIELDS.flatMap((name) =>
    fields[name] === undefined ? [] : [`SYNCD_${name.toUpperCase()}=${text(fields[name]).replace(UNSAFE, escaped)}`],
  );
  const message = journalLine(record).replace(/^<\d>/, '');
  const apart = [
    `SYNCD_MESSAGE=${record.message.replace(UNSAFE, escaped)}`,
    `SYNCD_FIELDS=${JSON.stringify(fields).replace(UNSAFE, escaped)}`,
  ];
  const lines = [`MESSAGE=${message}`, `PRIORITY=${PRIORITY[level]}`, 'SYSLOG_IDENTIFIER=syncd', ...own, ...apart];
  return `${lines.join('\n')}\n`;
}

function journalValue(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value)) return value;
  if (isPrintedError(value))
    return `${JSON.stringify(value.message)}${value.code === undefined ? '' : ` code=${journalValue(value.code)}`}`;
  return JSON.stringify(value);
}

/** What log-record.ts makes of an Error. With a stack it is shown whole. */
function isPrintedError(value: unknown): value is { readonly message: string; readonly code?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'message' in value &&
    !('stack' in value) &&
    !('cause' in value)
  );
}

/** JSON leaves DEL and the second set of control characters as they are; in a string they may be written so too. */
export function safeJson(line: string): string {
  return line.replace(UNSAFE, (character) => (character === '\n' ? character : escaped(character)));
}
