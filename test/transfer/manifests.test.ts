// Manifests of what is here: each is made once, one after the other, and the last ones are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sha256 } from '../../daemon/core/ids.ts';
import type { SeenStat } from '../../daemon/core/observation.ts';
import type { MakeManifest, ManifestPortion } from '../../daemon/disk/manifest-job.ts';
import type { PieceSource } from '../../daemon/disk/piece-source.ts';
import type { Workers } from '../../daemon/ports/workers.ts';
import { Manifests } from '../../daemon/transfer/manifests.ts';
import { path } from '../disk/tree.ts';

const tree = { root: '/p', marker: 'here', boundaries: [] };
const sha256 = (n: number): Sha256 => n.toString(16).padStart(64, '0') as Sha256;
const source = (name: string, size = 3): PieceSource => {
  return { kind: 'file', path: path(name), seen: { size } as SeenStat };
};

type Make = (input: MakeManifest) => ManifestPortion | undefined | Promise<ManifestPortion | undefined>;

/** Three portions of one byte each; `made` has what was asked for. */
function manifests(make?: Make): { readonly made: string[]; readonly all: Manifests } {
  const made: string[] = [];
  const plain: Make = ({ from }) => ({ manifest: Uint8Array.of(from), end: from + 1 });
  const run = async (input: MakeManifest): Promise<unknown> => {
    made.push(`${input.of.kind === 'file' ? input.of.path : ''} ${input.from}`);
    return (make ?? plain)(input);
  };
  const workers = { run: (_: unknown, input: MakeManifest) => run(input) } as unknown as Workers;
  return { made, all: new Manifests({ workers, tree: () => tree }) };
}

test('portions make a manifest, and it is made once for all who ask', async () => {
  const { made, all } = manifests();
  const [first, second] = [all.of(source('a'), sha256(1)), all.of(source('b'), sha256(1))];
  assert.ok(all.isKnown(sha256(1)));
  assert.deepEqual([...((await first) ?? [])], [0, 1, 2]);
  assert.equal(await second, await first);
  assert.equal(await all.of(source('c'), sha256(1)), await first);
  assert.deepEqual(made, ['a 0', 'a 1', 'a 2']);
  assert.ok(all.isKnown(sha256(1)) && !all.isKnown(sha256(2)) && !all.isKnown(undefined));
});

test('what is not known by its content is made each time', async () => {
  const { made, all } = manifests();
  await all.of(source('a', 1), undefined);
  await all.of(source('a', 1), undefined);
  assert.deepEqual(made, ['a 0', 'a 0']);
});

test('one file after the other, also where one cannot be read, or fails', async () => {
  const { made, all } = manifests(({ of, from }) => {
    if (of.kind === 'file' && of.path === 'gone') return undefined;
    if (of.kind === 'file' && of.path === 'fails') throw new Error('the disk');
    return { manifest: Uint8Array.of(from), end: from + 1 };
  });
  const gone = all.of(source('gone'), sha256(1));
  const fails = all.of(source('fails'), sha256(2));
  const good = all.of(source('good', 2), sha256(3));
  assert.equal(await gone, undefined);
  await assert.rejects(fails, /the disk/);
  assert.deepEqual([...((await good) ?? [])], [0, 1]);
  assert.deepEqual(made, ['gone 0', 'fails 0', 'good 0', 'good 1']);
  // Nothing of that is kept: it is tried again.
  assert.ok(!all.isKnown(sha256(1)) && !all.isKnown(sha256(2)));
});

test('one that is being made before its content is known is waited for', async () => {
  const gate = Promise.withResolvers<undefined>();
  const { made, all } = manifests(async ({ from }) => {
    await gate.promise;
    return { manifest: Uint8Array.of(from), end: from + 1 };
  });
  const ahead = all.make(source('a', 1));
  all.comes(sha256(1), ahead);
  const asked = all.of(source('a', 1), sha256(1));
  gate.resolve(undefined);
  assert.deepEqual([...((await asked) ?? [])], [0]);
  assert.deepEqual(made, ['a 0']);
});

test('so many bytes are kept, those used last', async () => {
  const { all } = manifests();
  const large = new Uint8Array(3 << 20);
  all.keep(sha256(1), large);
  all.keep(sha256(2), large);
  await all.of(source('a'), sha256(1));
  all.keep(sha256(3), large);
  assert.deepEqual(
    [1, 2, 3].map((n) => all.isKnown(sha256(n))),
    [true, false, true],
  );
  all.keep(sha256(3), large);
  assert.ok(all.isKnown(sha256(1)), 'the same once more takes no more room');
});
