// What moves: how fast, how far and for how much longer, from looks at the daemon's status one after the other. Pure.
import type { StatusFolder, StatusPeer } from '../../protocol/control.ts';

/** A rate is the mean of so long: ms. Shorter, it jumps; longer, it is of another time. */
const WINDOW_MS = 10_000;

export interface Look {
  readonly atMs: number;
  readonly folders: readonly StatusFolder[];
  readonly peers: readonly StatusPeer[];
}

export interface FolderMovement {
  /** From 0 to below 1, of all that has been to come since something was; undefined: nothing is. */
  readonly done: number | undefined;
  /** Bytes a second by which what is to come becomes less. */
  readonly bytesPerSecond: number;
  /** Undefined: nobody can say. */
  readonly secondsLeft: number | undefined;
}

export interface PeerMovement {
  /** Bytes a second. */
  readonly up: number;
  readonly down: number;
}

export class Movement {
  #looks: Look[] = [];
  /** The most that was to come at once, since nothing was: bytes, or files where they have none. */
  readonly #most = new Map<string, number>();

  add(look: Look): void {
    this.#looks = [...this.#looks.filter(({ atMs }) => look.atMs - atMs <= WINDOW_MS), look];
    for (const folder of look.folders) {
      const pending = weight(folder);
      if (pending === 0) this.#most.delete(folder.name);
      else this.#most.set(folder.name, Math.max(pending, this.#most.get(folder.name) ?? 0));
    }
  }

  folder(folder: StatusFolder): FolderMovement {
    const pending = weight(folder);
    const most = this.#most.get(folder.name);
    const done = most === undefined ? undefined : 1 - pending / most;
    const rate = (of: (one: StatusFolder) => number): number => {
      const fell = this.#change((look) => {
        const found = look.folders.find(({ name }) => name === folder.name);
        return found === undefined ? undefined : -of(found);
      });
      return Math.max(0, fell);
    };
    const bytesPerSecond = rate(({ pending_bytes }) => pending_bytes);
    const perSecond = rate(weight);
    const secondsLeft = pending === 0 || perSecond === 0 ? undefined : Math.ceil(pending / perSecond);
    return { done, bytesPerSecond, secondsLeft };
  }

  peer({ id }: StatusPeer): PeerMovement {
    const rate = (of: (one: StatusPeer) => number): number =>
      // A new session begins to count anew.
      Math.max(
        0,
        this.#change((look) => {
          const found = look.peers.find((one) => one.id === id);
          return found === undefined ? undefined : of(found);
        }),
      );
    return { up: rate(({ bytes_sent }) => bytes_sent), down: rate(({ bytes_received }) => bytes_received) };
  }

  /** By how much it has risen a second, from the first look that is remembered to the last. */
  #change(of: (look: Look) => number | undefined): number {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    const [from, to] = [of(first), of(last)];
    if (from === undefined || to === undefined) return 0;
    return (to - from) / ((last.atMs - first.atMs) / 1000);
  }
}

/** A file weighs at least a block: thousands of empty ones are work too. */
function weight({ pending_files, pending_bytes }: StatusFolder): number {
  return pending_bytes + pending_files * 4096;
}
