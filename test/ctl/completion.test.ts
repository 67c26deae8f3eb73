// Completion in the shells themselves: what each offers at the end of a command line, with a daemon to ask for names.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { commands } from '../../ctl/commands/table.ts';
import { serve } from '../control/served.ts';
import { syncctl } from './run.ts';

/** Not the synchronous one: the daemon that is asked lives in this process. */
const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** A directory to stand in, with the script, a `syncctl` that speaks to a daemon, a file and a directory. */
async function surroundings(t: TestContext, shell: string): Promise<{ place: string; env: NodeJS.ProcessEnv }> {
  const { home } = await serve(t);
  const place = mkdtempSync(join(tmpdir(), 'syncd-completion-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  const { stdout, code } = await syncctl(['completion', shell]);
  assert.equal(code, 0);
  writeFileSync(join(place, 'script'), stdout);
  mkdirSync(join(place, 'bin'));
  const program = join(place, 'bin/syncctl');
  writeFileSync(program, `#!/bin/sh\nexec ${root}/node_modules/.bin/node ${root}/ctl/main.ts "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(place, 'a-file.yaml'), '');
  mkdirSync(join(place, 'a-directory'));
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  return { place, env: { ...rest, PATH: `${place}/bin:${rest['PATH']}`, SYNCD_HOME: home, HOME: place } };
}

interface Case {
  /** Up to the cursor. */
  readonly words: readonly string[];
  readonly offers: readonly string[];
}

const CASES: readonly Case[] = [
  {
    words: ['syncctl', 're'],
    offers: ['reject', 'reload', 'remove-folder', 'remove-peer', 'resolve', 'restore', 'resume'],
  },
  { words: ['syncctl', 'config', ''], offers: ['check', 'show'] },
  { words: ['syncctl', 'config', 'check', 'a-f'], offers: ['a-file.yaml'] },
  { words: ['syncctl', 'status', ''], offers: ['docs'] },
  { words: ['syncctl', '--json', 'invite', 'docs', 'd'], offers: ['docs'] },
  { words: ['syncctl', 'remove-peer', ''], offers: ['laptop'] },
  { words: ['syncctl', 'invite', 'docs', '--role', ''], offers: ['edit-only', 'read-only', 'two-way'] },
  { words: ['syncctl', 'resolve', 'docs', 'notes.txt', '--k'], offers: ['--keep'] },
  { words: ['syncctl', 'explain', 'E_MASS'], offers: ['E_MASS_DELETE'] },
  { words: ['syncctl', 'completion', 'f'], offers: ['fish'] },
];
/** What fish does not tell apart: it counts no arguments. */
const COUNTED: readonly Case[] = [
  { words: ['syncctl', 'add-folder', 'notes', 'a'], offers: ['a-directory'] },
  { words: ['syncctl', 'undo', 'docs', ''], offers: [] },
  { words: ['syncctl', 'restore', 'docs', 'x', '--at', ''], offers: [] },
];

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

test('bash offers commands, options, values, folders and peers', async (t) => {
  const { place, env } = await surroundings(t, 'bash');
  for (const { words, offers } of [
    ...CASES,
    ...COUNTED,
    { words: ['syncctl', 'invite', 'docs', '--role', '=', 'e'], offers: ['edit-only'] },
  ]) {
    const typed = words.map((word) => `'${word}'`).join(' ');
    // compopt speaks of a completion that is under way, and here none is.
    const script = `compopt() { :; }; . ./script; COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _syncctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout: said } = await run('bash', ['--norc', '-c', script], { cwd: place, env });
    assert.deepEqual(said.split('\n').filter(Boolean).sort(), offers, words.join(' '));
  }
});

test('zsh offers the same', { skip: isThere('zsh') ? false : 'zsh is not there' }, async (t) => {
  const { place, env } = await surroundings(t, 'zsh');
  for (const { words, offers } of [...CASES, ...COUNTED]) {
    const typed = words.map((word) => `'${word}'`).join(' ');
    const cursor = words.at(-1) ?? '';
    // What the line editor would do: take what begins like the word at the cursor.
    const script = `compdef() { :; }
      compadd() { shift; print -l -- $@ }
      _files() { [[ "$1" = -/ ]] && print -l -- *(/N) || print -l -- *(.N) }
      . ./script; words=(${typed}); CURRENT=${words.length}; _syncctl`;
    const { stdout: said } = await run('zsh', ['-f', '-c', script], { cwd: place, env });
    const matching = said.split('\n').filter((one) => one !== '' && one.startsWith(cursor));
    assert.deepEqual(matching.sort(), offers, words.join(' '));
  }
});

test('fish offers them too', { skip: isThere('fish') ? false : 'fish is not there' }, async (t) => {
  const { place, env } = await surroundings(t, 'fish');
  for (const { words, offers } of CASES) {
    const script = `source ./script; complete -C '${words.join(' ')}'`;
    const { stdout: said } = await run('fish', ['--no-config', '-c', script], { cwd: place, env });
    const offered = said.split('\n').map((line) => line.split('\t')[0] ?? '');
    for (const one of offers) assert.ok(offered.includes(one), `${words.join(' ')}: ${one} of ${offered.join(' ')}`);
  }
});

test('each command is completed, and another shell is refused', async () => {
  const { stdout } = await syncctl(['completion', 'fish']);
  for (const { name } of commands) assert.ok(stdout.includes(`'${name.split(' ').at(-1) ?? ''}'`), name);
  const other = await syncctl(['completion', 'tcsh']);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /^syncctl: E_USAGE: tcsh is not one of bash, zsh, fish\nhint: /);
});
