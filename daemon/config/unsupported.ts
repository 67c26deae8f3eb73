// What the contract names and this version cannot do yet. Each entry says which values are accepted all the same,
// because they ask for nothing. A feature that is built deletes its line here; nothing else has to change.
import type { Document, PlainObject } from './document.ts';
import { isPlainObject, pointer } from './document.ts';
import type { Problem } from './problem.ts';

type Accepts = (value: unknown) => boolean;

const only =
  (...values: unknown[]): Accepts =>
  (value) =>
    values.includes(value);
const noLimit: Accepts = (value) =>
  isPlainObject(value) ? Object.values(value).every(noLimit) : value === 0 || value === '0';

const IN_DOCUMENT: Readonly<Record<string, Accepts>> = {
  bandwidth: noLimit,
};

const IN_FOLDER: Readonly<Record<string, Accepts>> = {
  priority: only('normal'),
  compression: only('auto'),
  bandwidth: noLimit,
};

const IN_PEER: Readonly<Record<string, Accepts>> = {
  bandwidth: noLimit,
};

/** For documentation: the keys that are refused at other values than their defaults. */
export const UNSUPPORTED_KEYS = {
  document: Object.keys(IN_DOCUMENT),
  folder: Object.keys(IN_FOLDER),
  peer: Object.keys(IN_PEER),
} as const;

/** Keys of a folder's settings, as written, that this version does not have. */
export function unsupportedKeys(folder: PlainObject): string[] {
  return Object.entries(IN_FOLDER)
    .filter(([key, accepts]) => folder[key] !== undefined && !accepts(folder[key]))
    .map(([key]) => key);
}

/** Of a document that has passed the schema. */
export function findUnsupported(file: string, { value, lines }: Document): Problem[] {
  const problems: Problem[] = [];
  const refuse = (keys: readonly string[]): void => {
    const text = 'not supported by this version yet; leave it out';
    problems.push({ code: 'E_UNSUPPORTED', file, line: lines.get(pointer(...keys)), key: keys.join('.'), text });
  };
  const look = (at: readonly string[], values: unknown, table: Readonly<Record<string, Accepts>>): void => {
    for (const [key, accepts] of Object.entries(table)) {
      const found = own(values, key);
      if (found !== undefined && !accepts(found)) refuse([...at, key]);
    }
  };
  look([], value, IN_DOCUMENT);
  look(['defaults'], own(value, 'defaults'), IN_FOLDER);
  for (const [name, profile] of entriesOf(value, 'profiles')) look(['profiles', name], profile, IN_FOLDER);
  for (const [name, folder] of entriesOf(value, 'folders')) {
    look(['folders', name], folder, IN_FOLDER);
  }
  for (const [name, peer] of entriesOf(value, 'peers')) look(['peers', name], peer, IN_PEER);
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function own(value: unknown, key: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function entriesOf(value: PlainObject, key: string): [string, unknown][] {
  return Object.entries(own(value, key) ?? {});
}
