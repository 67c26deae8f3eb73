// Contents: what a paired peer may ask for, and what it may answer when it is asked. It gets nothing but files of the
// folder that it shares, as they are; and what it sends is believed only by its hash.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Sha256 } from '../../daemon/core/ids.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import { stagedName } from '../../daemon/disk/stage.ts';
import type { ChunkRequest, Frame } from '../../protocol/messages.ts';
import { exists, noise, read } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { temporaryDirectory } from '../system/daemon.ts';
import { battleground } from './ground.ts';
import { type Wire, nextSeq, sha256 } from './malicious-peer.ts';

const LARGE = noise(2 << 20, 11);

/** What comes back for a request: undefined is silence. */
type Answer = (asked: ChunkRequest) => Frame | undefined;

const chunk = (asked: ChunkRequest, payload: Uint8Array, offset = asked.ranges?.[0]?.[0] ?? 0): Frame => ({
  message:
    asked.want === 'manifest'
      ? { type: 'CHUNK', folder: asked.folder, request: asked.request, what: 'manifest', payload: payload.length }
      : { type: 'CHUNK', folder: asked.folder, request: asked.request, what: 'bytes', offset, payload: payload.length },
  payload,
});

/** A manifest of these lengths, of no particular content. */
function manifest(...lengths: readonly number[]): Buffer {
  return Buffer.concat(
    lengths.map((length) => {
      const one = Buffer.alloc(20);
      one.writeUInt32BE(length);
      return one;
    }),
  );
}

/** Each for a file of this size that is announced without content. */
interface Wrong {
  readonly size: number;
  readonly answer: Answer;
  /** Some of it is there already: then it is asked for by its manifest. */
  readonly begun?: true;
}

const ANSWERS: Readonly<Record<string, Wrong>> = {
  'nothing at all': { size: 1_000, answer: () => undefined },
  'other bytes of the right length': { size: 100_000, answer: (asked) => chunk(asked, noise(100_000, 5)) },
  'too few bytes': { size: 100_000, answer: (asked) => chunk(asked, Buffer.alloc(5)) },
  'too many bytes': { size: 100_000, answer: (asked) => chunk(asked, Buffer.alloc(4 << 20)) },
  'no bytes': { size: 100_000, answer: (asked) => chunk(asked, Buffer.alloc(0)) },
  'bytes of another offset': { size: 100_000, answer: (asked) => chunk(asked, noise(100_000, 5), 1 << 40) },
  'a manifest for small bytes': {
    size: 100_000,
    answer: (asked) => chunk({ ...asked, want: 'manifest' }, Buffer.alloc(20)),
  },
  'an empty manifest': { begun: true, size: LARGE.length, answer: (asked) => chunk(asked, Buffer.alloc(0)) },
  'half a manifest': { begun: true, size: LARGE.length, answer: (asked) => chunk(asked, Buffer.alloc(19)) },
  'chunks of no length': {
    begun: true,
    size: LARGE.length,
    answer: (asked) => chunk(asked, manifest(0, LARGE.length)),
  },
  'one chunk of everything': {
    begun: true,
    size: LARGE.length,
    answer: (asked) => chunk(asked, manifest(LARGE.length)),
  },
  'chunks of 4 GiB': {
    begun: true,
    size: LARGE.length,
    answer: (asked) => chunk(asked, manifest(2 ** 32 - 1, 2 ** 32 - 1)),
  },
  '200,000 chunks': { begun: true, size: LARGE.length, answer: (asked) => chunk(asked, Buffer.alloc(4_000_000)) },
  'wrong bytes of a large file': {
    size: LARGE.length,
    answer: (asked) => chunk(asked, Buffer.alloc(asked.ranges?.[0]?.[1] ?? 0)),
  },
  'a manifest instead of bytes': {
    size: LARGE.length,
    answer: (asked) => chunk({ ...asked, want: 'manifest' }, manifest(LARGE.length)),
  },
  'bytes instead of a manifest': {
    begun: true,
    size: LARGE.length,
    answer: (asked) => chunk({ ...asked, want: 'bytes' }, LARGE),
  },
  'a right manifest and wrong bytes': {
    begun: true,
    size: LARGE.length,
    answer: (asked) =>
      asked.want === 'manifest'
        ? chunk(asked, manifest(...Array.from({ length: 32 }, () => LARGE.length / 32)))
        : chunk(asked, Buffer.alloc(asked.ranges?.[0]?.[1] ?? 0)),
  },
  'that it has gone': {
    size: LARGE.length,
    answer: ({ folder, request }) => ({
      message: { type: 'CHUNK', folder, request, what: 'gone' },
      payload: undefined,
    }),
  },
};

test('a paired peer asks and answers as it likes', async (t) => {
  const { hub, left, right, mallory, standsFirm } = await battleground(t);

  await t.test(
    'I8: a content is given only by folder, path and hash together, and only of what is shared',
    async () => {
      const secret = temporaryDirectory(t);
      writeFileSync(join(secret, 'secret.txt'), 'of another folder');
      await hub.ok('add-folder', 'private', secret);
      await waitFor('it is scanned', async () => (await hub.folder('private')).files === 1);
      const wire = await mallory.openFolder('docs');
      const [ours, theirs] = [sha256('honest\n'), sha256('of another folder')];
      const rows: readonly (readonly [string, Partial<ChunkRequest>])[] = [
        ['right', { path: 'honest.txt', sha256: ours, ranges: [[0, 7]] }],
        ['the hash of another folder', { path: 'honest.txt', sha256: theirs }],
        ['the path of another folder', { path: 'secret.txt', sha256: theirs }],
        ['another path', { path: 'honest/deep/file.txt', sha256: ours }],
        ['a directory', { path: 'honest', sha256: ours }],
        ['the state of the folder', { path: '.syncd/id', sha256: ours }],
        ['past the end', { path: 'honest.txt', sha256: ours, ranges: [[3, 5]] }],
        ['beyond all numbers', { path: 'honest.txt', sha256: ours, ranges: [[Number.MAX_SAFE_INTEGER, 4 << 20]] }],
      ];
      for (const [request, [why, asked]] of rows.entries()) {
        const what = { type: 'CHUNK_REQUEST', folder: 'docs', request, want: 'bytes', ranges: [[0, 1]] } as const;
        wire.send({ ...what, path: 'x', sha256: ours, ...asked });
        const answer = await wire.heard('CHUNK', (said) => said.request === request);
        assert.equal(answer.what, why === 'right' ? 'bytes' : 'gone', why);
      }
      const asked = {
        type: 'CHUNK_REQUEST',
        request: 99,
        path: 'secret.txt',
        sha256: theirs,
        want: 'manifest',
      } as const;
      const refusals: string[] = [];
      for (const folder of ['private', 'nowhere']) {
        wire.send(mallory.index(folder, { reply: true }));
        wire.send({ ...asked, folder });
        const refusal = await wire.heard('ERROR', (said) => said.folder === folder);
        refusals.push(`${refusal.code} ${refusal.message}`);
      }
      await wire.answers();
      assert.equal(refusals[0], refusals[1], 'a folder that is not shared is as if it were not there');
      assert.ok(!wire.messages('CHUNK').some(({ request }) => request === 99));
      wire.cut();
    },
  );

  await t.test('I5: what is answered wrong is in no file, and others may still bring it', async () => {
    const wire = await mallory.openFolder('docs');
    const answers = new Map<string, Answer>();
    const asked = answering(wire, answers);
    for (const [why, { size, answer, begun }] of Object.entries(ANSWERS)) {
      const path = `${why.replaceAll(' ', '-')}.bin`;
      const content = size === LARGE.length ? LARGE : noise(size, size);
      answers.set(path, answer);
      const part = `${stagedName(path as RelativePath, sha256(content) as Sha256)}.part`;
      if (begun === true) writeFileSync(join(left, '.syncd', 'staging', part), '');
      const record = mallory.file(path, content);
      wire.send({ type: 'FILE_UPDATE', folder: 'docs', seq: nextSeq(), record });
    }
    for (const path of answers.keys()) await waitFor(`${path} is asked for`, () => asked.has(path));
    await wire.answers();
    await standsFirm('wrong answers');
    for (const path of answers.keys()) assert.ok(!exists(left, path), `${path} is not there`);
    assert.ok(!wire.isOver, 'it may have been an accident: the session goes on');
    wire.cut();
    // Somebody here makes such a file: that is what there is, everywhere.
    for (const path of answers.keys()) writeFileSync(join(right, path), 'made by hand');
    for (const path of answers.keys())
      await waitFor(`${path} made by hand arrives`, () => read(left, path) === 'made by hand');
    const staging = join(left, '.syncd', 'staging');
    mkdirSync(staging, { recursive: true });
    await waitFor('nothing is left in staging', () => readdirSync(staging).length === 0);
  });
});

/** Answers requests for these paths. Fills the set of paths that were asked for. */
function answering(wire: Wire, answers: ReadonlyMap<string, Answer>): ReadonlySet<string> {
  const asked = new Set<string>();
  let seen = 0;
  wire.websocket.on('message', () => {
    const requests = wire.messages('CHUNK_REQUEST');
    for (const request of requests.slice(seen)) {
      asked.add(request.path);
      const frame = answers.get(request.path)?.(request);
      if (frame !== undefined) wire.sendFrame(frame);
    }
    seen = requests.length;
  });
  return asked;
}
