// Run by watch-holes.test.ts in a user namespace of its own, where it may set the limits of inotify: prints what
// happened in one line.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../daemon/system/clock.ts';
import { InotifyWatch } from '../../daemon/system/inotify-watch.ts';
import { SILENT, Watched } from './watched.ts';

type Limit = 'max_inotify_instances' | 'max_inotify_watches';

function setLimit(limit: Limit, value: number | string): void {
  writeFileSync(`/proc/sys/user/${limit}`, `${value}`);
}

const told: string[] = [];
const root = mkdtempSync(join(tmpdir(), 'syncd-limits-'));
mkdirSync(join(root, '.syncd'));
const watch = new InotifyWatch(new RealClock(), SILENT);

async function withoutInstances(): Promise<void> {
  const before = readFileSync('/proc/sys/user/max_inotify_instances', 'latin1').trim();
  setLimit('max_inotify_instances', 0);
  const watched = new Watched(root, watch);
  await watched.degraded('E_WATCH_INSTANCES');
  await watched.subscription.settled();
  told.push('degraded E_WATCH_INSTANCES', 'alive');
  setLimit('max_inotify_instances', before);
  await watched.watching();
  told.push('watching');
  await watched.subscription.close();
}

async function withFewWatches(): Promise<void> {
  setLimit('max_inotify_watches', 20);
  const watched = new Watched(root, watch);
  await watched.watching();
  watched.forget();
  const files = Array.from({ length: 40 }, (_, i) => `dir${i}/file`);
  for (const [i, file] of files.entries()) {
    mkdirSync(join(root, `dir${i}`));
    writeFileSync(join(root, file), 'first');
  }
  const state = await watched.degraded('E_WATCH_LIMIT');
  if (state.kind === 'degraded' && state.message.includes('fs.inotify.max_user_watches'))
    told.push('degraded E_WATCH_LIMIT');
  await watched.subscription.settled();
  told.push('alive');
  watched.forget();
  setLimit('max_inotify_watches', 10_000);
  await watched.watching();
  told.push('watching');
  watched.forget();
  for (const file of files) writeFileSync(join(root, file), 'second');
  await watched.subscription.settled();
  if (files.every((file) => watched.hintsAt(file).length > 0)) told.push('all seen');
  await watched.subscription.close();
}

try {
  await (process.argv[2] === 'instances' ? withoutInstances() : withFewWatches());
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(told.join(', '));
