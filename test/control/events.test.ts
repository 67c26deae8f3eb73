// The ring of events, and following it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFeed } from '../../daemon/control/events.ts';
import { follow } from '../../daemon/control/follow.ts';
import type { FolderEvent } from '../../daemon/folder/view.ts';
import { named } from './fake-daemon.ts';

function event(what: string): FolderEvent {
  return {
    atMs: 0,
    folder: named('docs'),
    kind: 'change',
    path: undefined,
    what,
    device: undefined,
    direction: undefined,
    sizeBytes: undefined,
    code: undefined,
  };
}

const whats = (events: readonly FolderEvent[]): string[] => events.map((one) => one.what);

test('the ring keeps the last events under rising numbers', () => {
  const feed = new EventFeed(1000, 3);
  for (const what of ['a', 'b', 'c', 'd']) feed.add(event(what));

  assert.deepEqual(whats(feed.since(0)), ['b', 'c', 'd']);
  assert.deepEqual(whats(feed.last(2)), ['c', 'd']);
  assert.deepEqual(whats(feed.last(0)), []);
  const [, c] = feed.since(0);
  assert.deepEqual(whats(feed.since(c?.id ?? 0)), ['d']);
  assert.deepEqual(feed.since(Number.MAX_SAFE_INTEGER - 1), []);
});

test('numbers of a daemon that was started later are higher', () => {
  const before = new EventFeed(1_000_000);
  const after = new EventFeed(1_000_500);
  before.add(event('before'));
  after.add(event('after'));
  assert.ok((after.last(1)[0]?.id ?? 0) > (before.last(1)[0]?.id ?? 0));
});

test('following gives what has been, then what comes, and ends with its signal', async () => {
  const feed = new EventFeed(0);
  feed.add(event('before'));
  const ended = new AbortController();
  const seen: string[] = [];
  for await (const one of follow(feed.last(10), feed.subscribe.bind(feed), ended.signal, 10)) {
    seen.push(one.what);
    if (one.what === 'before') {
      feed.add(event('during'));
      setImmediate(() => feed.add(event('after')));
    }
    if (one.what === 'after') ended.abort();
  }
  assert.deepEqual(seen, ['before', 'during', 'after']);
});

test('what waits for a slow reader is bounded: the oldest go', async () => {
  const feed = new EventFeed(0);
  const ended = new AbortController();
  feed.add(event('a'));
  const seen: string[] = [];
  for await (const one of follow(feed.last(1), feed.subscribe.bind(feed), ended.signal, 2)) {
    seen.push(one.what);
    if (one.what === 'a') for (const what of ['b', 'c', 'd']) feed.add(event(what));
    if (one.what === 'd') ended.abort();
  }
  assert.deepEqual(seen, ['a', 'c', 'd']);
});
