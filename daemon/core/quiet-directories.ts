// Directories in which nothing can be synced, whatever comes into being there: they need no watches. Only what can be said
// for certain of names alone is said; a directory that is not named here is watched in vain, which is no harm.

import type { ParsedRules } from './filter-file.ts';
import { type Part, type Rule, parsePattern } from './filter-rule.ts';
import type { DirPath } from './path.ts';
import type { FilterSettings } from './settings.ts';

/** What is in a directory of this name is quiet: in `within` itself, or anywhere below it. */
export interface QuietName {
  readonly within: DirPath;
  /** A regular expression for one whole name. */
  readonly name: string;
  readonly anywhere: boolean;
}

/** More are watched in vain. */
const MAX_QUIET = 64;

export function quietNames(settings: FilterSettings, files: ReadonlyMap<DirPath, ParsedRules>): readonly QuietName[] {
  const configured = settings.ignore.flatMap((pattern) => {
    const parsed = parsePattern(pattern, { key: 'ignore' });
    return parsed.ok ? parsed.rules.map((rule) => ({ rule, within: '' as DirPath })) : [];
  });
  const written = [...files].flatMap(([within, { rules }]) => rules.map((rule) => ({ rule, within })));
  const all = [...configured, ...written];
  const quiet: QuietName[] = settings.hidden ? [] : [{ within: '', name: String.raw`\.[^/]*`, anywhere: true }];
  all.forEach(({ rule, within }, i) => {
    if (rule.negated || all.slice(i + 1).some((later) => later.rule.negated && mayLetIn(later.rule, rule))) return;
    const name = quietBy(rule, within);
    if (name !== undefined && quiet.length < MAX_QUIET) quiet.push(name);
  });
  return quiet;
}

function quietBy({ parts, anchored }: Rule, within: DirPath): QuietName | undefined {
  const last = parts.at(-1);
  if (last === undefined || last === 'any directories') return undefined;
  const name = last.regex;
  if (name === undefined) return undefined;
  const above = parts.slice(0, -1);
  if (!anchored) return above.length === 1 ? { within, name, anywhere: true } : undefined;
  const names = above.map((part) => (part === 'any directories' ? undefined : part.literal));
  if (names.includes(undefined)) return undefined;
  const way = [...(within === '' ? [] : [within]), ...names].join('/');
  return { within: way as DirPath, name, anywhere: false };
}

/** Whether a later `!` may have to do with a directory that the rule leaves out. In doubt it has. */
function mayLetIn(later: Rule, { parts }: Rule): boolean {
  const name = parts.at(-1);
  if (name === undefined) return true;
  const ways = later.anchored ? later.parts : later.parts.slice(-1);
  return ways.some((part) => mayBeOne(part, name));
}

function mayBeOne(a: Part, b: Part): boolean {
  if (a === 'any directories' || b === 'any directories') return true;
  if (a.literal !== undefined) return b.matches(a.literal);
  return b.literal === undefined || a.matches(b.literal);
}
