// `setup`: the questions on a terminal, and what comes of the answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '../control/served.ts';
import { syncctlOnTerminal } from './on-terminal.ts';
import { syncctl } from './run.ts';

const QUESTION = /(?:\]:?|here:) $/;

test('a folder is added and an invitation printed, by three answers', async (t) => {
  const { home, daemon } = await serve(t);
  const answers = ['', 'notes', '/srv/notes', 'read-only'];
  const { code, shown } = await syncctlOnTerminal(['--home', home, 'setup'], answers, QUESTION);
  assert.equal(code, 0, shown);
  assert.match(shown, /This device is hub\. It keeps docs\./);
  assert.match(shown, /Added notes: \/srv\/notes/);
  assert.match(shown, /notes: read-only, once/);
  assert.deepEqual(daemon.asked.filter((one) => JSON.stringify(one).includes('/srv/notes')).length, 1);
});

test('a folder that is there is only shared', async (t) => {
  const { home } = await serve(t);
  const { code, shown } = await syncctlOnTerminal(['--home', home, 'setup'], ['', '', ''], QUESTION);
  assert.equal(code, 0, shown);
  assert.doesNotMatch(shown, /Its directory/);
  assert.match(shown, /docs: two-way, once/);
});

test('an invitation is joined', async (t) => {
  const { home, daemon } = await serve(t);
  const { code, shown } = await syncctlOnTerminal(
    ['--home', home, 'setup'],
    ['syncd:v1:anything', '/srv/photos', 'y'],
    QUESTION,
  );
  assert.equal(code, 0, shown);
  assert.match(shown, /Paired with nas/);
  assert.ok(JSON.stringify(daemon.asked).includes('/srv/photos'));
});

test('where nobody can answer it says how it is done without', async (t) => {
  const { home } = await serve(t);
  const { code, stderr } = await syncctl(['--home', home, 'setup']);
  assert.equal(code, 2);
  assert.match(stderr, /^syncctl: E_USAGE: setup asks questions.*\nhint: .*syncctl add-folder/);
});
