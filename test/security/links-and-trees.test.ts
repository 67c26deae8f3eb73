// Trees that cannot be, and links that lead elsewhere: announced by a paired peer, and swapped on the disk by somebody
// local while files arrive below them. Nothing outside the folder is read or written, and the daemon comes to rest.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireLive } from '../../protocol/messages.ts';
import { atEnd } from '../system/at-end.ts';
import { node } from '../system/daemon.ts';
import { exists, read } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { type Ground, battleground, rounds } from './ground.ts';
import { logLines } from './log-lines.ts';
import { type MaliciousPeer, type Wire, nextSeq } from './malicious-peer.ts';

/** Targets that symlink(2) takes: the link is made with its text, and never followed. */
const TARGETS: Readonly<Record<string, string>> = {
  'to-passwd': '/etc/passwd',
  'to-above': '..',
  'to-canary': '../canary',
  'to-canary-dir': '../canary/dir',
  'to-ours': '.syncd',
  'to-itself': 'to-itself',
  'to-proc': '/proc/self/fd/3',
  'to-long': 'x/'.repeat(2047) + 'y',
};

/** What no link can be. */
const IMPOSSIBLE: readonly string[] = ['a\0b', '\ud800', 'x'.repeat(4096), '\u4e00'.repeat(2000)];

test('a paired peer plants links and trees that cannot be', async (t) => {
  const ground = await battleground(t);
  const { hub, left, right, mallory, standsFirm } = ground;
  const wire = await mallory.openFolder('docs');

  await t.test(
    'I8: a link is its text, and a file below it in the same message is not written through it',
    async () => {
      for (const [path, target] of Object.entries(TARGETS)) {
        announce(wire, { ...mallory.version(path), kind: 'symlink', target });
        for (const below of ['secret.txt', 'inner.txt', 'id', 'new.txt'])
          wire.sendFrame(mallory.update('docs', `${path}/${below}`, 'written through a link'));
      }
      await wire.answers();
      // And in the next frame, when the link is there.
      for (const path of Object.keys(TARGETS))
        wire.sendFrame(mallory.update('docs', `${path}/later.txt`, 'written through a link'));
      await standsFirm('links that lead elsewhere');
    },
  );

  await t.test('I8: a link alone arrives with its text', async () => {
    for (const [path, target] of Object.entries(TARGETS))
      announce(wire, { ...mallory.version(`alone/${path}`), kind: 'symlink', target });
    announce(wire, { ...mallory.version('alone'), kind: 'dir', mode: 0o755 });
    for (const root of [left, right])
      for (const [path, target] of Object.entries(TARGETS))
        await waitFor(`alone/${path} arrives`, () => linkAt(root, `alone/${path}`) === target);
    await standsFirm('links alone');
  });

  await t.test('I8: a link that cannot be is passed over with E_LINK_TARGET', async () => {
    for (const [n, target] of IMPOSSIBLE.entries())
      announce(wire, { ...mallory.version(`impossible-${n}`), kind: 'symlink', target });
    await wire.answers();
    assert.ok(logLines(hub).some(({ code }) => code === 'E_LINK_TARGET'));
    for (const n of IMPOSSIBLE.keys()) assert.ok(!exists(left, `impossible-${n}`));
    await standsFirm('links that cannot be');
  });

  await t.test(
    'I8: a directory that becomes a link again and again while files arrive in it leads nowhere',
    async (each) => {
      announce(wire, { ...mallory.version('swap'), kind: 'dir', mode: 0o755 });
      await waitFor('the directory is there', () => exists(left, 'swap'));
      const stop = swapForEver(each, left, 'swap', '../canary');
      for (let n = 0; n < rounds(300); n++) {
        wire.sendFrame(mallory.update('docs', `swap/f${n % 50}.txt`, `written through ${n}`));
        wire.send({ type: 'FILE_DELETE', folder: 'docs', seq: nextSeq(), record: mallory.version('swap/inner.txt') });
        await sleep(10);
      }
      stop();
      await standsFirm('a directory that is swapped for a link');
    },
  );

  for (const [why, tree] of Object.entries(TREES))
    await t.test(`I2, I8: ${why}: the daemon comes to rest, and other files arrive`, async () => {
      const place = why.replaceAll(' ', '-');
      tree(wire, mallory, place);
      wire.sendFrame(mallory.update('docs', `${place}.proof`, why));
      await waitFor('what came after is there', () => read(right, `${place}.proof`) === why);
      assert.ok(!wire.isOver, 'the session goes on');
    });

  await t.test('I10: after all of it the daemon is at rest', async () => {
    await standsFirm('trees that cannot be');
    await atRest(ground);
  });
});

const TREES: Readonly<Record<string, (wire: Wire, peer: MaliciousPeer, place: string) => void>> = {
  'a file with children': (wire, peer, place) => {
    wire.sendFrame(peer.update('docs', place, 'a file'));
    wire.sendFrame(peer.update('docs', `${place}/child`, 'of a file'));
    wire.sendFrame(peer.update('docs', `${place}/child/of/child`, 'of a file'));
  },
  'a child before its file': (wire, peer, place) => {
    wire.sendFrame(peer.update('docs', `${place}/x/y/child`, 'of a file'));
    wire.sendFrame(peer.update('docs', `${place}/x`, 'a file'));
  },
  'no parents': (wire, peer, place) => wire.sendFrame(peer.update('docs', `${place}/a/b/c/d`, 'no parents')),
  'a directory and a file in turn': (wire, peer, place) => {
    for (let n = 0; n < 50; n++) {
      const vector = [[peer.epoch, 1 + n]] as const;
      if (n % 2 === 0) announce(wire, { ...peer.version(place, { vector }), kind: 'dir', mode: 0o755 });
      else wire.sendFrame(peer.update('docs', place, `file ${n}`, { vector }));
      wire.sendFrame(peer.update('docs', `${place}/child`, `child ${n}`, { vector }));
    }
  },
  'a move into itself': (wire, peer, place) => {
    wire.sendFrame(peer.update('docs', place, 'to move'));
    move(wire, peer, place, `${place}/inside`);
  },
  'moves in a circle': (wire, peer, place) => {
    for (const name of ['a', 'b', 'c']) wire.sendFrame(peer.update('docs', `${place}.${name}`, name));
    for (let n = 0; n < 20; n++)
      for (const [from, to] of ['ab', 'bc', 'ca']) move(wire, peer, `${place}.${from}`, `${place}.${to}`);
  },
  'a move over a directory that is full': (wire, peer, place) => {
    wire.sendFrame(peer.update('docs', place, 'to move'));
    move(wire, peer, place, 'honest');
  },
  'sequences that go backwards': (wire, peer, place) => {
    for (let n = 20; n > 0; n--)
      wire.send({ type: 'FILE_DELETE', folder: 'docs', seq: n, record: peer.version(`${place}/${n}`) });
  },
  'the greatest sequence': (wire, peer, place) => {
    const seq = Number.MAX_SAFE_INTEGER;
    wire.send({ type: 'FILE_DELETE', folder: 'docs', seq, record: peer.version(place) });
  },
  'a file of 9 PB that nobody has': (wire, peer, place) =>
    announce(wire, { ...peer.file(place, 'x'), size: Number.MAX_SAFE_INTEGER }),
  'a time of 10^18 seconds': (wire, peer, place) => {
    for (const sign of ['', '-'])
      wire.sendFrame(peer.update('docs', `${place}${sign}`, 'late', { mtimeUs: `${sign}9${'9'.repeat(23)}` }));
  },
  'a content that is not its hash': (wire, peer, place) => {
    const { message, payload } = peer.update('docs', place, 'right');
    assert.ok(payload);
    wire.send(message, Buffer.from('wrong'));
  },
  'a mode of nothing': (wire, peer, place) => {
    announce(wire, { ...peer.version(place), kind: 'dir', mode: 0 });
    wire.sendFrame(peer.update('docs', `${place}/child`, 'in a directory of mode 000', { mode: 0 }));
  },
  'one version with two contents': (wire, peer, place) => {
    const version = { vector: [[peer.epoch, 7]] as const, stamp: 7, mtimeUs: '7000' };
    for (const content of ['one', 'two', 'one']) wire.sendFrame(peer.update('docs', place, content, version));
  },
};

function announce(wire: Wire, record: WireLive): void {
  wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
}

function move(wire: Wire, peer: MaliciousPeer, from: string, to: string): void {
  const fromSeq = nextSeq();
  const moved = peer.file(to, 'to move');
  wire.send({ type: 'FILE_MOVE', folder: 'docs', fromSeq, seq: nextSeq(), from: peer.version(from), to: moved });
}

function linkAt(root: string, path: string): string | undefined {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  return stat?.isSymbolicLink() === true ? readlinkSync(join(root, path)) : undefined;
}

/** A program of the machine that puts a link in the place of the directory and back, as fast as it can. */
function swapForEver(t: TestContext, root: string, name: string, target: string): () => void {
  const script = `
    const { renameSync, symlinkSync, rmSync, mkdirSync } = require('node:fs');
    process.chdir(process.argv[1]);
    symlinkSync(process.argv[3], 'swap.link');
    for (;;) try {
      renameSync(process.argv[2], 'swap.dir');
      renameSync('swap.link', process.argv[2]);
      renameSync(process.argv[2], 'swap.link');
      renameSync('swap.dir', process.argv[2]);
    } catch (error) {
      try { mkdirSync(process.argv[2]); } catch {}
      try { symlinkSync(process.argv[3], 'swap.link'); } catch {}
    }`;
  const child = spawn(node, ['-e', script, root, name, target], { stdio: 'ignore' });
  const stop = (): void => void child.kill('SIGKILL');
  atEnd(t, stop);
  return stop;
}

/** It takes next to no processor time while nobody does anything. */
async function atRest({ hub }: Ground): Promise<void> {
  const spentMs = (): number => {
    const [, after = ''] = readFileSync(`/proc/${hub.pid}/stat`, 'utf8').split(') ');
    const fields = after.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  await waitFor('it does next to nothing for a second', async () => {
    const before = spentMs();
    await sleep(1_000);
    return spentMs() - before < 250;
  });
}
