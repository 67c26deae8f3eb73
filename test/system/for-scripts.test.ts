// What scripts rely on: exit statuses, what -q prints, fields that are there from the beginning.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram, startDaemon, startPair, syncctl, syncd, temporaryDirectory } from './daemon.ts';
import { plant } from './trees.ts';
import { waitFor } from './wait-for.ts';

test('a paused folder needs attention: status --check and wait exit with 5 until it goes on, also over a restart', async (t) => {
  const { hub, left, same } = await startPair(t);
  plant(left, { 'a.txt': '1' });
  await same();
  plant(left, { 'a.txt': '2' });
  await same();
  assert.equal((await hub.ctl('status', '--check')).code, 0);
  const [peer] = (await hub.status()).peers;
  assert.ok(peer?.rtt_ms !== null && peer !== undefined && peer.rtt_ms >= 0, 'the time to the peer is known');
  assert.match(await hub.ok('-q', 'history', 'docs'), /^([0-9a-z]{8,}\n)*$/, 'versions alone, and no empty lines');

  await hub.ok('pause', 'docs');
  for (const restart of [false, true]) {
    if (restart) await hub.restart();
    const check = await hub.ctl('status', '--check');
    assert.equal(check.code, 5);
    assert.match(check.stdout, /E_PAUSED.*syncctl resume docs/);
    assert.equal((await hub.ctl('wait', 'docs')).code, 5);
  }
  await hub.ok('resume', 'docs');
  assert.equal((await hub.ctl('status', '--check')).code, 0);
});

test('who follows events or the log of a daemon that ends is told so, with exit status 3', async (t) => {
  const daemon = await startDaemon(t, { name: 'alone' });
  const following = ['events', 'logs'].map((what) => runProgram([syncctl, '--home', daemon.home, what, '--follow']));
  // Only who is connected can be told.
  await waitFor('both to be connected', () => connectedTo(join(daemon.home, 'syncd.sock')) >= 2);
  await daemon.stop();
  for (const ended of await Promise.all(following)) {
    assert.equal(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /^syncctl: E_NOT_RUNNING: .*\nhint: /);
  }
});

test('a home or a folder where nothing can be made is refused at once', async (t) => {
  const ended = await runProgram([syncd, '--home', '/proc/nothing/here']);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^syncd: E_HOME: .*\/proc\/nothing\/here/);
  const daemon = await startDaemon(t, { name: 'alone' });
  const added = await daemon.ctl('add-folder', 'docs', '/proc/nothing/here');
  assert.match(added.stderr, /^syncctl: E_FOLDER_PATH: .*\nhint: /);
  await daemon.ok('add-folder', 'docs', join(temporaryDirectory(t), 'docs'));
});

/** Connections of a listening socket; 03 is connected. */
function connectedTo(path: string): number {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.filter((line) => line.endsWith(` ${path}`) && / 03 +\d+ /.test(line)).length;
}
