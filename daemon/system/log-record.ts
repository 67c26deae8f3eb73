// One record of the log, ready to be kept and printed: its fields are plain values of bounded size.
import type { LogFields } from '../ports/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogRecord {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return SEVERITY[level] >= SEVERITY[least];
}

/** Characters in all fields of one record: thousands of records are kept in memory. Beyond, values are cut or left out. */
const MAX_CHARACTERS = 8_192;
const MAX_DEPTH = 4;
const CUT = '…';

/** Names that a printed record has for itself. */
const RESERVED = new Set(['time', 'level', 'msg']);

/** Plain values that say the same: a bigint becomes its digits, an Error its message and code, and its stack if asked for. */
export function printable(fields: LogFields, withStacks: boolean): Readonly<Record<string, unknown>> {
  const printer = new Printer(withStacks);
  const found: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    found.push([RESERVED.has(name) ? `${name}_` : name, printer.value(value, 0)]);
  }
  // Not an assignment: a field may be called __proto__.
  return Object.fromEntries(found);
}

/** The message as it is kept: of bounded length too. */
export function cutMessage(message: string): string {
  return message.length > MAX_CHARACTERS ? message.slice(0, MAX_CHARACTERS) + CUT : message;
}

class Printer {
  readonly #withStacks: boolean;
  #left = MAX_CHARACTERS;

  constructor(withStacks: boolean) {
    this.#withStacks = withStacks;
  }

  value(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'boolean':
        return value;
      case 'bigint':
      case 'symbol':
        return this.#text(String(value));
      case 'function':
        return this.#text(`function ${value.name}`);
      case 'undefined':
        return null;
      case 'object':
        return value === null ? null : this.#object(value, depth);
    }
  }

  #text(text: string): string {
    const kept = text.length > this.#left ? text.slice(0, Math.max(0, this.#left)) + CUT : text;
    this.#left -= kept.length;
    return kept;
  }

  #object(value: object, depth: number): unknown {
    if (value instanceof Error) return this.#error(value, depth);
    if (value instanceof Date) return Number.isNaN(value.valueOf()) ? 'no date' : value.toISOString();
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (depth >= MAX_DEPTH) return CUT;
    // A Map as pairs: its keys may be anything.
    if (Array.isArray(value) || value instanceof Set || value instanceof Map) return this.#list(value, depth);
    return this.#entries(Object.entries(value), depth);
  }

  #list(values: Iterable<unknown>, depth: number): unknown[] {
    const found: unknown[] = [];
    for (const value of values) {
      if (--this.#left <= 0) return [...found, CUT];
      found.push(this.value(value, depth + 1));
    }
    return found;
  }

  #entries(entries: readonly (readonly [string, unknown])[], depth: number): Readonly<Record<string, unknown>> {
    const found: [string, unknown][] = [];
    for (const [name, value] of entries) {
      if (--this.#left <= 0) break;
      if (value !== undefined) found.push([this.#text(name), this.value(value, depth + 1)]);
    }
    return Object.fromEntries(found);
  }

  #error(error: Error, depth: number): unknown {
    const code = 'code' in error ? error.code : undefined;
    const stack = this.#withStacks ? error.stack : undefined;
    const cause = depth < MAX_DEPTH ? error.cause : undefined;
    return this.#entries(Object.entries({ name: error.name, message: error.message, code, stack, cause }), depth);
  }
}
