// What becomes of an invitation when the device that made it dies while somebody uses it.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DeviceId } from '../../daemon/core/ids.ts';
import { Invitations, type User } from '../../daemon/peer/invitations.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { RealRandom } from '../../daemon/system/random.ts';
import { deviceId } from '../control/fake-daemon.ts';
import { temporaryDirectory } from './device.ts';
import { folderName } from './recording-door.ts';

const [ANA, BOB] = [deviceId('ANA'), deviceId('BOB')];
const as = (device: DeviceId): User => ({ device, name: 'somebody', address: undefined });
const grant = { folders: [folderName('docs')], private: false, role: 'two-way' } as const;

test('S58: who used an invitation may go on with it after a death in between, and nobody else may ever', (t) => {
  const files = new KeyFiles(temporaryDirectory(t));
  const started = (): Invitations => new Invitations(files, new RealRandom(), new RealClock());
  const secret = started().make(grant, 60_000);

  assert.ok(started().take(secret, as(ANA)), 'and dies');
  const again = started();
  assert.equal(again.count, 1, 'it may come, although it is no peer yet');
  assert.equal(again.look(secret, BOB), undefined);
  assert.equal(again.take(secret, as(BOB)), undefined);
  assert.equal(again.look(secret, ANA)?.had, false);
  again.take(secret, as(ANA))?.given();

  assert.equal(started().count, 0);
  assert.equal(started().look(secret, ANA)?.had, true);
  assert.equal(started().take(secret, as(ANA)), undefined, 'it is given once');
});

test('S58: who was let in is known for a while after the invitation has expired, and nobody else comes by it', (t) => {
  const files = new KeyFiles(temporaryDirectory(t));
  const later = new (class extends RealClock {
    override nowMs(): number {
      return super.nowMs() + 24 * 3_600_000;
    }
  })();
  const invitations = new Invitations(files, new RealRandom(), new RealClock());
  const [used, half, open] = [1, 2, 3].map(() => invitations.make(grant, 3_600_000));
  assert.ok(used !== undefined && half !== undefined && open !== undefined);
  invitations.take(used, as(ANA))?.given();
  invitations.take(half, as(ANA));

  const tomorrow = new Invitations(files, new RealRandom(), later);
  assert.equal(tomorrow.count, 1, 'the one that is unfinished');
  assert.deepEqual(
    tomorrow.unfinished().map(({ by }) => by),
    [as(ANA)],
  );
  assert.equal(tomorrow.look(used, ANA)?.had, true);
  assert.equal(tomorrow.look(half, ANA)?.had, false);
  for (const secret of [used, half]) assert.equal(tomorrow.look(secret, BOB), undefined);
  assert.equal(tomorrow.look(open, ANA), undefined);
  tomorrow.unfinished()[0]?.putBack();
  assert.equal(tomorrow.look(half, ANA), undefined, 'it has expired');
});

test('who is no peer any longer is not known by an invitation', (t) => {
  const state = temporaryDirectory(t);
  const invitations = new Invitations(new KeyFiles(state), new RealRandom(), new RealClock());
  const [used, open] = [invitations.make(grant, 60_000), invitations.make(grant, 60_000)];
  invitations.take(used, as(ANA))?.given();

  invitations.forgetUnless((device) => device === ANA);
  assert.equal(invitations.look(used, ANA)?.had, true);
  invitations.forgetUnless(() => false);

  assert.equal(invitations.look(used, ANA), undefined);
  assert.ok(invitations.look(open, ANA), 'what nobody has used is good');
  assert.equal(readdirSync(join(state, 'invitations')).length, 1);
});
