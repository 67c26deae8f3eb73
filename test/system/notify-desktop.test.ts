// Desktop notices: of a daemon in somebody's session, and of `syncctl events --desktop` for a daemon that has none. What
// stands in for notify-send writes down its arguments.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { ask } from './ask.ts';
import { atEnd } from './at-end.ts';
import { node, startPair, syncctl, temporaryDirectory } from './daemon.ts';
import { plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('a desktop notice is shown in the session of the daemon, or of whoever follows its events', async (t) => {
  const place = temporaryDirectory(t);
  const stub = join(place, 'notify-send');
  writeFileSync(stub, `#!/bin/sh\nprintf '%s|' "$@" >> ${place}/shown\necho >> ${place}/shown\n`);
  chmodSync(stub, 0o755);
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = `${place}:${path}`;
  delete process.env['XDG_RUNTIME_DIR'];
  delete process.env['DBUS_SESSION_BUS_ADDRESS'];
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, `content ${n}`]));
  const config = 'defaults: { notify: [{ on: [mass-delete], desktop: true }] }\n';
  const { hub, left, same } = await startPair(t, { config, before: (root) => plant(root, files) });
  const remove = (): void => {
    for (const name of Object.keys(files)) unlinkSync(join(left, name));
  };

  const follower = spawn(node, [syncctl, '--home', hub.home, 'events', '--desktop'], { stdio: 'ignore' });
  atEnd(t, () => void follower.kill('SIGKILL'));
  writeFileSync(join(left, 'sentinel'), 'x');
  await same();
  remove();
  const shown = await waitFor('the follower shows it', () => read(place, 'shown'));
  assert.match(
    shown,
    /^--app-name=syncd\|--\|syncd: docs\|held: all 31|^--app-name=syncd\|--\|syncd: docs\|held: 30 of 31/,
  );
  const { attention } = (await ask(hub, 'health')) as { attention: { code: string | null; message: string }[] };
  assert.match(
    attention.find(({ code }) => code === 'E_NOTIFY')?.message ?? '',
    /the desktop notice could not be started: no desktop session can be reached from here/,
  );
  follower.kill('SIGKILL');
  await hub.ok('reject', 'docs');
  await same();

  process.env['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nowhere';
  await hub.restart();
  remove();
  await waitFor('the daemon shows it', () => read(place, 'shown')?.includes('|syncd on hub: docs|held: ') === true);
  await hub.ok('reject', 'docs');
  await same();
});
