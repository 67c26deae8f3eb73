// Which paths of a folder are synced here. Pure: made from the folder's settings and the texts of the `.syncignore` files
// that are in it, and asked about one path at a time; it also says which rule has decided.
//
// In each directory the last pattern that matches decides, as in git. What is in an ignored directory is ignored, unless a
// later pattern with `!` names the way to it. Ignored is not deleted: nothing is concluded from what is ignored.
import { type DirPath, type RelativePath, nameOf, parentOf } from './path.ts';
import { type ParsedRules, RULES_FILE } from './filter-file.ts';
import { type Rule, type WrittenAt, isMatched, mayMatchBelow, parsePattern, startOf, stepInto } from './filter-rule.ts';
import { type QuietName, quietNames } from './quiet-directories.ts';
import type { FilterSettings } from './settings.ts';
import { kindByName } from './text-content.ts';

/** Why a path is not synced. */
export type Why =
  | ({ readonly pattern: string } & WrittenAt)
  /** Nothing of `only` names it. */
  | { readonly key: 'only'; readonly pattern: undefined }
  | { readonly key: 'hidden' | 'content' | 'max_size' };

export type Decision =
  | { readonly kind: 'included'; readonly why: Why | undefined }
  /** A directory that is synced only where something in it is. */
  | { readonly kind: 'passage'; readonly why: Why }
  | { readonly kind: 'ignored'; readonly why: Why }
  /** Only what is at the path can tell: whether it is a directory. */
  | { readonly kind: 'unsure'; readonly why: Why };

/** What is known of the thing at a path; what is not known does not count against it. */
export interface Thing {
  readonly kind?: 'file' | 'dir' | 'symlink' | undefined;
  readonly size?: number | undefined;
}

/** The rules of one file or of one key, as far as they have matched on the way to a directory. */
interface Layer {
  readonly rules: readonly Rule[];
  readonly masks: readonly number[];
  /** Rules count up from here over all layers: what comes later goes before. */
  readonly first: number;
}

/** A directory, as what is in it has to know it. */
interface Way {
  readonly layers: readonly Layer[];
  readonly only: Layer | undefined;
  /** Nothing in it is synced, but what a rule behind this one names. */
  readonly ignoredBy: Ranked | undefined;
  /** In no way. */
  readonly closedBy: Why | undefined;
}

interface Ranked {
  readonly rule: Rule;
  readonly rank: number;
}

interface Judged {
  readonly decision: Decision;
  readonly ignoredBy: Ranked | undefined;
}

/** Directories whose answers are remembered. */
const MAX_REMEMBERED = 20_000;

export class Filter {
  readonly settings: FilterSettings;
  readonly #files: ReadonlyMap<DirPath, ParsedRules>;
  readonly #ways = new Map<DirPath, Way>();
  readonly #top: Way;
  /** Nothing is set: the answer is always the same. */
  readonly isOpen: boolean;

  /** `files`: the `.syncignore` files, by their directories. */
  constructor(settings: FilterSettings, files: ReadonlyMap<DirPath, ParsedRules> = new Map()) {
    this.settings = settings;
    this.#files = files;
    const { ignore, only, hidden, maxSizeBytes, content } = settings;
    this.isOpen =
      ignore.length === 0 && only.length === 0 && hidden && maxSizeBytes === 0 && content === 'any' && files.size === 0;
    const rules = rulesOf(ignore, 'ignore');
    this.#top = this.#enter('', {
      layers: rules.length === 0 ? [] : [begin(rules, 0)],
      only: only.length === 0 ? undefined : begin(rulesOf(only, 'only'), 0),
      ignoredBy: undefined,
      closedBy: undefined,
    });
  }

  /** The same `.syncignore` files under other settings. */
  under(settings: FilterSettings): Filter {
    return new Filter(settings, this.#files);
  }

  decide(path: RelativePath, thing: Thing): Decision {
    if (this.isOpen) return INCLUDED;
    const way = this.#way(parentOf(path));
    if (way.closedBy !== undefined) return { kind: 'ignored', why: way.closedBy };
    const { decision } = this.#judge(way, nameOf(path), thing.kind);
    if (decision.kind !== 'included' || thing.kind !== 'file') return decision;
    const { maxSizeBytes, content } = this.settings;
    const isRules = nameOf(path) === RULES_FILE;
    if (maxSizeBytes > 0 && (thing.size ?? 0) > maxSizeBytes) return { kind: 'ignored', why: { key: 'max_size' } };
    if (content === 'text' && !isRules && kindByName(nameOf(path)) === 'binary')
      return { kind: 'ignored', why: { key: 'content' } };
    return decision;
  }

  /** Whether only a look at its bytes can tell if this file is synced. */
  mustLookInto(path: RelativePath): boolean {
    return this.settings.content === 'text' && nameOf(path) !== RULES_FILE;
  }

  /** Directories that need no watches. */
  quietNames(): readonly QuietName[] {
    return quietNames(this.settings, this.#files);
  }

  #way(dir: DirPath): Way {
    if (dir === '') return this.#top;
    const known = this.#ways.get(dir);
    if (known !== undefined) return known;
    const way = this.#make(dir);
    if (this.#ways.size >= MAX_REMEMBERED) this.#ways.clear();
    this.#ways.set(dir, way);
    return way;
  }

  #make(dir: RelativePath): Way {
    const above = this.#way(parentOf(dir));
    if (above.closedBy !== undefined) return above;
    const name = nameOf(dir);
    const { decision, ignoredBy } = this.#judge(above, name, 'dir');
    const closedBy = decision.kind === 'ignored' ? decision.why : undefined;
    const layers = above.layers.map((layer) => step(layer, name));
    const only = above.only === undefined ? undefined : step(above.only, name);
    return this.#enter(dir, { layers, only, ignoredBy, closedBy });
  }

  /** With the rules that the directory itself brings. */
  #enter(dir: DirPath, way: Way): Way {
    const rules = way.closedBy === undefined ? this.#files.get(dir)?.rules : undefined;
    if (rules === undefined || rules.length === 0) return way;
    const last = way.layers.at(-1);
    const first = last === undefined ? 0 : last.first + last.rules.length;
    return { ...way, layers: [...way.layers, begin(rules, first)] };
  }

  #judge(way: Way, name: string, kind: Thing['kind']): Judged {
    const judged = (decision: Decision, ignoredBy?: Ranked): Judged => ({ decision, ignoredBy });
    if (!this.settings.hidden && name.startsWith('.') && name !== RULES_FILE)
      return judged({ kind: 'ignored', why: { key: 'hidden' } });
    const hit = lastMatch(way, name, kind);
    const unsure = kind === undefined && hit.ifDirectory !== undefined;
    if (hit.ranked !== undefined) {
      const why: Why = { pattern: hit.ranked.rule.pattern, ...hit.ranked.rule.at };
      const isPassage = kind !== 'file' && kind !== 'symlink' && leadsOn(way, name, hit.ranked.rank);
      if (isPassage) return judged({ kind: kind === 'dir' ? 'passage' : 'unsure', why }, hit.ranked);
      return judged({ kind: unsure ? 'unsure' : 'ignored', why }, hit.ranked);
    }
    if (unsure) return judged({ kind: 'unsure', why: { pattern: hit.ifDirectory.pattern, ...hit.ifDirectory.at } });
    if (way.only !== undefined && !isNamedBy(way.only, name, kind)) {
      const why: Why = { key: 'only', pattern: undefined };
      if (kind === 'file' || kind === 'symlink' || !onlyLeadsOn(way.only, name))
        return judged({ kind: 'ignored', why });
      return judged({ kind: kind === 'dir' ? 'passage' : 'unsure', why });
    }
    const why: Why | undefined = hit.included && { pattern: hit.included.pattern, ...hit.included.at };
    return judged({ kind: 'included', why });
  }
}

const INCLUDED: Decision = { kind: 'included', why: undefined };

/** Nothing is ignored. */
export const OPEN_FILTER = new Filter({ ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 });

function rulesOf(patterns: readonly string[], key: 'ignore' | 'only'): Rule[] {
  return patterns.flatMap((pattern) => {
    const parsed = parsePattern(pattern, { key });
    return parsed.ok ? parsed.rules : [];
  });
}

function begin(rules: readonly Rule[], first: number): Layer {
  return { rules, masks: rules.map(startOf), first };
}

function step(layer: Layer, name: string): Layer {
  const { rules, masks } = layer;
  return { ...layer, masks: rules.map((rule, i) => stepThrough(rule, masks[i] ?? 0, name)) };
}

/** As {@link stepInto}; what means a directory with all that is in it stays matched below. */
function stepThrough(rule: Rule, mask: number, name: string): number {
  const next = stepInto(rule, mask, name);
  return rule.deep && isMatched(rule, mask) ? next | (1 << rule.parts.length) : next;
}

interface Hit {
  /** What ignores it. */
  readonly ranked: Ranked | undefined;
  /** What lets it in. */
  readonly included: Rule | undefined;
  /** It would decide if this were a directory. */
  readonly ifDirectory: Rule | undefined;
}

function lastMatch(way: Way, name: string, kind: Thing['kind']): Hit {
  const { ignoredBy } = way;
  let ifDirectory: Rule | undefined;
  for (let l = way.layers.length - 1; l >= 0; l--) {
    const { rules, masks, first } = way.layers[l] as Layer;
    for (let r = rules.length - 1; r >= 0; r--) {
      const rule = rules[r] as Rule;
      const rank = first + r;
      // In an ignored directory only what comes later and names the way counts; all before it has been decided.
      if (ignoredBy !== undefined && rank <= ignoredBy.rank) break;
      if (ignoredBy !== undefined && rule.negated && !rule.anchored) continue;
      const mask = masks[r] ?? 0;
      const isBelow = rule.deep && isMatched(rule, mask);
      if (!isBelow && !isMatched(rule, stepInto(rule, mask, name))) continue;
      if (!isBelow && rule.dirOnly && kind !== 'dir') {
        if (kind === undefined) ifDirectory ??= rule;
        continue;
      }
      if (rule.negated) return { ranked: undefined, included: rule, ifDirectory };
      return { ranked: { rule, rank }, included: undefined, ifDirectory };
    }
  }
  return { ranked: ignoredBy, included: undefined, ifDirectory };
}

/** Whether a later rule names a way through this directory, which is ignored itself. */
function leadsOn(way: Way, name: string, rank: number): boolean {
  return way.layers.some(({ rules, masks, first }) =>
    rules.some(
      (rule, i) =>
        rule.negated && rule.anchored && first + i > rank && mayMatchBelow(rule, stepInto(rule, masks[i] ?? 0, name)),
    ),
  );
}

/** `only`: the last pattern that matches, here or above, decides too. */
function isNamedBy({ rules, masks }: Layer, name: string, kind: Thing['kind']): boolean {
  for (let i = rules.length - 1; i >= 0; i--) {
    const rule = rules[i] as Rule;
    const mask = masks[i] ?? 0;
    if (isMatched(rule, mask)) return !rule.negated;
    if (!isMatched(rule, stepInto(rule, mask, name))) continue;
    if (rule.dirOnly && kind !== 'dir') continue;
    return !rule.negated;
  }
  return false;
}

function onlyLeadsOn({ rules, masks }: Layer, name: string): boolean {
  return rules.some((rule, i) => !rule.negated && mayMatchBelow(rule, stepInto(rule, masks[i] ?? 0, name)));
}
