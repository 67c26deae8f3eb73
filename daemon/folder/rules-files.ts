// The `.syncignore` files of this folder as they were last read. They are remembered over a restart, so that what they
// ignore is ignored before the first scan too: what they say is read anew where a directory is listed.
import type { ErrorCode } from '../../protocol/errors.ts';
import {
  MAX_RULES_CHARACTERS,
  MAX_RULES_FILES,
  type ParsedRules,
  RULES_FILE,
  parseRules,
} from '../core/filter-file.ts';
import { type SeenStat, looksSame } from '../core/observation.ts';
import { type DirPath, type RelativePath, ancestorsOf, isBelow, nameOf, parentOf } from '../core/path.ts';
import { type RulesText, readRules } from '../disk/read-rules.ts';
import type { Listing } from '../disk/scan.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';
import type { SkippedPaths } from './skipped.ts';

type WholeListing = Extract<Listing, { kind: 'whole' }>;

const RULES = 'rules';
/** A file that is gone for so long is gone. */
const GONE_AFTER_MS = 2_000;

interface Known {
  readonly text: string;
  readonly parsed: ParsedRules;
  readonly seen: SeenStat | undefined;
}

export class RulesFiles {
  readonly #context: FolderContext;
  readonly #hints: Hints;
  readonly #skipped: SkippedPaths;
  readonly #files = new Map<DirPath, Known>();
  /** Files that cannot be used, or not all of which can. */
  readonly #refused = new Map<DirPath, ErrorCode>();
  /** Files that are gone, and since when: monotonic ms. */
  readonly #missedMs = new Map<DirPath, number>();
  /** Other rules than before, which are not in the index yet. */
  readonly #unsaved = new Set<DirPath>();

  constructor(context: FolderContext, hints: Hints, skipped: SkippedPaths) {
    this.#context = context;
    this.#hints = hints;
    this.#skipped = skipped;
    const texts = JSON.parse(context.index.meta(RULES) ?? '[]') as [DirPath, string][];
    for (const [dir, text] of texts) this.#put(dir, text, undefined);
  }

  get parsed(): ReadonlyMap<DirPath, ParsedRules> {
    return new Map([...this.#files].map(([dir, { parsed }]) => [dir, parsed]));
  }

  /** A file is gone, and may be put back in a moment. */
  get isUnsure(): boolean {
    const sinceMs = this.#context.clock.monotonicMs() - 2 * GONE_AFTER_MS;
    return [...this.#missedMs.values()].some((ms) => ms > sinceMs);
  }

  /** All that they say, in one order. */
  get texts(): readonly (readonly [DirPath, string])[] {
    return [...this.#files].map(([dir, { text }]) => [dir, text] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** It is named as long as it is so. */
  isRefused(path: RelativePath): boolean {
    return nameOf(path) === RULES_FILE && this.#refused.has(parentOf(path));
  }

  /** These directories have been listed. Answers with those whose rules are others now. */
  async inListings(listings: readonly Listing[]): Promise<DirPath[]> {
    const read = new Map<DirPath, SeenStat | undefined>();
    const whole = new Map<DirPath, WholeListing>();
    for (const listing of listings) {
      const { dir } = listing;
      if (listing.kind === 'absent' && dir !== '') this.#forget(dir);
      if (listing.kind !== 'whole') continue;
      whole.set(dir, listing);
      const entry = listing.entries.find(({ path }) => nameOf(path) === RULES_FILE);
      const known = this.#files.get(dir);
      const wasThere = known !== undefined || this.#refused.has(dir);
      if (entry?.seen.kind === 'file' ? !looksSame(known?.seen, entry.seen) : wasThere) read.set(dir, entry?.seen);
    }
    // What is in a directory that is not where it was nobody lists, and its file may be one that is ignored itself.
    for (const dir of this.#files.keys()) if (isNotWhereItWas(dir, whole)) read.set(dir, undefined);
    await this.#read(read);
    return this.#save();
  }

  /** Something may have changed at these paths. Answers with the directories whose rules are others now. */
  async atPaths(paths: readonly RelativePath[]): Promise<DirPath[]> {
    const dirs = paths.filter((path) => nameOf(path) === RULES_FILE).map(parentOf);
    await this.#read(new Map(dirs.map((dir) => [dir, undefined])));
    return this.#save();
  }

  /** What could not be written down is not read again: it is still to be told of then. */
  #save(): DirPath[] {
    if (this.#unsaved.size === 0) return [];
    const { index, clock } = this.#context;
    index.commit({ nowUs: clock.nowUs(), meta: [[RULES, JSON.stringify(this.texts)]] });
    const changed = [...this.#unsaved];
    this.#unsaved.clear();
    return changed;
  }

  /** Of a directory that is not there, and of all below it. */
  #forget(gone: RelativePath): void {
    const dirs = [...this.#files.keys()].filter((dir) => dir === gone || (dir !== '' && isBelow(dir, gone)));
    for (const dir of dirs) {
      this.#files.delete(dir);
      this.#refused.delete(dir);
      this.#missedMs.delete(dir);
      this.#unsaved.add(dir);
    }
  }

  async #read(dirs: ReadonlyMap<DirPath, SeenStat | undefined>): Promise<void> {
    if (dirs.size === 0) return;
    const { workers } = this.#context;
    const order = [...dirs.keys()];
    const found = await workers.run(readRules, { tree: this.#context.tree(), dirs: order });
    for (const [i, dir] of order.entries())
      if (this.#found(dir, found[i] ?? { kind: 'none' }, dirs.get(dir))) this.#unsaved.add(dir);
  }

  /** Whether other rules hold now. */
  #found(dir: DirPath, found: RulesText, seen: SeenStat | undefined): boolean {
    const known = this.#files.get(dir);
    if (found.kind !== 'none') this.#missedMs.delete(dir);
    switch (found.kind) {
      case 'none':
        this.#refused.delete(dir);
        if (known !== undefined && this.#holdsOn(dir)) return false;
        this.#missedMs.delete(dir);
        return this.#files.delete(dir);
      case 'unusable':
        // What it said last holds on: what was ignored must not be sent because a file cannot be read.
        this.#refuse(dir, found.code);
        return false;
      case 'text':
        if (known?.text === found.text) {
          this.#files.set(dir, { ...known, seen });
          return false;
        }
        return this.#put(dir, found.text, seen);
    }
  }

  /**
   * A file that is gone: an editor is about to put it back, or its directory goes too. What it ignored may be what keeps the
   * directory here when it was removed elsewhere, and must not come back to the others for that.
   */
  #holdsOn(dir: DirPath): boolean {
    const { index, clock } = this.#context;
    if (dir !== '' && (index.row(dir)?.keptLocally === true || index.wanted(dir)?.record.entry.kind === 'absent')) {
      this.#missedMs.delete(dir);
      return true;
    }
    const nowMs = clock.monotonicMs();
    const since = this.#missedMs.get(dir) ?? nowMs;
    this.#missedMs.set(dir, since);
    if (nowMs - since >= GONE_AFTER_MS) return false;
    this.#hints.addLater(rulesIn(dir), since + GONE_AFTER_MS);
    return true;
  }

  #put(dir: DirPath, text: string, seen: SeenStat | undefined): boolean {
    const others = [...this.#files].filter(([one]) => one !== dir);
    const characters = others.reduce((sum, [, known]) => sum + known.text.length, text.length);
    if (others.length >= MAX_RULES_FILES || characters > MAX_RULES_CHARACTERS) {
      this.#refuse(dir, 'E_IGNORE_RULES');
      return false;
    }
    const parsed = parseRules(dir, text);
    this.#files.set(dir, { text, parsed, seen });
    if (parsed.refused.length > 0) this.#refuse(dir, 'E_IGNORE_RULES', parsed.refused[0]?.line);
    else this.#refused.delete(dir);
    return true;
  }

  #refuse(dir: DirPath, code: ErrorCode, line?: number): void {
    const path = rulesIn(dir);
    this.#refused.set(dir, code);
    if (this.#skipped.set(path, code)) this.#context.log.warn('rules that cannot be used', { path, code, line });
  }
}

/** The directory, or one above it, is not in the listing of its parent. */
function isNotWhereItWas(dir: DirPath, whole: ReadonlyMap<DirPath, WholeListing>): boolean {
  if (dir === '') return false;
  return [dir, ...ancestorsOf(dir)].some((one) => {
    const listing = whole.get(parentOf(one));
    return listing?.entries.every(({ path, seen }) => path !== one || seen.kind !== 'dir') === true;
  });
}

function rulesIn(dir: DirPath): RelativePath {
  return (dir === '' ? RULES_FILE : `${dir}/${RULES_FILE}`) as RelativePath;
}
