// What could not be applied, and was edited here meanwhile: the versions meet once nothing is in the way any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashText } from '../../daemon/disk/versions.ts';
import { OneDevice, ROOT, file } from './one-device.ts';

const COPY = /^a\.conflict-/;

function copies(device: OneDevice): string[] {
  return [...device.user.tree(ROOT).keys()].filter((path) => COPY.test(path));
}

/** What cannot be done meanwhile, by the disk or by what is in the way. */
const OBSTACLES: readonly { readonly what: string; put(device: OneDevice): () => void }[] = [
  {
    what: 'nothing may be renamed',
    put: (device) =>
      device.fs.fail('rename', (path) => path.includes('/staging/') && !path.endsWith('.part'), 'EACCES'),
  },
  {
    what: 'the path can neither be read nor written',
    put: (device) => {
      const undo = (['lstat', 'openFile', 'rename', 'remove', 'link', 'setAttributes'] as const).map((call) =>
        device.fs.fail(call, (path) => path === `${ROOT}/a`, 'EACCES'),
      );
      return () => undo.forEach((one) => one());
    },
  },
];

for (const { what, put } of OBSTACLES)
  test(`I1, I11: ${what}, and the peer's version wins then against the edit of here: both stand, and the conflict is named`, async () => {
    const device = await new OneDevice({ conflict: 'keep-both' }).start({ a: 'old' });
    device.other.connect();
    const old = device.row('a')?.record;
    const remove = put(device);
    const first = device.peer.version('a', file('theirs'), old);
    device.peer.tell(first, 'theirs');
    await device.until(() => device.wanted('a')?.why === 'skipped', 'it to be skipped');
    device.write('a', 'mine');
    await device.clock.advance(2_000);
    const second = device.peer.version('a', file('theirs, later'), first);
    device.peer.contents.set('a', 'theirs, later');
    device.peer.tell(second, 'theirs, later');
    await device.clock.advance(2_000);
    assert.equal(device.read('a'), 'mine', 'as long as it cannot be replaced');
    remove();
    await device.folder.sync();
    await device.until(() => device.read('a') === 'theirs, later', 'the winner');
    await device.until(() => copies(device).length > 0, 'the loser beside it');

    const [copy = ''] = copies(device);
    assert.equal(device.read(copy), 'mine');
    assert.ok(device.kept().includes('mine'));
    const isLost = ({ sha256 }: { readonly sha256: string }): boolean => sha256 === hashText('mine');
    assert.deepEqual(
      device.folder.conflicts().map(({ path, lost }) => [path, isLost(lost)]),
      [['a', true]],
    );
    for (const peer of [device.peer, device.other]) {
      await device.until(() => peer.lastTold('a')?.lost.some(isLost) === true, 'the conflict to be told');
      await device.until(() => peer.lastTold(copy)?.entry.kind === 'file', 'the loser to be told');
    }
    await device.clock.advance(3_000);
    assert.deepEqual(device.folder.snapshot().skipped, []);
    await device.stop();
  });
