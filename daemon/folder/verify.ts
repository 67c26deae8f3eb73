// Reads every file of a folder and compares it with the index: what the disk has changed behind everybody's back is told,
// and, if asked for, fetched again. It works beside the folder's loop, a few files at a time.
import { looksSame } from '../core/observation.ts';
import { observe } from '../disk/observe.ts';
import { LONG_BYTES } from '../ports/workers.ts';
import type { Row } from '../index/file-state.ts';
import type { FolderContext } from './context.ts';
import { fetchAgain } from './damage.ts';
import type { Hints } from './hints.ts';
import type { SkippedPaths } from './skipped.ts';
import type { Tasks } from './tasks.ts';
import type { VerifyItem } from './view.ts';

/** Files and bytes of one job, so that others get their turn at the workers. */
const BATCH_FILES = 128;
const BATCH_BYTES = 64 << 20;
const PROGRESS_MS = 1_000;

export interface VerifyParts {
  readonly tasks: Tasks;
  readonly hints: Hints;
  readonly skipped: SkippedPaths;
}

/** Damage and what cannot be read as it is found, how far it is, and the sum at the end. A folder that halts ends it. */
export async function* verify(
  context: FolderContext,
  parts: VerifyParts,
  repair: boolean,
  signal: AbortSignal,
): AsyncGenerator<VerifyItem> {
  const { index, clock } = context;
  const sum = { files: 0, bytes: 0, damaged: 0, unreadable: 0, changed: 0 };
  let toldMs = clock.monotonicMs();
  for (const rows of batches(index.liveBelow(''))) {
    // Refused while the root is not what it was: a missing disk is not damage.
    await parts.tasks.add(() => undefined);
    for (const item of await compare(context, parts, rows, repair)) {
      sum[item.kind]++;
      yield item;
    }
    sum.files += rows.length;
    sum.bytes += rows.reduce((bytes, row) => bytes + sizeOf(row), 0);
    if (signal.aborted) return;
    if (clock.monotonicMs() - toldMs < PROGRESS_MS) continue;
    toldMs = clock.monotonicMs();
    const { files: totalFiles, bytes: totalBytes } = index.counts();
    yield { kind: 'progress', files: sum.files, bytes: sum.bytes, totalFiles, totalBytes };
  }
  yield { kind: 'done', ...sum };
}

type Found = Extract<VerifyItem, { readonly path: unknown }>;

async function compare(
  context: FolderContext,
  { tasks, hints, skipped }: VerifyParts,
  rows: readonly Row[],
  repair: boolean,
): Promise<Found[]> {
  const { index, workers } = context;
  const items = rows.map(({ record }) => ({ path: record.path }));
  const long = rows.some((row) => sizeOf(row) > LONG_BYTES);
  const observations = await workers.run(observe, { tree: context.tree(), items, long });
  const found: Found[] = [];
  for (const [i, row] of rows.entries()) {
    const { path, entry } = row.record;
    const now = observations[i];
    if (now === undefined || now.kind === 'same') continue;
    if (now.kind === 'unknown') {
      found.push({ kind: 'unreadable', path, code: now.code });
      continue;
    }
    if (now.kind === 'present' && looksSame(row.seen, now.seen) && !row.racy) {
      const isGood = now.entry.kind === 'file' && entry.kind === 'file' && now.entry.sha256 === entry.sha256;
      // What was changed meanwhile was not read as it is known.
      if (isGood) continue;
      // Replaced while it was read: what was read is not what the row told of.
      const current = index.row(path);
      if (current?.seq !== row.seq || !looksSame(current.seen, now.seen)) continue;
      found.push({ kind: 'damaged', path, code: 'E_DAMAGED' });
      if (repair) await tasks.add(() => fetchAgain(context, skipped, current, now.seen, 'was damaged on the disk'));
      continue;
    }
    // An edit that nobody has seen yet: the ordinary way finds out.
    hints.add({ kind: 'path', path });
    found.push({ kind: 'changed', path, code: undefined });
  }
  return found;
}

/** Files that were looked at once; a large one is alone in its batch. */
function* batches(live: Iterable<Row>): Generator<Row[]> {
  let batch: Row[] = [];
  let bytes = 0;
  for (const row of live) {
    if (row.record.entry.kind !== 'file' || row.seen === undefined) continue;
    if (batch.length === BATCH_FILES || (batch.length > 0 && bytes + sizeOf(row) > BATCH_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(row);
    bytes += sizeOf(row);
  }
  if (batch.length > 0) yield batch;
}

function sizeOf({ record: { entry } }: Row): number {
  return entry.kind === 'file' ? entry.size : 0;
}
