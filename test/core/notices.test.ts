import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderName } from '../../daemon/core/ids.ts';
import { type Notice, MAX_PATHS, gather, gatherKey, lossKey, lostPeers } from '../../daemon/core/notices.ts';
import type { FolderSettings, NoticeRule } from '../../daemon/core/settings.ts';
import { device, path } from './build.ts';

const DOCS = 'docs' as FolderName;
const P = device('P');

function conflict(at: string, other: Partial<Notice> = {}): Notice {
  const message = `${at} was changed on two devices`;
  const about = { kind: 'conflict', atMs: 1, folder: DOCS, peer: undefined, code: undefined } as const;
  return { ...about, path: path(at), message, ...other };
}

test('what comes while nothing was told is put together: the first time, the last message, the first paths, all counted', () => {
  let waiting = gather(undefined, conflict('a'));
  waiting = gather(waiting, conflict('b', { atMs: 2 }));
  waiting = gather(waiting, conflict('a', { atMs: 3, message: 'again' }));
  assert.deepEqual(
    [waiting.atMs, waiting.message, waiting.path, waiting.paths, waiting.count],
    [1, 'again', 'a', ['a', 'b'], 3],
  );
});

test('ten thousand conflicts are one notice of twenty paths', () => {
  let waiting = gather(undefined, conflict('f0'));
  for (let n = 1; n < 10_000; n++) waiting = gather(waiting, conflict(`f${n}`));
  assert.equal(waiting.count, 10_000);
  assert.equal(waiting.paths.length, MAX_PATHS);
});

test('what concerns another folder, another peer or another error is told apart', () => {
  const keys = [
    conflict('a'),
    conflict('a', { folder: 'photos' as FolderName }),
    conflict('a', { kind: 'error', code: 'E_IO' }),
    conflict('a', { kind: 'error', code: 'E_ACCESS' }),
    conflict('a', { kind: 'peer-lost', peer: P }),
    conflict('a', { kind: 'peer-lost', peer: device('Q') }),
  ].map(gatherKey);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(gatherKey(conflict('a')), gatherKey(conflict('b')));
});

const rule = (afterMs: number, on: NoticeRule['on'] = ['peer-lost']): NoticeRule => ({
  on,
  how: { kind: 'desktop' },
  afterMs,
});
type Folder = Pick<FolderSettings, 'name' | 'enabled' | 'peers' | 'notify'>;
const folder = (...notify: NoticeRule[]): Folder => ({
  name: DOCS,
  enabled: true,
  peers: new Map([[P, 'two-way']]),
  notify,
});
const away = new Map([[P, 100]]);
const nothing = new Set<string>();

test('a peer is lost once it has been away for as long as the rule says, and is told of once', () => {
  const folders = [folder(rule(50))];
  assert.deepEqual(lostPeers(folders, away, nothing, 149), { lost: [], nextMs: 150 });
  const { lost, nextMs } = lostPeers(folders, away, nothing, 150);
  assert.deepEqual(
    lost.map(({ peer, sinceMs }) => [peer, sinceMs]),
    [[P, 100]],
  );
  assert.equal(nextMs, undefined);
  const told = new Set(lost.map(lossKey));
  assert.deepEqual(lostPeers(folders, away, told, 1000), { lost: [], nextMs: undefined });
  assert.equal(lostPeers(folders, new Map([[P, 900]]), told, 1000).lost.length, 1, 'another absence is told again');
});

test('nobody is lost who is there, or in a folder that is disabled, or where no rule asks', () => {
  for (const [folders, gone] of [
    [[folder(rule(50))], new Map()],
    [[{ ...folder(rule(50)), enabled: false }], away],
    [[folder(rule(50, ['conflict']))], away],
    [[folder()], away],
    [[{ ...folder(rule(50)), peers: new Map() }], away],
  ] as const)
    assert.deepEqual(lostPeers(folders, gone, nothing, 1000), { lost: [], nextMs: undefined });
});

test('of several rules the earliest one is waited for', () => {
  assert.equal(lostPeers([folder(rule(500), rule(300))], away, nothing, 100).nextMs, 400);
});
