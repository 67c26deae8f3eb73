// Checks one parsed file against the schema, and says what is wrong in it in words: which key, found, expected.
import { Ajv, type ErrorObject } from 'ajv';

import { type Document, keysOf, pointer } from './document.ts';
import { KEYWORD } from './keywords.ts';
import { type Problem, shown } from './problem.ts';
import { type FileKind, FOLDER_SCHEMA, PEER_SCHEMA, SCHEMAS } from './schema.ts';
import { suggest } from './suggest.ts';
import { Validator } from './validator.ts';
import type { RawDocument, RawFolder, RawPeer } from './written.ts';

// What the code generator would spend on shorter code is more than so few files can give back.
const code = { optimize: false };
/** That the schemas are schemas is a test's business: compiling what would show it takes a third of the time. */
const sure = { meta: false, validateSchema: false };
const how = { allErrors: true, verbose: true, allowMatchingProperties: true, strictRequired: false, code };
const ajv = new Ajv({ ...how, ...sure });
ajv.addKeyword(KEYWORD);

const documents: Readonly<Record<FileKind, Validator<RawDocument>>> = {
  config: new Validator(ajv, SCHEMAS.config),
  folders: new Validator(ajv, SCHEMAS.folders),
  peers: new Validator(ajv, SCHEMAS.peers),
};
const folder = new Validator<RawFolder>(ajv, FOLDER_SCHEMA);
const peer = new Validator<RawPeer>(ajv, PEER_SCHEMA);

export type CheckedDocument =
  { readonly ok: true; readonly value: RawDocument } | { readonly ok: false; readonly problems: readonly Problem[] };

export function checkDocument(kind: FileKind, file: string, document: Document): CheckedDocument {
  const { value } = document;
  const validate = documents[kind].of(value);
  if (validate(value)) return { ok: true, value };
  const problems = new Map<string, Problem>();
  for (const error of validate.errors ?? []) {
    const problem = toProblem(error, file, document);
    // One key that is wrong in two ways is one problem.
    if (problem !== undefined && !problems.has(problem.key)) problems.set(problem.key, problem);
  }
  const inOrder = [...problems.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { ok: false, problems: inOrder };
}

/** A folder put together from several files has passed key by key; this says so to the compiler, and would notice a bug. */
export function isRawFolder(value: unknown): value is RawFolder {
  return folder.of(value)(value);
}

export function isRawPeer(value: unknown): value is RawPeer {
  return peer.of(value)(value);
}

/** Undefined for errors that only sum up others. */
function toProblem(error: ErrorObject, file: string, document: Document): Problem | undefined {
  const { keyword, propertyName } = error;
  if (keyword === 'if' || keyword === 'propertyNames') return undefined;
  const child: unknown = keyword === 'additionalProperties' ? error.params['additionalProperty'] : propertyName;
  const at = typeof child === 'string' ? error.instancePath + pointer(child) : error.instancePath;
  const expected: unknown = error.parentSchema?.['description'];
  const text =
    keyword === 'additionalProperties'
      ? unknownKey(String(child), error.parentSchema?.['properties'])
      : `found ${shown(propertyName ?? error.data)}; expected ${String(expected)}`;
  return { code: 'E_CONFIG', file, line: lineOf(document, at), key: keysOf(at).join('.'), text };
}

function unknownKey(key: string, properties: unknown): string {
  const known = Object.keys(properties ?? {});
  const near = suggest(key, known);
  return near === undefined ? `unknown key; expected one of ${known.join(', ')}` : `unknown key; did you mean ${near}?`;
}

function lineOf(document: Document, at: string): number | undefined {
  for (let place = at; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const line = document.lines.get(place);
    if (line !== undefined) return line;
  }
  return undefined;
}
