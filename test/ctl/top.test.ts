// `top`: what is said of what moves, from looks one after the other; live on a terminal, once for a program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Movement } from '../../ctl/output/movement.ts';
import type { StatusFolder, StatusPeer } from '../../protocol/control.ts';
import { named } from '../control/fake-daemon.ts';
import { serve } from '../control/served.ts';
import { waitFor } from '../system/wait-for.ts';
import { syncctl } from './run.ts';

const root = resolve(import.meta.dirname, '../..');

function folder(pending_files: number, pending_bytes: number): StatusFolder {
  return {
    name: 'docs',
    path: '/srv/docs',
    mode: 'two-way',
    state: pending_files === 0 ? 'idle' : 'syncing',
    files: 1,
    bytes: 1,
    pending_files,
    pending_bytes,
    conflicts: 0,
    last_sync: null,
    error: null,
    skipped: [],
    peers: [],
  };
}

const peer = (bytes_sent: number, bytes_received: number): StatusPeer => {
  const [address, since, rtt_ms] = [null, null, null];
  return { id: 'L', name: 'laptop', address, connected: true, since, rtt_ms, bytes_sent, bytes_received };
};

test('done is of the most that was to come, and the time left follows from the rate', () => {
  const movement = new Movement();
  const look = (atMs: number, one: StatusFolder) => movement.add({ atMs, folders: [one], peers: [] });
  look(0, folder(1, 10_000_000 - 4096));
  assert.deepEqual(movement.folder(folder(1, 10_000_000 - 4096)), {
    done: 0,
    bytesPerSecond: 0,
    secondsLeft: undefined,
  });
  look(2_000, folder(1, 6_000_000 - 4096));
  assert.deepEqual(movement.folder(folder(1, 6_000_000 - 4096)), {
    done: 0.4,
    bytesPerSecond: 2_000_000,
    secondsLeft: 3,
  });
  look(4_000, folder(0, 0));
  assert.deepEqual(movement.folder(folder(0, 0)).done, undefined);
  look(5_000, folder(2, 0));
  assert.equal(movement.folder(folder(2, 0)).done, 0, 'what comes next begins anew');
});

test('rates are of the last ten seconds, and never below nothing', () => {
  const movement = new Movement();
  for (const [atMs, sent] of [
    [0, 0],
    [9_000, 9_000_000],
    [15_000, 9_000_000],
    [20_000, 9_000_000],
  ] as const)
    movement.add({ atMs, folders: [], peers: [peer(sent, 0)] });
  assert.deepEqual(movement.peer(peer(9_000_000, 0)), { up: 0, down: 0 });
  movement.add({ atMs: 21_000, folders: [], peers: [peer(0, 0)] });
  assert.deepEqual(movement.peer(peer(0, 0)), { up: 0, down: 0 }, 'a new session counts anew');
  movement.add({ atMs: 22_000, folders: [], peers: [] });
  assert.deepEqual(movement.peer(peer(0, 0)), { up: 0, down: 0 });
});

test('in a pipe it looks for a second, and says so in lines or JSON', async (t) => {
  const { home, daemon } = await serve(t);
  const docs = daemon.fakeFolders.get(named('docs'));
  assert.ok(docs);
  docs.snapshotValue = { ...docs.snapshotValue, condition: { kind: 'syncing' }, pendingFiles: 3, pendingBytes: 4096 };
  const [lines, json] = await Promise.all([
    syncctl(['--home', home, 'top']),
    syncctl(['--home', home, 'top', '--json']),
  ]);
  assert.match(lines.stdout, /^folder\tdocs\tsyncing\t3\t4096\t0\t\npeer\tlaptop\t0\t0$/m);
  const answer = JSON.parse(json.stdout) as { folders: unknown[] };
  assert.deepEqual(answer.folders[0], {
    name: 'docs',
    state: 'syncing',
    pending_files: 3,
    pending_bytes: 4096,
    done: 0,
    bytes_per_s: 0,
    seconds_left: null,
  });
});

test('on a terminal it shows frames until q, and gives the screen back', async (t) => {
  const { home } = await serve(t);
  const command = `'${process.execPath}' '${root}/ctl/main.ts' --home '${home}' top`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
  });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  await waitFor('two frames', () => shown.split('\u001b[H').length > 2);
  child.stdin.write('xq');
  assert.equal(await ended, 0);
  assert.match(shown, /syncd on hub · \d\d:\d\d:\d\d · ↓ 0 B\/s · ↑ 0 B\/s · q quits/);
  assert.match(shown, /FOLDER +STATE +PROGRESS/);
  assert.ok(shown.startsWith('\u001b[?1049h') && shown.trimEnd().endsWith('\u001b[?1049l'), 'the screen is given back');
});
