// `--set KEY=VALUE`: KEY as in the configuration, dotted for what lies inside of one (`versions.keep`), VALUE in YAML.
import { CodedError } from '../../protocol/errors.ts';
import { parseValue } from './document.ts';
import { shown } from './problem.ts';

/** Where a value belongs in a folder's settings, and the value; null: as if it were not set. */
export interface Assignment {
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** Throws E_USAGE. What a key may hold is checked when the whole is loaded. */
export function parseAssignments(set: readonly string[]): Assignment[] {
  return set.map((text) => {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new CodedError('E_USAGE', `${shown(text)} is not KEY=VALUE`);
    const value = parseValue(text.slice(equals + 1));
    if (value === undefined) throw new CodedError('E_USAGE', `the value in ${shown(text)} is not YAML`);
    return { keys: splitKey(text.slice(0, equals)), value: value.value };
  });
}

/** Nothing is nested deeper than two keys, and the name of a peer may hold a dot. */
function splitKey(key: string): string[] {
  const dot = key.indexOf('.');
  return dot < 0 ? [key] : [key.slice(0, dot), key.slice(dot + 1)];
}
