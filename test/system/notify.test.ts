// `notify` on running devices: commands are told of conflicts, errors, held deletions and lost peers, and whatever they do,
// the folder goes on.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask } from './ask.ts';
import { type Daemon, type Pair, startPair, temporaryDirectory } from './daemon.ts';
import { plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Told {
  readonly event: string;
  readonly device: { readonly name: string };
  readonly folder: string;
  readonly path: string | null;
  readonly paths: readonly string[];
  readonly count: number;
  readonly peer: { readonly name: string } | null;
  readonly code: string | null;
}

/** What a command of this name has written down. */
function toldTo(place: string, name: string): readonly Told[] {
  const file = join(place, name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Told);
}

function program(place: string, name: string, script: string): string {
  const file = join(place, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function attention(daemon: Daemon): Promise<readonly { code: string | null; message: string }[]> {
  return ((await ask(daemon, 'health')) as { attention: { code: string | null; message: string }[] }).attention;
}

/** Edits that know nothing of each other. */
async function clash({ hub, laptop, left, right, same }: Pair, paths: readonly string[]): Promise<void> {
  await Promise.all([hub.ok('pause', 'docs'), laptop.ok('pause', 'docs')]);
  for (const path of paths) {
    writeFileSync(join(left, path), `of the hub ${paths.length}`);
    writeFileSync(join(right, path), `of the laptop, which is later ${paths.length}`);
  }
  await Promise.all([hub.ok('sync', 'docs'), laptop.ok('sync', 'docs')]);
  await Promise.all([hub.ok('resume', 'docs'), laptop.ok('resume', 'docs')]);
  await same();
}

const HOSTILE = '$(touch pwned); "x\' `touch pwned`.txt';

test('S34: commands hear of conflicts as JSON, never through a shell; those that hang, fork or flood stop nothing', async (t) => {
  const place = temporaryDirectory(t);
  const note = program(place, 'note', `cat >> ${place}/noted`);
  const hang = program(place, 'hang', `sleep 300 & echo $! $$ >> ${place}/hung; sleep 300`);
  const flood = program(place, 'flood', 'head -c 1G /dev/zero; head -c 1G /dev/zero >&2');
  const fail = program(place, 'fail', `cat > /dev/null; [ -e ${place}/mended ]`);
  const config = `defaults:
  notify:
    - { on: [conflict], run: [${hang}], timeout: 10m }
    - { on: [conflict], run: [${flood}] }
    - { on: [conflict], run: [${fail}] }
    - { on: [conflict], run: [${note}] }
`;
  const pair = await startPair(t, {
    config,
    before: (root) => plant(root, { [HOSTILE]: 'as it was', b: 'b', c: 'c' }),
  });
  const { hub, laptop, left, right, same } = pair;

  await clash(pair, [HOSTILE]);
  const told = await waitFor('a command has heard of it', () => toldTo(place, 'noted')[0]);
  assert.deepEqual([told.event, told.folder, told.path, told.count], ['conflict', 'docs', HOSTILE, 1]);
  for (const dir of ['/', left, right, place]) assert.equal(existsSync(join(dir, 'pwned')), false);

  await waitFor(
    'a command hangs',
    () => existsSync(join(place, 'hung')) && read(place, 'hung')?.includes('\n') === true,
  );
  writeFileSync(join(left, 'meanwhile'), 'goes on');
  await same();
  assert.equal(read(right, 'meanwhile'), 'goes on');

  const failing = await waitFor('the command that fails is told of', async () =>
    [...(await attention(hub)), ...(await attention(laptop))].find(({ code }) => code === 'E_NOTIFY'),
  );
  assert.match(failing.message, /^notify of docs: .*\/(fail ended with status 1|flood .*)$/);

  // Changed while it runs: the one that is left out is not started again, and does not count any more.
  const now = `defaults: { notify: [{ on: [conflict], run: [${note}] }] }\n`;
  for (const device of [hub, laptop]) {
    device.configure(now);
    await device.ok('reload');
  }
  const codes = [...(await attention(hub)), ...(await attention(laptop))].map(({ code }) => code);
  assert.equal(codes.includes('E_NOTIFY'), false);
  const hung = read(place, 'hung') ?? '';
  await clash(pair, ['b', 'c']);
  const isToldOf = (path: string, by: string): boolean =>
    toldTo(place, 'noted').some(({ paths, device }) => paths.includes(path) && device.name === by);
  await waitFor('the next ones are told of on both devices', () =>
    ['b', 'c'].every((path) => isToldOf(path, 'hub') && isToldOf(path, 'laptop')),
  );
  assert.equal(read(place, 'hung'), hung);

  const wrong = await hub.ctl('edit-folder', 'docs', '--set', `notify=[{ on: [conflict], run: "${note} now" }]`);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /E_CONFIG: folders\.docs\.notify\.0\.run: found .*; expected a list of the absolute path/);

  // What hangs does not outlive the daemon, which is not kept by it.
  for (const device of [hub, laptop]) assert.equal(await device.stop(), 0);
  const pids = hung.trim().split(/\s+/);
  await waitFor('nobody is left', () => pids.every((pid) => !runs(pid)));
});

test('commands hear of held deletions, errors and lost peers, also after a restart', async (t) => {
  const place = temporaryDirectory(t);
  const note = program(place, 'note', `cat >> ${place}/$1`);
  const config = `defaults:
  notify:
    - { on: [mass-delete, error], run: [${note}, trouble] }
    - { on: [peer-lost], run: [${note}, lost], after: 1s }
    - { on: [mass-delete], run: [${place}/nowhere] }
`;
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, `content ${n}`]));
  const { hub, laptop, left, same } = await startPair(t, { before: (root) => plant(root, files) });
  hub.configure(config);
  await hub.restart();

  for (const name of Object.keys(files)) unlinkSync(join(left, name));
  const held = await waitFor('the deletion is told of', () => toldTo(place, 'trouble')[0]);
  assert.deepEqual([held.event, held.code, held.device.name], ['mass-delete', 'E_MASS_DELETE', 'hub']);
  const missing = await waitFor('what is not there is told of', async () =>
    (await attention(hub)).find(({ code }) => code === 'E_NOTIFY'),
  );
  assert.match(missing.message, /nowhere could not be started: .*ENOENT/);
  await hub.ok('reject', 'docs');
  await same();

  renameSync(left, `${left}-away`);
  await waitFor('the missing root is told of', () =>
    toldTo(place, 'trouble').some(({ event, code }) => event === 'error' && code === 'E_ROOT_MISSING'),
  );
  renameSync(`${left}-away`, left);
  await same();

  // While the hub was restarting, the laptop may have been away for long enough.
  const before = toldTo(place, 'lost').length;
  await laptop.stop();
  const lost = await waitFor('the lost peer is told of', () => toldTo(place, 'lost')[before]);
  assert.deepEqual([lost.event, lost.peer?.name, lost.folder], ['peer-lost', 'laptop', 'docs']);
  await laptop.start();
  await same();
  assert.equal(toldTo(place, 'lost').length, before + 1, 'once');
});

function runs(pid: string): boolean {
  try {
    return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
