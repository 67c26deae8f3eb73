// syncctl as a program, against a control server on a real socket: what it prints, how it fails, how it exits.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parseSha256, parseVersionId } from '../../daemon/core/ids.ts';
import { commands } from '../../ctl/commands/table.ts';
import { parse } from '../../ctl/program.ts';
import { HUB, LAPTOP, named, path, peer } from '../control/fake-daemon.ts';
import { serve } from '../control/served.ts';
import { syncctlOnTerminal } from './on-terminal.ts';
import { type Ended, syncctl, syncctlFile } from './run.ts';

const version = parseVersionId('v9h7abcd') ?? assert.fail();
const sha256 = parseSha256('ab'.repeat(32)) ?? assert.fail();

test('lists are tab-separated in a pipe, names with -q, arrays with --json; options may stand anywhere', async (t) => {
  const { home } = await serve(t);
  const [piped, quiet, json] = await Promise.all([
    syncctl(['--home', home, 'folders']),
    syncctl(['folders', '-q', '--home', home]),
    syncctl(['--json', 'folders', '--home', home]),
  ]);
  assert.equal(piped.stdout, 'docs\tidle\ttwo-way\t12\t3456789\tlaptop: two-way\t/srv/docs\n');
  assert.equal(quiet.stdout, 'docs\n');
  assert.equal((JSON.parse(json.stdout) as { name: string }[])[0]?.name, 'docs');
  assert.deepEqual([piped.stderr, quiet.stderr, json.stderr], ['', '', '']);
});

test('--csv: a heading and values as they are, in quotes where they hold commas; only of lists', async (t) => {
  const { home } = await serve(t);
  const csv = async (...words: string[]): Promise<Ended> => syncctl(['--home', home, '--csv', ...words]);
  assert.equal(
    (await csv('folders')).stdout,
    'folder,state,mode,files,size,peers,path\ndocs,idle,two-way,12,3456789,laptop: two-way,/srv/docs\n',
  );
  assert.match((await csv('status')).stdout, /^name,state,sync,files,bytes,.*,path\ndocs,idle,/);
  assert.match((await csv('peers')).stdout, /^peer,/);
  assert.match((await csv('conflicts')).stdout, /^folder,path,/);
  for (const words of [['wait'], ['folders', '-q'], ['folders', '--json']]) {
    const refused = await csv(...words);
    assert.equal(refused.code, 2, words.join(' '));
    assert.match(refused.stderr, /E_USAGE/);
  }
});

test('the daemon is also found by SYNCD_HOME and SYNCD_SOCKET', async (t) => {
  const { home, socket } = await serve(t);
  const answers = await Promise.all([
    syncctl(['folders', '-q'], { env: { SYNCD_HOME: home } }),
    syncctl(['folders', '-q'], { env: { SYNCD_SOCKET: socket } }),
    syncctl(['folders', '-q', '--socket', socket], { env: { SYNCD_HOME: '/nowhere' } }),
  ]);
  for (const { stdout } of answers) assert.equal(stdout, 'docs\n');
});

test('an error is two lines on standard error, or one object with --json', async (t) => {
  const { home } = await serve(t);
  const [lines, json] = await Promise.all([
    syncctl(['--home', home, 'status', 'dosc']),
    syncctl(['--home', home, '--json', 'status', 'dosc']),
  ]);
  assert.equal(
    lines.stderr,
    'syncctl: E_NO_SUCH_FOLDER: there is no folder dosc\nhint: Did you mean docs? See syncctl folders.\n',
  );
  assert.deepEqual(JSON.parse(json.stderr), {
    error: {
      code: 'E_NO_SUCH_FOLDER',
      message: 'there is no folder dosc',
      hint: 'Did you mean docs? See syncctl folders.',
    },
  });
  assert.deepEqual([lines.code, json.code, lines.stdout, json.stdout], [1, 1, '', '']);
});

test('wrong usage is 2, no daemon is 3', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'syncd-none-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 2, /E_USAGE: a command is missing/],
    [['stauts'], 2, /Did you mean status\?/],
    [['config'], 2, /E_USAGE/],
    [['status', '--chekc'], 2, /unknown option/],
    [['add-folder', 'docs'], 2, /missing required argument 'path'\nhint: See syncctl add-folder --help/],
    [['status', 'a', 'b'], 2, /too many arguments/],
    [['history', '--since', 'whenever'], 2, /is not a time/],
    [['history', '--limit', 'x'], 2, /whole number/],
    [['edit-folder', 'docs'], 2, /nothing to change/],
    [['explain', 'E_NOTHING'], 2, /not an error code/],
    [['status'], 3, /E_NOT_RUNNING: no daemon answers at .*syncd\.sock\nhint: Start it: syncd --home/],
    [['wait', '--timeout', '1'], 3, /E_NOT_RUNNING/],
  ];
  const ended = await inPairs(rows, ([words]) => syncctl(['--home', home, ...words]));
  for (const [i, { code, stderr }] of ended.entries()) {
    const [words = [], status, pattern = /./] = rows[i] ?? [];
    assert.equal(code, status, words.join(' '));
    assert.match(stderr, pattern);
    assert.match(stderr, /^syncctl: E_[A-Z_]+: .*\nhint: .*\n$/, words.join(' '));
  }
});

test('explain, --help and --version need no daemon', async () => {
  const [explained, help, one, told] = await Promise.all([
    syncctl(['explain', 'mass_delete']),
    syncctl(['--help']),
    syncctl(['restore', '--help']),
    syncctl(['--version']),
  ]);
  assert.match(explained.stdout, /^E_MASS_DELETE: .*\nhint: .*\nexit status: 5\n$/);
  assert.match(help.stdout, /add-folder/);
  assert.match(one.stdout, /--version <id>[^]*Examples:\n {2}\$ syncctl restore/);
  assert.match(told.stdout, /^syncctl \d+\.\d+\.\d+\n$/);
  for (const { code } of [explained, help, one, told]) assert.equal(code, 0);
});

test('the help of each command has an example, that of a group of commands too', () => {
  const helped = ({ name }: { readonly name: string }): readonly string[] =>
    name.split(' ').map((_, i, parts) => parts.slice(0, i + 1).join(' '));
  for (const name of new Set(commands.flatMap(helped))) {
    let printed = '';
    parse(commands, '0.0.0', [...name.split(' '), '--help'], (text) => (printed += text));
    assert.match(printed, new RegExp(`\nExamples?:\n {2}\\$ .*syncctl ${name}`), name);
  }
});

test('--version is told wherever it stands, but where a command has an option of that name', async () => {
  for (const line of [
    '-V',
    '--home /nowhere --version',
    '--json -V',
    'status --version',
    'join --version',
    'config -V',
  ])
    assert.match((await syncctl(line.split(' '))).stdout, /^syncctl \d+\.\d+\.\d+\n$/, line);
  assert.equal((await syncctl(['restore', 'docs', 'a', '--version'])).code, 2);
});

test('status in a pipe has a line a thing; --check is 5 when something needs attention', async (t) => {
  const { home, docs } = await serve(t);
  const calm = await syncctl(['--home', home, 'status', '--check']);
  assert.equal(calm.code, 0);
  assert.deepEqual(
    calm.stdout.split('\n').map((line) => line.split('\t').slice(0, 3).join(' ')),
    ['daemon hub ok', 'folder docs idle', 'peer laptop connected', ''],
  );

  docs.snapshotValue = { ...docs.snapshotValue, conflicts: 1 };
  const conflicted = await syncctl(['--home', home, 'status', '--check']);
  assert.equal(conflicted.code, 5);
  assert.match(conflicted.stdout, /^attention\tdocs\tE_CONFLICT\t1 conflict\tsyncctl conflicts docs lists them, .*$/m);
  assert.equal((await syncctl(['--home', home, 'status'])).code, 0);
});

test('wait is 0 in sync, 4 not in time, 5 when the folder needs attention, whatever the code', async (t) => {
  const { home, docs } = await serve(t);
  const wait = (): Promise<Ended> => syncctl(['--home', home, 'wait', 'docs', '--timeout', '0.2']);

  const done = await wait();
  assert.deepEqual([done.code, done.stdout, done.stderr], [0, '', '']);

  docs.waitResult = { kind: 'not in time', why: 'E_NO_PEER', message: 'no peer of docs is connected' };
  const late = await wait();
  assert.equal(late.code, 4);
  assert.match(late.stderr, /^syncctl: E_NO_PEER: no peer of docs is connected\nhint: /);

  docs.waitResult = { kind: 'needs attention', code: 'E_INTERNAL', message: 'the index cannot be opened' };
  const halted = await wait();
  assert.equal(halted.code, 5);
  assert.match(halted.stderr, /^syncctl: E_INTERNAL: docs: the index cannot be opened\n/);

  docs.waitResult = 'never';
  assert.equal((await wait()).code, 4);
});

test('an invitation is printed alone in a pipe', async (t) => {
  const { home, daemon } = await serve(t);
  const made = await syncctl(['--home', home, 'invite', 'docs', '--expires', '2h', '--address', 'hub.example:1']);
  assert.deepEqual(made, { code: 0, stdout: 'syncd:v1:hub.example:9031:HUBAAAA:SECRET\n', stderr: '' });
  assert.deepEqual(daemon.asked, [
    {
      invite: {
        folders: ['docs'],
        role: 'two-way',
        private: false,
        expiresMs: 7_200_000,
        addresses: ['hub.example:1'],
      },
    },
  ]);
  assert.equal((await syncctl(['--home', home, 'invite', 'docs', '--private'])).code, 1);
});

test('join sends absolute paths, asks nothing in a pipe, and refuses a second place for a folder', async (t) => {
  const { home, daemon } = await serve(t);
  const cwd = mkdtempSync(join(tmpdir(), 'syncd-cwd-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const joined = await syncctl(['--home', home, 'join', 'syncd:v1:x', 'pictures'], { cwd });
  assert.equal(joined.code, 0);
  const place = { offered: 'photos', name: 'photos', path: join(cwd, 'pictures'), exists: false };
  assert.deepEqual(daemon.asked, [{ join: 'syncd:v1:x', places: [place] }]);

  daemon.offer = {
    ...daemon.offer,
    folders: [{ name: named('docs'), role: 'two-way', files: 1, bytes: 1 }],
  };
  const refused = await syncctl(['--home', home, 'join', 'syncd:v1:x', 'elsewhere'], { cwd });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /E_FOLDER_EXISTS: .*\nhint: .*--as NAME/);
  assert.equal(daemon.asked.length, 1, 'the invitation was not used');
});

test('folders are added, changed, told and removed', async (t) => {
  const { home, daemon, docs } = await serve(t);
  const ctl = (...words: readonly string[]): Promise<Ended> => syncctl(['--home', home, ...words]);

  const added = await ctl('add-folder', 'new', '/srv/new', '--ignore', '*.tmp', '--ignore', 'x', '--set', 'rescan=5m');
  assert.equal(added.stdout, 'Added new: /srv/new (scanning).\n');
  assert.deepEqual(daemon.asked[0], {
    addFolder: {
      name: 'new',
      path: '/srv/new',
      profile: undefined,
      mode: undefined,
      ignore: ['*.tmp', 'x'],
      set: ['rescan=5m'],
    },
  });
  await ctl('edit-folder', 'docs', '--set', 'ignore=["a","b"]', '--set', 'rescan=1m');
  assert.deepEqual(daemon.asked[1], { editFolder: 'docs', set: ['ignore=["a","b"]', 'rescan=1m'] });
  for (const verb of ['pause', 'resume', 'sync']) assert.equal((await ctl(verb, 'docs')).code, 0);
  assert.deepEqual(docs.calls, ['pause', 'resume', 'sync']);
  assert.equal((await ctl('remove-folder', 'new', '-q')).stdout, '');
  assert.equal((await ctl('folders', '-q')).stdout, 'docs\n');
});

test('a held deletion is shown before it is settled, and settled without a question in a pipe', async (t) => {
  const { home, docs } = await serve(t);
  docs.heldDeletions = 30;
  docs.snapshotValue = {
    ...docs.snapshotValue,
    condition: { kind: 'held', code: 'E_MASS_DELETE', message: '30 of 40 files were deleted', deletions: 30 },
  };
  const approved = await syncctl(['--home', home, 'approve', 'docs']);
  assert.deepEqual(approved, {
    code: 0,
    stdout: 'Approved 30 deletions in docs.\n',
    stderr: 'docs: 30 of 40 files were deleted\n',
  });
  assert.equal((await syncctl(['--home', home, 'reject', 'docs', '--yes'])).code, 1);
});

test('history, conflicts and restore name versions; names are escaped', async (t) => {
  const { home, docs } = await serve(t);
  const nasty = path('notes\n\u001b[31m.md');
  const at = Date.UTC(2026, 10, 20, 10, 0, 0);
  docs.historyEntries = [
    { id: 2, atMs: at, path: nasty, what: 'changed', device: LAPTOP, sizeBytes: 5, version, detail: undefined },
  ];
  const kept = {
    path: nasty,
    kind: 'file',
    sizeBytes: 4,
    sha256,
    replacedMs: at,
    modifiedMs: at,
    replacedBy: LAPTOP,
    why: 'replaced',
    file: '/srv/docs/.syncd/versions/notes',
  } as const;
  const older = parseVersionId('v8c1abcd') ?? assert.fail();
  docs.keptVersions = [
    { ...kept, id: version },
    { ...kept, id: older, replacedMs: at - 1000 },
  ];
  docs.conflictEntries = [
    {
      path: nasty,
      winner: HUB,
      lost: { kind: 'file', sha256, sizeBytes: 3, origin: LAPTOP, stamp: at },
      version,
      copy: undefined,
    },
  ];

  const shown = await syncctl(['--home', home, 'history', 'docs', '/srv/docs/notes\n\u001b[31m.md']);
  assert.equal(
    shown.stdout,
    '2026-11-20T10:00:00.000Z\tchanged\tlaptop\t5\tv9h7abcd\tdocs\tnotes\\n\\x1b[31m.md\t\n' +
      '2026-11-20T09:59:59.000Z\tkept\tlaptop\t4\tv8c1abcd\tdocs\tnotes\\n\\x1b[31m.md\treplaced\n',
  );
  const all = await syncctl(['--home', home, 'history', '--since', '2026-11-21', '--json']);
  assert.deepEqual(JSON.parse(all.stdout), []);
  const conflicts = await syncctl(['--home', home, 'conflicts']);
  assert.equal(conflicts.stdout, 'docs\tnotes\\n\\x1b[31m.md\thub\tlaptop\t2026-11-20T10:00:00.000Z\t3\tv9h7abcd\t\n');
  const restored = await syncctl(['--home', home, 'restore', 'docs', nasty, '--version', 'v8', '--to', '/tmp/x']);
  assert.equal(restored.stdout, 'Restored version v8c1abcd of notes\\n\\x1b[31m.md to /tmp/x.\n');
  assert.deepEqual(docs.lastRestore, { path: nasty, version: 'v8', atMs: undefined, to: '/tmp/x', dryRun: false });
  const gone = await syncctl(['--home', home, 'restore', 'docs', nasty, '--version', 'zz']);
  assert.deepEqual([gone.code, gone.stdout], [1, '']);
});

test('undo shows what it would do, does it, and wants to know exactly one thing', async (t) => {
  const { home, docs } = await serve(t);
  docs.undoPlan = {
    paths: [
      { path: path('notes\n\u001b[31m.md'), what: 'restored', code: undefined, conflict: true },
      { path: path('x.enc'), what: 'removed', code: undefined, conflict: false },
      { path: path('z'), what: 'impossible', code: 'E_VERSION_GONE', conflict: false },
    ],
    knownSinceMs: Date.UTC(2026, 10, 20),
  };
  const shown = await syncctl(['--home', home, 'undo', 'docs', '--since', '2026-11-19T00:00:00Z', '--dry-run']);
  assert.equal(
    shown.stderr,
    'restored   notes\\n\\x1b[31m.md, what was made there since is kept as a conflict\n' +
      'removed    x.enc\nimpossible z (E_VERSION_GONE)\n' +
      'what happened before 2026-11-20T00:00:00.000Z is not known any more\n',
  );
  assert.match(shown.stdout, /^Would restore 1, remove 1, 1 cannot be brought back[^\n]*\n$/);
  const sinceMs = Date.UTC(2026, 10, 19);
  assert.deepEqual(docs.undone, [{ last: false, sinceMs, id: undefined, dryRun: true }]);
  const done = await syncctl(['--home', home, '--json', 'undo', 'docs', '--last']);
  assert.match(done.stdout, /"restored": 1,/);
  assert.deepEqual([docs.undone.at(-1)?.last, docs.undone.length], [true, 2]);
  await syncctl(['--home', home, 'undo', 'docs', 'v9h7', '--yes']);
  assert.equal(docs.undone.at(-1)?.id, 'v9h7');
  for (const wrong of [[], ['--last', 'v9'], ['--since', 'whenever'], ['--last', '--since', '2h']]) {
    const refused = await syncctl(['--home', home, 'undo', 'docs', ...wrong]);
    assert.equal(refused.code, 2, wrong.join(' '));
  }
});

test('doctor tells what is wrong and what to do, and what verifying finds as it finds it', async (t) => {
  const { home, docs, daemon } = await serve(t);
  const well = await syncctl(['--home', home, 'doctor']);
  assert.deepEqual([well.code, well.stdout.includes('error'), well.stdout.includes('→')], [0, false, false]);
  daemon.limits = { ...daemon.limits, inotifyWatches: 2 };
  const ill = await syncctl(['--home', home, 'doctor', 'docs']);
  assert.equal(ill.code, 5);
  assert.match(
    ill.stdout,
    /^error\t\tE_WATCH_LIMIT\t4 directories to watch, 2 inotify watches allowed\tsudo sysctl[^\t\n]*$/m,
  );
  for (const line of ill.stdout.match(/^.+$/gm) ?? []) assert.equal(line.split('\t').length, 5, line);
  const { shown } = await syncctlOnTerminal(['--home', home, 'doctor', 'docs'], []);
  assert.match(shown, /^error +4 directories to watch, 2 inotify watches allowed \(E_WATCH_LIMIT\)\n +→ sudo sysctl/m);
  const problem = { code: 'E_REMOVED', message: 'this device was removed as a peer' } as const;
  daemon.peerList = [peer(LAPTOP, 'laptop', { problem })];
  const removed = await syncctlOnTerminal(['--home', home, 'doctor'], []);
  assert.match(removed.shown, /^error +laptop: this device was removed as a peer \(E_REMOVED\)$/m);
  docs.verified = [
    { kind: 'damaged', path: path('a\u001b[31m'), code: 'E_DAMAGED' },
    { kind: 'progress', files: 1, bytes: 2, totalFiles: 3, totalBytes: 4 },
    { kind: 'done', files: 3, bytes: 4096, damaged: 1, unreadable: 0, changed: 0 },
  ];
  const verified = await syncctl(['--home', home, 'doctor', '--verify']);
  assert.equal(verified.code, 5);
  assert.equal(verified.stdout, 'damaged\tdocs\ta\\x1b[31m\tE_DAMAGED\ndone\tdocs\t3\t4096\t1\t0\n');
  const read = await syncctlOnTerminal(['--home', home, 'doctor', '--verify'], []);
  assert.match(
    read.shown,
    /^damaged +docs: a\\x1b\[31m: .*\n(?:.*\n)*verified +docs: 3 files, 4.0 KiB; 1 damaged, 0 unreadable\n$/m,
  );
  const lines = await syncctl(['--home', home, '--json', 'doctor', '--verify', '--repair', 'docs']);
  assert.equal(lines.stdout.trim().split('\n').length, 3);
  assert.deepEqual(docs.calls, ['verify', 'verify', 'verify and repair']);
  docs.verified = [];
  assert.equal((await syncctl(['--home', home, 'doctor', '--verify'])).code, 0);
  for (const args of [['--repair'], ['no', '--verify']])
    assert.notEqual((await syncctl(['--home', home, 'doctor', ...args])).code, 0, args.join(' '));
});

test('health is one word, and an exit status', async (t) => {
  const { home, docs } = await serve(t);
  const well = await syncctl(['--home', home, 'health']);
  assert.deepEqual([well.code, well.stdout, well.stderr], [0, 'ok\n', '']);
  const condition = { kind: 'halted', code: 'E_ROOT_MISSING', message: '/srv/docs is missing' } as const;
  docs.snapshotValue = { ...docs.snapshotValue, condition };
  const ill = await syncctl(['--home', home, 'health']);
  assert.deepEqual([ill.code, ill.stdout], [5, 'failing\n']);
  assert.match(ill.stderr, /^docs: \/srv\/docs is missing {2}→ Mount/);
  const json = await syncctl(['--home', home, '--json', 'health']);
  assert.match(json.stdout, /"health": "failing"/);
});

test('events are followed as one object a line, until the daemon or the reader ends', async (t) => {
  const { home, feed, docs, server } = await serve(t);
  const change = (what: string): void =>
    feed.add({
      atMs: 0,
      folder: docs.name,
      kind: 'change',
      path: path('a\tb'),
      what,
      device: LAPTOP,
      direction: 'received',
      sizeBytes: 5,
      code: undefined,
    });
  change('created');
  let followedUp = false;
  const followed = await syncctl(['--home', home, 'events', '--follow', '--json'], {
    onOutput: (soFar) => {
      if (!followedUp) change('deleted');
      followedUp = true;
      if (soFar.includes('deleted')) void server.close();
    },
  });
  const lines = followed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; what: string; device_name: string });
  assert.deepEqual(
    lines.map((line) => [line.what, line.device_name]),
    [
      ['created', 'laptop'],
      ['deleted', 'laptop'],
    ],
  );
  assert.equal((lines[1]?.id ?? 0) - (lines[0]?.id ?? 0), 1);
});

test('Ctrl-C is 130', async (t) => {
  const { home, daemon } = await serve(t);
  daemon.log({ atMs: 0, level: 'info', message: 'started', fields: {} });
  const ended = await syncctl(['--home', home, 'logs', '-f'], { onOutput: (_, kill) => kill('SIGINT') });
  assert.equal(ended.code, 130);
});

test('logs are one line a record, of the level asked for', async (t) => {
  const { home, daemon } = await serve(t);
  daemon.log({ atMs: 0, level: 'info', message: 'started', fields: {} });
  daemon.log({
    atMs: 1000,
    level: 'warn',
    message: 'cannot read\nfake',
    fields: { path: 'a b\u001b', n: 3n, folder: 'docs' },
  });
  const warned = await syncctl(['--home', home, 'logs', '--level', 'warn']);
  assert.equal(warned.stdout, '1970-01-01T00:00:01.000Z warn cannot read\\nfake path="a b\\u001b" n=3 folder=docs\n');
  assert.equal((await syncctl(['--home', home, 'logs'])).stdout.split('\n').length, 3);
  assert.equal((await syncctl(['--home', home, 'logs', '--level', 'loud'])).code, 2);
});

test('a configuration is shown, checked by its content, and read again', async (t) => {
  const { home, daemon } = await serve(t);
  const file = join(home, 'new.yaml');
  writeFileSync(file, 'name: x\n');
  assert.equal((await syncctl(['--home', home, 'config', 'show'])).stdout, 'name: hub\nfolders: {}\n');
  assert.equal((await syncctl(['config', 'check', file, '--home', home])).stdout, `${file}: no problems found.\n`);
  assert.deepEqual(daemon.asked, [{ checkConfig: { text: 'name: x\n', file } }]);
  daemon.configProblem = `${file}:1: nmae: unknown key; expected name`;
  const refused = await syncctl(['--home', home, 'config', 'check']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^syncctl: E_CONFIG: .*new\.yaml:1: nmae/);
  const absent = await syncctl(['--home', home, 'config', 'check', `${file}.old`]);
  assert.equal(absent.code, 2);
  assert.equal(
    absent.stderr,
    `syncctl: E_CONFIG: ${file}.old: there is no such file\nhint: Name a file that you may read.\n`,
  );
  const directory = await syncctl(['--home', home, 'config', 'check', home]);
  assert.match(directory.stderr, /: it is a directory\n/);
  assert.equal((await syncctl(['--home', home, 'reload'])).stdout, 'Folder docs: rescan is 5m\n');
});

test('peers are listed and removed by name', async (t) => {
  const { home } = await serve(t);
  const listed = await syncctl(['--home', home, 'peers']);
  assert.equal(
    listed.stdout,
    `laptop\tyes\t2026-11-21T06:00:00.000Z\t8.2\t1234\t5678\tlaptop.example:9031\tdocs\t${LAPTOP}\n`,
  );
  assert.equal((await syncctl(['--home', home, 'remove-peer', 'lapt', '--yes'])).code, 0);
  const none = await syncctl(['--home', home, 'peers']);
  assert.deepEqual([none.code, none.stdout], [0, '']);
});

/** Two at a time: the machine may have no more processors. */
async function inPairs<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < items.length; i += 2) results.push(...(await Promise.all(items.slice(i, i + 2).map(work))));
  return results;
}

test('who removes a peer or a folder on a terminal is told what that is about, one thing in the singular', async (t) => {
  const { home } = await serve(t);

  const peer = await syncctlOnTerminal(['--home', home, 'remove-peer', 'laptop'], ['n']);
  const folder = await syncctlOnTerminal(['--home', home, 'remove-folder', 'docs'], ['n']);

  assert.match(peer.shown, /laptop \(\w+\) shares 1 folder: docs$/m);
  assert.match(folder.shown, /kept with 1 peer\. The files stay\.$/m);
});

test('an empty path is a mistake, not the directory in which it was said', async (t) => {
  const { home, daemon } = await serve(t);
  for (const words of [
    ['--home', home, 'add-folder', 'new', ''],
    ['--home', home, 'join', 'syncd:v1:…', ''],
    ['--home', home, 'restore', 'docs', 'a', '--to', ''],
    ['--home', home, 'config', 'check', ''],
    ['--home', '', 'status'],
    ['--socket', '', 'status'],
  ]) {
    const refused = await syncctl(words);
    assert.equal(refused.code, 2, words.join(' '));
    assert.match(refused.stderr, /^syncctl: E_USAGE: \S+ is empty; a path is expected\nhint: /);
  }
  assert.equal(daemon.folderSettings().size, 1);
});

test('what cannot be printed is told, in one line and a hint', () => {
  const printed = (...words: string[]) =>
    spawnSync('sh', ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, syncctlFile, ...words], {
      encoding: 'utf8',
    });
  const { status, stderr } = printed('explain', 'E_CONFIG');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^syncctl: E_DISK_FULL: standard output cannot be written: .*\nhint: What was printed is not complete\.\n$/,
  );
  const { error } = JSON.parse(printed('--json', 'explain', 'E_CONFIG').stderr) as { error: { code: string } };
  assert.equal(error.code, 'E_DISK_FULL');
});

test('who stands in a directory that has been removed is told of everything but what lies below it', async (t) => {
  const { home } = await serve(t);
  const gone = mkdtempSync(join(tmpdir(), 'syncd-gone-'));
  const script = 'rmdir "$1" && shift && exec "$0" "$@"';
  const run = promisify(execFile);
  const standing = (...words: string[]) =>
    run('sh', ['-c', script, process.execPath, gone, syncctlFile, '--home', home, ...words], { cwd: gone });
  assert.equal((await standing('-q', 'folders')).stdout, 'docs\n');
  mkdirSync(gone);
  await assert.rejects(standing('add-folder', 'new', 'relative'), (error: { code?: unknown; stderr?: unknown }) => {
    assert.equal(error.code, 2);
    assert.match(
      String(error.stderr),
      /^syncctl: E_USAGE: relative lies nowhere: the working directory is gone\nhint: cd /,
    );
    return true;
  });
});
