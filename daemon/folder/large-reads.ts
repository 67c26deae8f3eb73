// Large files are read beside the folder's loop, so that nothing else waits for them. What was read counts for a file that
// still looks as it did then; one that has changed meanwhile is read again. Of one that was here before, others hold most
// already and ask for its manifest: that is made at the same time.
import { type Observation, type SeenStat, looksSame, sameFile } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { isLive } from '../core/record.ts';
import { MAX_CHUNKED_BYTES } from '../disk/chunker.ts';
import { observe } from '../disk/observe.ts';
import type { Made } from '../transfer/manifests.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';
import type { Links } from './links.ts';

/** Read, or waiting for their turn; more are looked at again in a while. */
const MAX_READS = 64;
const AGAIN_MS = 1_000;

export class LargeReads {
  readonly #context: FolderContext;
  readonly #hints: Hints;
  readonly #links: Links;
  readonly #reading = new Map<RelativePath, SeenStat>();
  readonly #read = new Map<RelativePath, Observation>();

  constructor(context: FolderContext, { hints, links }: { readonly hints: Hints; readonly links: Links }) {
    this.#context = context;
    this.#hints = hints;
    this.#links = links;
  }

  /** What is in a large file that looks so; undefined until that is known: then the path is marked again. */
  take(path: RelativePath, seen: SeenStat, growing: boolean): Observation | undefined {
    const read = this.#read.get(path);
    this.#read.delete(path);
    if (read?.kind === 'changing' || read?.kind === 'unknown') return read;
    if (read?.kind === 'present' && looksSame(read.seen, seen)) return read;
    this.#begin(path, seen, growing);
    return undefined;
  }

  /** Whether one of the files that are being read satisfies this. */
  some(isSo: (seen: SeenStat) => boolean): boolean {
    for (const seen of this.#reading.values()) if (isSo(seen)) return true;
    return false;
  }

  #begin(path: RelativePath, seen: SeenStat, growing: boolean): void {
    if (this.#reading.has(path)) return;
    if (this.#reading.size >= MAX_READS) {
      this.#hints.addLater(path, this.#context.clock.monotonicMs() + AGAIN_MS);
      return;
    }
    this.#reading.set(path, seen);
    this.#hints.beginRead(path);
    this.#run(path, seen, growing).catch((error: unknown) => {
      // Nothing is known of it; the next look begins anew, or shows why it cannot be.
      this.#context.log.debug('could not read a large file', { path, error });
      this.#end(path);
    });
  }

  async #run(path: RelativePath, seen: SeenStat, growing: boolean): Promise<void> {
    const { workers, tree, manifests } = this.#context;
    const manifest = this.#manifestOf(path, seen);
    const [found] = await workers.run(observe, { tree: tree(), items: [{ path, growing }], long: true });
    if (found !== undefined) this.#read.set(path, found);
    if (
      manifest !== undefined &&
      found?.kind === 'present' &&
      found.entry.kind === 'file' &&
      looksSame(found.seen, seen)
    )
      manifests.comes(found.entry.sha256, manifest);
    this.#end(path);
  }

  /** Where others may have what was here before, and ask what of it is otherwise now. */
  #manifestOf(path: RelativePath, seen: SeenStat): Made | undefined {
    const { index, manifests } = this.#context;
    const row = index.row(path);
    const isChanged = isLive(row?.record) && row?.seen?.kind === 'file' && !sameFile(row.seen, seen);
    if (!isChanged || this.#links.all.length === 0 || seen.size > MAX_CHUNKED_BYTES) return undefined;
    const manifest = manifests.make({ kind: 'file', path, seen });
    // Why there is none hears who asks for it.
    manifest.catch(() => undefined);
    return manifest;
  }

  #end(path: RelativePath): void {
    this.#reading.delete(path);
    this.#hints.endRead(path);
  }
}
