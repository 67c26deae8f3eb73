// The house is tidy: names say what files do, first lines say what they are for, and no file is a monster.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { sourceFiles } from './source-files.ts';

const MAX_LINES = 400;
const MAX_METHODS = 12;

const program = sourceFiles('daemon', 'protocol', 'ctl');
const all = [...program, ...sourceFiles('test', 'packaging')];

test('no file is a barrel, and none is named for what it is not', () => {
  const nameless =
    /^(?:index|utils?|helpers?|common|types?|misc|managers?|[a-z-]+-(?:utils?|helpers?|types?|manager))\.ts$/;
  assert.deepEqual(
    all.filter(({ path }) => nameless.test(basename(path))).map(({ path }) => path),
    [],
  );
});

test('names of files are lower-case words with dashes', () => {
  const name = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/;
  assert.deepEqual(
    all.filter(({ path }) => !name.test(basename(path))).map(({ path }) => path),
    [],
  );
});

test('every file of the program begins with what it is for', () => {
  const first = /^(?:#![^\n]*\n)?\/\/ \S/;
  assert.deepEqual(
    program.filter(({ text }) => !first.test(text)).map(({ path }) => path),
    [],
  );
});

test(`no file has more than ${MAX_LINES} lines`, () => {
  const long = program.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
  assert.deepEqual(
    long.filter(({ lines }) => lines > MAX_LINES),
    [],
  );
});

test('no statement of the index is planned anew each time it is asked: index/paging.ts says why', () => {
  const bare = sourceFiles('daemon/index').filter(({ text }) => /\bLIMIT (?:\?|@\w+)(?! \+ 0)/.test(text));
  assert.deepEqual(
    bare.map(({ path }) => path),
    [],
  );
});

test(`no port has more than ${MAX_METHODS} methods`, () => {
  const wide: string[] = [];
  for (const { path, code } of sourceFiles('daemon/ports'))
    for (const [, name, body] of code.matchAll(/^export interface (\w+)[^{]*\{([^]*?)^\}/gm)) {
      const methods = body?.match(/^ {2}\w+(?:<[^>]*>)?\(/gm)?.length ?? 0;
      if (methods > MAX_METHODS) wide.push(`${path}: ${name} has ${methods}`);
    }
  assert.deepEqual(wide, []);
});

test('types are not loosened: no any, no assertion against null, no error that is ignored by a comment', () => {
  const loose = /\bas any\b|:\s*any\b|<any\b|[\w)\]]!(?=[.;,)\]])/;
  const wrong = program.flatMap(({ path, text, code }) => [
    ...code.split('\n').flatMap((line, i) => (loose.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    ...(/@ts-(?:ignore|nocheck|expect-error)/.test(text) ? [`${path}: a comment silences the compiler`] : []),
  ]);
  assert.deepEqual(wrong, []);
});

test('every test file has a test', () => {
  const tests = sourceFiles('test').filter(({ path }) => path.endsWith('.test.ts'));
  assert.deepEqual(
    tests.filter(({ text }) => !/\btest\(/.test(text)).map(({ path }) => path),
    [],
  );
});
