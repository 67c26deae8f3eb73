// What becomes of an invitation when the device that made it dies while somebody uses it.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Invitations } from '../../daemon/peer/invitations.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { RealRandom } from '../../daemon/system/random.ts';
import { deviceId } from '../control/fake-daemon.ts';
import { temporaryDirectory } from './device.ts';
import { folderName } from './recording-door.ts';

const [ANA, BOB] = [deviceId('ANA'), deviceId('BOB')];
const grant = { folders: [folderName('docs')], private: false, role: 'two-way' } as const;

test('S58: who used an invitation may go on with it after a death in between, and nobody else may ever', (t) => {
  const files = new KeyFiles(temporaryDirectory(t));
  const started = (): Invitations => new Invitations(files, new RealRandom(), new RealClock());
  const secret = started().make(grant, 60_000);

  assert.ok(started().take(secret, ANA), 'and dies');
  const again = started();
  assert.equal(again.count, 0, 'nobody new is let in');
  assert.equal(again.look(secret, BOB), undefined);
  assert.equal(again.take(secret, BOB), undefined);
  assert.equal(again.look(secret, ANA)?.had, false);
  again.take(secret, ANA)?.given();

  assert.equal(started().look(secret, ANA)?.had, true);
  assert.equal(started().take(secret, ANA), undefined, 'it is given once');
});

test('who is no peer any longer is not known by an invitation', (t) => {
  const state = temporaryDirectory(t);
  const invitations = new Invitations(new KeyFiles(state), new RealRandom(), new RealClock());
  const [used, open] = [invitations.make(grant, 60_000), invitations.make(grant, 60_000)];
  invitations.take(used, ANA)?.given();

  invitations.forgetUnless((device) => device === ANA);
  assert.equal(invitations.look(used, ANA)?.had, true);
  invitations.forgetUnless(() => false);

  assert.equal(invitations.look(used, ANA), undefined);
  assert.ok(invitations.look(open, ANA), 'what nobody has used is good');
  assert.equal(readdirSync(join(state, 'invitations')).length, 1);
});
