// `permissions: true` again, after modes were each machine's own: what the folder's modes are holds here from now on. Ours
// of meanwhile say nothing, and must not look like a change of somebody.
import type { RelativePath } from '../core/path.ts';
import type { Operation } from '../core/plan.ts';
import { apply } from '../disk/apply.ts';
import type { Row, RowChange } from '../index/file-state.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';

/** Key of the index: modes on this disk are our own. */
const OWN_MODES = 'own modes';
/** Operations of one job, rows of one look. */
const AT_ONCE = 512;

export class Modes {
  readonly #context: FolderContext;
  readonly #hints: Hints;
  #areOwn: boolean;
  /** Those that are still to be set. */
  #differ: RelativePath[] | undefined;

  constructor(context: FolderContext, hints: Hints) {
    this.#context = context;
    this.#hints = hints;
    this.#areOwn = context.index.meta(OWN_MODES) !== undefined;
  }

  get isDue(): boolean {
    return this.#areOwn && this.#context.settings().permissions;
  }

  /** Sets some that differ. False when there is nothing to do. */
  async take(): Promise<boolean> {
    if (!this.#context.settings().permissions) {
      this.#differ = undefined;
      this.#note(true);
      return false;
    }
    if (!this.#areOwn) return false;
    this.#differ ??= await this.#find();
    const paths = this.#differ.slice(0, AT_ONCE);
    if (paths.length > 0) await this.#set(paths);
    // Not before: what could not be set is still to be.
    this.#differ = this.#differ.slice(paths.length);
    if (this.#differ.length > 0) return true;
    this.#differ = undefined;
    this.#note(false);
    return true;
  }

  #note(areOwn: boolean): void {
    if (this.#areOwn === areOwn) return;
    const { index, clock } = this.#context;
    index.commit({ nowUs: clock.nowUs(), meta: [[OWN_MODES, areOwn ? 'yes' : null]] });
    this.#areOwn = areOwn;
  }

  async #find(): Promise<RelativePath[]> {
    const { index, clock } = this.#context;
    const found: RelativePath[] = [];
    let rows = 0;
    for (const row of index.liveBelow('')) {
      if (operationFor(row) !== undefined) found.push(row.record.path);
      if (++rows % AT_ONCE === 0) await new Promise<void>((resolve) => clock.after(0, resolve));
    }
    return found;
  }

  async #set(paths: readonly RelativePath[]): Promise<void> {
    const { index, clock, workers, log } = this.#context;
    const rows = index.rows(paths);
    const operations = [...rows.values()].flatMap((row) => operationFor(row) ?? []);
    const outcomes = await workers.run(apply, { tree: this.#context.tree(), operations });
    const changes: RowChange[] = operations.flatMap(({ path }, i) => {
      const [row, outcome] = [rows.get(path), outcomes[i]];
      // What is another by now is looked at; what cannot be set stays, and is no change of ours.
      if (outcome?.kind !== 'done') this.#hints.add({ kind: 'path', path });
      return row === undefined || outcome?.kind !== 'done' ? [] : [{ ...row, seen: outcome.seen, announce: false }];
    });
    index.commit({ nowUs: clock.nowUs(), rows: changes });
    log.info('sets the modes that the folder has', { paths: changes.length, first: paths[0] });
  }
}

function operationFor({ record: { path, entry }, seen, boundary }: Row): Operation | undefined {
  if (entry.kind !== 'file' && entry.kind !== 'dir') return undefined;
  if (seen?.kind !== entry.kind || boundary || (seen.mode & 0o777) === entry.mode) return undefined;
  return { kind: 'attributes', path, mode: entry.mode, mtimeUs: undefined, expect: seen };
}
