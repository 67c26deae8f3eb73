// What stays different between this device and a peer, because one of them refuses what the other has and the other does
// not give way: named until one of the two changes, or a role does.
import type { Sequence } from '../core/ids.ts';
import { tombstone } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { isLive } from '../core/record.ts';
import { relate } from '../core/version-vector.ts';
import type { RowChange } from '../index/file-state.ts';
import type { RefusedAnnouncement } from '../ports/peers.ts';
import { type FolderContext, makerOf } from './context.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';

/** More are named until the next look at them. */
const MAX_REMEMBERED = 10_000;

export class Refused {
  readonly #context: FolderContext;
  readonly #skipped: SkippedPaths;
  readonly #roles: Roles;
  /** With the sequence of our own row: another one is another state. */
  readonly #paths = new Map<RelativePath, Sequence | undefined>();

  constructor(context: FolderContext, skipped: SkippedPaths, roles: Roles) {
    this.#context = context;
    this.#skipped = skipped;
    this.#roles = roles;
  }

  /** True when it was not named so. */
  add(path: RelativePath): boolean {
    if (this.#paths.size < MAX_REMEMBERED) this.#paths.set(path, this.#context.index.row(path)?.seq);
    return this.#skipped.set(path, 'E_ROLE');
  }

  has(path: RelativePath): boolean {
    if (!this.#paths.has(path)) return false;
    const isNamed = this.#skipped.code(path) === 'E_ROLE';
    if (isNamed && this.#paths.get(path) === this.#context.index.row(path)?.seq) return true;
    this.#paths.delete(path);
    return false;
  }

  /** The peer has given way. */
  isOver(path: RelativePath): void {
    if (this.#paths.delete(path) && this.#skipped.code(path) === 'E_ROLE') this.#skipped.clear(path);
  }

  clear(): void {
    for (const path of [...this.#paths.keys()]) this.isOver(path);
  }

  /**
   * A peer does not take these of ours. What we made alone, and none of our peers takes, is withdrawn from the index: it
   * stays where it is on the disk, as something that is not synced.
   */
  hear(refused: readonly RefusedAnnouncement[]): void {
    const { index, clock, self, log } = this.#context;
    const isAlone = this.#roles.master !== undefined;
    const rows: RowChange[] = [];
    const unwant: RelativePath[] = [];
    for (const { seq, held } of refused) {
      const [told] = index.after((seq - 1) as Sequence, 1);
      // What has changed since has been told again, or will be.
      if (told?.seq !== seq || !isLive(told.record)) continue;
      const { record } = told;
      const { path } = record;
      if (held || !isAlone || record.origin !== self) {
        if (this.add(path)) log.info('a peer does not take it', { path, code: 'E_ROLE' });
        continue;
      }
      this.#skipped.set(path, 'E_ROLE');
      // Something else lies there, and it was to come back.
      const want = index.wanted(path)?.record;
      if (want !== undefined && relate(want.vector, record.vector) === 'equal') unwant.push(path);
      rows.push({ record: tombstone(record, makerOf(this.#context), clock.nowMs()), seen: undefined, announce: true });
    }
    if (rows.length > 0) index.commit({ nowUs: clock.nowUs(), rows, unwant });
  }
}
