// `npm run demo [-- FOLDER]`: two daemons on this machine, paired by the commands that anybody would type, keep FOLDER
// the same in a second place and show what they sync until Ctrl-C. Without FOLDER it makes a small tree to play with.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { styleText } from 'node:util';
import { Device } from './demo-device.ts';
import { say, showEvents } from './demo-events.ts';

const given = process.argv[2];
// npm runs scripts in the project's root; what the user means is where npm was called.
const folder = given === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
refuseWhatCannotBeSynced(folder);

const place = mkdtempSync(join(tmpdir(), 'syncd-demo-'));
const first = folder ?? makeSampleTree(join(place, 'docs'));
const second = join(place, 'docs-on-laptop');
const interrupted = new Promise<void>((done) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done());
});

const hub = new Device('hub', place);
const laptop = new Device('laptop', place);
try {
  await Promise.race([show(), interrupted]);
  await Promise.race([interrupted, unexpectedEnd()]);
  await finish();
} catch (error) {
  say(`\nThe demo cannot go on: ${error instanceof Error ? error.message : String(error)}`);
  say(`The logs are ${hub.logFile} and ${laptop.logFile}.`);
  process.exitCode = 1;
}
process.exit();

/** From two fresh daemons to a folder in sync. */
async function show(): Promise<void> {
  await Promise.all([hub.ready(), laptop.ready()]);
  say('Two daemons run, as on two machines; they talk over TLS on this one.');
  say(`  hub     keeps  ${first}`);
  say(`  laptop  keeps  ${second}`);
  say('\nPairing them takes three commands:');
  showEvents(hub);
  showEvents(laptop);
  await typed(hub, ['add-folder', 'docs', first]);
  const invitation = await typed(hub, ['invite', 'docs']);
  await typed(laptop, ['join', invitation, second]);
  await typed(laptop, ['wait', 'docs', '--timeout', '3600']);
  await new Promise((done) => setTimeout(done, 500)); // the last events are still on their way to the screen
  say(
    `\n${styleText('green', 'In sync.')} Both places are now equal: what you change, move or delete in one happens in`,
  );
  say('the other. Old contents are kept in .syncd/versions there. Try it in another terminal:');
  say(`  echo hello > ${quoted(join(second, 'hello.txt'))}`);
  say(`  ${hub.command('status')}`);
  say('Ctrl-C ends the demo.\n');
}

/** Runs a command and prints it, and its answer, as if a person had typed it. */
async function typed(device: Device, words: readonly string[]): Promise<string> {
  say(styleText('bold', `${device.name}$ syncctl ${words.map(quoted).join(' ')}`));
  const answer = await device.ctl(words);
  if (answer !== '') say(answer);
  return answer;
}

function unexpectedEnd(): Promise<never> {
  return new Promise((_, fail) => {
    for (const device of [hub, laptop])
      device.onEnd(() => fail(new Error(`the daemon «${device.name}» ended:\n${device.lastLog()}`)));
  });
}

/** Stops both and says what is left where. The folders lose nothing but the demo's own mark. */
async function finish(): Promise<void> {
  say('\nStopping …');
  // Left for good, so that FOLDER is an ordinary directory again; not possible if a daemon did not come up yet.
  await hub.ctl(['remove-folder', 'docs', '--yes']).catch(() => undefined);
  await Promise.all([hub.stop(), laptop.stop()]);
  if (folder !== undefined) say(leaveFolder(folder));
  say(`The demo's own files, the second place among them, are in ${place}. Remove them with: rm -r ${quoted(place)}`);
}

/** Takes the demo's mark out of the user's folder, unless something worth keeping lies beside it. */
function leaveFolder(path: string): string {
  const own = join(path, '.syncd');
  const versions = join(own, 'versions');
  if (existsSync(versions) && readdirSync(versions).length > 0)
    return `${path} is as you see it; what was replaced or deleted in it during the demo is kept in ${versions}.`;
  rmSync(own, { recursive: true, force: true });
  return `${path} is as you see it; the demo has left nothing in it.`;
}

function refuseWhatCannotBeSynced(path: string | undefined): void {
  if (path === undefined) return;
  const problem =
    statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true
      ? `${path} is not a directory.`
      : existsSync(join(path, '.syncd'))
        ? `${path} has a .syncd/ already: a daemon keeps it in sync, or did. Choose another folder.`
        : undefined;
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}

function makeSampleTree(path: string): string {
  mkdirSync(join(path, 'notes'), { recursive: true });
  mkdirSync(join(path, 'pictures', 'empty album'), { recursive: true });
  writeFileSync(join(path, 'README.txt'), 'A small tree to play with. Change it, here or in the second place.\n');
  writeFileSync(join(path, 'notes', 'todo.md'), '- [x] start the demo\n- [ ] change this file\n');
  writeFileSync(join(path, 'notes', 'größe & ‹names›.txt'), 'Any name that is UTF-8 will do.\n');
  writeFileSync(join(path, 'pictures', 'large.bin'), Buffer.alloc(3 << 20, 'not really a picture '));
  writeFileSync(join(path, 'run.sh'), '#!/bin/sh\necho I stay executable\n', { mode: 0o755 });
  symlinkSync('notes/todo.md', join(path, 'latest'));
  return path;
}

/** As a shell wants it. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
