// Patterns for one name: `*`, `?`, `[a-z]`, `[!a]` and `\` before a character that stands for itself. Matched in time that
// grows with pattern × name whatever is written: a pattern can be hopeless, and must not hang the daemon.

/** Whether a name fits. `literal`: the one name that does, where there is no wildcard. */
export interface NameGlob {
  readonly literal: string | undefined;
  /** `*` alone, however often. */
  readonly isAny: boolean;
  /** The same as a regular expression, where that is a simple one. */
  readonly regex: string | undefined;
  matches(name: string): boolean;
}

type Token =
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'is'; readonly char: string }
  | { readonly kind: 'class'; readonly not: boolean; readonly ranges: readonly Range[] };
type Range = readonly [from: string, to: string];

/** POSIX names of character classes, as in `[[:digit:]]`. */
const NAMED: Readonly<Record<string, readonly Range[]>> = {
  alpha: [
    ['A', 'Z'],
    ['a', 'z'],
  ],
  digit: [['0', '9']],
  alnum: [
    ['0', '9'],
    ['A', 'Z'],
    ['a', 'z'],
  ],
  upper: [['A', 'Z']],
  lower: [['a', 'z']],
  space: [
    ['\t', '\r'],
    [' ', ' '],
  ],
  blank: [
    ['\t', '\t'],
    [' ', ' '],
  ],
  punct: [
    ['!', '/'],
    [':', '@'],
    ['[', '`'],
    ['{', '~'],
  ],
  xdigit: [
    ['0', '9'],
    ['A', 'F'],
    ['a', 'f'],
  ],
};

export function nameGlob(text: string): NameGlob {
  const tokens = tokensOf([...text]);
  const regex = regexOf(tokens);
  const literal = tokens.every((token) => token.kind === 'is') ? tokens.map(({ char }) => char).join('') : undefined;
  if (literal !== undefined) return { literal, isAny: false, regex, matches: (name) => name === literal };
  const isAny = tokens.every(({ kind }) => kind === 'any');
  if (isAny) return { literal, isAny, regex, matches: () => true };
  const tail = suffixOf(tokens);
  if (tail !== undefined) return { literal, isAny, regex, matches: (name) => name.endsWith(tail) };
  return { literal, isAny, regex, matches: (name) => matchTokens(tokens, [...name]) };
}

/** With more wildcards it could take long to find out that a name does not fit. */
const MAX_WILDCARDS = 2;

function regexOf(tokens: readonly Token[]): string | undefined {
  if (tokens.filter(({ kind }) => kind === 'any').length > MAX_WILDCARDS) return undefined;
  let source = '';
  for (const token of tokens) {
    if (token.kind === 'any') source += '[^/]*';
    else if (token.kind === 'is') source += token.char.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
    else return undefined;
  }
  return source;
}

/** `*.tmp`, the most frequent of all. */
function suffixOf([first, ...rest]: readonly Token[]): string | undefined {
  if (first?.kind !== 'any' || !rest.every((token) => token.kind === 'is')) return undefined;
  return rest.map(({ char }) => char).join('');
}

function tokensOf(chars: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string;
    if (char === '*') {
      if (tokens.at(-1)?.kind !== 'any') tokens.push({ kind: 'any' });
    } else if (char === '?') tokens.push({ kind: 'one' });
    else if (char === '\\' && at + 1 < chars.length) tokens.push({ kind: 'is', char: chars[++at] as string });
    else if (char === '[') {
      const found = classAt(chars, at);
      if (found === undefined) tokens.push({ kind: 'is', char });
      else {
        tokens.push(found.token);
        at = found.end;
      }
    } else tokens.push({ kind: 'is', char });
  }
  return tokens;
}

/** The class that begins with the bracket there; undefined where none is closed: then it is a bracket. */
function classAt(chars: readonly string[], start: number): { readonly token: Token; readonly end: number } | undefined {
  let at = start + 1;
  const not = chars[at] === '!' || chars[at] === '^';
  if (not) at++;
  const ranges: Range[] = [];
  for (const first = at; at < chars.length; at++) {
    let char = chars[at] as string;
    if (char === ']' && at > first) return { token: { kind: 'class', not, ranges }, end: at };
    if (char === '[' && chars[at + 1] === ':') {
      const close = chars.indexOf(':', at + 2);
      const named = NAMED[chars.slice(at + 2, close).join('')];
      if (close > 0 && chars[close + 1] === ']' && named !== undefined) {
        ranges.push(...named);
        at = close + 1;
        continue;
      }
    }
    if (char === '\\' && at + 1 < chars.length) char = chars[++at] as string;
    const to = chars[at + 1] === '-' && chars[at + 2] !== ']' ? chars[at + 2] : undefined;
    ranges.push([char, to ?? char]);
    if (to !== undefined) at += 2;
  }
  return undefined;
}

/** Goes back to the last `*` alone: what an earlier one could take, the last one can. */
function matchTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let at = 0;
  let token = 0;
  let back: { readonly token: number; at: number } | undefined;
  while (at < name.length) {
    const now = tokens[token];
    if (now?.kind === 'any') {
      back = { token: ++token, at };
    } else if (now !== undefined && fits(now, name[at] as string)) {
      token++;
      at++;
    } else if (back === undefined) return false;
    else {
      ({ token } = back);
      at = ++back.at;
    }
  }
  while (tokens[token]?.kind === 'any') token++;
  return token === tokens.length;
}

function fits(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'one':
      return true;
    case 'is':
      return token.char === char;
    case 'class':
      return token.ranges.some(([from, to]) => isBetween(char, from, to)) !== token.not;
    case 'any':
      return false;
  }
}

function isBetween(char: string, from: string, to: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code >= (from.codePointAt(0) ?? 0) && code <= (to.codePointAt(0) ?? 0);
}
