// What is asked of peers: each under a number, by which its answer is known, and in its turn.
import type { FolderName } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileEntry } from '../core/record.ts';
import type { FolderSettings } from '../core/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChunkWant, PeerLink } from '../ports/peers.ts';
import type { Traffic } from './traffic.ts';

export interface RequestsContext {
  readonly name: FolderName;
  readonly clock: Clock;
  readonly traffic: Traffic;
  settings(): Pick<FolderSettings, 'priority'>;
  /** Contents may come now: the folder is neither paused nor outside of its schedule. */
  mayAsk(): boolean;
}

/** One content that is asked for. */
export interface Requested {
  readonly path: RelativePath;
  readonly entry: FileEntry;
  link: PeerLink | undefined;
  request: number;
  /** Monotonic. */
  lastProgressMs: number;
  /** It is not its turn yet: nobody has been asked. */
  waits: boolean;
}

export class Requests<One extends Requested> {
  readonly #context: RequestsContext;
  readonly #isWanted: (one: One) => boolean;
  readonly #byNumber = new Map<number, One>();
  #next = 1;

  /** @param isWanted false when it was given up, or another version is wanted by now */
  constructor(context: RequestsContext, isWanted: (one: One) => boolean) {
    this.#context = context;
    this.#isWanted = isWanted;
  }

  /** Whom an answer is for; undefined for what was given up. */
  of(number: number): One | undefined {
    return this.#byNumber.get(number);
  }

  /** Answers to what was asked before are not for it any more. */
  begin(one: One): void {
    this.end(one);
    one.request = this.#next++;
    this.#byNumber.set(one.request, one);
  }

  end(one: One): void {
    this.#byNumber.delete(one.request);
  }

  send({ request, path, entry }: One, link: PeerLink, want: ChunkWant): void {
    const { priority } = this.#context.settings();
    const how = priority === 'normal' ? {} : { priority };
    link.request({ request, path, sha256: entry.sha256, want, ...how });
  }

  /** Calls in its turn, with the bytes that may be asked for, if it is still wanted then; the answer is how many are. `goesOn`: it has begun. */
  whenFree(one: One, { device }: PeerLink, ask: (mostBytes: number) => number, goesOn = false): void {
    const { name: folder, traffic, clock, mayAsk } = this.#context;
    const isOver = (): boolean => one.link === undefined || !this.#isWanted(one);
    one.waits = true;
    traffic.down.add({
      folder,
      device,
      goesOn,
      queuedBytes: () => {
        if (isOver()) return undefined;
        return mayAsk() ? 0 : Number.POSITIVE_INFINITY;
      },
      run: () => {
        one.waits = false;
        one.lastProgressMs = clock.monotonicMs();
        return isOver() ? 0 : ask(traffic.down.portionOf(folder, device));
      },
    });
  }
}
