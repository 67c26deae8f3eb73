// Brings wanted contents into staging: from our own files or versions where they are there already, else from a peer
// that has them. What is whole and verified is handed over; what became of it, the folder says.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileEntry, FileRecord } from '../core/record.ts';
import type { Packable } from '../disk/pack.ts';
import { type Source, stagedName, stagedNameOf } from '../disk/stage.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import { type Want, type WantedRow, isOtherwiseHere } from '../index/wanted.ts';
import type { ChunkAnswer, ChunkWant, PeerLink } from '../ports/peers.ts';
import type { Workers } from '../ports/workers.ts';
import { AtWork } from './at-work.ts';
import { LargeFetch } from './large-fetch.ts';
import { LocalContent } from './local-content.ts';
import type { OwnPiecesContext } from './own-pieces.ts';
import { type Requested, Requests, type RequestsContext } from './requests.ts';
import { SmallFetch } from './small-fetch.ts';
import { type Asking, Sources } from './sources.ts';
import { type StagedItem, StagingQueue } from './staging-queue.ts';
import { ToApply } from './to-apply.ts';
import { WholeContents } from './whole-contents.ts';

export interface FetchContext extends RequestsContext, OwnPiecesContext {
  readonly index: FolderIndex;
  readonly workers: Workers;
  tree(): TreeRef;
  /** In the index, and known not to be on the disk any more: a deletion that rests or is held. */
  isGone(path: RelativePath): boolean;
  /** Ours at these paths are being read: they may be what is wanted there. */
  beingRead(): Iterable<RelativePath>;
  /** Something can be applied now: takeReady() has it. */
  onReady(): void;
  onProblem(path: RelativePath, code: ErrorCode): void;
  /** Nobody who is connected can have these. */
  onNoSource(wants: readonly WantedRow[]): void;
  /** A job of what was given up has ended: what it left in staging is perhaps of no use. */
  onUnneeded(left: { readonly path: RelativePath; readonly entry: FileEntry }): void;
  onFailure(error: unknown): void;
}

/** Files on their way at once; more wait in the index. */
const MAX_ACTIVE = 256;
/** Handed over and not yet applied. */
const MAX_READY = 4096;
/** Bytes: asked of one peer at once, all files together. */
const MAX_ASKED = { bytes: 16 << 20, files: MAX_ACTIVE };
/** Pages of wants whose peers have enough to do that are passed over in one go, and how often. */
const MAX_PASSED = 16;
const LOOK_AGAIN_MS = 250;
/** Contents in memory that wait for the disk; beyond it nothing more is asked for, or taken in. */
const MAX_STAGING_BYTES = 16 << 20;
/** Files up to this are asked for whole; larger ones by chunks, which can go on after a break. */
export const SMALL_FILE_BYTES = 512 << 10;

interface Fetch extends Asking, Requested {
  readonly staged: string;
  large: LargeFetch | undefined;
  small: SmallFetch | undefined;
}

export class Fetcher {
  readonly #context: FetchContext;
  readonly #active = new Map<RelativePath, Fetch>();
  readonly #requests: Requests<Fetch>;
  /** Not to be started again. */
  readonly toApply = new ToApply();
  readonly #whole = new WholeContents();
  readonly #atWork = new AtWork();
  readonly #sources = new Sources();
  readonly local: LocalContent;
  readonly #staging: StagingQueue;
  /** What the sources were when nobody had time, and since when. */
  #stuck: { readonly at: number; readonly sinceMs: number } | undefined;

  constructor(context: FetchContext) {
    this.#context = context;
    this.#requests = new Requests(context, (fetch) => this.#active.get(fetch.path) === fetch);
    this.local = new LocalContent(context);
    this.#staging = new StagingQueue({ ...context, atWork: this.#atWork }, (staged) => this.#onStaged(staged));
  }

  /** Files on their way. */
  get active(): number {
    return this.#active.size;
  }

  attach(link: PeerLink): void {
    this.#sources.attach(link);
  }

  detach(link: PeerLink): void {
    this.#sources.detach(link);
    for (const fetch of [...this.#active.values()]) if (fetch.link === link) this.#abandon(fetch);
  }

  /** A content that came with its announcement, of a want that is in the index by now. */
  offer(record: FileRecord, bytes: Uint8Array, packed: boolean): void {
    if (record.entry.kind !== 'file') return;
    this.drop(record.path);
    this.#staging.add(this.#begin(record.path, record.entry), { kind: 'bytes', bytes, packed });
  }

  /** So much waits for the disk that nothing more is to be brought. */
  get isFull(): boolean {
    return this.#staging.bytes > MAX_STAGING_BYTES;
  }

  /** Somebody is connected who will answer, but not now: what is missing may yet come from there. */
  get isAnyResting(): boolean {
    return this.#sources.isAnyResting;
  }

  /** Starts what is wanted next, as far as there is room. */
  fill(): void {
    // What waited while nothing might be asked.
    this.#context.traffic.down.give();
    const room = Math.min(MAX_ACTIVE - this.#active.size, MAX_READY - this.toApply.count);
    if (room <= 0 || this.isFull || this.#isStuck()) return;
    const { index, clock } = this.#context;
    if (index.wantedCounts().fetch === 0) return;
    const read = this.#context.beingRead();
    const skip = new Set<string>([...this.#active.keys(), ...this.toApply, ...read]);
    const without: WantedRow[] = [];
    let [busy, found, begun] = [0, false, false];
    for (let pages = 0; pages < MAX_PASSED; pages++) {
      const wants = index.wantedNext(room, skip);
      let passed = 0;
      for (const want of wants) {
        skip.add(want.record.path);
        const started = this.#start(want);
        if (started === 'busy') passed++;
        else if (started === 'no source') without.push(want);
        else begun = true;
        found ||= started === 'ready';
      }
      busy += passed;
      // A peer that is slow must not keep others waiting: as long as somebody has time, what comes after is looked at.
      if (passed < wants.length || wants.length < room || !this.#sources.isAnyIdle(MAX_ASKED)) break;
    }
    this.#stuck = begun || busy === 0 ? undefined : { at: this.#sources.changes, sinceMs: clock.monotonicMs() };
    // They must not stand before others that can be had.
    if (without.length > 0) this.#context.onNoSource(without);
    if (found || without.length > 0) this.#context.onReady();
  }

  /** All that can be started is what peers without time have, as it was a moment ago. */
  #isStuck(): boolean {
    if (this.#stuck?.at !== this.#sources.changes) return false;
    return this.#context.clock.monotonicMs() - this.#stuck.sinceMs < LOOK_AGAIN_MS;
  }

  /** What can be applied, at most `limit`; each is this caller's until released or parked. */
  takeReady(limit: number): RelativePath[] {
    const { index } = this.#context;
    return this.toApply.take(limit, (path) =>
      this.#atWork.isAt(path, () => {
        const want = index.wanted(path)?.record;
        return want && stagedNameOf(path, want.entry);
      }),
    );
  }

  /** Something of it may lie in staging: it is whole there, is being brought, or was in part. */
  mayBeStaged({ path, entry }: FileRecord): boolean {
    if (entry.kind !== 'file') return false;
    return entry.size > SMALL_FILE_BYTES || this.#active.has(path) || this.#whole.has(path, entry.sha256);
  }

  /** It took its place, or has gone from staging. */
  done(path: RelativePath): void {
    this.drop(path);
    this.#whole.delete(path);
  }

  /** A peer announces a version: it can be asked for its content, whatever it said of that before. */
  announced(link: PeerLink, { path, entry }: FileRecord): void {
    if (entry.kind === 'file') this.#sources.announced(link, path, entry.sha256);
  }

  /** The want has changed or is gone: what was on its way is of no use. */
  drop(path: RelativePath): void {
    const fetch = this.#active.get(path);
    if (fetch !== undefined) this.#forget(fetch);
    this.toApply.drop(path);
  }

  /** Looks for requests that nobody answers. To be called every few seconds. */
  tick(): void {
    const now = this.#context.clock.monotonicMs();
    for (const fetch of [...this.#active.values()]) {
      // While we are at work with what came, it is not the peer who is silent.
      if (fetch.large?.isWorking === true || fetch.waits) fetch.lastProgressMs = now;
      if (fetch.link === undefined || !this.#sources.isSilent(fetch.link, fetch.lastProgressMs, now)) continue;
      this.#sources.refuse(fetch.link, fetch.path, fetch.entry.sha256);
      this.#abandon(fetch);
    }
    this.#sources.forgetOld(now);
  }

  onAnswer(link: PeerLink, answer: ChunkAnswer): void {
    const fetch = this.#requests.of(answer.request);
    if (fetch === undefined || fetch.link !== link) return; // of a fetch that was given up
    fetch.lastProgressMs = this.#context.clock.monotonicMs();
    this.#sources.heard(link, fetch.lastProgressMs);
    switch (answer.kind) {
      case 'gone':
      case 'later':
        if (answer.kind === 'later') this.#sources.rest(link, fetch.lastProgressMs);
        else this.#sources.refuse(link, fetch.path, fetch.entry.sha256);
        return this.#abandon(fetch);
      case 'manifest':
        if (fetch.large !== undefined) this.#guard(fetch, fetch.large.onManifest(answer));
        return;
      case 'bytes':
        if (fetch.large !== undefined) this.#guard(fetch, fetch.large.onBytes(answer));
        else fetch.small?.onBytes(answer);
        return;
    }
  }

  /** ready: it can be applied without any content. no source: nobody who is connected can have it. */
  #start(want: WantedRow): 'ready' | 'on its way' | 'no source' | 'busy' {
    const { record } = want;
    const { path, entry } = record;
    // A job of what was given up ends first.
    if (this.#atWork.isAt(path, () => stagedNameOf(path, entry))) return 'busy';
    const isStaged = entry.kind !== 'file' || this.#whole.has(path, entry.sha256);
    if (isStaged || (!isOtherwiseHere(want) && this.local.isHere(record, want.movedFrom))) {
      this.toApply.add(path);
      return 'ready';
    }
    const local = this.local.source(entry, (source) => this.#sources.isWrongHere(source, entry.sha256));
    if (local !== undefined) {
      this.#staging.add(this.#begin(path, entry, local), local);
      return 'on its way';
    }
    const link = this.#sources.choose(want, MAX_ASKED);
    if (link === 'none') return 'no source';
    if (link === 'busy') return 'busy';
    const fetch = this.#begin(path, entry);
    this.#sources.begin(fetch, link);
    this.#ask(fetch, link);
    return 'on its way';
  }

  /** A want that is new: one that needs no content is ready at once. Another waits for its turn. */
  wanted({ record, movedFrom, code }: Want): void {
    if (this.toApply.count >= MAX_READY) return;
    const isMoved = movedFrom !== undefined && !isOtherwiseHere({ code }) && this.local.isHere(record, movedFrom);
    if (record.entry.kind !== 'file' || isMoved) this.ready(record.path);
  }

  /** This want needs nothing but to be applied. */
  ready(path: RelativePath): void {
    if (!this.#active.has(path)) this.toApply.add(path);
  }

  /** This want's content lies in staging from before, whole and verified. */
  staged({ path, entry }: FileRecord): void {
    if (entry.kind === 'file') this.#whole.add(path, entry.sha256);
    this.ready(path);
  }

  #begin(path: RelativePath, entry: FileEntry, local?: Source): Fetch {
    const fetch: Fetch = {
      path,
      entry,
      staged: stagedName(path, entry.sha256),
      link: undefined,
      from: undefined,
      local,
      askedBytes: 0,
      request: 0,
      lastProgressMs: this.#context.clock.monotonicMs(),
      waits: false,
      large: undefined,
      small: undefined,
    };
    this.#active.set(path, fetch);
    return fetch;
  }

  #ask(fetch: Fetch, link: PeerLink): void {
    const { path, entry } = fetch;
    const { name, traffic } = this.#context;
    this.#requests.begin(fetch);
    const talk = {
      ask: (want: ChunkWant) => this.#requests.send(fetch, link, want),
      whenFree: (ask: (mostBytes: number) => number, goesOn = false) =>
        this.#requests.whenFree(fetch, link, ask, goesOn),
      asked: (bytes: number) => this.#sources.asked(fetch, bytes),
      onRefused: () => {
        this.#sources.refuse(link, path, entry.sha256);
        this.#abandon(fetch);
      },
    };
    // Less came than was counted when it was asked for.
    const saved = (length: number, payloadBytes: number): void =>
      traffic.down.spent(name, link.device, payloadBytes - length);
    if (entry.size <= SMALL_FILE_BYTES) {
      const onWhole = (content: Packable): void => this.#arrived(fetch, { kind: 'bytes', ...content });
      fetch.small = new SmallFetch(entry.size, { ...talk, came: saved, onWhole });
      return fetch.small.start();
    }
    const reservedBytes = (): number =>
      [...this.#active.values()].reduce((sum, { large }) => sum + (large?.missingBytes ?? 0), 0);
    fetch.large = new LargeFetch({ ...this.#context, reservedBytes }, fetch, {
      ...talk,
      came: (length, payloadBytes) => {
        saved(length, payloadBytes);
        this.#sources.answered(fetch, length);
      },
      isWanted: () => this.#isActive(fetch),
      onWhole: (hashed) => this.#arrived(fetch, { kind: 'part', hashed }),
      onProblem: (code) => {
        if (!this.#isActive(fetch)) return;
        this.#forget(fetch);
        this.#context.onProblem(path, code);
      },
    });
    this.#guard(fetch, fetch.large.start());
  }

  /** All of it is here: it needs no peer any more. */
  #arrived(fetch: Fetch, source: Source): void {
    this.#sources.end(fetch);
    this.#requests.end(fetch);
    this.#staging.add(fetch, source);
  }

  #onStaged({ item, result }: StagedItem): void {
    const { path } = item;
    const fetch = this.#active.get(path);
    if (fetch === undefined || fetch !== item) return this.#hasEnded(item);
    switch (result.kind) {
      case 'ready':
        this.#forget(fetch);
        this.#whole.add(path, fetch.entry.sha256);
        this.toApply.add(path);
        this.#context.onReady();
        return;
      case 'wrong':
        // A copy of ours that is not what the index says, or a peer's bytes that are not what it announced.
        this.#sources.wrong(fetch, path, fetch.entry.sha256);
        this.#abandon(fetch);
        return;
      case 'problem':
        this.#forget(fetch);
        this.#context.onProblem(path, result.code);
        return;
    }
  }

  /** Given up for now; the want is still in the index and is started again, from another peer perhaps. */
  #abandon(fetch: Fetch): void {
    this.#forget(fetch);
    this.#context.onReady();
  }

  #forget(fetch: Fetch): void {
    this.#sources.end(fetch);
    if (this.#isActive(fetch)) this.#active.delete(fetch.path);
    this.#requests.end(fetch);
  }

  #isActive(fetch: Fetch): boolean {
    return this.#active.get(fetch.path) === fetch;
  }

  /** Work of one fetch that fails unexpectedly ends that fetch alone. */
  #guard(fetch: Fetch, work: Promise<void>): void {
    this.#atWork.begin(fetch);
    const failed = (error: unknown): void => {
      this.#forget(fetch);
      this.#context.onFailure(error);
    };
    void work.catch(failed).finally(() => {
      this.#atWork.end(fetch);
      if (!this.#isActive(fetch)) this.#hasEnded(fetch);
    });
  }

  /** A job of what was given up: what it left may be of no use, and what waited for its end can begin. */
  #hasEnded(item: StagedItem['item']): void {
    this.#context.onUnneeded(item);
    this.#stuck = undefined;
    this.#context.onReady();
  }
}
