// S62 with real daemons: sessions between two of them, in which one message is repeated, left out, put behind the next,
// split, cut or changed by a bit. At worst the session ends and another begins, and then both trees are equal.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, temporaryDirectory } from '../system/daemon.ts';
import { assertSameTrees, compareTrees, noise, plantMany } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { rounds } from './ground.ts';
import { logLines } from './log-lines.ts';
import { type Direction, type Meddle, MeddlingProxy } from './meddling-proxy.ts';

/** How long a harmed session may go on before it is cut: most end by themselves. */
const HARMED_MS = 1_500;

type Harm = (message: Uint8Array, held: (later: Uint8Array) => void, at: number) => readonly Uint8Array[];

const HARMS: Readonly<Record<string, Harm>> = {
  repeated: (message) => [message, message],
  'left out': () => [],
  'behind the next': (message, held) => {
    held(message);
    return [];
  },
  split: (message, _, at) => [message.subarray(0, at % message.length), message.subarray(at % message.length)],
  cut: (message, _, at) => [message.subarray(0, at % message.length)],
  'changed by a bit': (message, _, at) => {
    const place = at % message.length;
    message[place] = (message[place] ?? 0) ^ (1 << (at & 7));
    return [message];
  },
};

/** Harms the n-th message of the first session from now, in one direction. */
function harming(harm: Harm, direction: Direction, n: number, at: number): { meddle: Meddle; done: () => boolean } {
  let isDone = false;
  let later: Uint8Array | undefined;
  const meddle: Meddle = (which, i, message) => {
    if (which !== direction) return [message];
    if (!isDone && i === n) {
      isDone = true;
      return harm(message, (held) => (later = held), at);
    }
    const behind = later;
    later = undefined;
    return behind === undefined ? [message] : [message, behind];
  };
  return { meddle, done: () => isDone };
}

test('S62, I2, I5: one harmed message costs a session at worst, and both trees are equal after the next', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  mkdirSync(left);
  mkdirSync(right);
  plantMany(left, 30);
  writeFileSync(join(left, 'large.bin'), noise(2 << 20, 3));
  const [hub, laptop] = await Promise.all([startDaemon(t, { name: 'hub' }), startDaemon(t, { name: 'laptop' })]);
  await hub.ok('add-folder', 'docs', left);
  const invitation = (await hub.ok('invite', 'docs')).trim();
  const port = Number(/:(\d+):[A-Z2-7]{52}:/.exec(invitation)?.[1]);
  const proxy = await MeddlingProxy.between(t, laptop, hub, port);
  const through = (await hub.ok('invite', 'docs', '--address', `127.0.0.1:${proxy.port}`)).trim();
  await laptop.ok('join', through, right);
  await waitFor('both are equal at first', () => compareTrees(left, right).length === 0);

  const reconnected = async (): Promise<void> => {
    await waitFor('the old session is gone', () => !proxy.isConnected);
    // It waits longer each time: not for us.
    await laptop.ctl('sync', 'docs');
    await waitFor('a session', () => proxy.isConnected);
  };
  const kinds = Object.entries(HARMS);
  const log: string[] = [];
  for (let round = 0; round < rounds(6); round++) {
    const [why, harm] = kinds[round % kinds.length] ?? ['repeated', HARMS['repeated']];
    assert.ok(harm);
    const direction: Direction = (round + Math.floor(round / kinds.length)) % 2 === 0 ? 'to hub' : 'to laptop';
    const n = Math.floor(round / 2) % 5;
    const what = `round ${round}: message ${n} ${direction} ${why}`;
    const { meddle, done } = harming(harm, direction, n, round * 7919);
    proxy.meddle(meddle);
    proxy.cut();
    change(left, 'left', round);
    change(right, 'right', round);
    await reconnected();
    const until = performance.now() + HARMED_MS;
    while (!done() && performance.now() < until) await sleep(20);
    await sleep(200);

    proxy.faithful();
    proxy.cut();
    await reconnected();
    await waitFor(`both are equal after ${what}`, () => compareTrees(left, right).length === 0);
    log.push(`${what}${done() ? '' : ' (not reached)'}`);
  }
  t.diagnostic(log.join('\n'));
  assertSameTrees(left, right);
  assert.ok(log.some((line) => !line.endsWith('(not reached)')));
  for (const daemon of [hub, laptop]) {
    assert.ok(daemon.isRunning());
    const failures = logLines(daemon).filter(({ level }) => level === 'error');
    assert.deepEqual(failures, []);
    const listed = await daemon.json('conflicts', 'docs');
    assert.ok(listed);
  }
});

/** Something of everything: a new file, an edit of a large one, a deletion, a move of many. */
function change(root: string, side: string, round: number): void {
  writeFileSync(join(root, `${side}-${round}.txt`), `${side} ${round}`);
  appendFileSync(join(root, `${side}.log`), `${round}\n`);
  if (side === 'left') appendFileSync(join(root, 'large.bin'), noise(70_000, round + 1));
  rmSync(join(root, `${side}-${round - 2}.txt`), { force: true });
}
