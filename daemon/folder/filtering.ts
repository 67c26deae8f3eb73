// Which paths this folder syncs now, and what becomes of the others. A path that is ignored from now on is set aside: it
// stays on every disk, nobody is told, and what is known of it is kept. A path that is synced again is looked at first, as
// something of which only others have told; what then is not here is received.
import { Filter, type Thing } from '../core/filter.ts';
import { NO_SEQUENCE } from '../core/ids.ts';
import { pages } from '../core/pages.ts';
import { type DirPath, type RelativePath, ancestorsOf } from '../core/path.ts';
import { type FileRecord, isLive } from '../core/record.ts';
import { setAside } from '../core/set-aside.ts';
import { type LookIntoInput, lookInto } from '../disk/look-into.ts';
import type { Listing } from '../disk/scan.ts';
import { hashText } from '../disk/versions.ts';
import type { Row } from '../index/file-state.ts';
import { type WantMark, type WantedRow, wantedVersions } from '../index/wanted.ts';
import { type FolderContext, reconcileContext } from './context.ts';
import { damageSetAside } from './damage.ts';
import type { Deletions } from './deletions.ts';
import type { Hints } from './hints.ts';
import type { Litter } from './litter.ts';
import { lasting } from './retries.ts';
import { RulesFiles } from './rules-files.ts';
import type { SkippedPaths } from './skipped.ts';

/** The filter that the rows and wants of the index agree with. */
const FILTER = 'filter';
const AT_ONCE = 500;

export interface FilteringParts {
  readonly deletions: Deletions;
  readonly hints: Hints;
  readonly litter: Litter;
  readonly skipped: SkippedPaths;
}

export class Filtering {
  readonly #context: FolderContext;
  readonly #parts: FilteringParts;
  readonly #rules: RulesFiles;
  #filter: Filter;
  /** Rows and wants may not agree with the filter yet. */
  #isDue: boolean;
  /** What is ignored no more waits for a scan. */
  #includes = false;

  constructor(context: FolderContext, parts: FilteringParts) {
    this.#context = context;
    this.#parts = parts;
    this.#rules = new RulesFiles(context, parts.hints, parts.skipped);
    this.#filter = this.#compiled();
    this.#isDue = this.#isOther;
  }

  get filter(): Filter {
    return this.#filter;
  }

  /** Rows and wants are as the filter says, and no file of rules is missed. */
  get isSettled(): boolean {
    return !this.#isDue && !this.#includes && !this.#rules.isUnsure;
  }

  #compiled(): Filter {
    return new Filter(this.#context.settings().filter, this.#rules.parsed);
  }

  get #fingerprint(): string {
    return this.#filter.isOpen ? 'open' : hashText(JSON.stringify([this.#filter.settings, this.#rules.texts]));
  }

  get #isOther(): boolean {
    return (this.#context.index.meta(FILTER) ?? 'open') !== this.#fingerprint;
  }

  /** To be called when the settings have changed; a full scan is to follow. */
  settingsChanged(): void {
    this.#filter = this.#compiled();
    this.#isDue ||= this.#isOther;
  }

  /** Sets aside what is ignored from now on: before anything else happens in a turn. */
  async settle(): Promise<void> {
    while (this.#isDue) {
      const filter = this.#filter;
      await this.#setAsideRows();
      await this.#setAsideWants();
      this.#parts.skipped.clearWhere((path) => this.#isIgnoredAnyhow(path as RelativePath));
      this.#includes = true;
      // The settings may have changed meanwhile.
      this.#isDue = filter !== this.#filter;
    }
  }

  /** The scan that follows a change is over: what is not ignored any more, and was not found here, is to come. */
  async include(): Promise<void> {
    if (!this.#includes || this.#isDue) return;
    const { index, clock, log } = this.#context;
    let count = 0;
    for (const page of pages(index.wantedAll(), AT_ONCE)) {
      const mark = page.filter((want) => want.why === 'ignored' && !this.ignores(want.record)).map(toFetch);
      count += mark.length;
      if (mark.length > 0) index.commit({ nowUs: clock.nowUs(), mark });
      for (const { path, code } of mark) if (code === 'E_DAMAGED') this.#parts.skipped.set(path, code);
      await this.#breathe();
    }
    if (count > 0) log.info('syncs what was ignored', { paths: count });
    if (this.#isDue) return;
    this.#includes = false;
    index.commit({ nowUs: clock.nowUs(), meta: [[FILTER, this.#fingerprint]] });
  }

  /** These directories were listed just now: their rules hold before anything is made of the listing. */
  async noticeListings(listings: readonly Listing[]): Promise<void> {
    await this.#noticed(await this.#rules.inListings(listings));
  }

  async noticePaths(paths: readonly RelativePath[]): Promise<void> {
    await this.#noticed(await this.#rules.atPaths(paths));
  }

  async #noticed(dirs: readonly DirPath[]): Promise<void> {
    if (dirs.length === 0) return;
    this.#filter = this.#compiled();
    this.#isDue = true;
    for (const dir of dirs) this.#parts.hints.add({ kind: 'tree', dir });
    this.#context.log.info('other paths are ignored from now on', { rules: dirs.length, in: dirs[0] });
    await this.settle();
  }

  /** A file of rules that cannot be used is named as long as it is so. */
  isRefused(path: RelativePath): boolean {
    return this.#rules.isRefused(path);
  }

  /** Whether this version is not synced here. Of what is deleted nobody knows what it was: `was` may. */
  ignores(record: FileRecord, was?: FileRecord): boolean {
    if (this.#filter.isOpen) return false;
    const { path, entry } = record;
    const before = isLive(was) ? was.entry : this.#context.index.row(path)?.record.entry;
    const known = entry.kind === 'absent' ? before : entry;
    const kind = known === undefined || known.kind === 'absent' ? undefined : known.kind;
    const thing: Thing = entry.kind === 'file' ? { kind, size: entry.size } : { kind };
    switch (this.#filter.decide(path, thing).kind) {
      case 'included':
        return false;
      case 'ignored':
        return true;
      case 'passage':
      case 'unsure':
        // A directory that is synced only where something in it is, is synced where it is already.
        return !isLive(this.#context.index.row(path)?.record);
    }
  }

  /** Whatever is there, it is ignored. */
  #isIgnoredAnyhow(path: RelativePath): boolean {
    return (
      path !== ('.' as RelativePath) &&
      this.#filter.decide(path, { kind: 'file' }).kind === 'ignored' &&
      this.isIgnoredDirectory(path)
    );
  }

  /** Nothing in it is synced. */
  isIgnoredDirectory(dir: DirPath): boolean {
    return dir !== '' && this.#filter.decide(dir, { kind: 'dir' }).kind === 'ignored';
  }

  /**
   * Of paths that are to be looked at, those that are synced; what is known of the others is set aside. A directory that is
   * only passed through is looked at for the sake of what is in it.
   */
  async admit(paths: readonly RelativePath[]): Promise<RelativePath[]> {
    if (this.#filter.isOpen) return [...paths];
    const { index } = this.#context;
    const rows = index.rows(paths);
    const things = await this.#lookInto(paths, rows);
    const admitted = new Set<RelativePath>();
    const passages: RelativePath[] = [];
    const left: Row[] = [];
    for (const path of paths) {
      const row = rows.get(path);
      const thing = things.get(path) ?? {};
      const { kind } = this.#filter.decide(path, thing);
      if (kind === 'passage' && !isLive(row?.record)) passages.push(path);
      else if (kind !== 'ignored' && thing.isText !== false) admitted.add(path);
      else if (row !== undefined) left.push(row);
    }
    if (left.length > 0) this.#setAside(left.map(({ record }) => record));
    const needed = new Set([...admitted].flatMap(ancestorsOf));
    return paths.filter((path) => admitted.has(path) || (passages.includes(path) && needed.has(path)));
  }

  /** What the names alone do not decide is looked at. */
  async #lookInto(
    paths: readonly RelativePath[],
    rows: ReadonlyMap<RelativePath, Row>,
  ): Promise<Map<RelativePath, Thing & { readonly isText?: boolean }>> {
    const things = new Map<RelativePath, Thing & { readonly isText?: boolean }>();
    const items: LookIntoInput['items'][number][] = [];
    const isSized = this.#filter.settings.maxSizeBytes > 0;
    for (const path of paths) {
      const { kind } = this.#filter.decide(path, {});
      const text = this.#filter.mustLookInto(path);
      if (kind === 'ignored' || (kind === 'included' && !text && !isSized)) continue;
      const row = rows.get(path);
      items.push({ path, text, known: isLive(row?.record) ? row?.seen : undefined });
    }
    if (items.length === 0) return things;
    const found = await this.#context.workers.run(lookInto, { tree: this.#context.tree(), items });
    items.forEach(({ path, known }, i) => {
      const one = found[i];
      if (one?.kind === 'there') things.set(path, { kind: one.seen.kind, size: one.seen.size, isText: one.isText });
      else if (one?.kind === 'same' && known !== undefined) things.set(path, { kind: known.kind, size: known.size });
    });
    return things;
  }

  async #setAsideRows(): Promise<void> {
    const { index } = this.#context;
    let count = 0;
    for (
      let from = NO_SEQUENCE, page = index.after(from, AT_ONCE);
      page.length > 0;
      page = index.after(from, AT_ONCE)
    ) {
      from = page.at(-1)?.seq ?? from;
      const ignored = page.filter(({ record }) => this.#hasToGo(record)).map(({ record }) => record);
      const isLeft = new Set(ignored.map(({ path }) => path));
      ignored.push(...(await this.#notText(page.map(({ record }) => record).filter(({ path }) => !isLeft.has(path)))));
      this.#setAside(ignored);
      count += ignored.length;
      await this.#breathe();
    }
    if (count > 0) this.#context.log.info('ignores what was synced; it stays as it is everywhere', { paths: count });
  }

  #hasToGo({ path, entry }: FileRecord): boolean {
    if (this.#filter.isOpen) return false;
    const kind = entry.kind === 'absent' ? undefined : entry.kind;
    return this.#filter.decide(path, { kind, size: entry.kind === 'file' ? entry.size : undefined }).kind === 'ignored';
  }

  async #notText(records: readonly FileRecord[]): Promise<FileRecord[]> {
    const files = records.filter(({ path, entry }) => entry.kind === 'file' && this.#filter.mustLookInto(path));
    if (files.length === 0) return [];
    const items = files.map(({ path }) => ({ path, text: true }));
    const found = await this.#context.workers.run(lookInto, { tree: this.#context.tree(), items });
    return files.flatMap((record, i) => {
      const one = found[i];
      return one?.kind === 'there' && !one.isText ? [record] : [];
    });
  }

  /** Nobody is told, and nothing on the disk changes. */
  #setAside(records: readonly FileRecord[]): void {
    if (records.length === 0) return;
    const { index, clock } = this.#context;
    const { litter, skipped, deletions } = this.#parts;
    const context = reconcileContext(this.#context);
    const want = records.map((record) => {
      const known = index.wanted(record.path);
      const announced = known === undefined ? [] : wantedVersions(known);
      if (known !== undefined) litter.drop(known.record);
      const damage = damageSetAside(known, index.row(record.path));
      return { ...setAside(record, announced, context), why: 'ignored' as const, sinceMs: clock.nowMs(), ...damage };
    });
    const withdraw = records.map(({ path }) => path);
    index.commit({ nowUs: clock.nowUs(), withdraw, want });
    for (const path of withdraw) {
      skipped.clear(path);
      deletions.withdrawn(path);
    }
  }

  async #setAsideWants(): Promise<void> {
    for (const page of pages(this.#context.index.wantedAll(), AT_ONCE)) {
      const isOld = (want: WantedRow): boolean => want.why !== 'ignored' && this.ignores(want.record);
      this.ignoreWants(page.filter(isOld));
      await this.#breathe();
    }
  }

  /** What they want is not to come. */
  ignoreWants(wants: readonly WantedRow[]): void {
    if (wants.length === 0) return;
    const { index, clock } = this.#context;
    const mark = wants.map((want): WantMark => {
      return { path: want.record.path, why: 'ignored', code: lasting(want), attempts: 0 };
    });
    index.commit({ nowUs: clock.nowUs(), mark });
    for (const { record } of wants) this.#parts.litter.drop(record);
  }

  /** Lets sessions have their turn between two pages. */
  #breathe(): Promise<void> {
    return new Promise((resolve) => this.#context.clock.after(0, resolve));
  }
}

function toFetch(want: WantedRow): WantMark {
  return { path: want.record.path, why: 'fetch', code: lasting(want), attempts: 0 };
}
