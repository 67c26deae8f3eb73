// One large file on its way: its manifest, what of it our own files and older versions hold, and then the ranges that are
// missing. What has arrived stays in staging, so that a broken transfer goes on from there.
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileEntry } from '../core/record.ts';
import type { Copies } from '../disk/assemble.ts';
import { MAX_CHUNKED_BYTES, MAX_CHUNKS } from '../disk/chunker.ts';
import { type Manifest, encodeManifest } from '../disk/manifest.ts';
import { beginPart, newBegun, writeNext } from '../disk/new-part.ts';
import { type Packable } from '../disk/pack.ts';
import { type Extent, type Piece, type WrittenPieces, bytesOf, openPart, writePieces } from '../disk/parts.ts';
import { unstage } from '../disk/stage.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChunkWant } from '../ports/peers.ts';
import type { Workers } from '../ports/workers.ts';
import { type Assembly, putTogether } from './assembling.ts';
import { type AskedRange, MissingPieces } from './missing-pieces.ts';
import { OwnPieces, type OwnPiecesContext } from './own-pieces.ts';
import { type ManifestAnswer, PeerManifest } from './peer-manifest.ts';
import type { BytesAnswer } from './range-in-parts.ts';

export interface LargeFetchContext extends OwnPiecesContext {
  readonly clock: Clock;
  readonly workers: Workers;
  tree(): TreeRef;
  /** What all large files that are on their way have still to write, this one too. */
  reservedBytes(): number;
}

export interface LargeFetchTalk {
  ask(want: ChunkWant): void;
  /** Calls when it is its turn, with the bytes that may be asked for; the answer is how many are. */
  whenFree(ask: (mostBytes: number) => number, goesOn: boolean): void;
  asked(bytes: number): void;
  /** Something has come: as long as that, in so many bytes. */
  came(length: number, payloadBytes: number): void;
  /** False when it was given up, or another version is wanted by now: nothing more is to be done. */
  isWanted(): boolean;
  /** All of it has come. `hashed`: its hash is known to be the right one. */
  onWhole(hashed: boolean): void;
  /** The peer sent what cannot be right. */
  onRefused(): void;
  onProblem(code: ErrorCode): void;
}

export interface LargeFile {
  readonly path: RelativePath;
  readonly entry: FileEntry;
  readonly staged: string;
}

/** What is asked for of a file without a manifest; of a very large one more, that there are not more than of chunks. */
const EXTENT_BYTES = 256 << 10;

/** A range that is here as a whole. */
type CameWhole<P extends Extent> = Packable & { readonly asked: AskedRange<P> };
type Written<P extends Extent> =
  { readonly kind: 'written'; readonly wrong: readonly P[] } | Exclude<WrittenPieces, { kind: 'written' }>;

export class LargeFetch {
  readonly #context: LargeFetchContext;
  readonly #what: LargeFile;
  readonly #talk: LargeFetchTalk;
  /** By its manifest, or from its beginning to its end where nothing of it is here. */
  #missing: MissingPieces<Piece> | undefined;
  #next: { readonly missing: MissingPieces<Extent>; readonly begun: number } | undefined;
  #sha256: Sha256 | undefined;
  /** What is put into it from files of ours, when all else has come. */
  #assembly: Assembly | undefined;
  readonly #manifest: PeerManifest;
  /** Where some of it may be here already. */
  #own: OwnPieces | undefined;
  #working = 0;
  #waits = false;

  constructor(context: LargeFetchContext, what: LargeFile, talk: LargeFetchTalk) {
    this.#context = context;
    this.#what = what;
    this.#talk = talk;
    this.#manifest = new PeerManifest(what.entry.size, (want) => talk.ask(want));
  }

  /** Our own disk is at work: the peer waits for us. */
  get isWorking(): boolean {
    return this.#working > 0;
  }

  /** What has still to be written, as far as that is known. */
  get missingBytes(): number {
    return ((this.#missing ?? this.#next?.missing)?.bytes ?? 0) + (this.#assembly?.bytes ?? 0);
  }

  /** Whether there is room shows when it is known how much of the file has to come: the manifest says so. */
  async start(): Promise<void> {
    await Promise.resolve(); // the caller takes note of us first
    if (this.#what.entry.size > MAX_CHUNKED_BYTES) {
      this.#talk.onProblem('E_TOO_LARGE');
      return;
    }
    // Ours is made while the peer makes its own.
    this.#own = new OwnPieces(this.#context, this.#what.path);
    if (this.#own.first === undefined) return this.#work(() => this.#begin());
    this.#manifest.ask(this.#own.first);
  }

  /** Nothing of it is here: it is asked for from its beginning, unless some of it came before. */
  async #begin(): Promise<void> {
    const { entry, staged } = this.#what;
    const { workers, reservedBytes } = this.#context;
    const tree = this.#context.tree();
    const part = await workers.run(beginPart, { tree, staged, size: entry.size, reservedBytes: reservedBytes() });
    if (!this.#talk.isWanted()) return;
    if (part.kind === 'problem') return this.#talk.onProblem(part.code);
    if (part.kind === 'needs manifest') return this.#manifest.ask();
    // Asked once more, in one step with taking the room: others may have taken it meanwhile.
    if (entry.size + reservedBytes() > part.usableBytes) return this.#manifest.ask();
    this.#next = { missing: new MissingPieces(extentsOf(entry.size)), begun: newBegun() };
    await this.#goOn(this.#next.missing);
  }

  onManifest(answer: ManifestAnswer): Promise<void> {
    return this.#work(() => this.#takeManifest(answer));
  }

  onBytes(answer: BytesAnswer): Promise<void> {
    return this.#work(() => this.#takeBytes(answer));
  }

  async #work(step: () => Promise<void>): Promise<void> {
    this.#working++;
    try {
      await step();
    } finally {
      this.#working--;
    }
  }

  async #takeManifest(answer: ManifestAnswer): Promise<void> {
    const taken = await this.#manifest.take(answer);
    if (!this.#talk.isWanted()) return;
    if (taken.kind === 'refused') return this.#talk.onRefused();
    if (taken.kind === 'more') return;
    const { manifest } = taken;
    await this.#open(manifest, (await this.#own?.copies(manifest, this.#what.entry.size)) ?? []);
  }

  async #open(pieces: Manifest, copies: readonly Copies[]): Promise<void> {
    const { entry, staged } = this.#what;
    const opened = await this.#context.workers.run(openPart, {
      tree: this.#context.tree(),
      staged,
      size: entry.size,
      pieces,
      reservedBytes: this.#context.reservedBytes(),
    });
    if (!this.#talk.isWanted()) return;
    if (opened.kind === 'problem') {
      this.#talk.onProblem(opened.code);
      return;
    }
    // Asked once more, in one step with taking the room: others may have taken it meanwhile.
    if (bytesOf(opened.missing) + this.#context.reservedBytes() > opened.usableBytes) {
      if (opened.isNew) await this.#context.workers.run(unstage, { tree: this.#context.tree(), items: [this.#what] });
      this.#talk.onProblem('E_DISK_FULL');
      return;
    }
    const here = new Set(copies.flatMap((one) => one.pieces.map(({ to }) => to.offset)));
    const copied = opened.missing.filter(({ offset }) => here.has(offset));
    this.#missing = new MissingPieces(opened.missing.filter(({ offset }) => !here.has(offset)));
    if (copied.length > 0) this.#assembly = { pieces, copies: onlyOf(copied, copies), bytes: bytesOf(copied) };
    await this.#goOn(this.#missing);
  }

  async #goOn(missing: MissingPieces<Extent>): Promise<void> {
    if (!missing.complete) return this.#askMissing(missing);
    if (this.#assembly !== undefined) return this.#assemble(this.#assembly);
    this.#talk.onWhole(this.#sha256 === this.#what.entry.sha256);
  }

  async #assemble(assembly: Assembly): Promise<void> {
    const { manifests } = this.#context;
    const { staged, entry } = this.#what;
    const isWanted = (): boolean => this.#talk.isWanted();
    const done = await manifests.inTurn.run(() => putTogether(this.#context, staged, assembly, isWanted));
    this.#assembly = undefined;
    if (done === undefined || !isWanted()) return;
    if (done.kind === 'problem') return this.#talk.onProblem(done.code);
    // Its hash is not known where a thread has died meanwhile: then all of it is read once more.
    const isHashed = done.kind === 'hashed' && done.sha256 === entry.sha256;
    // Who changed it now changes it again.
    if (isHashed) manifests.keep(entry.sha256, encodeManifest(assembly.pieces));
    if (isHashed || (done.kind === 'hashed' && done.sha256 === undefined)) return this.#talk.onWhole(isHashed);
    // One of ours was written to meanwhile: what is not as it should be comes from the peer.
    await this.#open(assembly.pieces, []);
  }

  async #takeBytes(answer: BytesAnswer): Promise<void> {
    if (this.#missing !== undefined) await this.#takeOf(this.#missing, answer, (range) => this.#writePieces(range));
    else if (this.#next !== undefined) {
      const { missing, begun } = this.#next;
      await this.#takeOf(missing, answer, (range) => this.#writeNext(begun, range));
    } else this.#talk.onRefused();
  }

  async #takeOf<P extends Extent>(
    missing: MissingPieces<P>,
    answer: BytesAnswer,
    write: (came: CameWhole<P>) => Promise<Written<P>>,
  ): Promise<void> {
    const came = missing.arrived(answer, this.#context.clock.monotonicMs());
    if (came === undefined) {
      // Not what was asked for, or cut short: nothing more can be expected of it.
      this.#talk.onRefused();
      return;
    }
    const { length, whole, asked } = came;
    this.#talk.came(length, answer.payload.length);
    if (whole === undefined) return;
    const written = await write({ ...whole, asked });
    if (!this.#talk.isWanted()) return;
    switch (written.kind) {
      case 'written':
        missing.written(asked, written.wrong);
        if (written.wrong.length > 0) this.#talk.onRefused();
        else await this.#goOn(missing);
        return;
      case 'gone':
        this.#talk.onRefused();
        return;
      case 'problem':
        this.#talk.onProblem(written.code);
        return;
    }
  }

  #writePieces({ asked, ...content }: CameWhole<Piece>): Promise<Written<Piece>> {
    const { offset } = asked.range;
    const { staged } = this.#what;
    const { workers, tree } = this.#context;
    return workers.run(writePieces, { tree: tree(), staged, offset, ...content, pieces: asked.pieces });
  }

  async #writeNext(begun: number, { asked, ...content }: CameWhole<Extent>): Promise<Written<Extent>> {
    const { offset, length } = asked.range;
    const { staged, entry } = this.#what;
    const { workers, tree } = this.#context;
    const range = { staged, size: entry.size, begun, offset, length, ...content };
    const written = await workers.run(writeNext, { tree: tree(), ...range });
    if (written.kind === 'wrong') return { kind: 'written', wrong: asked.pieces };
    if (written.kind !== 'written') return written;
    this.#sha256 ??= written.sha256;
    return { kind: 'written', wrong: [] };
  }

  #askMissing(missing: MissingPieces<Extent>): void {
    if (this.#waits || !missing.hasNext) return;
    this.#waits = true;
    this.#talk.whenFree((mostBytes) => {
      this.#waits = false;
      const bytes = this.#askNext(missing, mostBytes);
      this.#askMissing(missing);
      return bytes;
    }, missing.hasBegun);
  }

  #askNext(missing: MissingPieces<Extent>, mostBytes: number): number {
    const ranges = missing.next(this.#context.clock.monotonicMs(), mostBytes);
    if (ranges.length === 0) return 0;
    for (const { length } of ranges) this.#talk.asked(length);
    this.#talk.ask({ kind: 'bytes', ranges });
    return ranges.reduce((sum, { length }) => sum + length, 0);
  }
}

function extentsOf(size: number): Extent[] {
  const most = Math.max(EXTENT_BYTES, Math.ceil(size / MAX_CHUNKS));
  return Array.from({ length: Math.ceil(size / most) }, (_, i) => {
    return { offset: i * most, length: Math.min(most, size - i * most) };
  });
}

function onlyOf(wanted: readonly Extent[], copies: readonly Copies[]): Copies[] {
  const offsets = new Set(wanted.map(({ offset }) => offset));
  return copies.map(({ from, pieces }) => ({ from, pieces: pieces.filter(({ to }) => offsets.has(to.offset)) }));
}
