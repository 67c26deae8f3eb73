// A directory that is watched for real, and what was told about it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Log } from '../../daemon/ports/log.ts';
import type { Hint, Watch, WatchState, WatchSubscription } from '../../daemon/ports/watch.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { InotifyWatch } from '../../daemon/system/inotify-watch.ts';
import { covers } from '../simulation/simulated-watch.ts';
import { atEnd } from './at-end.ts';
import { waitFor } from './wait-for.ts';

export const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => SILENT,
};

export class Watched {
  readonly root: string;
  readonly hints: Hint[] = [];
  readonly states: WatchState[] = [];
  readonly subscription: WatchSubscription;
  /** So often was it said that something has changed somewhere. */
  activity = 0;

  constructor(root: string, watch: Watch) {
    this.root = root;
    this.subscription = watch.subscribe(root, {
      onHints: (hints) => void this.hints.push(...hints),
      onState: (state) => void this.states.push(state),
      onActivity: () => void this.activity++,
    });
  }

  get state(): WatchState | undefined {
    return this.states.at(-1);
  }

  at(path: string): string {
    return join(this.root, path);
  }

  /** Forgets what was told until now. */
  forget(): void {
    this.hints.length = 0;
  }

  has(kind: Hint['kind']): boolean {
    return this.hints.some((hint) => hint.kind === kind);
  }

  hintsAt(path: string): Hint[] {
    return this.hints.filter((hint) => covers(hint, path));
  }

  watching(deadlineMs?: number): Promise<unknown> {
    return waitFor('watching', () => this.state?.kind === 'watching' && this.has('everything'), deadlineMs);
  }

  degraded(code: string): Promise<WatchState> {
    return waitFor(`degraded with ${code}`, () => {
      const { state } = this;
      return state?.kind === 'degraded' && state.code === code && state;
    });
  }

  told(path: string, deadlineMs?: number): Promise<unknown> {
    return waitFor(`a hint that covers ${path}`, () => this.hintsAt(path).length > 0, deadlineMs);
  }
}

/** A new directory with what `prepare` puts into it, watched; the watcher's first look at everything is over. */
export async function watchedDirectory(
  t: TestContext,
  prepare: (root: string) => void = () => undefined,
): Promise<Watched> {
  const root = temporaryRoot(t);
  prepare(root);
  const watched = new Watched(root, new InotifyWatch(new RealClock(), SILENT));
  atEnd(t, () => watched.subscription.close());
  await watched.watching();
  watched.forget();
  return watched;
}

export function temporaryRoot(t: TestContext): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'syncd-watch-')));
  mkdirSync(join(root, '.syncd'));
  atEnd(t, () => rmSync(root, { recursive: true, force: true }));
  return root;
}
