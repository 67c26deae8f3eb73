// Text of YAML → a plain value that knows on which line each key stands. Plain YAML only: no anchors, no aliases, no
// tags of other languages, no key twice.
import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  YAMLException,
} from 'js-yaml';

import type { Problem } from './problem.ts';

/** A mapping of YAML whose keys were not looked at yet. */
export type PlainObject = { readonly [key: string]: unknown };

export interface Document {
  /** Keys without a value are left out: `folders:` alone is as good as nothing. */
  readonly value: PlainObject;
  /** JSON pointer of a key or list item → line, from 1. */
  readonly lines: ReadonlyMap<string, number>;
}

export type ParsedDocument =
  { readonly ok: true; readonly document: Document } | { readonly ok: false; readonly problem: Problem };

/** The largest file: 1 MiB, hundreds of folders. Beyond: refused. */
export const MAX_CONFIG_BYTES = 1 << 20;
/** Nesting; the deepest honest one has 5. Beyond: refused. */
const MAX_DEPTH = 16;

/** `file` only names it in problems. */
export function parseDocument(file: string, text: string): ParsedDocument {
  try {
    // Some editors begin a file with a byte order mark.
    const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
    const events = parseEvents(source, { maxDepth: MAX_DEPTH });
    const anchor = anchorOffset(events);
    if (anchor !== undefined)
      return refused(file, 'found an anchor (&name); expected plain YAML without anchors', lineAt(source, anchor));
    const values = constructFromEvents(events, { source, schema: CORE_SCHEMA, maxAliases: 0 });
    if (values.length > 1) return refused(file, `found ${values.length} documents; expected one`, undefined);
    const value = withoutNulls(values[0] ?? {});
    if (!isPlainObject(value)) return refused(file, 'expected keys with values, such as «folders:»', 1);
    return { ok: true, document: { value, lines: linesOf(source, events) } };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark } = error;
    return refused(file, `not valid YAML: ${error.reason}`, mark && mark.line + 1, mark && mark.column + 1);
  }
}

/** One value, as on the right of a key. Undefined where it is not YAML. */
export function parseValue(text: string): { readonly value: unknown } | undefined {
  const parsed = parseDocument('', `value: ${text}`);
  return parsed.ok && Object.keys(parsed.document.value).length <= 1
    ? { value: parsed.document.value['value'] ?? null }
    : undefined;
}

function refused(file: string, text: string, line: number | undefined, column?: number): ParsedDocument {
  const at = column === undefined ? {} : { column };
  return { ok: false, problem: { code: 'E_CONFIG', file, line, ...at, key: '', text } };
}

export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(value: unknown): unknown {
  if (!isPlainObject(value)) return value;
  // fromEntries makes own properties of any name, `__proto__` too.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** The JSON pointer (RFC 6901) of these keys. */
export function pointer(...keys: readonly (string | number)[]): string {
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The keys of a JSON pointer. */
export function keysOf(jsonPointer: string): string[] {
  return jsonPointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function anchorOffset(events: readonly Event[]): number | undefined {
  for (const event of events) if ('anchorStart' in event && event.anchorStart >= 0) return event.anchorStart;
  return undefined;
}

/** An open collection while walking: of a mapping every first scalar is a key, of a list every node has a number. */
type Open =
  | { readonly at: string; readonly kind: 'map'; key: string | undefined }
  | { readonly at: string; readonly kind: 'list'; next: number };

function linesOf(source: string, events: readonly Event[]): Map<string, number> {
  const lines = new Map<string, number>();
  const open: Open[] = [];
  const line = lineCounter(source);
  /** Where the node that begins here belongs; undefined: it is a key. */
  const place = (event: Event, start: number): string | undefined => {
    const parent = open.at(-1);
    if (parent === undefined) return '';
    if (parent.kind === 'list') {
      const at = parent.at + pointer(parent.next++);
      if (start >= 0) lines.set(at, line(start));
      return at;
    }
    if (parent.key === undefined) {
      parent.key = event.type === EVENT_ID.SCALAR ? getScalarValue(source, event) : '';
      lines.set(parent.at + pointer(parent.key), line(start));
      return undefined;
    }
    const at = parent.at + pointer(parent.key);
    parent.key = undefined;
    return at;
  };
  for (const event of events) {
    if (event.type === EVENT_ID.SCALAR) place(event, event.valueStart);
    else if (event.type === EVENT_ID.MAPPING)
      open.push({ at: place(event, event.start) ?? '', kind: 'map', key: undefined });
    else if (event.type === EVENT_ID.SEQUENCE)
      open.push({ at: place(event, event.start) ?? '', kind: 'list', next: 0 });
    else if (event.type === EVENT_ID.POP) open.pop();
  }
  return lines;
}

/** Lines of rising offsets: one pass over the text, however many keys it has. */
function lineCounter(source: string): (offset: number) => number {
  let line = 1;
  let counted = 0;
  return (offset) => {
    for (; counted < offset; counted++) if (source[counted] === '\n') line++;
    return line;
  };
}

function lineAt(source: string, offset: number): number {
  return lineCounter(source)(offset);
}
