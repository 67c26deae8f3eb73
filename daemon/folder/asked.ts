// What people ask of a folder's past and of what it holds back: each is a task of its loop.
import { CodedError } from '../../protocol/errors.ts';
import type { RelativePath } from '../core/path.ts';
import type { Fetcher } from '../transfer/fetch.ts';
import { LocalContent } from '../transfer/local-content.ts';
import type { FolderContext } from './context.ts';
import type { Deletions } from './deletions.ts';
import { copyDirectory } from './copy-directory.ts';
import type { Hints } from './hints.ts';
import type { FilterPlan } from '../core/filter-plan.ts';
import type { Decision, Filter } from '../core/filter.ts';
import type { FilterSettings } from '../core/settings.ts';
import { planFilter, whyOf } from './filter-plan.ts';
import type { Links } from './links.ts';
import type { SyncPlan } from '../core/sync-plan.ts';
import { planSync } from './sync-plan.ts';
import { shownVersion } from './kept.ts';
import { chooseVersion, restoreInPlace, restoreToFile } from './restore.ts';
import { examine } from './examine.ts';
import { isDirectory, pastOf, stepsBackTo } from './past.ts';
import { resolve } from './resolve.ts';
import type { Roles } from './roles.ts';
import type { SkippedPaths } from './skipped.ts';
import type { Tasks } from './tasks.ts';
import { goBack, planUndo, shownPlan } from './undo.ts';
import { verify } from './verify.ts';
import type {
  FolderExamination,
  Keep,
  Resolved,
  RestoreRequest,
  Restored,
  UndoPlan,
  UndoRequest,
  VerifyItem,
} from './view.ts';

interface Parts {
  readonly tasks: Tasks;
  readonly deletions: Deletions;
  readonly hints: Hints;
  readonly skipped: SkippedPaths;
  readonly roles: Roles;
  readonly fetcher: Fetcher;
  readonly links: Links;
}

export class Asked {
  readonly #context: FolderContext;
  readonly #parts: Parts;
  readonly #content: LocalContent;

  constructor(context: FolderContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    this.#content = new LocalContent({ ...context, isGone: (path) => parts.deletions.isPending(path) });
  }

  settleHold(how: 'approved' | 'rejected'): Promise<number> {
    const { tasks, deletions, hints } = this.#parts;
    const { name, log } = this.#context;
    if (deletions.hold.held === undefined)
      return Promise.reject(new CodedError('E_NOT_HELD', `no deletion is held in ${name}`));
    return tasks.add(async () => {
      const count = how === 'approved' ? await deletions.approve() : await deletions.reject();
      log.info(`${how} held deletions`, { deletions: count });
      // What stands where a held directory was is new only now.
      hints.add({ kind: 'everything', why: `${how} deletions` });
      return count;
    });
  }

  restore(request: RestoreRequest): Promise<Restored> {
    if (isDirectory(this.#context, request)) return this.#restoreDirectory(request);
    return this.#parts.tasks.add(async () => {
      const version = chooseVersion(this.#context, request);
      if (!request.dryRun) {
        if (request.to === undefined) {
          this.#refuseUnlessAllowed(version.path, version.kind);
          const record = await restoreInPlace(this.#context, version);
          this.#parts.fetcher.drop(record.path);
        } else await restoreToFile(this.#context, version, request.to);
      }
      return shownVersion(this.#context, version);
    });
  }

  async #restoreDirectory({ path: dir, atMs, to, dryRun }: RestoreRequest): Promise<Restored> {
    const context = this.#context;
    const past = await this.#parts.tasks.add(() => pastOf(context, dir, atMs));
    // What is copied out of the folder holds nothing up: it is compared with what it should be.
    if (to !== undefined) {
      const copied = await copyDirectory(context, this.#content, past, { dir, atMs, to, dryRun });
      return { kind: 'dir', ...shownPlan(context, copied, atMs) };
    }
    return this.#parts.tasks.add(() => {
      const steps = stepsBackTo(context, this.#content, past);
      if (!dryRun) {
        if (this.#parts.roles.here !== 'two-way') throw notAllowed(context, `restored into the folder: ${dir}`);
        const paths = goBack(context, steps, 'restored');
        for (const path of paths) this.#parts.fetcher.drop(path);
        context.log.info('restores a directory', { path: dir, paths: paths.length, of: steps.length });
      }
      return { kind: 'dir' as const, ...shownPlan(context, steps, atMs) };
    });
  }

  /** What the folder would bring back at once is not done. */
  #refuseUnlessAllowed(path: RelativePath, kind: 'file' | 'symlink'): void {
    const { here } = this.#parts.roles;
    const isContent = kind === 'file' && this.#context.index.row(path)?.record.entry.kind === 'file';
    if (here === 'two-way' || (here === 'edit-only' && isContent)) return;
    throw notAllowed(this.#context, `restored into the folder: ${path}`);
  }

  resolve(path: RelativePath, keep: Keep): Promise<Resolved> {
    if (this.#parts.roles.here !== 'two-way') return Promise.reject(notAllowed(this.#context, `settled: ${path}`));
    return this.#parts.tasks.add(async () => {
      const resolved = await resolve(this.#context, path, keep);
      for (const one of resolved.changed) this.#parts.fetcher.drop(one);
      return resolved;
    });
  }

  undo(request: UndoRequest): Promise<UndoPlan> {
    return this.#parts.tasks.add(() => {
      if (!request.dryRun && this.#parts.roles.here !== 'two-way') throw notAllowed(this.#context, 'undone');
      const steps = planUndo(this.#context, this.#content, request);
      if (!request.dryRun) {
        const paths = goBack(this.#context, steps, 'undone');
        for (const path of paths) this.#parts.fetcher.drop(path);
        this.#context.log.info('undoes changes of other devices', { paths: paths.length, of: steps.length });
      }
      return shownPlan(this.#context, steps, request.sinceMs);
    });
  }
  /** Also of a folder that is halted. */
  plan(): Promise<SyncPlan> {
    return planSync(this.#context, { links: this.#parts.links, content: this.#content });
  }

  why(path: RelativePath): Promise<Decision> {
    return whyOf(this.#context, path);
  }

  /** What the index says of another filter, and the filter that holds now with it. */
  async planFilter(settings: FilterSettings): Promise<{
    readonly now: Filter;
    readonly then: Filter;
    readonly known: Pick<FilterPlan, 'withdraw' | 'receive'>;
  }> {
    const now = this.#context.filter();
    const then = now.under(settings);
    return { now, then, known: await planFilter(this.#context, then) };
  }

  /** Also of a folder that is halted: that is when somebody asks. */
  examine(polledFor: FolderExamination['polledFor']): Promise<FolderExamination> {
    return examine(this.#context, polledFor);
  }

  verify(repair: boolean, signal: AbortSignal): AsyncIterable<VerifyItem> {
    return verify(this.#context, this.#parts, repair, signal);
  }
}

function notAllowed({ name }: FolderContext, what: string): CodedError {
  const hint = 'Do it on a device that may change the folder, or see mode: and the roles of syncctl folders.';
  return new CodedError('E_ROLE', `nothing of ${name} may be ${what}`, hint);
}
