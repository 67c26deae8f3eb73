// What a folder does from time to time: marks as durable what has reached the disk, looks whether somebody went on writing
// into a kept version, sweeps (sweep.ts), and lets go of versions (retention.ts), tombstones and history whose time is over.
import { type Sequence, NO_SEQUENCE } from '../core/ids.ts';
import { syncTree } from '../disk/probe.ts';
import { lookAtVersions } from '../disk/versions.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import { historyRow } from './chronicle.ts';
import type { FolderContext } from './context.ts';
import type { Retention } from './retention.ts';
import type { Sweep } from './sweep.ts';

const CHECKPOINT_MS = 5_000;
/** syncfs makes a busy disk busier: what a power loss leaves to compare is worth less than that. */
const BUSY_CHECKPOINT_MS = 30_000;
const VERSIONS_MS = 60_000;
/** A version is looked at again for so long after it was filed. */
const WATCHED_VERSION_MS = 10 * 60 * 1000;
const TOMBSTONE_MS = 90 * 24 * 60 * 60 * 1000;
const HISTORY_MS = 90 * 24 * 60 * 60 * 1000;
const HISTORY_ROWS = 100_000;
/** Lines of the log for one look. */
const MAX_LINES = 10;

export class Upkeep {
  readonly #context: FolderContext;
  readonly #retention: Retention;
  readonly #sweep: Sweep;
  /** The disk takes nothing any more: what is not durable yet may never be. */
  readonly #onLost: () => void;
  #checkpointMs = 0;
  #versionsMs = 0;
  /** The checkpoint that is under way. The loop does not wait for it: syncfs may take seconds, in which edits come. */
  #underWay: Promise<void> | undefined;
  /** Why the last one failed: told with the next turn. */
  #failure: { readonly error: unknown } | undefined;

  constructor(context: FolderContext, retention: Retention, sweep: Sweep, onLost: () => void) {
    this.#context = context;
    this.#retention = retention;
    this.#sweep = sweep;
    this.#onLost = onLost;
  }

  /** Does what is due; while there is other work, only what may not wait. Throws what a checkpoint has failed with. */
  async run(atRest: boolean): Promise<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    const nowMs = this.#context.clock.monotonicMs();
    const isDue = nowMs - this.#checkpointMs >= (atRest ? CHECKPOINT_MS : BUSY_CHECKPOINT_MS);
    if (isDue && this.#underWay === undefined) {
      this.#checkpointMs = nowMs;
      this.#underWay = this.#checkpoint(true)
        .catch((error: unknown) => {
          this.#failure = { error };
        })
        .finally(() => {
          this.#underWay = undefined;
        });
    }
    if (!atRest) return;
    this.#sweep.runIfDue();
    if (nowMs - this.#versionsMs >= VERSIONS_MS) {
      this.#versionsMs = nowMs;
      await this.#lookAtVersions();
    }
    if (await this.#retention.runIfDue()) this.#forget();
  }

  /** Resolves when no checkpoint is under way. */
  async atRest(): Promise<void> {
    await this.#underWay;
  }

  /** The last one: all that is in the index is durable then. */
  async checkpoint(): Promise<void> {
    await this.#checkpoint(false);
  }

  /** syncfs(2), and then all rows that were written before it are durable. */
  async #checkpoint(beside: boolean): Promise<void> {
    const { index, workers } = this.#context;
    const { seq } = index;
    if (index.durableSeq >= seq) return;
    const { root } = this.#context.tree();
    if (await workers.run(syncTree, { root, beside })) index.markDurable(seq);
    else this.#onLost();
  }

  /** A program that had a replaced file open has written into the version: that is an edit, and is told. */
  async #lookAtVersions(): Promise<void> {
    const { index, workers, clock, log } = this.#context;
    const versions = index
      .recentVersions(clock.nowMs() - WATCHED_VERSION_MS)
      .flatMap((version) => (version.stat === undefined ? [] : [{ version, seen: version.stat }]));
    if (versions.length === 0) return;
    const items = versions.map(({ version, seen }) => ({ storedAs: version.storedAs, seen }));
    const found = await workers.run(lookAtVersions, { tree: this.#context.tree(), versions: items });
    const detail = 'a program went on writing into the version that was replaced; it is kept';
    let told = 0;
    versions.forEach(({ version }, i) => {
      const now = found[i];
      if (now === undefined) return;
      if (told++ < MAX_LINES) log.warn(detail, { path: version.path, version: version.id });
      const changed: KeptVersionRow = { ...version, sizeBytes: now.seen.size, sha256: now.sha256, stat: now.seen };
      const { path, id } = version;
      index.commit({
        nowUs: clock.nowUs(),
        versions: [changed],
        history: [
          historyRow(
            {
              path,
              what: 'kept',
              device: this.#context.self,
              direction: 'local',
              sizeBytes: now.seen.size,
              version: id,
              detail,
            },
            clock.nowMs(),
          ),
        ],
      });
    });
    if (told > MAX_LINES) log.warn(`and ${told - MAX_LINES} more versions that were written into`);
  }

  /** Records and events whose time is over; not by a clock that may be a year ahead. */
  #forget(): void {
    const { index, clock } = this.#context;
    const nowMs = clock.nowMs();
    index.trimHistory(HISTORY_ROWS, nowMs - HISTORY_MS);
    index.dropTombstones(nowMs - TOMBSTONE_MS, this.#heldByAll(), 10_000);
  }

  /** What every peer of the folder has confirmed: a tombstone beyond it is still needed. */
  #heldByAll(): Sequence {
    const { index } = this.#context;
    let least: Sequence = index.seq;
    for (const device of this.#context.settings().peers.keys()) {
      const holds = index.holds(device);
      const seq = holds?.epoch === index.epoch ? holds.seq : NO_SEQUENCE;
      if (seq < least) least = seq;
    }
    return least;
  }
}
