// What a folder does from time to time: marks as durable what has reached the disk, looks whether somebody went on writing
// into a kept version, and lets go of versions, tombstones and history whose time is over.
import { type ClockSeen, lookAtClock } from '../core/clock-trust.ts';
import { type Sequence, NO_SEQUENCE } from '../core/ids.ts';
import { syncTree } from '../disk/probe.ts';
import { usableSpace } from '../disk/root.ts';
import { dropVersions, lookAtVersions } from '../disk/versions.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import { historyRow } from './chronicle.ts';
import type { FolderContext } from './context.ts';

const CHECKPOINT_MS = 5_000;
/** syncfs costs seconds on a busy disk: what a power loss leaves to compare is worth less than that. */
const BUSY_CHECKPOINT_MS = 30_000;
const VERSIONS_MS = 60_000;
const RETENTION_MS = 60 * 60 * 1000;
const CLOCK = 'clock';
/** A version is looked at again for so long after it was filed. */
const WATCHED_VERSION_MS = 10 * 60 * 1000;
const TOMBSTONE_MS = 90 * 24 * 60 * 60 * 1000;
const HISTORY_MS = 90 * 24 * 60 * 60 * 1000;
const HISTORY_ROWS = 100_000;
/** What is younger is never let go for want of space. */
const SAFE_MS = 24 * 60 * 60 * 1000;
const AT_ONCE = 500;
/** Lines of the log for one look. */
const MAX_LINES = 10;

export class Upkeep {
  readonly #context: FolderContext;
  /** The disk takes nothing any more: what is not durable yet may never be. */
  readonly #onLost: () => void;
  #checkpointMs = 0;
  #versionsMs = 0;
  /** At once after the start, then every so often. */
  #retentionMs = Number.NEGATIVE_INFINITY;

  constructor(context: FolderContext, onLost: () => void) {
    this.#context = context;
    this.#onLost = onLost;
  }

  /** Does what is due; while there is other work, only what may not wait. */
  async run(atRest: boolean): Promise<void> {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#checkpointMs >= (atRest ? CHECKPOINT_MS : BUSY_CHECKPOINT_MS)) {
      this.#checkpointMs = nowMs;
      await this.checkpoint();
    }
    if (!atRest) return;
    if (nowMs - this.#versionsMs >= VERSIONS_MS) {
      this.#versionsMs = nowMs;
      await this.#lookAtVersions();
    }
    if (nowMs - this.#retentionMs >= RETENTION_MS) {
      this.#retentionMs = nowMs;
      if (this.#trustsClock()) await this.#letGo();
    }
  }

  /** A clock that was set a year ahead says of everything that its time is over. */
  #trustsClock(): boolean {
    const { index, clock, log } = this.#context;
    const text = index.meta(CLOCK);
    const before = text === undefined ? undefined : (JSON.parse(text) as ClockSeen);
    const { isTrusted, ...seen } = lookAtClock(before, clock.nowMs());
    index.commit({ nowUs: clock.nowUs(), meta: [[CLOCK, JSON.stringify(seen)]] });
    if (!isTrusted && before !== undefined && before.doubtedUntilMs !== seen.doubtedUntilMs)
      log.info('the clock has jumped, or the machine was off for long: nothing old is let go for a day');
    return isTrusted;
  }

  /** syncfs(2), and then all rows that were written before it are durable. */
  async checkpoint(): Promise<void> {
    const { index, workers } = this.#context;
    const { seq } = index;
    if (index.durableSeq >= seq) return;
    if (await workers.run(syncTree, { root: this.#context.tree().root })) index.markDurable(seq);
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

  async #letGo(): Promise<void> {
    const { index, clock } = this.#context;
    const { keepMs, maxShare } = this.#context.settings().versions;
    const nowMs = clock.nowMs();
    await this.#dropBefore(nowMs - keepMs, () => Number.POSITIVE_INFINITY);
    const mostBytes = (await this.#capacity()) * maxShare;
    await this.#dropBefore(nowMs - SAFE_MS, () => index.versionTotals().bytes - mostBytes);
    index.trimHistory(HISTORY_ROWS, nowMs - HISTORY_MS);
    index.dropTombstones(nowMs - TOMBSTONE_MS, this.#heldByAll(), 10_000);
  }

  /** Oldest first, until none is older or there are no more `bytesTooMany`. */
  async #dropBefore(ms: number, bytesTooMany: () => number): Promise<void> {
    const { index, workers, clock } = this.#context;
    for (let tooMany = bytesTooMany(); tooMany > 0; tooMany = bytesTooMany()) {
      const old: KeptVersionRow[] = [];
      for (const version of index.versionsBefore(ms, AT_ONCE)) {
        if (tooMany <= 0) break;
        old.push(version);
        tooMany -= version.sizeBytes;
      }
      if (old.length === 0) return;
      await workers.run(dropVersions, { tree: this.#context.tree(), stored: old.map(({ storedAs }) => storedAs) });
      index.commit({ nowUs: clock.nowUs(), dropVersions: old.map(({ id }) => id) });
    }
  }

  async #capacity(): Promise<number> {
    const { workers } = this.#context;
    const usable = await workers.run(usableSpace, { root: this.#context.tree().root });
    return usable + this.#context.index.versionTotals().bytes;
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
