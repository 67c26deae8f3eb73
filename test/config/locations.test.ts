import assert from 'node:assert/strict';
import { test } from 'node:test';

import { locate, type LocateInput } from '../../daemon/config/locations.ts';
import { socketCandidates } from '../../protocol/socket-place.ts';

type Given = { env?: Record<string, string>; uid?: number; home?: string; config?: string };

function input({ env = {}, uid = 1000, home, config }: Given): LocateInput {
  return { options: { home, config }, env, uid, homeDir: '/home/ana', cwd: '/work' };
}

const SERVICE = {
  CONFIGURATION_DIRECTORY: '/etc/syncd',
  STATE_DIRECTORY: '/var/lib/syncd:/var/lib/other',
  RUNTIME_DIRECTORY: '/run/syncd',
  LOGS_DIRECTORY: '/var/log/syncd',
};

test('--home puts everything under one directory', () => {
  const expected = {
    configFile: '/work/t/config.yaml',
    folderDirs: ['/work/t/folders.d'],
    peerDirs: ['/work/t/peers.d'],
    stateDir: '/work/t/state',
    socket: '/work/t/syncd.sock',
    logsDir: undefined,
  };
  assert.deepEqual(locate(input({ home: 't/', env: { ...SERVICE, SYNCD_HOME: '/other' } })), expected);
  assert.deepEqual(locate(input({ env: { ...SERVICE, SYNCD_HOME: '/work/t' } })), expected);
});

test('a service keeps its things where systemd made room, and reads folders.d in both places, its own last', () => {
  const located = locate(input({ env: SERVICE, uid: 990 }));
  assert.deepEqual(located, {
    configFile: '/etc/syncd/config.yaml',
    folderDirs: ['/etc/syncd/folders.d', '/var/lib/syncd/folders.d'],
    peerDirs: ['/etc/syncd/peers.d', '/var/lib/syncd/peers.d'],
    stateDir: '/var/lib/syncd',
    socket: '/run/syncd/syncd.sock',
    logsDir: '/var/log/syncd',
  });
  assert.deepEqual(locate(input({ uid: 0 })), { ...located, logsDir: undefined });
});

test('others follow the XDG base directories', () => {
  const env = { XDG_RUNTIME_DIR: '/run/user/1000', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: 'relative is ignored' };
  assert.deepEqual(locate(input({ env })), {
    configFile: '/c/syncd/config.yaml',
    folderDirs: ['/c/syncd/folders.d'],
    peerDirs: ['/c/syncd/peers.d'],
    stateDir: '/home/ana/.local/state/syncd',
    socket: '/run/user/1000/syncd/syncd.sock',
    logsDir: undefined,
  });
});

test('--config names another file, which must then be there', () => {
  const located = locate(input({ home: '/h', config: 'x.yaml' }));
  assert.deepEqual([located.configFile, located.configMustExist], ['/work/x.yaml', true]);
  assert.deepEqual(located.folderDirs, ['/h/folders.d']);
});

test('a socket whose path the system would cut is refused', () => {
  assert.throws(() => locate(input({ home: `/${'x'.repeat(97)}` })), { code: 'E_HOME' });
  assert.equal(locate(input({ home: `/${'x'.repeat(95)}` })).socket.length, 107);
  assert.equal(locate(input({ home: `/${'x'.repeat(97)}`, env: { SYNCD_SOCKET: '/s' } })).socket, '/s');
});

const SAME: readonly (Given & { why: string })[] = [
  { why: 'with --home', home: '/h' },
  { why: 'with a slash at its end', home: '/h/' },
  { why: 'with SYNCD_HOME', env: { SYNCD_HOME: '/h' } },
  { why: 'with SYNCD_SOCKET', env: { SYNCD_SOCKET: '/s.sock' }, home: '/h' },
  { why: 'for root', uid: 0 },
  { why: 'for a user with a session', env: { XDG_RUNTIME_DIR: '/run/user/1000' } },
  { why: 'for a user without one', env: { XDG_STATE_HOME: '/state' } },
  { why: 'for a user with nothing set' },
  { why: 'for empty variables', env: { SYNCD_HOME: '', SYNCD_SOCKET: '', XDG_RUNTIME_DIR: '' } },
];
for (const { why, ...given } of SAME)
  test(`syncctl looks first where the daemon listens: ${why}`, () => {
    const { options, ...rest } = input(given);
    const candidates = socketCandidates({ ...rest, options: { home: options.home, socket: undefined } });
    assert.equal(candidates[0], locate(input(given)).socket);
  });

test("syncctl asks the user's own daemon first, then the system's; --socket before all", () => {
  const options = { socket: undefined, home: undefined };
  const asked = { options, env: { XDG_RUNTIME_DIR: '/run/user/1000' }, uid: 1000, homeDir: '/home/ana' };
  assert.deepEqual(socketCandidates(asked), [
    '/run/user/1000/syncd/syncd.sock',
    '/home/ana/.local/state/syncd/syncd.sock',
    '/run/syncd/syncd.sock',
  ]);
  const named = { ...asked, options: { socket: '/x', home: '/h' }, env: { SYNCD_SOCKET: '/y' } };
  assert.deepEqual(socketCandidates(named), ['/x']);
});
