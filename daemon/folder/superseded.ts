// Wants of the run before that peers have replaced since the start, before all of the disk was looked at. That run may have
// ended between putting one in its place and writing it down: what is found there then was announced, and is no edit of
// anybody here. An edit it would be otherwise, beside the version that is wanted now, and in conflict with it. The same
// holds within one run when what was put in its place could not be written down.
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, isLive } from '../core/record.ts';
import type { WantedRow } from '../index/wanted.ts';

/** A run carries out fewer at once; of more, the oldest are forgotten: then a conflict is kept that was none. */
const MAX = 10_000;

export class Superseded {
  readonly #records = new Map<RelativePath, FileRecord>();
  #isOver = false;

  /** What was carried out may not have been written down. The disk is looked at as at the start. */
  begin(): void {
    this.#isOver = false;
  }

  /** These wants are about to be others. The first of a path is from the run before. */
  add(records: readonly FileRecord[], wanted: (path: RelativePath) => WantedRow | undefined): void {
    if (this.#isOver) return;
    for (const { path } of records) {
      const want = this.#records.has(path) ? undefined : wanted(path);
      if (want?.why === 'fetch' && isLive(want.record)) this.#remember(want.record);
    }
  }

  #remember(record: FileRecord): void {
    const [oldest] = this.#records.keys();
    if (oldest !== undefined && this.#records.size >= MAX) this.#records.delete(oldest);
    this.#records.set(record.path, record);
  }

  /** For the first look at this path: what comes there later we know of, or somebody here has put it there. */
  of(path: RelativePath): readonly FileRecord[] {
    const record = this.#records.get(path);
    return record === undefined ? [] : [record];
  }

  /** What was there at these paths is written down: not before, or the next look would take it for an edit. */
  looked(paths: readonly RelativePath[]): void {
    for (const path of paths) this.#records.delete(path);
  }

  /** All was looked at. */
  end(): void {
    this.#isOver = true;
    this.#records.clear();
  }
}
