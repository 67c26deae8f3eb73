// What a paired peer may call things: names that lead out of the folder, or into what is ours, are passed over one by one;
// names that only look dangerous are names like any other, and arrive byte for byte.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Frame, Message, WireLive } from '../../protocol/messages.ts';
import { describeTree } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { battleground } from './ground.ts';
import { logLines } from './log-lines.ts';
import { type MaliciousPeer, type Wire, nextSeq, sha256 } from './malicious-peer.ts';

/** Each leads out of the folder, into what is ours, or cannot be. */
const REFUSED: readonly string[] = [
  '.',
  '..',
  '/',
  'a/',
  '/a',
  'a//b',
  './a',
  'a/.',
  'a/..',
  '../a',
  '../canary/secret.txt',
  'a/../../b',
  'a/b/../../../c',
  '/etc/passwd',
  '/proc/self/fd/3',
  '.syncd',
  '.syncd/id',
  '.syncd/versions/x',
  'a\0b',
  '\ud800',
  '\udc00x',
  'a\ud800',
  'a\udfff',
  'x'.repeat(256),
  '\u4e00'.repeat(255),
  `${'d/'.repeat(256)}f`,
  'y/'.repeat(2048),
];

/** Refused by the schema: the session ends. */
const IMPOSSIBLE: readonly string[] = ['', 'z'.repeat(4097), 'c/'.repeat(100_000)];

/** Names like any other. */
const ALLOWED: readonly string[] = [
  '\\..\\a',
  'C:\\a',
  '~/a',
  '~root',
  '.SYNCD/x',
  'sub/.syncd/x',
  'a\u202Eb',
  '\u001b]0;x\u0007',
  'a\nINFO fake',
  '__proto__',
  'constructor',
  'toString',
  'con',
  '%00',
  'a%2f..%2fb',
  '%s%n',
  '$(reboot)',
  '-rf',
  'caf\u00e9',
  'cafe\u0301',
  'trailing space ',
  'trailing dot.',
  ' ',
  '*',
  '...',
  '..a',
  'n'.repeat(255),
  `${'p/'.repeat(255)}q`,
];

/** Every message that names a path, with this one. */
function everyMention(peer: MaliciousPeer, path: string): Frame[] {
  const content = 'from outside';
  const payload = Buffer.from(content);
  const file = peer.file(path, content);
  const bare = (message: Message): Frame => ({ message, payload: undefined });
  const live = (record: WireLive): Frame => bare({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  const moved = (from: string, to: string): Frame => {
    const fromSeq = nextSeq();
    return bare({
      type: 'FILE_MOVE',
      folder: 'docs',
      fromSeq,
      seq: nextSeq(),
      from: peer.version(from),
      to: peer.file(to, content),
    });
  };
  const asks = { type: 'CHUNK_REQUEST', folder: 'docs', request: 1, path, sha256: sha256(content) } as const;
  return [
    {
      message: { type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record: file, payload: payload.length },
      payload,
    },
    live({ ...peer.version(path), kind: 'dir', mode: 0o777 }),
    live({ ...peer.version(path), kind: 'symlink', target: '../canary' }),
    bare({ type: 'FILE_DELETE', folder: 'docs', seq: nextSeq(), record: peer.version(path) }),
    moved(path, 'moved here'),
    moved('nothing here', path),
    bare({ ...asks, want: 'manifest' }),
    bare({ ...asks, want: 'bytes', ranges: [[0, 1]] }),
  ];
}

test('a paired peer calls things what it likes', async (t) => {
  const { hub, left, right, mallory, standsFirm } = await battleground(t);

  await t.test(
    'I8: S44: a name that leads out of the folder, or is none, is passed over in every message, and logged once',
    async () => {
      // What a half character would become, if it were taken.
      writeFileSync(join(left, 'a\ufffd'), 'mine');
      const wire = await mallory.openFolder('docs');
      const before = describeTree(left);
      for (const path of REFUSED) {
        for (const frame of everyMention(mallory, path)) wire.sendFrame(frame);
        await wire.answers();
        assert.ok(!wire.isOver, `the session goes on after ${JSON.stringify(path)}`);
      }
      // A request is answered, so that nobody waits for it.
      assert.equal(wire.messages('CHUNK').filter(({ what }) => what === 'gone').length, 2 * REFUSED.length);
      wire.sendFrame(mallory.update('docs', 'proof.txt', 'taken in order'));
      await waitFor('what came after is there', () => existsSync(join(left, 'proof.txt')));
      const after = [...describeTree(left).keys()].filter((path) => !before.has(path));
      assert.deepEqual(after, ['proof.txt']);
      assert.equal(readFileSync(join(left, 'a\ufffd'), 'utf8'), 'mine');
      assert.equal(logLines(hub).filter(({ code }) => code === 'E_NAME').length, 1, 'one line for one cause');
      await standsFirm('names that lead out');
    },
  );

  await t.test('I8: a path that no schema takes ends the session with E_PROTOCOL', async () => {
    for (const path of IMPOSSIBLE) {
      const [first, ...others] = everyMention(mallory, path);
      // One message of all, and another of each in turn.
      for (const frame of [first, others[IMPOSSIBLE.indexOf(path) * 2]]) {
        assert.ok(frame);
        const wire = await mallory.openFolder('docs');
        wire.sendFrame(frame);
        assert.equal((await wire.ended).code, 'E_PROTOCOL', `${frame.message.type} ${path.slice(0, 20)}`);
      }
    }
    await standsFirm('paths that cannot be');
  });

  await t.test('I8: a name that only looks dangerous arrives byte for byte, inside the folder', async () => {
    const wire = await mallory.openFolder('docs');
    for (const path of ALLOWED) {
      announceParents(mallory, wire, path);
      wire.sendFrame(mallory.update('docs', path, `content of ${path}`));
    }
    for (const root of [left, right])
      for (const path of ALLOWED)
        await waitFor(`${JSON.stringify(path.slice(-40))} arrives`, () =>
          existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') === `content of ${path}` : false,
        );
    await standsFirm('names that look dangerous');
  });
});

/** The directories above a path, as an honest device announces them. */
function announceParents(peer: MaliciousPeer, wire: Wire, path: string): void {
  const names = path.split('/').slice(0, -1);
  names.forEach((_, i) => {
    const record: WireLive = { ...peer.version(names.slice(0, i + 1).join('/')), kind: 'dir', mode: 0o755 };
    wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
  });
}
