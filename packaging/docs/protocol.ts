// The made parts of docs/protocol.md: limits, and each message with its fields and an example.
import { readFileSync } from 'node:fs';
import * as limits from '../../protocol/limits.ts';
import { SCHEMAS } from '../../protocol/schemas.ts';
import type { Schema } from '../../protocol/schemas.ts';
import { EXAMPLES } from './examples.ts';
import { fillRegion } from './region.ts';
import { table } from './table.ts';

/** The page with its made parts renewed. */
export function protocolPage(page: string): string {
  return fillRegion(fillRegion(page, 'limits', limitsTable()), 'messages', messages());
}

const LIMIT = /\/\*\* ([^]*?) \*\/\nexport const (\w+) =/g;

function limitsTable(): string {
  const source = readFileSync(new URL('../../protocol/limits.ts', import.meta.url), 'utf8');
  const reasons = new Map([...source.matchAll(LIMIT)].map(([, reason = '', name = '']) => [name, reason]));
  const inOrder = [...reasons.keys()];
  const rows = Object.entries(limits)
    .sort(([a], [b]) => inOrder.indexOf(a) - inOrder.indexOf(b))
    .map(([name, value]) => {
      const reason = reasons.get(name);
      if (reason === undefined) throw new Error(`the limit ${name} has no reason`);
      return [`\`${name}\``, amount(name, value), reason];
    });
  return table(['limit', 'value', 'why, and what happens beyond it'], rows);
}

function amount(name: string, value: number): string {
  if (name.endsWith('_MS')) return `${value / 1000} s`;
  if (!name.endsWith('_BYTES')) return value.toLocaleString('en');
  return value % (1 << 20) === 0 ? `${value / (1 << 20)} MiB` : `${value / (1 << 10)} KiB`;
}

function messages(): string {
  return Object.values(EXAMPLES)
    .map((example) => {
      const schema = SCHEMAS[example.type];
      const json = JSON.stringify(example, undefined, 2);
      return `### ${example.type}\n\n${schema.description}\n\n${fieldTable(schema)}\n\n\`\`\`json\n${json}\n\`\`\``;
    })
    .join('\n\n');
}

type Row = readonly [field: string, what: string, meaning: string];

function fieldTable(schema: Schema): string {
  return table(['field', 'what', 'meaning'], fieldsOf(schema, ''));
}

/** The fields of an object, and below them those of the objects in it, named by their way from the message. */
function fieldsOf(schema: Schema, above: string): Row[] {
  const tag = schema.discriminator?.propertyName;
  const own = rows(schema, above, '');
  const variants = (schema.oneOf ?? []).flatMap((variant) => {
    const { [tag ?? '']: tagged, ...properties } = variant.properties ?? {};
    return rows({ ...variant, properties }, above, `with \`${tag}\` \`${tagged?.const}\`: `);
  });
  return joinVariants([...own, ...variants]);
}

function rows(schema: Schema, above: string, when: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]): Row[] => {
    const way = above === '' ? name : `${above}.${name}`;
    const optional = schema.required?.includes(name) === true ? '' : 'optional: ';
    const items = field.type === 'array' && !isTuple(field.items) ? field.items : undefined;
    const inner =
      field.properties !== undefined ? fieldsOf(field, way) : items?.properties ? fieldsOf(items, `${way}[]`) : [];
    return [[`\`${way}\``, `${when}${optional}${shape(field)}`, field.description ?? ''], ...inner];
  });
}

/** A field of several variants is told once: «with `kind` `file`, `dir`: …». */
function joinVariants(all: readonly Row[]): Row[] {
  const joined = new Map<string, Row>();
  for (const row of all) {
    const [field, what, meaning] = row;
    const [when, rest] = splitWhen(what);
    const known = [...joined.entries()].find(([, other]) => other[0] === field && splitWhen(other[1])[1] === rest);
    if (known === undefined || when === '') joined.set(`${field} ${what}`, row);
    else {
      const [key, [, before]] = known;
      const value = /`[^`]*`$/.exec(when)?.[0] ?? '';
      joined.set(key, [field, `${splitWhen(before)[0]} or ${value}: ${rest}`, meaning]);
    }
  }
  return [...joined.values()];
}

function splitWhen(what: string): readonly [when: string, rest: string] {
  const match = /^(with [^:]*): ([^]*)$/.exec(what);
  return [match?.[1] ?? '', match?.[2] ?? what];
}

function isTuple(items: Schema['items']): items is readonly Schema[] {
  return Array.isArray(items);
}

function shape(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(', ');
  switch (schema.type) {
    case 'integer':
      return `integer${range(schema.minimum, schema.maximum)}`;
    case 'string':
      if (schema.maxLength !== undefined)
        return `text, ${schema.minLength ?? 0} to ${schema.maxLength.toLocaleString('en')} characters`;
      return `text like \`${schema.pattern}\``;
    case 'array':
      if (isTuple(schema.items)) return `[${schema.items.map(shape).join(', ')}]`;
      return `list of ${schema.minItems ?? 0} to ${schema.maxItems?.toLocaleString('en')}${items(schema.items)}`;
    case 'boolean':
      return 'true or false';
    default:
      return 'object';
  }
}

function items(schema: Schema | undefined): string {
  return schema === undefined || schema.properties !== undefined ? ' objects' : `: ${shape(schema)}`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most.toLocaleString('en')}`;
  return least === undefined ? '' : `, at least ${least}`;
}
