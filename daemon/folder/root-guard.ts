// The folder's root: is it there, is it ours, and is it nobody else's? While it is not, the folder is halted and touches
// nothing; when it is back, the folder goes on by itself.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { OWN_DIR } from '../core/path.ts';
import { rootCode } from '../disk/errno.ts';
import { deviceAt } from '../disk/probe.ts';
import { prepareRoot } from '../disk/root.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FileLock } from '../index/home-lock.ts';
import type { Boundaries } from './boundaries.ts';
import { type FolderContext, newVersionId } from './context.ts';

const MARKER = 'marker';

export type RootState =
  | { readonly kind: 'there'; readonly isNew: boolean }
  | { readonly kind: 'missing'; readonly code: ErrorCode; readonly message: string };

export class RootGuard {
  readonly #context: FolderContext;
  readonly #boundaries: Boundaries;
  #marker: string | undefined;
  #lock: { readonly file: FileLock; readonly dev: bigint; readonly ino: bigint } | undefined;
  #wasThere = false;

  constructor(context: FolderContext, boundaries: Boundaries) {
    this.#context = context;
    this.#boundaries = boundaries;
    this.#marker = context.index.meta(MARKER);
  }

  /** What jobs are told of the tree. Only once the root has been there. */
  tree(): TreeRef {
    if (this.#marker === undefined)
      throw new CodedError('E_ROOT_MISSING', `${this.#context.settings().path} has no marker yet`);
    return { root: this.#context.settings().path, marker: this.#marker, boundaries: this.#boundaries.list };
  }

  /** Looks. `isNew`: it was not there at the last look, so hints were lost. */
  async check(): Promise<RootState> {
    const { workers, index, clock } = this.#context;
    const { path } = this.#context.settings();
    try {
      // A root is made, and marked, only for an index that has never seen one: later a missing marker is a missing disk.
      const fresh = this.#marker === undefined ? newVersionId(this.#context) : undefined;
      const { marker, dev, ino } = await workers.run(prepareRoot, { root: path, marker: fresh });
      if (marker === undefined)
        return this.#missing('E_ROOT_MISSING', `${path}/${OWN_DIR}/id is not there: is a disk not mounted?`);
      if (this.#marker === undefined) {
        index.commit({ nowUs: clock.nowUs(), meta: [[MARKER, marker]] });
        this.#marker = marker;
      } else if (marker !== this.#marker) {
        return this.#missing('E_ROOT_FOREIGN', `${path} carries the marker of another folder`);
      }
      this.#takeLock(path, dev, ino);
    } catch (error) {
      const code = rootCode(error);
      if (code === undefined) throw error;
      return this.#missing(code, inWords(code, path, error));
    }
    const isNew = !this.#wasThere;
    this.#wasThere = true;
    return { kind: 'there', isNew };
  }

  /** Whether the root is missing with its whole disk. One that was renamed, or emptied, has lost nothing by that. */
  async hasLostDisk(): Promise<boolean> {
    const { workers, settings } = this.#context;
    if (this.#lock === undefined) return false;
    try {
      return (await workers.run(deviceAt, { path: settings().path })) !== this.#lock.dev;
    } catch (error) {
      // Rights that were taken away take nothing from the disk.
      return rootCode(error) !== 'E_ACCESS';
    }
  }

  close(): void {
    this.#lock?.file.release();
    this.#lock = undefined;
  }

  #missing(code: ErrorCode, message: string): RootState {
    this.#wasThere = false;
    return { kind: 'missing', code, message };
  }

  #takeLock(path: string, dev: bigint, ino: bigint): void {
    if (this.#lock?.dev === dev && this.#lock.ino === ino) return;
    this.close();
    this.#lock = { file: this.#context.lockRoot(path), dev, ino };
  }
}

function inWords(code: ErrorCode, path: string, error: unknown): string {
  if (!(error instanceof CodedError) && code === 'E_ROOT_MISSING') return `${path} is not there`;
  if (!(error instanceof CodedError) && code === 'E_ACCESS') return `${path} may not be opened by this user`;
  return error instanceof Error ? error.message : String(error);
}
