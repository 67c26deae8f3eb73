// Answers what peers ask for: manifests and bytes of files that the index has just so, or that lost a conflict here, and
// nothing else. Each peer has a queue of its own, read as fast as that peer takes it.
import type { DeviceId, Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { isUnsynced } from '../core/record.ts';
import { makeManifest } from '../disk/manifest-job.ts';
import type { PieceSource } from '../disk/parts.ts';
import { readRanges } from '../disk/read.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { ChunkRequest, PeerLink } from '../ports/peers.ts';
import type { Workers } from '../ports/workers.ts';

export interface ServeContext {
  readonly self: DeviceId;
  readonly index: FolderIndex;
  readonly workers: Workers;
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
/** Above this nothing is read for a peer until it has taken what is queued. */
const QUEUE_BYTES = 1 << 20;
/** What one disk job reads. */
const JOB_BYTES = 2 << 20;
const JOB_ITEMS = 64;
/** Manifests of files that were asked for lately; the largest takes some MiB. */
const CACHED_MANIFESTS = 8;

interface Range {
  readonly request: number;
  readonly path: RelativePath;
  readonly of: PieceSource;
  readonly offset: number;
  readonly length: number;
}

type Job =
  | { readonly kind: 'manifest'; readonly request: ChunkRequest; readonly of: PieceSource; readonly size: number }
  | ({ readonly kind: 'range' } & Range);

export class Server {
  readonly #context: ServeContext;
  readonly #waiting = new Map<PeerLink, Job[]>();
  readonly #busy = new Set<PeerLink>();
  readonly #manifests = new Map<Sha256, Uint8Array>();

  constructor(context: ServeContext) {
    this.#context = context;
  }

  detach(link: PeerLink): void {
    this.#waiting.delete(link);
  }

  onRequest(link: PeerLink, request: ChunkRequest): void {
    const found = this.#find(request);
    const waiting = this.#waiting.get(link) ?? [];
    this.#waiting.set(link, waiting);
    if (found === undefined) {
      link.answer({ request: request.request, kind: 'gone' });
      return;
    }
    if (request.want.kind === 'manifest' && waiting.length < MAX_WAITING) {
      waiting.push({ kind: 'manifest', request, of: found.of, size: found.size });
    } else {
      const ranges = request.want.kind === 'bytes' ? request.want.ranges : [];
      const inside = ranges.every(({ offset, length }) => offset + length <= found.size);
      if (!inside || ranges.length === 0 || waiting.length + ranges.length > MAX_WAITING) {
        link.answer({ request: request.request, kind: 'gone' });
        return;
      }
      for (const { offset, length } of ranges)
        waiting.push({ kind: 'range', request: request.request, path: request.path, of: found.of, offset, length });
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
    if (this.#busy.has(link) || !this.#waiting.has(link)) return;
    this.#busy.add(link);
    this.#drain(link)
      .catch((error: unknown) => {
        // What was being read is lost to the asking side, which asks again; the rest is answered.
        this.#context.onFailure(error);
      })
      .finally(() => this.#busy.delete(link));
  }

  async #drain(link: PeerLink): Promise<void> {
    for (;;) {
      const waiting = this.#waiting.get(link);
      const next = waiting?.[0];
      if (waiting === undefined || next === undefined || link.queuedBytes > QUEUE_BYTES) return;
      if (this.#context.isSilent()) {
        for (const job of waiting.splice(0)) link.answer({ request: requestOf(job), kind: 'later' });
        return;
      }
      if (next.kind === 'manifest') {
        waiting.shift();
        await this.#answerManifest(link, next);
      } else {
        await this.#answerRanges(link, takeRanges(waiting));
      }
    }
  }

  async #answerManifest(link: PeerLink, job: Extract<Job, { kind: 'manifest' }>): Promise<void> {
    const { request, of, size } = job;
    let payload = this.#manifests.get(request.sha256);
    if (payload === undefined) {
      const { workers } = this.#context;
      payload = await workers.run(makeManifest, {
        tree: this.#context.tree(),
        of,
        size,
      });
      if (payload !== undefined) this.#remember(request.sha256, payload);
    }
    if (payload === undefined) this.#gone(link, request.request, request.path);
    else link.answer({ request: request.request, kind: 'manifest', payload: payload.slice() });
  }

  async #answerRanges(link: PeerLink, items: readonly Range[]): Promise<void> {
    const ranges = items.map(({ path, of, offset, length }) => {
      return { path, seen: of.seen, storedAs: of.kind === 'version' ? of.storedAs : undefined, offset, length };
    });
    const contents = await this.#context.workers.run(readRanges, { tree: this.#context.tree(), items: ranges });
    items.forEach(({ request, path, offset }, i) => {
      const payload = contents[i];
      if (payload === undefined) this.#gone(link, request, path);
      else link.answer({ request, kind: 'bytes', offset, payload });
    });
  }

  #gone(link: PeerLink, request: number, path: RelativePath): void {
    link.answer({ request, kind: 'gone' });
    this.#context.onStale(path);
  }

  #remember(sha256: Sha256, payload: Uint8Array): void {
    const [oldest] = this.#manifests.keys();
    if (oldest !== undefined && this.#manifests.size >= CACHED_MANIFESTS) this.#manifests.delete(oldest);
    this.#manifests.set(sha256, payload);
  }
}

function requestOf(job: Job): number {
  return job.kind === 'manifest' ? job.request.request : job.request;
}

function takeRanges(waiting: Job[]): Range[] {
  const taken: Range[] = [];
  let bytes = 0;
  for (let next = waiting[0]; next?.kind === 'range'; next = waiting[0]) {
    if (taken.length > 0 && (bytes + next.length > JOB_BYTES || taken.length >= JOB_ITEMS)) break;
    bytes += next.length;
    taken.push(next);
    waiting.shift();
  }
  return taken;
}
