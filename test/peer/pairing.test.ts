// Pairing over real TLS on loopback.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { DIGEST_ENTRY_BYTES, type FolderDigest, parseDigest } from '../../daemon/core/digest.ts';
import { MAX_DIGESTS_PER_MINUTE, MAX_DIGEST_BYTES, MAX_WRONG_JOINS_PER_MINUTE } from '../../protocol/limits.ts';
import { type Device, connected, device, until } from './device.ts';
import { folderName } from './recording-door.ts';

const HOUR_MS = 3_600_000;
const docs = { folders: [folderName('docs')], private: false, role: 'two-way', expiresInMs: HOUR_MS } as const;
const WRONG_SECRET = 'A'.repeat(26);

async function hubWithInvitation(t: TestContext): Promise<{ hub: Device; invitation: string }> {
  const hub = await device(t, 'hub');
  hub.folder('docs');
  return { hub, invitation: await hub.peers.invite(docs) };
}

const rejectsWith = (promise: Promise<unknown>, code: ErrorCode): Promise<void> =>
  assert.rejects(promise, (error) => error instanceof CodedError && error.code === code);

const withSecret = (invitation: string, secret: string): string => invitation.replace(/[A-Z2-7]{26}$/, secret);

test('an invitation makes two devices peers, and the folder is opened on both', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const laptop = await device(t, 'laptop', { listen: { kind: 'auto' } });

  const joined = await laptop.peers.join(invitation, false);

  assert.deepEqual(joined, {
    device: hub.id,
    name: 'hub',
    address: hub.address(),
    folders: [{ name: 'docs', role: 'two-way', authority: hub.id, conflict: 'newest', files: 3, bytes: 12 }],
  });
  assert.deepEqual(hub.admitted, [
    {
      device: laptop.id,
      name: 'laptop',
      address: undefined,
      folders: [{ name: 'docs', role: 'two-way' }],
      private: false,
    },
  ]);
  await laptop.trust(hub, { addresses: [joined.address], folders: ['docs'] });
  await until('both are connected', () => connected(hub, laptop) && connected(laptop, hub));
  await until('the laptop has heard INDEX', () => laptop.folder('docs').calls.includes('index'));
  await until('the hub has heard INDEX', () => hub.folder('docs').calls.includes('index'));
  assert.deepEqual(hub.folder('docs').calls, ['attach', 'index']);
  assert.equal(laptop.peers.listening(), undefined, 'a device that only dials opens no port');
});

test('a device that listens is dialled by the one that invited it, too', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const other = await device(t, 'other');

  await other.peers.join(invitation, false);

  assert.equal(hub.admitted[0]?.address, other.address());
});

test('a preview tells what the invitation gives and leaves it good', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const laptop = await device(t, 'laptop');

  const preview = await laptop.peers.join(invitation, true);
  await laptop.peers.join(invitation, true);

  assert.deepEqual(hub.admitted, []);
  assert.deepEqual(await laptop.peers.join(invitation, false), preview);
});

/** Of so many files, about. */
function digestOfSize(entries: number): FolderDigest {
  const digest = parseDigest(Buffer.alloc(entries * DIGEST_ENTRY_BYTES));
  assert.ok(digest);
  return digest;
}

test('a device that wants to compare is given digests, as many as fit one payload', async (t) => {
  const most = MAX_DIGEST_BYTES / DIGEST_ENTRY_BYTES;
  const asked: number[] = [];
  const hub = await device(t, 'hub', {
    digest: (maxEntries) => {
      asked.push(maxEntries);
      return asked.length === 2 ? undefined : digestOfSize(asked.length === 1 ? most - 5 : maxEntries);
    },
  });
  const folders = ['a', 'b', 'c'].map((name) => hub.folder(name).name);
  const laptop = await device(t, 'laptop');
  const invitation = await hub.peers.invite({ ...docs, folders });

  const offered = await laptop.peers.joinDigests(invitation);

  assert.deepEqual(asked, [most, 5, 5]);
  assert.deepEqual(
    offered.folders.map(({ name, digest }) => [name, digest?.byteLength]),
    [
      ['a', (most - 5) * DIGEST_ENTRY_BYTES],
      ['b', undefined],
      ['c', 5 * DIGEST_ENTRY_BYTES],
    ],
  );
  assert.deepEqual(hub.admitted, []);
  assert.equal((await laptop.peers.join(invitation, true)).folders[0]?.digest, undefined, 'only where it is asked for');
  await laptop.peers.join(invitation, false);
});

test('digests are given a few times a minute; after that, and where they fail, the offer comes without', async (t) => {
  let given = 0;
  const hub = await device(t, 'hub', {
    digest: () => {
      if (given++ === 0) throw new Error('the folder is closed');
      return digestOfSize(1);
    },
  });
  hub.folder('docs');
  const laptop = await device(t, 'laptop');
  const invitation = await hub.peers.invite(docs);

  const came: boolean[] = [];
  for (let i = 0; i <= MAX_DIGESTS_PER_MINUTE; i++)
    came.push((await laptop.peers.joinDigests(invitation)).folders[0]?.digest !== undefined);

  assert.deepEqual(came, [false, ...Array.from({ length: MAX_DIGESTS_PER_MINUTE - 1 }, () => true), false]);
  assert.equal(given, MAX_DIGESTS_PER_MINUTE);
  assert.ok(hub.log.some((line) => line.includes('could not be read for the preview')));
});

test('of two devices that use an invitation at the same time, one is refused', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const [one, two] = [await device(t, 'one'), await device(t, 'two')];

  const outcomes = await Promise.allSettled([one, two].map((each) => each.peers.join(invitation, false)));

  assert.deepEqual(outcomes.map((outcome) => outcome.status).toSorted(), ['fulfilled', 'rejected']);
  assert.equal(hub.admitted.length, 1);
  const refused: unknown = outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
  assert.ok(refused instanceof CodedError && refused.code === 'E_INVITATION_REFUSED');
});

test('a used or expired invitation is refused', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const [one, two] = [await device(t, 'one'), await device(t, 'two')];
  await one.peers.join(invitation, false);

  await rejectsWith(two.peers.join(invitation, false), 'E_INVITATION_REFUSED');
  const expired = await hub.peers.invite({ ...docs, expiresInMs: -1 });
  await rejectsWith(two.peers.join(expired, false), 'E_INVITATION_REFUSED');
  assert.equal(readdirSync(join(hub.stateDir, 'invitations')).length, 1, 'who used the first one is known until then');
});

test('S58: a device that has missed the answer is told again, and only while it is a peer with all that it was given', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const laptop = await device(t, 'laptop');
  const other = await device(t, 'other');
  const joined = await laptop.peers.join(invitation, false);

  assert.deepEqual(await laptop.peers.join(invitation, false), joined);
  assert.deepEqual(await laptop.peers.join(invitation, true), joined);
  await rejectsWith(other.peers.join(invitation, false), 'E_INVITATION_REFUSED');
  hub.unshare('docs', laptop);
  await rejectsWith(laptop.peers.join(invitation, false), 'E_INVITATION_REFUSED');
  await hub.distrust(laptop);
  await rejectsWith(laptop.peers.join(invitation, false), 'E_INVITATION_REFUSED');
  assert.equal(hub.admitted.length, 1, 'nobody is let in again');
});

test('the secret is sent to nobody but the holder of the key in the invitation', async (t) => {
  const { invitation } = await hubWithInvitation(t);
  const impostor = await device(t, 'impostor');
  const laptop = await device(t, 'laptop');
  const at = impostor.address().replace('wss://', '');

  const misled = invitation.replace(/v1:[^:]+:\d+:/, `v1:${at}:`);

  await rejectsWith(laptop.peers.join(misled, false), 'E_WRONG_KEY');
});

test('S61: who guesses keeps nobody out: after many wrong secrets from the same address, three of them logged, the right one is taken', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const guesser = await device(t, 'guesser');
  for (let i = 0; i < 4 * MAX_WRONG_JOINS_PER_MINUTE; i++)
    await rejectsWith(guesser.peers.join(withSecret(invitation, WRONG_SECRET), false), 'E_INVITATION_REFUSED');
  assert.deepEqual(hub.admitted, []);
  const warned = hub.log.filter((line) => line.includes('wrong or used invitation'));
  assert.equal(warned.length, MAX_WRONG_JOINS_PER_MINUTE);

  const laptop = await device(t, 'laptop');
  await laptop.peers.join(invitation, false);
  assert.equal(hub.admitted.length, 1);
});

test('the right secret is no try: a preview and a join after two wrong ones succeed', async (t) => {
  const { invitation } = await hubWithInvitation(t);
  const laptop = await device(t, 'laptop');
  for (let i = 1; i < MAX_WRONG_JOINS_PER_MINUTE; i++)
    await rejectsWith(laptop.peers.join(withSecret(invitation, WRONG_SECRET), false), 'E_INVITATION_REFUSED');

  await laptop.peers.join(invitation, true);
  await laptop.peers.join(invitation, false);
});

test('a device that is paired already joins one more folder by another invitation', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const laptop = await device(t, 'laptop');
  hub.folder('more');
  await laptop.peers.join(invitation, false);

  const more = await hub.peers.invite({ ...docs, folders: [folderName('more')] });
  const joined = await laptop.peers.join(more, false);

  assert.deepEqual(
    joined.folders.map((folder) => folder.name),
    ['more'],
  );
});

test('an invitation whose device could not be added stays good', async (t) => {
  const hub = await device(t, 'hub', { failFirstAdmission: true });
  hub.folder('docs');
  const laptop = await device(t, 'laptop');
  const invitation = await hub.peers.invite(docs);

  await rejectsWith(laptop.peers.join(invitation, false), 'E_HOME');
  await laptop.peers.join(invitation, false);
});

test('a name from outside loses what does not belong on a terminal', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const laptop = await device(t, '\u001b[31mlap\ntop');

  await laptop.peers.join(invitation, false);

  assert.equal(hub.admitted[0]?.name, '31mlaptop');
});

test('invitations are kept over a restart, as the hash of their secret, readable by the owner alone', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const secret = invitation.slice(-26);
  const [name = ''] = readdirSync(join(hub.stateDir, 'invitations'));
  const file = join(hub.stateDir, 'invitations', name);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!readFileSync(file, 'utf8').includes(secret));
  await hub.peers.stop();

  const again = await device(t, 'hub', { stateDir: hub.stateDir });
  again.folder('docs');
  const laptop = await device(t, 'laptop');
  const at = again.address().replace('wss://', '');
  await laptop.peers.join(invitation.replace(/v1:[^:]+:\d+:/, `v1:${at}:`), false);
  assert.equal(again.id, hub.id);
});

test('what is no invitation, or our own, is refused before anything is dialled', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);

  await rejectsWith(hub.peers.join(invitation, true), 'E_INVITATION');
  await rejectsWith(hub.peers.join('syncd:v1:nonsense', true), 'E_INVITATION');
});

test('an inviter that is not there is E_UNREACHABLE, and the addresses are named', async (t) => {
  const { hub, invitation } = await hubWithInvitation(t);
  const laptop = await device(t, 'laptop');
  const at = hub.address().replace('wss://', '');
  await hub.peers.stop();

  await assert.rejects(laptop.peers.join(invitation, false), (error: CodedError) => {
    assert.equal(error.code, 'E_UNREACHABLE');
    return error.message.includes(at);
  });
});
