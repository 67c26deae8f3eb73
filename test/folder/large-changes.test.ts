// A large file that is changed: its manifest is made while it is read, and again for nobody; what differs is asked for alone.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { hashNext, newBegun } from '../../daemon/disk/new-part.ts';
import { encodeOutline, groupsOf } from '../../daemon/disk/outline.ts';
import type { ChunkAnswer, ChunkWant } from '../../daemon/ports/peers.ts';
import { LONG_BYTES } from '../../daemon/ports/workers.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { manifestOf } from './manifest-of.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const MIB = 1 << 20;
/** Text of which no two pieces are alike. */
function text(length: number, seed = 0): string {
  const lines: string[] = [];
  for (let n = 0; n * 64 < length; n++) lines.push(createHash('sha256').update(`${seed} ${n}`).digest('hex'));
  return lines.join('').slice(0, length);
}

const changed = (content: string, at: number): string => `${content.slice(0, at)}changed${content.slice(at + 7)}`;

function portions(device: OneDevice): number {
  return device.given.get('makeManifest')?.length ?? 0;
}

async function started(files: Readonly<Record<string, string>>): Promise<OneDevice> {
  const device = new OneDevice();
  device.given.set('makeManifest', []);
  await device.start(files);
  device.peer.knowsOutlines = true;
  return device;
}

async function arrives(device: OneDevice, content: string): Promise<void> {
  device.peer.manifests.set('large', manifestOf(content));
  device.peer.contents.set('large', content);
  device.peer.asked.length = 0;
  device.given.get('makeManifest')?.splice(0);
  device.peer.tell(device.peer.version('large', file(content)));
  await device.until(() => device.row('large')?.record.origin === device.peer.device, 'our index', 60_000);
  await device.until(() => device.read('large') === content, 'the file', 60_000);
}

function bytesAsked(device: OneDevice): number {
  const ranges = device.peer.asked.flatMap(({ want }) => (want.kind === 'bytes' ? want.ranges : []));
  return ranges.reduce((sum, { length }) => sum + length, 0);
}

const manifestsAsked = (device: OneDevice): ChunkWant[] =>
  device.peer.asked.map(({ want }) => want).filter(({ kind }) => kind === 'manifest');

test('of a large file that a peer has changed the outline is asked for, some groups, and what they have else', async () => {
  const before = text(20 * MIB);
  const device = await started({ large: before });
  const once = changed(before, 10 * MIB);
  await arrives(device, once);
  const [first, second, ...more] = manifestsAsked(device);
  assert.deepEqual(first, { kind: 'manifest', outline: true });
  assert.ok(second?.kind === 'manifest' && second.groups !== undefined && second.groups.length <= 2);
  assert.deepEqual(more, []);
  assert.ok(bytesAsked(device) < MIB, `${bytesAsked(device)} bytes were asked for`);
  assert.equal(portions(device), 2, 'ours was read through');

  await arrives(device, changed(once, 5 * MIB));
  assert.equal(portions(device), 0, 'what it consists of was known, and so little is missing that no version was read');
  assert.ok(bytesAsked(device) < MIB, `${bytesAsked(device)} bytes were asked for`);
  await device.stop();
});

test('a version is looked through where much is missing', async () => {
  const [first, second] = [text(2 * MIB, 1), text(2 * MIB, 2)];
  const device = await started({ large: first });
  await arrives(device, second);
  assert.equal(portions(device), 1);
  await arrives(device, `${first}${second}`);
  assert.equal(portions(device), 1, 'what it consists of was known of one');
  assert.ok(bytesAsked(device) < MIB, `${bytesAsked(device)} bytes were asked for`);
  await device.stop();
});

test('I5: what is known of a file of ours is not believed where it was written to since', async () => {
  const before = text(4 * MIB);
  const device = await started({ large: before });
  const once = changed(before, MIB);
  await arrives(device, once);
  const [kept] = device.user.tree(`${ROOT}/.syncd/versions`, []).keys();
  assert.ok(kept);
  // All of it is in the version, as far as anybody knows; and what the present file has may not be taken.
  device.user.write(`${ROOT}/.syncd/versions/${kept}`, text(4 * MIB, 9));
  await arrives(device, before);
  assert.ok(bytesAsked(device) > 0);
  await device.stop();
});

test('a hash that was lost on the way is made anew', async () => {
  const before = text(40 * MIB);
  const device = await started({ large: before });
  const others = new MemoryFileSystem(new SimulatedClock());
  others.user.write('/p/.syncd/id', 'there');
  others.user.write('/p/.syncd/staging/new.part', 'ab');
  const tree = { root: '/p', marker: 'there', boundaries: [] };
  device.given.set('hashNext', []);
  const done = arrives(device, changed(before, 10 * MIB));
  await device.until(() => (device.given.get('hashNext')?.length ?? 0) > 1, 'the first portion', 60_000);
  // So many other files are begun that this one is forgotten.
  for (let i = 0; i < 256; i++)
    hashNext.run(others, { tree, staged: 'new', size: 2, begun: newBegun(), offset: 0, length: 1 });
  await done;
  await device.stop();
});

async function answerTo(device: OneDevice, want: Extract<ChunkWant, { kind: 'manifest' }>): Promise<ChunkAnswer> {
  const entry = device.row('large')?.record.entry;
  assert.equal(entry?.kind, 'file');
  const request = 1000 + device.peer.answered.length;
  device.folder.door.onRequest(device.peer, { request, path: 'large' as RelativePath, sha256: entry.sha256, want });
  const answer = (): ChunkAnswer | undefined => device.peer.answered.find((one) => one.request === request);
  await device.until(() => answer() !== undefined, 'an answer', 5_000);
  return answer() as ChunkAnswer;
}

test('who asks has the outline, or groups of it, or all as before; what it has not is gone, and read for nobody', async () => {
  const content = text(20 * MIB);
  const device = await started({ large: content });
  const whole = manifestOf(content);
  const groups = groupsOf(whole);
  assert.ok(groups.length > 2);
  const manifest = { kind: 'manifest' } as const;
  const payloadOf = async (want: Extract<ChunkWant, { kind: 'manifest' }>): Promise<Buffer> => {
    const answer = await answerTo(device, want);
    assert.ok(answer.kind === 'manifest');
    assert.equal(answer.outline, want.outline);
    const payload = Buffer.from(answer.payload);
    answer.payload.fill(0); // it was given away: whoever sends it may do with it what it likes
    return payload;
  };
  assert.deepEqual(await payloadOf({ ...manifest, outline: true }), Buffer.from(encodeOutline(whole)));
  assert.deepEqual(await payloadOf(manifest), Buffer.from(whole));
  const some = [
    { first: 0, count: 1 },
    { first: 2, count: 1 },
  ];
  const wanted = Buffer.concat([groups[0] ?? Buffer.alloc(0), groups[2] ?? Buffer.alloc(0)]);
  assert.deepEqual(await payloadOf({ ...manifest, groups: some }), wanted);
  assert.equal(portions(device), 2, 'it was made once');

  const observed = device.given.get('observe')?.length;
  for (const wrong of [
    [{ first: groups.length, count: 1 }],
    [{ first: 0, count: groups.length + 1 }],
    some.toReversed(),
    [some[0], some[0]].flatMap((one) => one ?? []),
  ])
    assert.equal((await answerTo(device, { ...manifest, groups: wrong })).kind, 'gone');
  await device.clock.advance(1_000);
  assert.equal(device.given.get('observe')?.length, observed);
  await device.stop();
});

const LARGE = 'x'.repeat(LONG_BYTES + 1);
const WHOLE_PORTIONS = Math.ceil(LARGE.length / (16 * MIB));

test('the manifest of a large file that is changed here is made while it is read', async () => {
  const device = await started({ large: LARGE });
  device.slowJobs.set('observe', 20_000);
  device.write('large', `${LARGE}more`);
  await device.clock.advance(10_000);
  assert.equal(portions(device), WHOLE_PORTIONS);
  await device.until(() => device.row('large')?.seen?.size === LARGE.length + 4, 'it', 60_000);
  const answer = await answerTo(device, { kind: 'manifest' });
  assert.ok(answer.kind === 'manifest');
  assert.ok(Buffer.from(answer.payload).equals(manifestOf(`${LARGE}more`)));
  assert.equal(portions(device), WHOLE_PORTIONS);
  await device.stop();
});

test('nobody will ask for the manifest of a file that is new, or where nobody is connected', async () => {
  const device = await started({ large: LARGE });
  device.write('new', LARGE.replace('x', 'n'));
  await device.until(() => device.peer.lastTold('new') !== undefined, 'it', 60_000);
  assert.equal(portions(device), 0);
  device.peer.disconnect();
  device.write('large', `${LARGE}more`);
  await device.until(() => device.row('large')?.seen?.size === LARGE.length + 4, 'our index', 60_000);
  assert.equal(portions(device), 0);
  await device.stop();
});

test('what a manifest says that was made of a file while it changed is not said of it', async () => {
  const device = await started({ large: LARGE });
  device.slowJobs.set('observe', 20_000);
  device.write('large', `${LARGE}more`);
  await device.clock.advance(10_000);
  device.write('large', `${LARGE}other`);
  await device.until(() => device.row('large')?.seen?.size === LARGE.length + 5, 'it', 120_000);
  const answer = await answerTo(device, { kind: 'manifest' });
  assert.ok(answer.kind === 'manifest');
  assert.ok(Buffer.from(answer.payload).equals(manifestOf(`${LARGE}other`)));
  await device.stop();
});
