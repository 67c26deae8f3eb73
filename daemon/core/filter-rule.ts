// One pattern of `ignore`, `only` or a `.syncignore` file, as a rule: which paths it is about. A path is matched name by
// name, so that a directory's answer is begun once for all that is in it.
import { minimatch } from 'minimatch';
import { type NameGlob, nameGlob } from './name-glob.ts';

/** Where a pattern is written. */
export interface WrittenAt {
  readonly key: 'ignore' | 'only' | '.syncignore';
  /** The file, in the folder; undefined for the configuration. */
  readonly file?: string;
  readonly line?: number;
}

export interface Rule {
  /** As written. */
  readonly pattern: string;
  readonly at: WrittenAt;
  readonly negated: boolean;
  readonly dirOnly: boolean;
  /** It lets in a directory with all that is in it. */
  readonly deep: boolean;
  /** It names a way from its own directory, not a name anywhere. */
  readonly anchored: boolean;
  readonly parts: readonly Part[];
}

/** A name, or `**`: any number of directories. */
export type Part = NameGlob | 'any directories';

/** Bounds of one pattern: what is longer names no path that can exist, or is no pattern that a person wrote. */
export const MAX_PATTERN_LENGTH = 1024;
export const MAX_PATTERN_PARTS = 28;
export const MAX_ALTERNATIVES = 64;

export type PatternRefused = 'empty' | 'too long' | 'too many parts' | 'too many alternatives';
export type ParsedPattern =
  | { readonly ok: true; readonly rules: readonly Rule[] }
  /** Nothing is meant: an empty line, a comment. */
  | { readonly ok: false; readonly why: PatternRefused };

/**
 * One pattern of the configuration, where `{a,b}` stands for either; or one line of a `.syncignore` file, where it does not,
 * as in git.
 */
export function parsePattern(written: string, at: WrittenAt): ParsedPattern {
  const text = at.key === '.syncignore' ? withoutTrailingSpaces(written) : written;
  const negated = text.startsWith('!');
  const body = negated ? text.slice(1) : text;
  if (body === '' || /^\/+$/.test(body)) return { ok: false, why: 'empty' };
  if (body.length > MAX_PATTERN_LENGTH) return { ok: false, why: 'too long' };
  const bodies = at.key === '.syncignore' ? [body] : alternatives(body);
  if (bodies.length > MAX_ALTERNATIVES) return { ok: false, why: 'too many alternatives' };
  const rules = bodies.map((one) => ruleOf(one, written, negated, at));
  if (rules.some(({ parts }) => parts.length > MAX_PATTERN_PARTS)) return { ok: false, why: 'too many parts' };
  return { ok: true, rules };
}

function alternatives(body: string): readonly string[] {
  if (!body.includes('{')) return [body];
  return [...new Set(minimatch.braceExpand(body, { braceExpandMax: MAX_ALTERNATIVES + 1 }))].filter(
    (one) => one !== '',
  );
}

/** What stands at the end of a line and cannot be seen, unless `\` says that it is meant. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && /[ \t\r]/.test(line[end - 1] ?? '') && line[end - 2] !== '\\') end--;
  return line.slice(0, end);
}

function ruleOf(body: string, pattern: string, negated: boolean, at: WrittenAt): Rule {
  const names = body.split('/').filter((name, i) => name !== '' || i === 0);
  const isFromTop = names[0] === '';
  if (isFromTop) names.shift();
  let dirOnly = body.endsWith('/');
  let isWhole = false;
  // `name/**` is the directory with all that is in it; `**` alone is everything.
  while (names.length > 1 && names.at(-1) === '**') {
    names.pop();
    dirOnly = true;
    isWhole = true;
  }
  const parts = names.map((name): Part => (name === '**' ? 'any directories' : nameGlob(name)));
  const anchored = (isFromTop || names.length > 1) && names[0] !== '**';
  if (names.length === 1 && parts[0] === 'any directories') parts.push(nameGlob('*'));
  else if (!anchored && parts[0] !== 'any directories') parts.unshift('any directories');
  const last = parts.at(-1);
  const isAnyName = last === undefined || last === 'any directories' || last.isAny;
  // `!*/` lets directories in, so that something in them can be; `!name/` means what is in it.
  // What ignores a directory need not say so of what is in it: nobody looks there.
  const deep = at.key === 'only' || (negated && (isWhole || (dirOnly && !isAnyName)));
  return { pattern, at, negated, dirOnly, deep, anchored, parts };
}

// How far a rule has matched on the way to a directory: bit n is set when parts[n] is what the next name is to match; the
// bit behind the last part when all of them have matched.

/** At the rule's own directory. */
export function startOf(rule: Rule): number {
  return closed(rule, 1);
}

/** One name further. */
export function stepInto(rule: Rule, mask: number, name: string): number {
  const { parts } = rule;
  let next = 0;
  for (let i = 0; i < parts.length; i++) {
    if ((mask & (1 << i)) === 0) continue;
    const part = parts[i];
    if (part === 'any directories') next |= 1 << i;
    else if (part?.matches(name) === true) next |= 1 << (i + 1);
  }
  return closed(rule, next);
}

export function isMatched(rule: Rule, mask: number): boolean {
  return (mask & (1 << rule.parts.length)) !== 0;
}

/** Whether something below may match. */
export function mayMatchBelow(rule: Rule, mask: number): boolean {
  return (mask & ((1 << rule.parts.length) - 1)) !== 0;
}

/** `**` also stands for no directory at all. */
function closed({ parts }: Rule, mask: number): number {
  let all = mask;
  for (let i = 0; i < parts.length; i++)
    if (parts[i] === 'any directories' && (all & (1 << i)) !== 0) all |= 1 << (i + 1);
  return all;
}
