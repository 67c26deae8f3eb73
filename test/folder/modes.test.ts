// `permissions`, taken away and given again: whose modes hold, and who is told of what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneDevice, ROOT, file } from './one-device.ts';

const modeOf = (device: OneDevice, path: string): string | undefined =>
  / (\d+)/.exec(device.user.tree(ROOT).get(path) ?? '')?.[1];

/** The folder's modes are 700, and those on this disk are its own. */
async function ownModes(): Promise<OneDevice> {
  const device = new OneDevice({ permissions: false });
  await device.start({ 'a.sh': 'a', 'b.sh': 'b', 'dir/c': 'c' });
  const { peer } = device;
  peer.tell(peer.version('a.sh', file('a', 0o700)));
  peer.tell(peer.version('b.sh', file('b', 0o700)));
  peer.tell(peer.version('dir', { kind: 'dir', mode: 0o700 }));
  await device.clock.advance(2_000);
  assert.deepEqual([modeOf(device, 'a.sh'), modeOf(device, 'dir')], ['644', '755']);
  return device;
}

for (const how of ['while it runs', 'while it does not run'] as const)
  test(`I2: permissions given again ${how}: the modes of the folder hold here, and nobody is told of ours`, async () => {
    const device = await ownModes();
    const { peer } = device;
    const told = peer.told.length;
    device.reconfigure({ permissions: false });
    if (how === 'while it does not run') {
      await device.crash();
      device.reconfigure({ permissions: true });
      await device.start();
    } else device.reconfigure({ permissions: true });
    await device.until(() => ['a.sh', 'b.sh', 'dir'].every((path) => modeOf(device, path) === '700'), 'the modes');
    await device.folder.sync();
    await device.clock.advance(2_000);
    const made = peer.told
      .slice(told)
      .filter(({ record }) => record.origin === 'A'.repeat(52) && record.path !== 'dir/c');
    assert.deepEqual(made, []);
    assert.deepEqual(device.kept(), []);
    await device.stop();
  });

test('I1: what was edited in between keeps its content', async () => {
  const device = await ownModes();
  device.write('a.sh', 'edited');
  device.reconfigure({ permissions: true });
  await device.until(
    () => modeOf(device, 'b.sh') === '700' && device.peer.lastTold('a.sh')?.entry.kind === 'file',
    'both',
  );
  await device.clock.advance(2_000);
  assert.equal(device.read('a.sh'), 'edited');
  await device.stop();
});
