// A JSON value written as YAML, for `config show`: what it prints can be put into a configuration file.
import { escape } from './escape.ts';

/** Lines, without colours. */
export function yamlLines(value: unknown, indent = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => itemLines(item, indent));
  if (!isMap(value)) return [`${indent}${scalar(value)}`];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = `${indent}${scalar(key)}:`;
    return isNested(inner) ? [name, ...yamlLines(inner, `${indent}  `)] : [`${name} ${scalar(inner)}`];
  });
}

function itemLines(item: unknown, indent: string): string[] {
  if (!isNested(item)) return [`${indent}- ${scalar(item)}`];
  const [first = '', ...rest] = yamlLines(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Has lines of its own: a map or a list that is not empty. */
function isNested(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isMap(value) && Object.keys(value).length > 0;
}

/** Starts with a letter, a slash or `~/`, and holds nothing that means something in YAML. */
const PLAIN = /^(?:[A-Za-z/]|~\/)[\w./@%+ -]*(?<! )$/;
const MEANT_OTHERWISE = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  return PLAIN.test(value) && !MEANT_OTHERWISE.test(value) ? value : escape(JSON.stringify(value));
}
