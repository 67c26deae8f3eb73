// Answers what peers ask for: manifests and bytes of files that the index has just so, or that lost a conflict here, and
// nothing else. Each peer has a queue of its own, read as fast as that peer takes it.
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { isUnsynced } from '../core/record.ts';
import type { Priority } from '../core/settings.ts';
import { encodeOutline, groupsOf } from '../disk/outline.ts';
import type { PieceSource } from '../disk/piece-source.ts';
import { readRanges } from '../disk/read.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { ChunkRequest, ChunkWant, PeerLink } from '../ports/peers.ts';
import type { Workers } from '../ports/workers.ts';
import type { Manifests } from './manifests.ts';
import type { Packing } from './packing.ts';
import type { Receivers } from './receivers.ts';
import type { Traffic } from './traffic.ts';

export interface ServeContext {
  readonly name: FolderName;
  readonly traffic: Traffic;
  readonly packing: Packing;
  readonly receivers: Receivers;
  readonly self: DeviceId;
  readonly index: FolderIndex;
  readonly workers: Workers;
  readonly manifests: Manifests;
  tree(): TreeRef;
  /** No content goes out now. */
  isSilent(): boolean;
  /** A file that was asked for is not as the index has it. */
  onStale(path: RelativePath): void;
  /** Something failed that should not. */
  onFailure(error: unknown): void;
}

/** Requests that wait for one peer; what comes beyond is answered with `gone`, and asked for again. */
const MAX_WAITING = 1024;
/** What one disk job reads. */
const JOB_BYTES = 2 << 20;
const JOB_ITEMS = 64;

interface Range {
  readonly request: number;
  readonly path: RelativePath;
  readonly of: PieceSource;
  readonly offset: number;
  readonly length: number;
  /** Of the range that was asked for. */
  readonly isPart?: boolean;
}

type ManifestWant = Extract<ChunkWant, { kind: 'manifest' }>;

interface ManifestJob {
  readonly kind: 'manifest';
  readonly request: ChunkRequest;
  readonly want: ManifestWant;
  readonly of: PieceSource;
}

type Job = ManifestJob | ({ readonly kind: 'range' } & Range);

export class Server {
  readonly #context: ServeContext;
  readonly #waiting = new Map<PeerLink, Job[]>();
  /** Those for which a turn is waited for, or under way. */
  readonly #busy = new Set<PeerLink>();
  /** How each means what it asks for. */
  readonly #priorities = new Map<PeerLink, Priority>();

  constructor(context: ServeContext) {
    this.#context = context;
  }

  detach(link: PeerLink): void {
    this.#waiting.delete(link);
    this.#priorities.delete(link);
    this.#busy.delete(link);
  }

  onRequest(link: PeerLink, request: ChunkRequest): void {
    const found = this.#find(request);
    const waiting = this.#waiting.get(link) ?? [];
    this.#waiting.set(link, waiting);
    this.#priorities.set(link, request.priority ?? 'normal');
    if (found === undefined) {
      link.answer({ request: request.request, kind: 'gone' });
      return;
    }
    const { want } = request;
    if (want.kind === 'manifest' && waiting.length < MAX_WAITING) {
      waiting.push({ kind: 'manifest', request, want, of: found.of });
    } else {
      const ranges = want.kind === 'bytes' ? want.ranges : [];
      const inside = ranges.every(({ offset, length }) => offset + length <= found.size);
      if (!inside || ranges.length === 0 || waiting.length + ranges.length > MAX_WAITING) {
        link.answer({ request: request.request, kind: 'gone' });
        return;
      }
      for (const { offset, length } of ranges) {
        const job: Job = { kind: 'range', request: request.request, path: request.path, of: found.of, offset, length };
        // Asked for again because it took too long: it keeps its place, and is answered once.
        const before = waiting.findIndex((one) => isSameRange(one, job));
        if (before < 0) waiting.push(job);
        else waiting[before] = job;
      }
    }
    this.pump(link);
  }

  /** The file that the index has just so; or what lost a conflict here, which another device may want back. */
  #find({ path, sha256 }: ChunkRequest): { readonly of: PieceSource; readonly size: number } | undefined {
    const { index } = this.#context;
    const row = index.row(path);
    const entry = row?.record.entry;
    const isOurs = row !== undefined && isUnsynced(row.record, this.#context.self);
    if (!isOurs && row?.seen !== undefined && entry?.kind === 'file' && entry.sha256 === sha256)
      return { of: { kind: 'file', path, seen: row.seen }, size: entry.size };
    const lost = index.versionsByContent(sha256).find(({ why, kind }) => why === 'conflict' && kind === 'file');
    if (lost?.stat === undefined) return undefined;
    return { of: { kind: 'version', storedAs: lost.storedAs, seen: lost.stat }, size: lost.sizeBytes };
  }

  /** Goes on where the peer's queue was full. */
  pump(link: PeerLink): void {
    const { name: folder, traffic } = this.#context;
    if (this.#busy.has(link) || !this.#waiting.has(link)) return traffic.up.give();
    if (this.#waiting.get(link)?.length === 0) return;
    this.#busy.add(link);
    traffic.up.add({
      folder,
      device: link.device,
      queuedBytes: () => (this.#waiting.has(link) ? link.queuedBytes : undefined),
      run: () => this.#turn(link),
      priority: () => this.#priorities.get(link) ?? 'normal',
    });
  }

  /** Answers with the bytes that it took. */
  async #turn(link: PeerLink): Promise<number> {
    try {
      return await this.#answerNext(link);
    } catch (error) {
      // What was being read is lost to the asking side, which asks again; the rest is answered.
      this.#context.onFailure(error);
      return 0;
    } finally {
      this.#busy.delete(link);
      // Not before what this one took is counted.
      queueMicrotask(() => this.pump(link));
    }
  }

  async #answerNext(link: PeerLink): Promise<number> {
    const waiting = this.#waiting.get(link);
    const next = waiting?.[0];
    if (waiting === undefined || next === undefined) return 0;
    if (this.#context.isSilent()) {
      for (const job of waiting.splice(0)) link.answer({ request: requestOf(job), kind: 'later' });
      return 0;
    }
    if (next.kind === 'manifest') {
      waiting.shift();
      return this.#answerManifest(link, next);
    }
    const { name, traffic, receivers } = this.#context;
    const portion = traffic.up.portionOf(name, link.device);
    if (receivers.of(link)?.takesParts === true) cutFirst(waiting, Math.floor(portion));
    return this.#answerRanges(link, takeRanges(waiting, portion));
  }

  async #answerManifest(link: PeerLink, { request: asked, want, of }: ManifestJob): Promise<number> {
    const { request } = asked;
    const manifest = await this.#context.manifests.of(of, asked.sha256);
    if (manifest === undefined) {
      this.#gone(link, request, asked.path);
      return 0;
    }
    const payload = wantedOf(manifest, want);
    const bytes = payload?.length ?? 0;
    if (payload === undefined) link.answer({ request, kind: 'gone' });
    else link.answer({ request, kind: 'manifest', payload, ...(want.outline === true && { outline: true }) });
    return bytes;
  }

  async #answerRanges(link: PeerLink, items: readonly Range[]): Promise<number> {
    const { packing, workers, tree } = this.#context;
    packing.look(link);
    const ranges = items.map(({ path, of, offset, length }) => {
      const storedAs = of.kind === 'version' ? of.storedAs : undefined;
      return { path, seen: of.seen, storedAs, offset, length, packs: packing.packs(link, path, contentKey(path, of)) };
    });
    const contents = await workers.run(readRanges, { tree: tree(), items: ranges });
    let bytes = 0;
    items.forEach(({ request, path, of, offset, length, isPart = false }, i) => {
      const content = contents[i];
      if (content === undefined) return this.#gone(link, request, path);
      const { bytes: payload, packed } = content;
      bytes += payload.length;
      if (ranges[i]?.packs === true && !packed && !isPart) packing.inVain(contentKey(path, of));
      link.answer({ request, kind: 'bytes', offset, payload, ...(packed && { packed }), ...(isPart && { length }) });
    });
    packing.gave(link);
    return bytes;
  }

  #gone(link: PeerLink, request: number, path: RelativePath): void {
    link.answer({ request, kind: 'gone' });
    this.#context.onStale(path);
  }
}

/** In memory of its own: an answer is given away. Undefined: groups that it has not, or not in their order. */
function wantedOf(manifest: Uint8Array, { outline, groups }: ManifestWant): Uint8Array | undefined {
  if (outline === true) return encodeOutline(manifest);
  // What is answered is given away, and this one is kept. (A Buffer does not copy by slice.)
  if (groups === undefined) return new Uint8Array(manifest);
  const all = groupsOf(manifest);
  const wanted: Uint8Array[] = [];
  let end = 0;
  for (const { first, count } of groups) {
    if (first < end || first + count > all.length) return undefined;
    end = first + count;
    wanted.push(...all.slice(first, end));
  }
  return Buffer.concat(wanted);
}

/** What is known of how it packs holds while it is the same file. */
function contentKey(path: RelativePath, { seen }: PieceSource): string {
  return `${path} ${seen.ino} ${seen.mtimeNs}`;
}

function requestOf(job: Job): number {
  return job.kind === 'manifest' ? job.request.request : job.request;
}

function isSameRange(one: Job, other: Range): boolean {
  // What has gone of it already is sent again.
  if (one.kind !== 'range' || one.offset + one.length !== other.offset + other.length) return false;
  return contentKey(one.path, one.of) === contentKey(other.path, other.of);
}

/** Of a range that is more than may go at once a part goes first. */
function cutFirst(waiting: Job[], mostBytes: number): void {
  const [first] = waiting;
  if (first?.kind !== 'range' || first.length <= mostBytes) return;
  const rest = { offset: first.offset + mostBytes, length: first.length - mostBytes };
  waiting.splice(0, 1, { ...first, length: mostBytes, isPart: true }, { ...first, ...rest, isPart: true });
}

function takeRanges(waiting: Job[], mostBytes: number): Range[] {
  const taken: Range[] = [];
  let bytes = 0;
  for (let next = waiting[0]; next?.kind === 'range'; next = waiting[0]) {
    if (taken.length > 0 && (bytes + next.length > Math.min(JOB_BYTES, mostBytes) || taken.length >= JOB_ITEMS)) break;
    bytes += next.length;
    taken.push(next);
    waiting.shift();
  }
  return taken;
}
