// A peer's manifest: whole, or by its outline and what of it is not here. What cannot be right is refused, whoever sends it.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { type Chunk, type Manifest, encodeManifest } from '../../daemon/disk/manifest.ts';
import { encodeOutline, groupsOf } from '../../daemon/disk/outline.ts';
import type { ChunkWant } from '../../daemon/ports/peers.ts';
import { PeerManifest, type TakenManifest } from '../../daemon/transfer/peer-manifest.ts';

const LENGTH = 64 << 10;

function chunks(numbers: readonly number[]): Chunk[] {
  return numbers.map((n, i) => {
    return { offset: i * LENGTH, length: LENGTH, hash: hash('sha256', `chunk ${n}`, 'hex').slice(0, 32) };
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const WANTED: Manifest = chunks(upTo(2_000).with(700, 99_999).with(1_500, 99_998));
const THEIRS = encodeManifest(WANTED);
const OURS = encodeManifest(chunks(upTo(2_000)));
const REFUSED: TakenManifest = { kind: 'refused' };
const MORE: TakenManifest = { kind: 'more' };
const WHOLE: TakenManifest = { kind: 'whole', manifest: WANTED };

interface Talk {
  readonly manifest: PeerManifest;
  readonly asked: ChunkWant[];
  take(payload: Uint8Array, outline?: true): Promise<TakenManifest>;
}

function talk(): Talk {
  const asked: ChunkWant[] = [];
  const manifest = new PeerManifest(WANTED.length * LENGTH, (want) => asked.push(want));
  return {
    manifest,
    asked,
    take: (payload, outline) => manifest.take({ request: 1, kind: 'manifest', payload, ...(outline && { outline }) }),
  };
}

/** As the other side gives them. */
function groupsAsked(want: ChunkWant | undefined): Uint8Array {
  assert.ok(want?.kind === 'manifest' && want.groups !== undefined);
  return Buffer.concat(want.groups.flatMap(({ first, count }) => groupsOf(THEIRS).slice(first, first + count)));
}

test('of a manifest that is known but for a few chunks little comes', async () => {
  const { manifest, asked, take } = talk();
  manifest.ask(Promise.resolve(OURS));
  assert.deepEqual(asked, [{ kind: 'manifest', outline: true }]);
  const outline = encodeOutline(THEIRS);
  assert.deepEqual(await take(outline, true), MORE);
  const rest = groupsAsked(asked[1]);
  assert.deepEqual(await take(rest), WHOLE);
  assert.ok(outline.length + rest.length < THEIRS.length / 5, `${outline.length} and ${rest.length} bytes`);
  assert.deepEqual(await take(rest), REFUSED, 'it was answered already');
});

test('a peer that knows of no outlines answers with it all', async () => {
  const { manifest, asked, take } = talk();
  manifest.ask(Promise.resolve(OURS));
  assert.deepEqual(await take(THEIRS), WHOLE);
  assert.equal(asked.length, 1);
});

test('where nothing of it is here all of it is asked for', async () => {
  const { manifest, asked, take } = talk();
  manifest.ask();
  assert.deepEqual(asked, [{ kind: 'manifest' }]);
  assert.deepEqual(await take(THEIRS), WHOLE);
});

test('where ours cannot be read any more, or is quite another, its groups are asked for as one range', async () => {
  for (const own of [undefined, encodeManifest(chunks(upTo(2_000).map((n) => n + 50_000)))]) {
    const { manifest, asked, take } = talk();
    manifest.ask(Promise.resolve(own));
    assert.deepEqual(await take(encodeOutline(THEIRS), true), MORE);
    assert.deepEqual(asked[1], { kind: 'manifest', groups: [{ first: 0, count: groupsOf(THEIRS).length }] });
    assert.deepEqual(await take(THEIRS), WHOLE);
  }
});

test('what is all here needs nothing more', async () => {
  const { manifest, asked, take } = talk();
  manifest.ask(Promise.resolve(THEIRS));
  assert.deepEqual(await take(encodeOutline(THEIRS), true), WHOLE);
  assert.equal(asked.length, 1);
});

test('where more places differ than can be said all of it is asked for', async () => {
  // Each chunk is a group of its own, and every second one is here.
  const ending = upTo(80_000).filter((n) => (Number.parseInt(chunks([n])[0]?.hash.slice(-2) ?? '', 16) & 0x3f) === 0);
  const theirs = ending.slice(0, 600);
  assert.equal(theirs.length, 600);
  const asked: ChunkWant[] = [];
  const manifest = new PeerManifest(theirs.length * LENGTH, (want) => asked.push(want));
  manifest.ask(Promise.resolve(encodeManifest(chunks(theirs.filter((_, i) => i % 2 === 0)))));
  const payload = encodeManifest(chunks(theirs));
  const outline = encodeOutline(payload);
  assert.deepEqual(await manifest.take({ request: 1, kind: 'manifest', payload: outline, outline: true }), MORE);
  assert.deepEqual(asked[1], { kind: 'manifest' });
  const taken = await manifest.take({ request: 1, kind: 'manifest', payload });
  assert.deepEqual(taken, { kind: 'whole', manifest: chunks(theirs) });
});

test('I5: what cannot be right is refused: unasked, of another size, of other groups, more than they are', async () => {
  assert.deepEqual(await talk().take(THEIRS), REFUSED);

  const other = talk();
  other.manifest.ask(Promise.resolve(OURS));
  assert.deepEqual(await other.take(encodeOutline(THEIRS.subarray(20)), true), REFUSED);

  const short = talk();
  short.manifest.ask();
  assert.deepEqual(await short.take(THEIRS.subarray(20)), REFUSED);

  const wrong = (rest: Buffer): Uint8Array[] => {
    const changed = Buffer.from(rest);
    changed[30] = (changed[30] ?? 0) ^ 1;
    return [changed, rest.subarray(20), Buffer.concat([rest, rest.subarray(0, 20)]), new Uint8Array()];
  };
  for (let i = 0; i < 4; i++) {
    const { manifest, asked, take } = talk();
    manifest.ask(Promise.resolve(OURS));
    await take(encodeOutline(THEIRS), true);
    const bytes = wrong(Buffer.from(groupsAsked(asked[1])))[i];
    assert.ok(bytes);
    assert.deepEqual(await take(bytes), REFUSED, `${i}`);
  }
});

test('what an outline says of the length of a group of ours does not matter: its chunks are known', async () => {
  const { manifest, take } = talk();
  manifest.ask(Promise.resolve(THEIRS));
  const outline = Buffer.from(encodeOutline(THEIRS));
  outline.writeUInt32BE(outline.readUInt32BE(0) + LENGTH, 0);
  outline.writeUInt32BE(outline.readUInt32BE(20) - LENGTH, 20);
  assert.deepEqual(await take(outline, true), WHOLE);
});

test('a manifest of ours that cannot be made fails who asked for it', async () => {
  const { manifest, take } = talk();
  const failed = Promise.reject(new Error('the disk'));
  failed.catch(() => undefined);
  manifest.ask(failed);
  await assert.rejects(take(encodeOutline(THEIRS), true), /the disk/);
});
