// How values are written: escapes, columns, sizes, times, YAML.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration, humanMoment, humanSize, size, text } from '../../ctl/output/cell.ts';
import { plain } from '../../ctl/output/color.ts';
import { escape } from '../../ctl/output/escape.ts';
import { alignedLines, commaLines, separatedLines, width } from '../../ctl/output/table.ts';
import { yamlLines } from '../../ctl/output/yaml.ts';

test('what would do something to a terminal is shown instead', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['plain é 漢字 🙂', 'plain é 漢字 🙂'],
    ['a\nINFO fake', 'a\\nINFO fake'],
    ['tab\there', 'tab\\there'],
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['\u009b31m', '\\x9b31m'],
    ['abc\u202Etxt.exe', 'abc\\u202etxt.exe'],
    ['line\u2028break', 'line\\u2028break'],
    ['half \ud800', 'half \\ud800'],
    ['back\\slash', 'back\\slash'],
  ];
  for (const [given, shown] of rows) assert.equal(escape(given), shown);
});

test('columns are aligned by what a terminal shows, also of wide and combined characters', () => {
  assert.equal(width('漢字'), 4);
  assert.equal(width('é'), 1);
  const lines = alignedLines(
    [{ title: 'NAME' }, { title: 'SIZE', align: 'right' }],
    [
      [text('漢字'), size(5)],
      [text('abcdef'), size(2048)],
    ],
    plain,
  );
  assert.deepEqual(lines, ['NAME       SIZE', '漢字        5 B', 'abcdef  2.0 KiB']);
});

test('in a pipe columns are separated by tabs, and stay columns whatever a name holds', () => {
  assert.deepEqual(separatedLines([[text('a\tb\nc'), size(2048), text(null)]]), ['a\\tb\\nc\t2048\t']);
});

test('sizes are short', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [1024 * 99.9, '99.9 KiB'],
    [1024 * 99.96, '100 KiB'],
    [1024 * 1000, '1.0 MiB'],
    [3.1 * 2 ** 30, '3.1 GiB'],
  ];
  for (const [bytes, shown] of rows) assert.equal(humanSize(bytes), shown);
});

test('durations have two units, times are near or named', () => {
  assert.equal(humanDuration(0), '0s');
  assert.equal(humanDuration(3 * 86_400_000 + 4 * 3_600_000 + 59_000), '3d 4h');
  assert.equal(humanDuration(3_600_000), '1h');
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
  assert.equal(humanMoment(now - 100, now), 'now');
  assert.equal(humanMoment(now - 4000, now), '4s ago');
  assert.equal(humanMoment(new Date(2026, 10, 21, 9, 5).getTime(), now), 'today 09:05');
  assert.equal(humanMoment(new Date(2026, 10, 20, 18, 40).getTime(), now), 'yesterday 18:40');
  assert.equal(humanMoment(new Date(2026, 0, 2, 18, 40).getTime(), now), '2 Jan 18:40');
  assert.equal(humanMoment(new Date(2025, 0, 2).getTime(), now), '2 Jan 2025');
});

test('a configuration is written so that it can be read again', () => {
  const config = {
    name: 'hub',
    listen: false,
    folders: { docs: { path: '/srv/docs', ignore: ['*.tmp', 'no'], only: [], peers: {}, max: 0.5, text: 'a: b' } },
    list: [{ a: 1, b: [2] }],
    nothing: null,
  };
  assert.deepEqual(yamlLines(config), [
    'name: hub',
    'listen: false',
    'folders:',
    '  docs:',
    '    path: /srv/docs',
    '    ignore:',
    '      - "*.tmp"',
    '      - "no"',
    '    only: []',
    '    peers: {}',
    '    max: 0.5',
    '    text: "a: b"',
    'list:',
    '  - a: 1',
    '    b:',
    '      - 2',
    'nothing: null',
  ]);
});

test('csv: commas, quotes and line breaks stay in their field', () => {
  const columns = [{ title: 'NAME' }, { title: 'LAST SYNC' }];
  const rows = ['plain', 'a, b', 'say "hi"', 'two\nlines', 'tab\there'].map((name) => [text(name), text(null)]);
  assert.deepEqual(commaLines(columns, rows), [
    'name,last_sync',
    'plain,',
    '"a, b",',
    '"say ""hi""",',
    '"two\nlines",',
    'tab\there,',
  ]);
});
