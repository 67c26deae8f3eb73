// A peer that may not do everything, and keeps to nothing: whatever it says, in whatever message, the tree of the device
// that granted the role changes only as the role allows, and so do the trees of the others.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Message, WireFile, WireLive, WireVersion } from '../../protocol/messages.ts';
import { compareTrees, exists, plant, read } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { battleground, fingerprint } from './ground.ts';
import { type MaliciousPeer, type Wire, nextSeq } from './malicious-peer.ts';

const HOUR_MS = 3_600_000;
const CENTURY_MS = 100 * 365 * 24 * HOUR_MS;
const MAX = Number.MAX_SAFE_INTEGER;

/** All that the attacks are about: not what the ground itself adds. */
function printOf(root: string): string[] {
  const own = [`${root} `, join(root, '.syncd'), join(root, 'sentinels')];
  return fingerprint(root).filter((line) => !own.some((begin) => line.startsWith(begin)));
}

/** The version that the hub has told of a path, as something to make another one over. */
function toldOf(wire: Wire, path: string): WireLive | undefined {
  return wire
    .messages('FILE_UPDATE')
    .map(({ record }) => record)
    .findLast((record) => record.path === path);
}

/** Each offence, over what the hub has told of `target.txt`: its size does not matter to the hub. */
const OFFENCES: Record<string, (peer: MaliciousPeer, over: WireVersion, wire: Wire) => void> = {
  'a deletion': (peer, over, wire) => {
    wire.send({
      type: 'FILE_DELETE',
      folder: 'docs',
      seq: nextSeq(),
      record: peer.version('target.txt', above(peer, over)),
    });
  },
  'a deletion with a count far in the future': (peer, over, wire) => {
    const record = peer.version('target.txt', { ...above(peer, over, Date.now() + CENTURY_MS), stamp: MAX });
    wire.send({ type: 'FILE_DELETE', folder: 'docs', seq: nextSeq(), record });
  },
  'a deletion that says to be of the hub': (peer, over, wire) => {
    const record = peer.version('target.txt', {
      ...above(peer, over),
      origin: peer.hub,
      maker: over.maker,
      mark: true,
    });
    wire.send({ type: 'FILE_DELETE', folder: 'docs', seq: nextSeq(), record });
  },
  'a move': (peer, over, wire) => {
    const from = peer.version('target.txt', above(peer, over));
    const to = peer.file('moved.txt', 'target\n');
    wire.send({ type: 'FILE_MOVE', folder: 'docs', fromSeq: nextSeq(), seq: nextSeq(), from, to });
  },
  'a chmod': (peer, over, wire) => {
    const record: WireFile = { ...peer.file('target.txt', 'target\n', above(peer, over)), mode: 0o777 };
    wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  },
  'a link in its place': (peer, over, wire) => {
    const record: WireLive = { ...peer.version('target.txt', above(peer, over)), kind: 'symlink', target: '../canary' };
    wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  },
  'a directory in its place': (peer, over, wire) => {
    const record: WireLive = { ...peer.version('target.txt', above(peer, over)), kind: 'dir', mode: 0o755 };
    wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  },
  'a creation with its content': (peer, _, wire) => wire.sendFrame(peer.update('docs', 'created.txt', 'mallory\n')),
  'a creation of a directory and a link': (peer, _, wire) => {
    const dir: WireLive = { ...peer.version('made'), kind: 'dir', mode: 0o755 };
    const link: WireLive = { ...peer.version('made/link'), kind: 'symlink', target: '/etc/passwd' };
    for (const record of [dir, link]) wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  },
  'a conflict that there was not': (peer, over, wire) => {
    const lost = [{ kind: 'file', sha256: 'e'.repeat(64), size: 1, origin: peer.hub, stamp: 1 }] as const;
    const record = { ...peer.file('target.txt', 'target\n', above(peer, over)), lost };
    wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  },
  'an INDEX that begins another epoch, and ACKs of what was never told': (peer, _, wire) => {
    const { epoch } = peer;
    wire.send({ type: 'ACK', folder: 'docs', epoch, received: MAX, held: MAX, skipped: 0, announced: MAX });
    wire.send(peer.index('docs', { reply: false, role: 'two-way' }));
  },
  'a refusal of all that the hub has': (_, __, wire) => {
    const seqs = wire.messages('FILE_UPDATE').map(({ seq }) => seq);
    const refused = seqs.map((seq) => ({ seq, held: false }));
    const error: Message = { type: 'ERROR', code: 'E_ROLE', message: 'no', folder: 'docs', refused, fatal: false };
    if (refused.length > 0) wire.send(error);
  },
};

/** Another content of a file that exists, however it comes: an edit-only peer may do that. */
const EDITS: typeof OFFENCES = {
  'a move over another file': (peer, over, wire) => {
    const from = peer.version('honest.txt', { ...above(peer, over) });
    const to = peer.file('target.txt', 'honest\n', above(peer, over));
    wire.send({ type: 'FILE_MOVE', folder: 'docs', fromSeq: nextSeq(), seq: nextSeq(), from, to });
  },
};

/** A version over another one, as an honest device would count it, or far beyond. */
function above(peer: MaliciousPeer, over: WireVersion, count = Date.now()): Pick<WireVersion, 'vector' | 'stamp'> {
  const before = over.vector.find(([epoch]) => epoch === peer.epoch)?.[1] ?? 0;
  const others = over.vector.filter(([epoch]) => epoch !== peer.epoch);
  const vector = [...others, [peer.epoch, Math.max(count, before + 1)] as const];
  return { vector: vector.toSorted(([a], [b]) => (a < b ? -1 : 1)), stamp: over.stamp + HOUR_MS };
}

for (const role of ['read-only', 'edit-only'] as const)
  test(`a peer that is ${role} does what it likes`, async (t) => {
    const { hub, laptop, left, right, mallory, standsFirm } = await battleground(t, { role });
    plant(left, { 'target.txt': 'target\n' });
    chmodSync(join(left, 'target.txt'), 0o644);
    await waitFor('the target is everywhere', () => read(right, 'target.txt') === 'target\n');
    const before = printOf(left);

    for (const [what, offend] of Object.entries(role === 'read-only' ? { ...OFFENCES, ...EDITS } : OFFENCES))
      await t.test(`I9, A2: ${role}: ${what} changes nothing`, async () => {
        const wire = await mallory.openFolder('docs');
        const over = await waitFor('the target is told', () => toldOf(wire, 'target.txt'));
        offend(mallory, over, wire);
        await wire.answers();
        await standsFirm(what);
        assert.equal(read(left, 'target.txt'), 'target\n');
        for (const root of [left, right])
          for (const path of ['created.txt', 'moved.txt', 'made']) assert.ok(!exists(root, path), `${path} in ${root}`);
        wire.cut();
      });

    await t.test(
      `I1, I9: ${role}: nothing of the tree was touched, nothing is in conflict, and the others are equal`,
      async () => {
        await laptop.ok('wait', 'docs', '--timeout', '60');
        assert.deepEqual(compareTrees(left, right), []);
        const after = printOf(left);
        assert.deepEqual(after, before);
        assert.equal((await hub.folder('docs')).conflicts, 0);
      },
    );

    await t.test(`I9: ${role}: an edit with a mode and a made-up mark`, async () => {
      const wire = await mallory.openFolder('docs');
      const over = await waitFor('the target is told', () => toldOf(wire, 'target.txt'));
      const content = 'edited by mallory\n';
      wire.sendFrame(mallory.update('docs', 'target.txt', content, { ...above(mallory, over), mode: 0o777 }));
      await wire.answers();
      if (role === 'edit-only') await waitFor('the edit is taken', () => read(right, 'target.txt') === content);
      await standsFirm('an edit');
      assert.equal(read(left, 'target.txt'), role === 'edit-only' ? content : 'target\n');
      const mode = fingerprint(left)
        .find((line) => line.startsWith(join(left, 'target.txt')))
        ?.split(' ')[1];
      assert.equal(Number(mode) & 0o777, 0o644);
      wire.cut();
    });

    await t.test(`I10: ${role}: thousands of creations and deletions are answered within bounds`, async () => {
      const wire = await mallory.openFolder('docs');
      const over = await waitFor('the target is told', () => toldOf(wire, 'target.txt'));
      const before = wire.messages('FILE_UPDATE').length;
      for (let i = 0; i < 3000; i++) {
        wire.send({
          type: 'FILE_DELETE',
          folder: 'docs',
          seq: nextSeq(),
          record: mallory.version('target.txt', above(mallory, over, Date.now() + i)),
        });
        wire.sendFrame(mallory.update('docs', `junk-${i}.txt`, 'junk'));
      }
      await wire.answers();
      await standsFirm('a flood of refusals');
      assert.ok(wire.messages('FILE_UPDATE').length - before <= 3000 + 10);
      assert.ok(exists(left, 'target.txt') && !exists(left, 'junk-0.txt'));
      wire.cut();
    });
  });
