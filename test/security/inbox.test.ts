// The inbox of a folder that cannot take anything in for a while: whatever a peer says meanwhile, it is not read on for
// ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId, Epoch, Sequence } from '../../daemon/core/ids.ts';
import type { RelativePath } from '../../daemon/core/path.ts';
import type { VersionVector } from '../../daemon/core/version-vector.ts';
import { Inbox, type InboxItem } from '../../daemon/folder/inbox.ts';
import { LinkState } from '../../daemon/folder/links.ts';
import type { Announcement, PeerLink } from '../../daemon/ports/peers.ts';

const EPOCH = 'AAAAAAAAAAAAAAAA' as Epoch;
const NONE = 0 as Sequence;
const PEER = 'A'.repeat(52) as DeviceId;
const LINK: PeerLink = {
  device: PEER,
  name: 'mallory',
  queuedBytes: 0,
  leastRttMs: undefined,
  sendIndex: () => {},
  announce: () => {},
  acknowledge: () => {},
  request: () => {},
  answer: () => {},
  refuse: () => {},
  reopen: () => {},
};

const index: InboxItem = { kind: 'index', offer: { epoch: EPOCH, seq: NONE, entries: 0, have: undefined } };
const ack: InboxItem = {
  kind: 'ack',
  ack: { epoch: EPOCH, received: NONE, held: NONE, skipped: 0, announced: NONE },
};

function tombstone(makers: number): Announcement {
  const vector: VersionVector = Array.from({ length: makers }, () => [EPOCH, 1] as const);
  const path = 'a/long/enough/path' as RelativePath;
  const signed = { origin: PEER, maker: EPOCH, stamp: 0, mark: false, lost: [] };
  return { seq: NONE, record: { path, entry: { kind: 'absent' }, vector, ...signed } };
}

const many: InboxItem = { kind: 'announcements', announcements: Array.from({ length: 100 }, () => tombstone(256)) };
const few: InboxItem = { kind: 'announcements', announcements: [tombstone(1)] };

/** How often the items are pushed before the peer is not read any more. */
function pushesUntilStopped(...items: readonly InboxItem[]): number {
  let stopped = false;
  const inbox = new Inbox({ setReading: (_, on) => (stopped = !on) });
  const state = new LinkState(LINK);
  let pushes = 0;
  while (!stopped && pushes < 60_000) inbox.push(state, items[pushes++ % items.length] ?? index);
  // Once there is room, it is read on.
  for (let left = pushes; left > 0; left--) inbox.done(state);
  assert.equal(stopped, false);
  return pushes;
}

test('I10: INDEX and ACK in turn stop being read while nothing is taken in', () => {
  assert.ok(pushesUntilStopped(index, ack) < 50_000);
});

test('I10: records with hundreds of makers count for what they take', () => {
  assert.ok(pushesUntilStopped(many) * 100 < 1_000);
});

test('I10: small records are bounded by their number', () => {
  assert.ok(pushesUntilStopped(few) < 10_000);
});
