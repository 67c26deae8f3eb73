// Whether the folder can work at all: its root is looked at, and what fails that should not ends here, in one place. Said,
// and tried again from the index.
import { CodedError } from '../../protocol/errors.ts';
import { rootCode } from '../disk/errno.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { Condition } from './condition.ts';
import type { FolderContext } from './context.ts';
import type { Hints } from './hints.ts';
import type { RootGuard } from './root-guard.ts';

/** How often the root is looked at. */
export const LOOK_AT_ROOT_MS = 1_000;

export interface HealthParts {
  readonly guard: RootGuard;
  readonly hints: Hints;
  /** The root has gone: nothing is to be read or written until it is back. */
  onGone(): Promise<void>;
  /** Its disk may have lost what was not synced. */
  onLost(): void;
  /** It is there, for the first time or again. */
  onBack(): Promise<void>;
}

export class Health {
  readonly #context: FolderContext;
  readonly #parts: HealthParts;
  #trouble: Extract<Condition, { kind: 'halted' | 'error' }> | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** What is to be done when the root is back has been done. */
  #isReady = false;

  constructor(context: FolderContext, parts: HealthParts) {
    this.#context = context;
    this.#parts = parts;
  }

  get trouble(): Condition | undefined {
    return this.#trouble;
  }

  get isHalted(): boolean {
    return this.#trouble?.kind === 'halted';
  }

  /** Why nothing can be done. */
  refusal(): CodedError {
    const { code, message } = this.#trouble ?? { code: 'E_INTERNAL' as const, message: 'the folder does not run' };
    return new CodedError(code, message);
  }

  tree(): TreeRef {
    return this.#parts.guard.tree();
  }

  /** The next check looks, whenever the last one was. */
  lookNow(): void {
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /** Looks at the root from time to time. False while the folder must not touch anything. */
  async check(): Promise<boolean> {
    const { clock, log } = this.#context;
    const nowMs = clock.monotonicMs();
    if (!this.isHalted && nowMs - this.#lookedMs < LOOK_AT_ROOT_MS) return true;
    this.#lookedMs = nowMs;
    const root = await this.#parts.guard.check();
    if (root.kind === 'missing') {
      const { code, message } = root;
      if (!this.isHalted) log.error('halted: nothing is read or deleted', { code, message });
      const isDiskFailure = code === 'E_IO' || code === 'E_READ_ONLY';
      if (this.#isReady && (isDiskFailure || (await this.#parts.guard.hasLostDisk()))) this.#parts.onLost();
      this.#trouble = { kind: 'halted', code, message };
      await this.#parts.onGone();
      return false;
    }
    if (this.isHalted) log.info('goes on: the root is back');
    if (root.isNew) this.#isReady = false;
    if (!this.#isReady) await this.#parts.onBack();
    this.#isReady = true;
    this.#trouble = undefined;
    return true;
  }

  /** What a power loss may have taken was looked at. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What should not happen has happened. Hints may have been lost with it. */
  fail(error: unknown): void {
    const code = rootCode(error) ?? 'E_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    this.lookNow();
    if (code !== 'E_ROOT_MISSING' && code !== 'E_ROOT_FOREIGN') {
      this.#context.log.error('the folder tries again', { code, message, error });
      this.#trouble = { kind: 'error', code, message };
    }
    this.#parts.hints.add({ kind: 'everything', why: 'a failure' });
  }

  close(): void {
    this.#parts.guard.close();
  }
}
