// A schema compiled for the keys that are in use. Compiling all of it would take longer than anything else that is done
// with a configuration, between the start of the daemon and its first answer; most have a tenth of the keys.
import type { Ajv, SchemaObject, ValidateFunction } from 'ajv';

export class Validator<Valid> {
  readonly #ajv: Ajv;
  readonly #schema: SchemaObject;
  readonly #known: ReadonlySet<string>;
  #used: ReadonlySet<string> = new Set();
  #compiled: ValidateFunction<Valid> | undefined;

  constructor(ajv: Ajv, schema: SchemaObject) {
    this.#ajv = ajv;
    this.#schema = schema;
    this.#known = new Set(namesIn(schema));
  }

  /** Judges this value as the whole schema would; what has other keys needs another. */
  of(value: unknown): ValidateFunction<Valid> {
    const used = keysIn(value).filter((key) => this.#known.has(key));
    if (this.#compiled === undefined || used.some((key) => !this.#used.has(key))) {
      this.#used = new Set([...this.#used, ...used]);
      this.#compiled = this.#ajv.compile<Valid>(narrowed(this.#schema, this.#used));
    }
    return this.#compiled;
  }
}

/** Keys of all mappings in it. */
function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (!isMapping(value)) return [];
  return [...Object.keys(value), ...Object.values(value).flatMap(keysIn)];
}

/** Keys that the schema has a word on. */
function namesIn(schema: object): string[] {
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (!isMapping(value)) return [];
    return key === 'properties'
      ? [...Object.keys(value), ...Object.values(value).filter(isMapping).flatMap(namesIn)]
      : namesIn(value);
  });
}

/** Any other key of it may be anything: what has none of those is judged alike. */
function narrowed(schema: SchemaObject, used: ReadonlySet<string>): SchemaObject {
  const part = (key: string, value: unknown): unknown => {
    if (!isMapping(value)) return value;
    if (key !== 'properties') return narrowed(value, used);
    return mapped(value, (name, property) => (used.has(name) && isMapping(property) ? narrowed(property, used) : true));
  };
  return mapped(schema, part);
}

function mapped(object: object, change: (key: string, value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]));
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
