// The door for what is asked: fields of a query or of a JSON body, checked one by one. Inside, nobody checks again.
import { CodedError } from '../../protocol/errors.ts';
import { parseRfc3339 } from './rfc3339.ts';

/** Beyond every path, invitation and pattern; a configuration file has its own bound, the body's. */
const MAX_TEXT_LENGTH = 16 << 10;
const MAX_LIST_LENGTH = 1024;

/** Each method takes one field; `end` refuses what nobody took. All throw E_USAGE with the field's name. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #taken = new Set<string>();

  private constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  static fromQuery(query: URLSearchParams): Fields {
    const values = new Map<string, unknown>();
    for (const [key, value] of query) {
      if (values.has(key)) throw usage(`${key}: given twice`);
      values.set(key, value);
    }
    return new Fields(values);
  }

  /** An empty body asks with no fields. */
  static fromJson(text: string): Fields {
    if (text.trim() === '') return new Fields(new Map());
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw usage('the body is not JSON');
    }
    if (!isObject(value)) throw usage('the body is not a JSON object');
    return new Fields(new Map(Object.entries(value)));
  }

  text(name: string, maxLength = MAX_TEXT_LENGTH): string {
    const value = this.optionalText(name, maxLength);
    if (value === undefined || value === '') throw usage(`${name}: missing`);
    return value;
  }

  optionalText(name: string, maxLength = MAX_TEXT_LENGTH): string | undefined {
    const value = this.#take(name);
    return value === undefined ? undefined : checkText(name, value, maxLength);
  }

  texts(name: string): readonly string[] {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw usage(`${name}: expected a list of strings`);
    if (value.length > MAX_LIST_LENGTH) throw usage(`${name}: more than ${MAX_LIST_LENGTH} entries`);
    return value.map((item: unknown) => checkText(name, item, MAX_TEXT_LENGTH));
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const choice = this.optionalOneOf(name, choices);
    if (choice === undefined) throw usage(`${name}: missing; expected ${choices.join(', ')}`);
    return choice;
  }

  optionalOneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.optionalText(name);
    if (value === undefined) return undefined;
    const choice = choices.find((one) => one === value);
    if (choice === undefined) throw usage(`${name}: expected ${choices.join(', ')}; found ${value}`);
    return choice;
  }

  /** A finite number; in a query its decimal digits. */
  optionalNumber(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !(number >= range.min && number <= range.max))
      throw usage(`${name}: expected a number from ${range.min} to ${range.max}`);
    return number;
  }

  flag(name: string): boolean {
    const value = this.#take(name);
    if (value === undefined || value === false || value === 'false') return false;
    if (value === true || value === 'true') return true;
    throw usage(`${name}: expected true or false`);
  }

  /** RFC 3339, as milliseconds since 1970. */
  optionalTime(name: string): number | undefined {
    const value = this.optionalText(name);
    if (value === undefined) return undefined;
    const ms = parseRfc3339(value);
    if (ms === undefined) throw usage(`${name}: expected a time such as 2026-11-21T09:30:00Z; found ${value}`);
    return ms;
  }

  /** A field that nobody knows is a mistyped one: silently ignored it would do harm. */
  end(): void {
    for (const name of this.#values.keys()) if (!this.#taken.has(name)) throw usage(`${name}: no such field here`);
  }

  #take(name: string): unknown {
    this.#taken.add(name);
    return this.#values.get(name) ?? undefined;
  }
}

function checkText(name: string, value: unknown, maxLength: number): string {
  if (typeof value !== 'string') throw usage(`${name}: expected a string`);
  if (value.length > maxLength) throw usage(`${name}: longer than ${maxLength} characters`);
  if (value.includes('\0')) throw usage(`${name}: holds a NUL character`);
  if (!value.isWellFormed()) throw usage(`${name}: is not UTF-8`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const usage = (message: string): CodedError => new CodedError('E_USAGE', message);
