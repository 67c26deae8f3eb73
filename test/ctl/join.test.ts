// What `syncctl join` says and asks before it joins.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { folderLine, question } from '../../ctl/output/join-preview.ts';
import type { JoinComparison, JoinPreview } from '../../protocol/control.ts';
import { named } from '../control/fake-daemon.ts';
import { type ServedDaemon, serve } from '../control/served.ts';
import { syncctlOnTerminal } from './on-terminal.ts';
import { syncctl } from './run.ts';

const photos = named('photos');
const compared = { receive: 12_408, receiveBytes: 3_328_599_655, send: 3, differ: 1, same: 20, filtered: false };
const LINE = /^Folder photos → \S+pictures: 12,408 files, 3\.1 GiB to receive, 3 local files to send, 1 differs\.$/m;

const joinsOf = ({ daemon }: ServedDaemon): number =>
  daemon.asked.filter((one) => typeof one === 'object' && one !== null && 'join' in one).length;

type PreviewFolder = JoinPreview['folders'][number];

function previewFolder(comparison: Partial<JoinComparison> | null, more: Partial<PreviewFolder> = {}): PreviewFolder {
  const nothing = { receive: 0, receive_bytes: 0, send: 0, differ: 0, same: 0, filtered: false };
  return {
    name: 'docs',
    offered: 'docs',
    path: '/home/ana/Documents',
    exists: false,
    role: 'two-way',
    files: 7,
    bytes: 4096,
    comparison: comparison && { ...nothing, ...comparison },
    ...more,
  };
}

test('a folder is one line: what comes, what goes, what differs', () => {
  const line = 'Folder docs → /home/ana/Documents: ';
  const rows: readonly (readonly [Partial<JoinComparison>, string])[] = [
    [{}, 'empty on both sides.'],
    [{ same: 40 }, '40 files, the same on both sides.'],
    [{ receive: 1, receive_bytes: 80 }, '1 file, 80 B to receive.'],
    [{ send: 1 }, 'nothing to receive, 1 local file to send.'],
    [{ receive: 1200, receive_bytes: 4096, same: 1 }, '1,200 files, 4.0 KiB to receive.'],
    [{ differ: 2 }, 'nothing to receive, 2 differ.'],
    [{ receive: 3, receive_bytes: 80, filtered: true }, 'at most 3 files, 80 B to receive.'],
  ];
  for (const [comparison, expected] of rows) assert.equal(folderLine(previewFolder(comparison)), line + expected);
  assert.match(
    folderLine(previewFolder({ send: 2 }, { role: 'read-only' })),
    /^Folder docs \(read-only\) → \S+: nothing to receive, 2 local files that would not be synced\.$/,
  );
});

test('what could not be compared is said to be «about» so much', () => {
  const uncompared = previewFolder(null);
  const line = 'Folder docs → /home/ana/Documents: about 7 files, 4.0 KiB there';
  assert.equal(folderLine(uncompared), `${line}; not compared.`);
  assert.equal(
    folderLine(uncompared, { kind: 'counted', files: 100_000, bytes: 4096, more: true }),
    `${line}, more than 100,000 files, 4.0 KiB here; not compared.`,
  );
  assert.equal(folderLine(uncompared, { kind: 'absent' }), `${line}, nothing here; not compared.`);
});

test('the question says what becomes of the files that differ', () => {
  const ask = (...all: (Partial<JoinComparison> | null)[]): string => question(all.map((one) => previewFolder(one)));
  assert.equal(ask({ receive: 5 }), 'Go on?');
  assert.equal(ask({ differ: 1 }), 'The differing file is kept as a conflict. Go on?');
  assert.equal(ask({ differ: 1 }, { differ: 1199 }), 'The 1,200 differing files are kept as conflicts. Go on?');
  assert.equal(ask({ differ: 1 }, null), 'Files that differ are kept as conflicts. Go on?');
});

test('on a terminal join shows what will happen and asks; n changes nothing', async (t) => {
  const served = await serve(t);
  const { home, daemon } = served;
  daemon.comparisons.set(photos, compared);
  const words = ['--home', home, 'join', 'syncd:v1:x', join(home, 'pictures')];

  const refused = await syncctlOnTerminal(words, ['n']);
  assert.match(refused.shown, /^Invited by nas \(NASAAAA\)\.$/m);
  assert.match(refused.shown, LINE);
  assert.match(refused.shown, /^The differing file is kept as a conflict\. Go on\? \[Y\/n\] n$/m);
  assert.match(refused.shown, /nothing was done/);
  assert.equal(refused.code, 1);
  assert.equal(joinsOf(served), 0);

  const agreed = await syncctlOnTerminal(words, ['']);
  assert.match(agreed.shown, /\[Y\/n\] \nPaired with nas \(NASAAAA\)\.$/m);
  assert.equal(agreed.code, 0);
  assert.equal(joinsOf(served), 1);
  assert.deepEqual(daemon.comparisonsAsked, [
    { quick: false, paths: [join(home, 'pictures')] },
    { quick: false, paths: [join(home, 'pictures')] },
  ]);
});

test('on a terminal --yes shows and does not ask; what was not compared is counted here', async (t) => {
  const served = await serve(t);
  const { home } = served;
  mkdirSync(join(home, 'pictures'));
  writeFileSync(join(home, 'pictures', 'a.jpg'), 'four');

  const joined = await syncctlOnTerminal(['--home', home, 'join', 'syncd:v1:x', join(home, 'pictures'), '-y'], ['n']);

  assert.match(joined.shown, /: about 7 files, 4\.0 KiB there, about 1 file, 4 B here; not compared\.$/m);
  assert.doesNotMatch(joined.shown, /Go on/);
  assert.equal(joinsOf(served), 1);
});

test('without a terminal the preview goes to standard error, if it was quick; never with --yes, --json or -q', async (t) => {
  const served = await serve(t);
  const { home, daemon } = served;
  daemon.comparisons.set(photos, compared);
  const path = join(home, 'pictures');
  const words = ['--home', home, 'join', 'syncd:v1:x', path];

  const piped = await syncctl(words);
  assert.equal(piped.stdout, `Paired with nas (NASAAAA).\nFolder photos: ${path}\n`);
  assert.match(piped.stderr, LINE);
  assert.equal(piped.stderr.split('\n').length, 2);
  assert.deepEqual(daemon.comparisonsAsked, [{ quick: true, paths: [path] }]);

  for (const flag of ['--yes', '--json', '-q']) assert.equal((await syncctl([...words, flag])).stderr, '', flag);
  assert.equal(daemon.comparisonsAsked.length, 1);
  assert.equal(joinsOf(served), 4);
});

test('with - the invitation comes from standard input, where nobody sees it among the arguments of a program', async (t) => {
  const served = await serve(t);
  const { home } = served;
  const main = resolve(import.meta.dirname, '../../ctl/main.ts');
  const input = 'syncd:v1:x\nand what follows\n';

  const joining = promisify(execFile)(process.execPath, [main, '--home', home, 'join', '-', join(home, 'pictures')]);
  joining.child.stdin?.end(input);
  const { stdout } = await joining;

  assert.match(stdout, /Paired with nas/);
  assert.deepEqual(
    served.daemon.asked.map((one) => typeof one === 'object' && one !== null && 'join' in one && one.join),
    ['syncd:v1:x'],
  );
});
