// Which paths of a directory would be synced, asked before anything of it is in an index: by the settings, and by the
// `.syncignore` files that lie in it, which are read as its directories are listed, from the top down.
import { MAX_RULES_CHARACTERS, MAX_RULES_FILES, type ParsedRules, RULES_FILE, parseRules } from './core/filter-file.ts';
import { type Decision, Filter } from './core/filter.ts';
import { type DirPath, type RelativePath, nameOf } from './core/path.ts';
import type { FilterSettings } from './core/settings.ts';
import type { RulesText } from './disk/read-rules.ts';
import type { ListedEntry, Listing } from './disk/scan.ts';
import { type UnclaimedRef, areUnclaimedTexts, readUnclaimedRules } from './disk/unclaimed.ts';
import type { Workers } from './ports/workers.ts';

const JOB_FILES = 256;

export class UnclaimedFilter {
  readonly #workers: Workers;
  readonly #tree: UnclaimedRef;
  readonly #files = new Map<DirPath, ParsedRules>();
  #characters = 0;
  #filter: Filter;
  /** `.syncignore` files that cannot be used, or not all of which can. */
  readonly unusable: RelativePath[] = [];

  constructor(workers: Workers, tree: UnclaimedRef, settings: FilterSettings) {
    this.#workers = workers;
    this.#tree = tree;
    this.#filter = new Filter(settings);
  }

  /** Nothing is ignored, as far as it is known by now. */
  get isOpen(): boolean {
    return this.#filter.isOpen;
  }

  /** What becomes of the entries of these directories, each of which lies in one that was asked about before. */
  async decide(listings: readonly Listing[]): Promise<readonly (readonly [ListedEntry, Decision['kind']])[]> {
    const entries = listings.flatMap((listing) => (listing.kind === 'whole' ? listing.entries : []));
    await this.#readRules(listings);
    const decided = entries.map((entry) => [entry, this.#byName(entry)] as const);
    const asked = decided.filter(([entry, kind]) => kind === 'included' && this.#mustLookInto(entry));
    const others = await this.#notText(asked.map(([{ path }]) => path));
    return decided.map(([entry, kind]) => [entry, others.has(entry.path) ? 'ignored' : kind]);
  }

  #byName({ path, seen: { kind, size } }: ListedEntry): Decision['kind'] {
    return this.#filter.decide(path, { kind, size }).kind;
  }

  #mustLookInto({ path, seen }: ListedEntry): boolean {
    return seen.kind === 'file' && this.#filter.mustLookInto(path);
  }

  async #notText(paths: readonly RelativePath[]): Promise<ReadonlySet<RelativePath>> {
    const others = new Set<RelativePath>();
    for (let at = 0; at < paths.length; at += JOB_FILES) {
      const some = paths.slice(at, at + JOB_FILES);
      const texts = await this.#workers.run(areUnclaimedTexts, { tree: this.#tree, paths: some });
      some.forEach((path, i) => texts[i] === false && others.add(path));
    }
    return others;
  }

  async #readRules(listings: readonly Listing[]): Promise<void> {
    const dirs = listings
      .filter((one) => one.kind === 'whole' && one.entries.some(({ path }) => nameOf(path) === RULES_FILE))
      .map(({ dir }) => dir);
    if (dirs.length === 0) return;
    const found = await this.#workers.run(readUnclaimedRules, { tree: this.#tree, dirs });
    dirs.forEach((dir, i) => this.#add(dir, found[i] ?? { kind: 'none' }));
    this.#filter = new Filter(this.#filter.settings, this.#files);
  }

  #add(dir: DirPath, found: RulesText): void {
    if (found.kind === 'none') return;
    const path = (dir === '' ? RULES_FILE : `${dir}/${RULES_FILE}`) as RelativePath;
    const characters = this.#characters + (found.kind === 'text' ? found.text.length : 0);
    if (found.kind === 'unusable' || this.#files.size >= MAX_RULES_FILES || characters > MAX_RULES_CHARACTERS) {
      this.unusable.push(path);
      return;
    }
    this.#characters = characters;
    const parsed = parseRules(dir, found.text);
    if (parsed.refused.length > 0) this.unusable.push(path);
    this.#files.set(dir, parsed);
  }
}
