// How long older contents are kept: as long as `versions.keep` says, thinned out after a day, and in no more room than
// `versions.max_size` gives them. What is younger than 24 hours is never let go for want of room.
import { type ClockSeen, goesSinceMs, lookAtClock } from '../core/clock-trust.ts';
import type { RelativePath } from '../core/path.ts';
import { DAY_MS, thinnedOut } from '../core/version-thinning.ts';
import { type Room, lookAtRoom } from '../disk/root.ts';
import { dropVersions } from '../disk/versions.ts';
import type { OldVersion, Taken } from '../index/version-survey.ts';
import type { FolderContext } from './context.ts';

const LONGEST_PAUSE_MS = 60 * 60 * 1000;
const SHORTEST_PAUSE_MS = 10_000;
const CLOCK = 'clock';
/** Versions that one job removes. */
const AT_ONCE = 500;
/** What is known of the disk's room is looked at again after so long. */
const ROOM_MS = 10_000;
/** What a version takes beside its bytes: the rest of its last block, its inode, its row. */
const EXTRA_BYTES = 4096;

/** So much of the room the versions of one path may take before its next change waits. */
const ONE_PATHS_SHARE = 0.5;
/** Versions of one path that are counted for that. */
const MAX_COUNTED = 10_000;

/** What a content of this size takes in the version store. */
export function weightOf(sizeBytes: number): number {
  return weightOfAll({ bytes: sizeBytes, count: 1 });
}

function weightOfAll({ bytes, count }: Taken): number {
  return bytes + count * EXTRA_BYTES;
}

export class Retention {
  readonly #context: FolderContext;
  /** Before the first: at once. */
  #ranMs = Number.NEGATIVE_INFINITY;
  #ranWith: object | undefined;
  #room: Room | undefined;
  #roomMs = 0;

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** At the start, when the settings change, and from time to time. True when it ran by a clock that can be believed. */
  async runIfDue(): Promise<boolean> {
    const { versions } = this.#context.settings();
    const nowMs = this.#context.clock.monotonicMs();
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, versions.keepMs));
    if (this.#ranWith === versions && nowMs - this.#ranMs < pauseMs) return false;
    this.#ranMs = nowMs;
    this.#ranWith = versions;
    const { isTrusted, sinceMs } = this.#lookAtClock();
    const wallMs = this.#context.clock.nowMs();
    await this.#dropBetween(sinceMs, wallMs - versions.keepMs, () => Number.POSITIVE_INFINITY);
    if (isTrusted) await this.#thinOut(wallMs);
    await this.#shrink(sinceMs, 0);
    return isTrusted;
  }

  /**
   * Lets older contents go until there is so much room, as far as there are any older than a day.
   * @returns the room that there is: for contents of together so much {@link weightOf}
   */
  async makeRoom(neededBytes: number): Promise<number> {
    if ((await this.#excess(neededBytes)) > 0) await this.#shrink(this.#lookAtClock().sinceMs, neededBytes);
    return neededBytes - (await this.#excess(neededBytes));
  }

  /**
   * Those of the paths whose older contents of the last day take {@link ONE_PATHS_SHARE} of the room already: what is
   * written all the time must not leave nothing to the others.
   */
  async crowding(paths: readonly RelativePath[]): Promise<Set<RelativePath>> {
    const mostBytes = (await this.#roomBytes()) * ONE_PATHS_SHARE;
    if (this.#takenBytes < mostBytes) return new Set();
    const { index, clock } = this.#context;
    const sinceMs = clock.nowMs() - DAY_MS;
    return new Set(
      paths.filter((path) => weightOfAll(index.keptVersions.ofPath(path, sinceMs, MAX_COUNTED)) >= mostBytes),
    );
  }

  /** Bytes by which there would be too many, with so many more. */
  async #excess(moreBytes: number): Promise<number> {
    return this.#takenBytes + moreBytes - (await this.#roomBytes());
  }

  async #roomBytes(): Promise<number> {
    const { totalBytes } = await this.#lookAtRoom();
    return totalBytes * this.#context.settings().versions.maxShare;
  }

  get #takenBytes(): number {
    return weightOfAll(this.#context.index.versionTotals());
  }

  /** Also where others have filled the disk: versions go before anything cannot be received any more. */
  async #shrink(sinceMs: number, moreBytes: number): Promise<void> {
    const { spareBytes } = await this.#lookAtRoom();
    const excess = Math.max(await this.#excess(moreBytes), -spareBytes);
    const goalBytes = this.#takenBytes - excess;
    await this.#dropBetween(sinceMs, this.#context.clock.nowMs() - DAY_MS, () => this.#takenBytes - goalBytes);
  }

  async #lookAtRoom(): Promise<Room> {
    const { clock, workers } = this.#context;
    if (this.#room === undefined || clock.monotonicMs() - this.#roomMs >= ROOM_MS) {
      this.#room = await workers.run(lookAtRoom, { root: this.#context.tree().root });
      this.#roomMs = clock.monotonicMs();
    }
    return this.#room;
  }

  /** A clock that was set a year ahead says of everything that its time is over: all but what was kept since stays. */
  #lookAtClock(): { readonly isTrusted: boolean; readonly sinceMs: number } {
    const { index, clock, log } = this.#context;
    const text = index.meta(CLOCK);
    const before = text === undefined ? undefined : (JSON.parse(text) as ClockSeen);
    const { isTrusted, ...seen } = lookAtClock(before, clock.nowMs());
    index.commit({ nowUs: clock.nowUs(), meta: [[CLOCK, JSON.stringify(seen)]] });
    if (!isTrusted && before !== undefined && before.doubtedUntilMs !== seen.doubtedUntilMs)
      log.info('the clock has jumped, or the machine was off for long: nothing old is let go for a day');
    return { isTrusted, sinceMs: isTrusted ? 0 : goesSinceMs(seen) };
  }

  async #thinOut(nowMs: number): Promise<void> {
    const { index } = this.#context;
    let after = '';
    for (;;) {
      const paths = index.keptVersions.crowded(nowMs - DAY_MS, after, AT_ONCE);
      const gone = paths.flatMap((path) => {
        const versions = index.versions(path);
        const ids = new Set(thinnedOut(versions, nowMs));
        return versions.filter(({ id }) => ids.has(id));
      });
      for (let i = 0; i < gone.length; i += AT_ONCE) await this.#drop(gone.slice(i, i + AT_ONCE));
      const last = paths.at(-1);
      if (last === undefined || paths.length < AT_ONCE) return;
      after = last;
    }
  }

  /** Oldest first, until none is older or there are no more `bytesTooMany`. */
  async #dropBetween(sinceMs: number, beforeMs: number, bytesTooMany: () => number): Promise<void> {
    for (let tooMany = bytesTooMany(); tooMany > 0; tooMany = bytesTooMany()) {
      const old: OldVersion[] = [];
      for (const version of this.#context.index.keptVersions.between(sinceMs, beforeMs, AT_ONCE)) {
        if (tooMany <= 0) break;
        old.push(version);
        tooMany -= weightOf(version.sizeBytes);
      }
      if (old.length === 0) return;
      await this.#drop(old);
    }
  }

  async #drop(versions: readonly OldVersion[]): Promise<void> {
    if (versions.length === 0) return;
    const { index, workers, clock } = this.#context;
    await workers.run(dropVersions, { tree: this.#context.tree(), stored: versions.map(({ storedAs }) => storedAs) });
    index.commit({ nowUs: clock.nowUs(), dropVersions: versions.map(({ id }) => id) });
  }
}
