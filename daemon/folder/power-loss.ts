// After an unclean boot, or when the disk itself was away: the index is durable row by row, the files that it speaks of
// were not yet. Rows beyond the last checkpoint are compared with the disk by hash. A content that differs behind the
// modification time that is known or behind an older one, or a file that is gone, was damaged by the power loss, and is
// fetched again; anything else that differs is an edit. A path whose tombstone is known and which is there again as it was
// has come back with the file system's journal: it is removed again, into the version store.
import type { RelativePath } from '../core/path.ts';
import type { Operation } from '../core/plan.ts';
import { isLive, sameContent } from '../core/record.ts';
import type { Observation } from '../core/observation.ts';
import { type Outcome, apply } from '../disk/apply.ts';
import { observe } from '../disk/observe.ts';
import type { Row } from '../index/file-state.ts';
import { type FolderContext, newVersionId } from './context.ts';
import { fetchAgain } from './damage.ts';
import type { Hints } from './hints.ts';
import type { SkippedPaths } from './skipped.ts';

const BOOT = 'boot';
const DISK = 'disk';
const LOST = 'lost';
const AT_ONCE = 256;

export class PowerLoss {
  readonly #context: FolderContext;
  readonly #hints: Hints;
  readonly #skipped: SkippedPaths;
  readonly #bootId: string | undefined;

  constructor(context: FolderContext, hints: Hints, skipped: SkippedPaths, bootId: string | undefined) {
    this.#context = context;
    this.#hints = hints;
    this.#skipped = skipped;
    this.#bootId = bootId;
  }

  /** The disk itself has failed or gone: what had not reached it may be missing when it is back. */
  suspect(): void {
    const { index, clock } = this.#context;
    if (index.meta(DISK) !== undefined) return;
    try {
      index.commit({ nowUs: clock.nowUs(), meta: [[DISK, LOST]] });
    } catch {
      // The index is on it, too: then it is as old as what it speaks of.
    }
  }

  /** Before anything else is believed of the disk: once a boot, and when the disk was away. */
  async verify(): Promise<void> {
    const { index, clock, log } = this.#context;
    const before = index.meta(BOOT);
    const isOtherBoot = this.#bootId !== undefined && before !== this.#bootId;
    const wasAway = index.meta(DISK) !== undefined;
    if (!isOtherBoot && !wasAway) return;
    const wasCut = isOtherBoot && before !== undefined && !index.closedCleanly;
    if (wasCut || wasAway) {
      const what = wasCut ? 'the machine went down without stopping the daemon' : 'the disk was away, or has failed';
      log.warn(`${what}; compares what may not have reached the disk`);
      for (let from = index.durableSeq; ;) {
        const rows = index.afterDurable(AT_ONCE, from);
        const last = rows.at(-1);
        if (last === undefined) break;
        await this.#compare(rows);
        from = last.seq;
      }
    }
    index.commit({
      nowUs: clock.nowUs(),
      meta: [
        [BOOT, this.#bootId ?? null],
        [DISK, null],
      ],
    });
  }

  async #compare(rows: readonly Row[]): Promise<void> {
    const { workers } = this.#context;
    const items = rows.map(({ record }) => ({ path: record.path }));
    const observations = await workers.run(observe, { tree: this.#context.tree(), items });
    const reappeared: { readonly row: Row; readonly found: Present }[] = [];
    rows.forEach((row, i) => {
      const found = observations[i];
      if (found === undefined) return;
      if (!isLive(row.record)) {
        if (found.kind === 'present' && isOlder(found, row)) reappeared.push({ row, found });
      } else if (row.seen !== undefined) this.#compareLive(row, found);
    });
    await this.#removeAgain(reappeared);
  }

  #compareLive(row: Row, found: Observation): void {
    const { path } = row.record;
    switch (found.kind) {
      case 'present':
        if (sameContent(found.entry, row.record.entry)) return;
        if (found.seen.mtimeNs === row.seen?.mtimeNs || isFromBefore(found, row)) this.#fetchAgain(row, found);
        else this.#hints.add({ kind: 'path', path });
        return;
      case 'absent':
        this.#fetchAgain(row, undefined);
        return;
      case 'changing':
      case 'unknown':
      case 'same':
        this.#hints.add({ kind: 'path', path });
        return;
    }
  }

  #fetchAgain(row: Row, found: Present | undefined): void {
    const detail = found === undefined ? 'was gone after a power loss' : 'was damaged by a power loss';
    fetchAgain(this.#context, this.#skipped, row, found?.seen, detail);
  }

  async #removeAgain(reappeared: readonly { readonly row: Row; readonly found: Present }[]): Promise<void> {
    if (reappeared.length === 0) return;
    const { workers, index, clock, log } = this.#context;
    // The deepest first: a directory is empty when its turn comes.
    const deepestFirst = reappeared.toSorted((a, b) => (a.row.record.path < b.row.record.path ? 1 : -1));
    const operations = deepestFirst.map(({ row, found }) => removal(row.record.path, found, this.#context));
    const outcomes = await workers.run(apply, { tree: this.#context.tree(), operations });
    const nowMs = clock.nowMs();
    const filed = deepestFirst.flatMap(({ row }, i) => filedBy(outcomes[i]).map((one) => ({ row, one })));
    log.warn('removed again what a power loss had brought back', { paths: deepestFirst.length });
    index.commit({
      nowUs: clock.nowUs(),
      versions: filed.map(({ row, one }) => ({
        id: one.id,
        path: one.path,
        kind: one.seen.kind === 'symlink' ? ('symlink' as const) : ('file' as const),
        sizeBytes: one.seen.size,
        sha256: undefined,
        replacedMs: nowMs,
        modifiedMs: Number(one.seen.mtimeNs / 1_000_000n),
        replacedBy: row.record.origin,
        why: 'deleted' as const,
        storedAs: one.storedAs,
        stat: one.seen,
      })),
    });
  }
}

type Present = Extract<Observation, { kind: 'present' }>;

/**
 * What stood there before the content that was seen last, whole or in part: the index was on another disk and is ahead, or
 * attributes that we had set are gone again (of these the ctime from before them is remembered: disk/apply.ts). An edit that
 * somebody made since has a later ctime. As an edit, it would undo everywhere what others have received.
 */
function isFromBefore({ seen }: Present, row: Row): boolean {
  return seen.kind !== 'dir' && row.seen !== undefined && seen.ctimeNs <= row.seen.ctimeNs;
}

/** It was there before it was deleted: a file that somebody made since has a later ctime. */
function isOlder({ seen }: Present, { record }: Row): boolean {
  return seen.ctimeNs / 1_000_000n < BigInt(record.stamp);
}

function removal(path: RelativePath, { seen }: Present, context: FolderContext): Operation {
  if (seen.kind === 'dir') return { kind: 'rmdir', path };
  return { kind: 'remove', path, expect: seen, version: newVersionId(context) };
}

function filedBy(outcome: Outcome | undefined) {
  return outcome?.kind === 'done' || outcome?.kind === 'changed' ? outcome.filed : [];
}
