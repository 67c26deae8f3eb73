// The watcher process: it watches all folders with one inotify queue, and tells its parent. It may block or die; the
// parent notices and starts another. It ends with its parent.
import { basename, join } from 'node:path';
import type { WatchState } from '../ports/watch.ts';
import { giveBack, whenAtRest } from './give-back.ts';
import { endWithParent, queuedBytes, watchLeft } from './inotify-calls.ts';
import { maxQueuedEvents, maxWatches, openReadCounter } from './inotify-proc.ts';
import { probeInotifyInstance } from './syscalls.ts';
import { type Burst, BurstMeter } from './watch-burst.ts';
import { WatchedFolder, type FolderNews } from './watch-folder.ts';
import { isOwn } from './watch-hints.ts';
import type { WatchOrder } from './watch-messages.ts';
import { Outbox } from './watch-outbox.ts';
import { RecentDirectories, type RecentChange } from './watch-recent.ts';
import { lookAt, queueDescriptor } from './watch-tree.ts';

const TICK_MS = 1_000;
/** So many of them from one sign of life to the next: fewer than the parent waits for one. */
const BEAT_TICKS = 2;
/** While events come the queue is measured this often. */
const MEASURE_MS = 20;
const ACTIVE_MS = 1_000;
/** A limit that was not raised may still be given way to, by others or by fewer directories. */
const LIMIT_RETRY_TICKS = 10;

const outbox = new Outbox();
const folders = new Map<number, WatchedFolder>();
/** Folders that wait for an inotify instance. */
const waiting = new Set<number>();
/** Folders that are being let go of. */
let closing = 0;
const states = new Map<number, WatchState>();

const meter = new BurstMeter(maxQueuedEvents());
const readByOthers = openReadCounter();
/** What others had read at the last tick. */
let readBefore: number | undefined;
let activeUntil = 0;
let measuring: NodeJS.Timeout | undefined;

let ticks = 0;
let limitAtStart = maxWatches();
let limited = false;

const recent = new RecentDirectories(onRecentChange, () => checkLimit());

function obey(order: WatchOrder): void {
  switch (order.kind) {
    case 'watch':
      folders.set(order.folder, new WatchedFolder(order.root, order.quiet, newsOf(order.folder)));
      waiting.add(order.folder);
      startWaiting();
      return;
    case 'unwatch':
      letGo(folders.get(order.folder));
      folders.delete(order.folder);
      waiting.delete(order.folder);
      states.delete(order.folder);
      recent.forgetFolder(order.folder);
      outbox.forget(order.folder);
      return;
    case 'addTree':
      folders.get(order.folder)?.addTree(order.dir);
      return;
    case 'settle':
      void settle(order.folder, order.ask);
      return;
  }
}

/**
 * A folder that is watched anew may be the same one with other quiet directories: the library would give it the tree that
 * it still has, so the old one ends first.
 */
function letGo(folder: WatchedFolder | undefined): void {
  if (folder === undefined) return;
  closing++;
  void folder.close().finally(() => {
    closing--;
    startWaiting();
  });
}

async function settle(folder: number, ask: number): Promise<void> {
  await folders.get(folder)?.settle();
  // Measured now: on a busy machine all of a burst may have been read since the timer last did.
  if (measure() !== 'none' || meter.suspect) outbox.hints(folder).everything('a burst of changes');
  if (recent.isFlooded(folder)) outbox.hints(folder).everything('a flood of changes');
  outbox.send({ kind: 'settled', folder, ask });
}

/** The library blocks for ever where no instance is left, so it is not asked before one is. */
function startWaiting(): void {
  if (closing > 0) return;
  for (const folder of waiting) {
    if (probeInotifyInstance() !== 'ok') {
      const message = 'No inotify instance is left: fs.inotify.max_user_instances is reached.';
      report(folder, { kind: 'degraded', code: 'E_WATCH_INSTANCES', message });
      continue;
    }
    waiting.delete(folder);
    void folders.get(folder)?.start();
  }
}

function newsOf(folder: number): FolderNews {
  const hints = () => outbox.hints(folder);
  return {
    path: (path) => hints().path(path),
    tree: (dir) => hints().tree(dir),
    everything: (why) => hints().everything(why),
    state: (state) => {
      if (state.kind === 'degraded' && state.code === 'E_WATCH_LIMIT') limited = true;
      report(folder, state);
    },
    renew: (why, detail) => outbox.send({ kind: 'renew', why, detail }),
    busy: (dir) => touch(folder, dir),
    gone: (paths) => recent.forget(folder, paths),
    activity: () => measureForAWhile(),
  };
}

/** `limited` is about all folders: whatever is new in any of them is not watched. */
function report(folder: number, state: WatchState): void {
  const told = limited && state.kind === 'watching' ? LIMIT_REACHED : state;
  states.set(folder, told);
  outbox.send({ kind: 'state', folder, state: told });
}

const LIMIT_REACHED: WatchState = {
  kind: 'degraded',
  code: 'E_WATCH_LIMIT',
  message: 'No watch is left for new directories: fs.inotify.max_user_watches is reached.',
};

function checkLimit(): void {
  const left = watchLeft();
  if (!limited) {
    if (left) return;
    limited = true;
    for (const [folder, state] of states) if (state.kind === 'watching') report(folder, LIMIT_REACHED);
    return;
  }
  const limit = maxWatches();
  const raised = limit !== undefined && limitAtStart !== undefined && limit > limitAtStart;
  if (raised && left) {
    limitAtStart = limit;
    outbox.send({ kind: 'renew', why: 'cleared', detail: 'fs.inotify.max_user_watches was raised' });
  } else if (left && ticks % LIMIT_RETRY_TICKS === 0) {
    outbox.send({ kind: 'renew', why: 'gap', detail: 'watches are to be had again' });
  }
}

function touch(folder: number, dir: string): void {
  const watched = folders.get(folder);
  if (watched?.root !== undefined && !watched.isQuiet(dir)) recent.touch(folder, watched.root, dir);
}

function onRecentChange({ folder, dir, name, renamed }: RecentChange): void {
  const root = folders.get(folder)?.root;
  if (root === undefined) return;
  const hints = outbox.hints(folder);
  if (name === undefined) {
    if (dir !== '') hints.path(dir);
    return;
  }
  const path = join(dir, name);
  if (isOwn(path)) return;
  measureForAWhile();
  if (name === basename(dir) && isOutOfReach(join(root, dir))) hints.path(dir);
  else if (renamed && lookAt(join(root, path))?.directory === true) {
    hints.tree(path);
    touch(folder, path);
  } else {
    hints.path(path);
  }
}

/**
 * What changes of a directory itself, its mode for one, is told under its own name, as if it held one of that name. Where
 * nobody can look whether it does, that would be named as what cannot be read.
 */
function isOutOfReach(dir: string): boolean {
  return lookAt(`${dir}/.`) === undefined;
}

function measureForAWhile(): void {
  activeUntil = performance.now() + ACTIVE_MS;
  if (measuring !== undefined) return;
  measure();
  measuring = setInterval(() => {
    measure();
    if (performance.now() < activeUntil || meter.suspect) return;
    clearInterval(measuring);
    measuring = undefined;
  }, MEASURE_MS);
}

/** @param readBytes what others have read until now */
function measure(readBytes = readByOthers?.()): Burst {
  const queue = queueDescriptor();
  if (queue === undefined || readBytes === undefined) return 'none';
  const burst = meter.sample({ readBytes, queuedBytes: queuedBytes(queue) }, performance.now());
  if (burst === 'during') for (const folder of folders.keys()) outbox.hints(folder).everything('a burst of changes');
  // A new process, because directories that came with what was lost are not watched.
  if (burst === 'over') outbox.send({ kind: 'renew', why: 'lost', detail: 'a burst of changes' });
  if (meter.suspect) measureForAWhile();
  return burst;
}

function tick(): void {
  ticks++;
  if (ticks % BEAT_TICKS === 0) outbox.send({ kind: 'beat' });
  const read = readByOthers?.();
  if (read === undefined || read !== readBefore) outbox.send({ kind: 'active' });
  readBefore = read;
  startWaiting();
  measure(read);
  checkLimit();
  for (const folder of recent.takeFlooded()) outbox.hints(folder).everything('a flood of changes');
  for (const folder of folders.values()) {
    folder.tick();
    if (folder.returned) outbox.send({ kind: 'renew', why: 'cleared', detail: 'the root is back' });
  }
}

endWithParent();
process.on('message', (order: WatchOrder) => obey(order));
// Not by process.exit, which waits for the library's threads.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
setInterval(tick, TICK_MS);
whenAtRest(giveBack);
outbox.send({ kind: 'beat' });
