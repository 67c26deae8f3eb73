// Puts together what several files say of one folder or peer. Pure.
import { isPlainObject, type PlainObject } from './document.ts';
import { bothWays } from './bandwidth.ts';

/** A later file over an earlier one: single keys, also inside of mappings. A list is one value. */
export function override(under: PlainObject, over: PlainObject): PlainObject {
  return combine(under, over, (_, list) => list);
}

/**
 * What a folder says over what its profile or `defaults:` say: like {@link override}, but lists are joined, those of
 * defaults first. What is in both counts where it comes last: there it decides.
 */
export function inherit(defaults: PlainObject, own: PlainObject): PlainObject {
  return combine(defaults, own, joined);
}

type List = readonly unknown[];

function joined(first: List, then: List): List {
  const later = new Set(then.map((item) => JSON.stringify(item)));
  return [...first.filter((item) => !later.has(JSON.stringify(item))), ...then];
}

function combine(under: PlainObject, over: PlainObject, lists: (under: List, over: List) => List): PlainObject {
  const combined = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    // Of one rate for both ways the one stays that is not named.
    const below = key === 'bandwidth' && isPlainObject(value) ? bothWays(combined.get(key)) : combined.get(key);
    if (Array.isArray(below) && Array.isArray(value)) combined.set(key, lists(below, value));
    else if (isPlainObject(below) && isPlainObject(value)) combined.set(key, combine(below, value, lists));
    else combined.set(key, value);
  }
  return Object.fromEntries(combined);
}

/** All mappings of one key (`folders`, `peers`), by name, later ones over earlier ones. */
export function overrideAll(layers: readonly Readonly<Record<string, PlainObject>>[]): Map<string, PlainObject> {
  const all = new Map<string, PlainObject>();
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer)) all.set(name, override(all.get(name) ?? {}, value));
  return all;
}
