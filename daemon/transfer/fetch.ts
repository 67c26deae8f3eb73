// Brings wanted contents into staging: from our own files or versions where they are there already, else from a peer
// that has them. What is whole and verified is handed over; what became of it, the folder says.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileEntry, type FileRecord, sameContent } from '../core/record.ts';
import { makeManifest } from '../disk/manifest-job.ts';
import { MAX_CHUNKED_BYTES } from '../disk/chunker.ts';
import { decodeManifest, planPieces } from '../disk/manifest.ts';
import { openPart, writePieces } from '../disk/parts.ts';
import { usableSpace } from '../disk/root.ts';
import { type Source, stagedName } from '../disk/stage.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { WantedRow } from '../index/wanted.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChunkAnswer, PeerLink } from '../ports/peers.ts';
import type { Workers } from '../ports/workers.ts';
import { MissingPieces } from './large-fetch.ts';
import { Sources } from './sources.ts';
import { type StagedItem, StagingQueue } from './staging-queue.ts';

export interface FetchContext {
  readonly index: FolderIndex;
  readonly workers: Workers;
  readonly clock: Clock;
  tree(): TreeRef;
  /** Something can be applied now: takeReady() has it. */
  onReady(): void;
  onProblem(path: RelativePath, code: ErrorCode): void;
  onFailure(error: unknown): void;
}

/** Files on their way at once; more wait in the index. */
const MAX_ACTIVE = 256;
/** Handed over and not yet applied. */
const MAX_READY = 4096;
/** Asked of one peer at once, all files together. */
const MAX_ASKED_BYTES = 16 << 20;
/** Files up to this are asked for whole; larger ones by chunks, which can go on after a break. */
export const SMALL_FILE_BYTES = 512 << 10;
/** A peer that leaves a request without an answer so long is asked no more for that file. */
const ANSWER_TIMEOUT_MS = 60_000;

const NONE: ReadonlySet<RelativePath> = new Set();

interface Fetch {
  readonly path: RelativePath;
  readonly entry: FileEntry;
  readonly staged: string;
  /** From whom; undefined while our own disk is looked through. */
  link: PeerLink | undefined;
  request: number;
  lastProgressMs: number;
  missing: MissingPieces | undefined;
}

export class Fetcher {
  readonly #context: FetchContext;
  readonly #active = new Map<RelativePath, Fetch>();
  readonly #byRequest = new Map<number, Fetch>();
  /** Handed over, or set aside until something else has happened: not to be started again. */
  readonly #ready = new Set<RelativePath>();
  readonly #parked = new Set<RelativePath>();
  readonly #handed = new Set<RelativePath>();
  readonly #sources = new Sources();
  readonly #staging: StagingQueue;
  #nextRequest = 1;

  constructor(context: FetchContext) {
    this.#context = context;
    this.#staging = new StagingQueue(context, (staged) => this.#onStaged(staged));
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
  offer(record: FileRecord, bytes: Uint8Array): void {
    if (record.entry.kind !== 'file') return;
    this.drop(record.path);
    const fetch = this.#begin(record.path, record.entry);
    this.#staging.add(fetch, { kind: 'bytes', bytes });
  }

  /** Starts what is wanted next, as far as there is room. */
  fill(): void {
    const room = Math.min(MAX_ACTIVE - this.#active.size, MAX_READY - this.#ready.size - this.#handed.size);
    if (room <= 0) return;
    const skip = new Set<string>([...this.#active.keys(), ...this.#ready, ...this.#parked, ...this.#handed]);
    let found = false;
    for (const want of this.#context.index.wantedNext(room, skip)) found = this.#start(want) || found;
    if (found) this.#context.onReady();
  }

  /** What can be applied, at most `limit`; each is this caller's until released or parked. */
  takeReady(limit: number): RelativePath[] {
    const taken: RelativePath[] = [];
    for (const path of this.#ready) {
      if (taken.length >= limit) break;
      taken.push(path);
    }
    for (const path of taken) {
      this.#ready.delete(path);
      this.#handed.add(path);
    }
    return taken;
  }

  get readyCount(): number {
    return this.#ready.size;
  }

  /** It was applied, or is to be fetched again: nothing is remembered of it. */
  release(path: RelativePath): void {
    this.#handed.delete(path);
    this.#parked.delete(path);
  }

  /** It cannot be applied before something else has happened. */
  park(path: RelativePath): void {
    this.#handed.delete(path);
    this.#parked.add(path);
  }

  /** Something has happened: what was parked is ready again. False when nothing was. */
  unpark(): boolean {
    const any = this.#parked.size > 0;
    for (const path of this.#parked) this.#ready.add(path);
    this.#parked.clear();
    return any;
  }

  /** The want has changed or is gone: what was on its way is of no use. */
  drop(path: RelativePath): void {
    const fetch = this.#active.get(path);
    if (fetch !== undefined) this.#forget(fetch);
    this.#ready.delete(path);
    this.#parked.delete(path);
    this.#handed.delete(path);
  }

  /** Looks for requests that nobody answers. To be called every few seconds. */
  tick(): void {
    const now = this.#context.clock.monotonicMs();
    for (const fetch of [...this.#active.values()]) {
      if (fetch.link === undefined || now - fetch.lastProgressMs < ANSWER_TIMEOUT_MS) continue;
      this.#sources.refuse(fetch.link, fetch.path, fetch.entry.sha256);
      this.#abandon(fetch);
    }
    this.#sources.forgetOld(now);
  }

  onAnswer(link: PeerLink, answer: ChunkAnswer): void {
    const fetch = this.#byRequest.get(answer.request);
    if (fetch === undefined || fetch.link !== link) return; // of a fetch that was given up
    fetch.lastProgressMs = this.#context.clock.monotonicMs();
    switch (answer.kind) {
      case 'gone':
        this.#sources.refuse(link, fetch.path, fetch.entry.sha256);
        this.#abandon(fetch);
        this.fill();
        return;
      case 'manifest':
        this.#guard(fetch, this.#openPart(fetch, link, answer.payload));
        return;
      case 'bytes':
        this.#sources.answered(link, answer.payload.length);
        if (fetch.missing === undefined) {
          fetch.link = undefined;
          this.#byRequest.delete(fetch.request);
          this.#staging.add(fetch, { kind: 'bytes', bytes: answer.payload });
        } else {
          this.#guard(fetch, this.#writePieces(fetch, link, answer.offset, answer.payload));
        }
        return;
    }
  }

  /** True when it can be applied without any content. */
  #start(want: WantedRow): boolean {
    const { record } = want;
    const { path, entry } = record;
    if (entry.kind !== 'file' || this.#isHere(record)) {
      this.#ready.add(path);
      return true;
    }
    const local = this.#localSource(record);
    if (local !== undefined) {
      this.#staging.add(this.#begin(path, entry), local);
      return false;
    }
    const link = this.#sources.choose(want, MAX_ASKED_BYTES);
    if (link === undefined) return false;
    const fetch = this.#begin(path, entry);
    fetch.link = link;
    if (entry.size <= SMALL_FILE_BYTES) this.#askWhole(fetch, link);
    else this.#guard(fetch, this.#askManifest(fetch, link));
    return false;
  }

  /** Only mode or time differ, or a file of ours is to go whose content is to be there: a rename does it. */
  #isHere(record: FileRecord): boolean {
    const { index } = this.#context;
    const ours = index.row(record.path);
    if (ours !== undefined && sameContent(ours.record.entry, record.entry)) return true;
    return this.moveSource(record) !== undefined;
  }

  /** This want needs nothing but to be applied. */
  ready(path: RelativePath): void {
    if (this.#active.has(path) || this.#handed.has(path)) return;
    this.#parked.delete(path);
    this.#ready.add(path);
  }

  /** A path of ours with this content that is itself wanted gone, and not among those taken already. */
  moveSource(record: FileRecord, taken: ReadonlySet<RelativePath> = NONE): RelativePath | undefined {
    const { index } = this.#context;
    const { entry, path } = record;
    if (entry.kind !== 'file' || index.row(path)?.record.entry.kind === 'dir') return undefined;
    const here = index.row(path);
    if (here !== undefined && here.record.entry.kind !== 'absent') return undefined;
    return index
      .withContent(entry.sha256, 8)
      .map(({ record: { path: from }, seen }) => (seen === undefined || taken.has(from) ? undefined : from))
      .find((from) => from !== undefined && index.wanted(from)?.record.entry.kind === 'absent');
  }

  #localSource(record: FileRecord): Source | undefined {
    const { index } = this.#context;
    if (record.entry.kind !== 'file') return undefined;
    const { sha256 } = record.entry;
    if (this.#sources.isWrongHere(record.path, sha256)) return undefined;
    for (const row of index.withContent(sha256, 1))
      if (row.seen !== undefined) return { kind: 'copy', from: row.record.path, seen: row.seen };
    for (const version of index.versionsByContent(sha256)) return { kind: 'version', storedAs: version.storedAs };
    return undefined;
  }

  #begin(path: RelativePath, entry: FileEntry): Fetch {
    const fetch: Fetch = {
      path,
      entry,
      staged: stagedName(path, entry.sha256),
      link: undefined,
      request: 0,
      lastProgressMs: this.#context.clock.monotonicMs(),
      missing: undefined,
    };
    this.#active.set(path, fetch);
    return fetch;
  }

  #number(fetch: Fetch): number {
    this.#byRequest.delete(fetch.request);
    fetch.request = this.#nextRequest++;
    this.#byRequest.set(fetch.request, fetch);
    return fetch.request;
  }

  #askWhole(fetch: Fetch, link: PeerLink): void {
    const { path, entry } = fetch;
    this.#sources.asked(link, entry.size);
    const ranges = [{ offset: 0, length: entry.size }];
    link.request({ request: this.#number(fetch), path, sha256: entry.sha256, want: { kind: 'bytes', ranges } });
  }

  async #askManifest(fetch: Fetch, link: PeerLink): Promise<void> {
    const { path, entry } = fetch;
    const free = await this.#context.workers.run(usableSpace, { root: this.#context.tree().root });
    if (this.#active.get(path) !== fetch) return;
    if (entry.size > free) {
      this.#forget(fetch);
      this.#context.onProblem(path, 'E_DISK_FULL');
      return;
    }
    link.request({ request: this.#number(fetch), path, sha256: entry.sha256, want: { kind: 'manifest' } });
  }

  async #openPart(fetch: Fetch, link: PeerLink, payload: Uint8Array): Promise<void> {
    const { workers } = this.#context;
    const { entry, path, staged } = fetch;
    const decoded = decodeManifest(payload, entry.size);
    if (!decoded.ok) {
      this.#sources.refuse(link, path, entry.sha256);
      this.#abandon(fetch);
      return;
    }
    const own = await this.#ownManifest(path);
    const copies = own === undefined ? [] : planPieces(decoded.manifest, own.manifest);
    const from = own === undefined ? undefined : { path, seen: own.seen };
    const tree = this.#context.tree();
    const opened = await workers.run(openPart, {
      tree,
      staged,
      size: entry.size,
      pieces: decoded.manifest,
      copies,
      from,
    });
    if (this.#active.get(path) !== fetch) return;
    if (opened.kind === 'problem') {
      this.#forget(fetch);
      this.#context.onProblem(path, opened.code);
      return;
    }
    fetch.missing = new MissingPieces(opened.missing);
    this.#askMissing(fetch, link);
  }

  /** What the chunks of our present file at this path are; undefined where there is none worth looking at. */
  async #ownManifest(path: RelativePath) {
    const row = this.#context.index.row(path);
    if (row?.seen === undefined || row.record.entry.kind !== 'file') return undefined;
    const { size } = row.record.entry;
    if (size > MAX_CHUNKED_BYTES) return undefined;
    const { seen } = row;
    const payload = await this.#context.workers.run(makeManifest, { tree: this.#context.tree(), path, seen, size });
    const decoded = payload === undefined ? undefined : decodeManifest(payload, size);
    return decoded?.ok === true ? { manifest: decoded.manifest, seen } : undefined;
  }

  #askMissing(fetch: Fetch, link: PeerLink): void {
    const { path, entry, missing } = fetch;
    if (missing === undefined) return;
    if (missing.complete) {
      fetch.link = undefined;
      this.#byRequest.delete(fetch.request);
      this.#staging.add(fetch, { kind: 'part' });
      return;
    }
    const ranges = missing.next();
    if (ranges.length === 0) return;
    for (const { length } of ranges) this.#sources.asked(link, length);
    // All requests of one file have one number: answers are told apart by their offset.
    const request = fetch.request === 0 ? this.#number(fetch) : fetch.request;
    const asked = ranges.map(({ offset, length }) => ({ offset, length }));
    link.request({ request, path, sha256: entry.sha256, want: { kind: 'bytes', ranges: asked } });
  }

  async #writePieces(fetch: Fetch, link: PeerLink, offset: number, bytes: Uint8Array): Promise<void> {
    const { missing, staged, path } = fetch;
    const range = missing?.arrived(offset, bytes.length);
    if (missing === undefined || range === undefined) return; // not asked for: not read
    const tree = this.#context.tree();
    const written = await this.#context.workers.run(writePieces, {
      tree,
      staged,
      offset,
      bytes,
      pieces: range.pieces,
    });
    if (this.#active.get(path) !== fetch) return;
    switch (written.kind) {
      case 'written':
        missing.written(written.wrong);
        if (written.wrong.length > 0) this.#sources.refuse(link, path, fetch.entry.sha256);
        if (written.wrong.length > 0) this.#abandon(fetch);
        else this.#askMissing(fetch, link);
        return;
      case 'gone':
        this.#abandon(fetch);
        return;
      case 'problem':
        this.#forget(fetch);
        this.#context.onProblem(path, written.code);
        return;
    }
  }

  #onStaged({ item, result }: StagedItem): void {
    const { path } = item;
    const fetch = this.#active.get(path);
    if (fetch === undefined || fetch !== item) return; // another version is wanted by now
    switch (result.kind) {
      case 'ready':
        this.#forget(fetch);
        this.#ready.add(path);
        this.#context.onReady();
        return;
      case 'wrong':
        // A copy of ours that is not what the index says, or a peer's bytes that are not what it announced.
        this.#sources.wrong(path, fetch.entry.sha256);
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
    this.#active.delete(fetch.path);
    this.#byRequest.delete(fetch.request);
  }

  /** Work of one fetch that fails unexpectedly ends that fetch alone. */
  #guard(fetch: Fetch, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#forget(fetch);
      this.#context.onFailure(error);
    });
  }
}
