// A folder on a FUSE, whose files somebody changes behind its back.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd } from './at-end.ts';
import { pair, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { unmount, withoutMounts } from './mounts.ts';
import { waitFor } from './wait-for.ts';

/** Why no FUSE can be mounted here; false when it can. */
function withoutFuse(): string | false {
  if (spawnSync('bindfs', ['--version'], { stdio: 'ignore' }).status !== 0) return 'bindfs is not installed';
  return existsSync('/dev/fuse') ? withoutMounts() : 'there is no /dev/fuse';
}

test('watch: auto polls where inotify does not see who writes, and says so', { skip: withoutFuse() }, async (t) => {
  const place = temporaryDirectory(t);
  const [behind, mounted, right] = [join(place, 'behind'), join(place, 'mounted'), join(place, 'right')];
  for (const dir of [behind, mounted, right]) mkdirSync(dir);
  execFileSync('bindfs', [behind, mounted]);
  atEnd(t, () => unmount(mounted));
  const [hub, laptop] = await Promise.all([
    startDaemon(t, { name: 'hub', config: 'defaults: { rescan: 5s }' }),
    startDaemon(t, { name: 'laptop' }),
  ]);
  await pair(hub, laptop, 'docs', [mounted, right]);
  await settle('docs', hub, laptop);

  assert.match(await hub.ok('status'), /note\tdocs\ton fuse\S* inotify does not see .* every 5 s/);
  assert.match(await hub.ok('doctor'), /changes are found by scanning alone \(fuse/);
  assert.match(hub.logs(), /finds changes by scanning: inotify does not see/);
  assert.equal((await hub.ctl('status', '--check')).code, 0, 'that is nothing to be called for');
  writeFileSync(join(behind, 'a.txt'), 'as another machine does it');
  await waitFor('a scan finds it', () => existsSync(join(right, 'a.txt')));
  writeFileSync(join(right, 'b.txt'), 'the other way');
  await settle('docs', laptop, hub);
  assert.equal(readFileSync(join(behind, 'b.txt'), 'utf8'), 'the other way');

  await hub.ok('edit-folder', 'docs', '--set', 'watch=inotify');
  await waitFor('it is watched', async () => !(await hub.ok('status')).includes('inotify does not see'));
  await hub.ok('edit-folder', 'docs', '--set', 'watch=auto');
  await waitFor('it is polled', async () => (await hub.ok('status')).includes('inotify does not see'));
  assert.equal((await hub.ctl('edit-folder', 'docs', '--set', 'watch=sometimes')).code, 2);
  await hub.restart();
  await waitFor('it is polled after a restart', async () => (await hub.ok('status')).includes('inotify does not see'));
  writeFileSync(join(behind, 'c.txt'), 'once more');
  await waitFor('a scan finds it', () => existsSync(join(right, 'c.txt')));
});
