// What has come and waits is taken in together, in pieces that stay small.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId, Sequence } from '../../daemon/core/ids.ts';
import type { Announcement } from '../../daemon/ports/peers.ts';
import { Inbox } from '../../daemon/folder/inbox.ts';
import type { LinkState } from '../../daemon/folder/links.ts';
import { dir, record } from '../index/rows.ts';

function taken(announced: readonly (readonly Announcement[])[]): Announcement[][] {
  const inbox = new Inbox({ setReading: () => undefined });
  const state = { link: { device: 'A'.repeat(52) as DeviceId } } as LinkState;
  for (const announcements of announced) inbox.push(state, { kind: 'announcements', announcements });
  const pieces: Announcement[][] = [];
  for (let next = inbox.peek(); next !== undefined; next = inbox.peek()) {
    if (next.item.kind === 'announcements') pieces.push([...next.item.announcements]);
    inbox.done(next.state);
  }
  assert.equal(inbox.size, 0);
  return pieces;
}

function announcement(seq: number, contentBytes?: number): Announcement {
  const content = contentBytes === undefined ? {} : { content: new Uint8Array(contentBytes) };
  return { seq: seq as Sequence, record: record(`f${seq}`, dir), ...content };
}

const sizes = (pieces: Announcement[][]): number[] => pieces.map(({ length }) => length);

test('few records that wait are taken in together, in their order', () => {
  const pieces = taken([[announcement(1)], [announcement(2, 10), announcement(3)], [announcement(4)]]);
  assert.deepEqual(
    pieces.map((piece) => piece.map(({ seq }) => seq)),
    [[1, 2, 3, 4]],
  );
});

test('of many records, or large contents, each piece is bounded', () => {
  const many = Array.from({ length: 1200 }, (_, i) => [announcement(i + 1)]);
  assert.deepEqual(sizes(taken(many)), [512, 512, 176]);
  const large = Array.from({ length: 5 }, (_, i) => [announcement(i + 1, 1 << 20)]);
  assert.deepEqual(sizes(taken(large)), [2, 2, 1]);
  assert.deepEqual(
    sizes(taken([[announcement(1, 3 << 20)], [announcement(2, 1)]])),
    [1, 1],
    'one that is larger comes alone',
  );
});
