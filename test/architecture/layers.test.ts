// The layers hold: imports point downwards, packages stay at their address, and only the edge touches the world.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESSES,
  FOR_ALL,
  MAY_IMPORT,
  MAY_TOUCH_THE_WORLD,
  SYSTEM_TO_DISK,
  WORLD,
  layerOf,
  packageOf,
} from './layers.ts';
import { parseSource, sourceFiles } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

const program = sourceFiles('daemon', 'protocol', 'ctl');

function mayImport(path: string, file: string): boolean {
  const from = layerOf(path);
  const to = layerOf(file);
  if (from === undefined || to === undefined) return false;
  if (from === to || FOR_ALL.includes(file)) return true;
  if (to === 'disk' && SYSTEM_TO_DISK.test(path)) return true;
  return MAY_IMPORT[from].includes(to);
}

test('every file of the program belongs to a layer', () => {
  assert.deepEqual(
    program.filter(({ path }) => layerOf(path) === undefined).map(({ path }) => path),
    [],
  );
  assert.ok(program.length > 0);
});

test('imports point downwards only', () => {
  const wrong = program.flatMap(({ path, imports }) =>
    imports.flatMap(({ file }) => (file === undefined || mayImport(path, file) ? [] : [`${path} imports ${file}`])),
  );
  assert.deepEqual(wrong, []);
});

test('every relative import is a .ts file that exists', () => {
  const known = new Set(program.map(({ path }) => path));
  const wrong = program.flatMap(({ path, imports }) =>
    imports.flatMap(({ file }) => (file === undefined || known.has(file) ? [] : [`${path} imports ${file}`])),
  );
  assert.deepEqual(wrong, []);
});

test('every package is imported at its one address', () => {
  const wrong = program.flatMap(({ path, imports }) =>
    imports.flatMap(({ from, file }) =>
      file !== undefined || ADDRESSES[packageOf(from)]?.test(path) === true ? [] : [`${path} imports ${from}`],
    ),
  );
  assert.deepEqual(wrong, []);
});

test('node:http and node:tls are imported for their types alone: daemon/system/builtins.ts says why', () => {
  const wrong = program.flatMap(({ path, imports }) =>
    imports.flatMap(({ from, typeOnly }) =>
      /^node:(?:https?|tls)$/.test(from) && !typeOnly ? [`${path} imports ${from}`] : [],
    ),
  );
  assert.deepEqual(wrong, []);
});

test('core and protocol compute and nothing else', () => {
  const allowed: Record<string, readonly string[]> = {
    core: ['minimatch', 'croner', 'node-diff3'],
    protocol: ['ajv'],
    ports: [],
  };
  const wrong = program.flatMap(({ path, imports }) =>
    imports.flatMap(({ from, file }) => {
      const packages = allowed[layerOf(path) ?? ''];
      return packages === undefined || file !== undefined || packages.includes(from) ? [] : [`${path} imports ${from}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('clock, timers, chance, process and network are reached through ports', () => {
  assert.deepEqual(program.filter(({ path }) => !MAY_TOUCH_THE_WORLD.test(path)).flatMap(worldOf), []);
});

function worldOf({ path, code }: SourceFile): string[] {
  return code
    .split('\n')
    .flatMap((line, i) =>
      WORLD.filter(({ pattern }) => pattern.test(line)).map(
        ({ what }) => `${path}:${i + 1} reaches for ${what}: ${line.trim()}`,
      ),
    );
}

test('no file imports itself by way of others', () => {
  assert.deepEqual(cycles(program), []);
});

/** Every cycle once, as a list of its files. */
function cycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map(({ path, imports: all }) => [path, all.flatMap(({ file }) => file ?? [])]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}

test('these tests see what they are to forbid', () => {
  const source = parseSource(
    'daemon/core/bad.ts',
    [
      '// import x from "commented";',
      "import type { A } from './a.ts';",
      'import {',
      '  b,',
      '  c,',
      "} from '../index/b.ts';",
      "import 'node:fs';",
      "export { d } from './d.ts';",
      'const text = \'import e from "quoted"; Date.now()\';',
      "const e = await import('./e.ts');",
      'const regex = /Math.random()"/; const more = `${`Date.now()`} ${Date.now()} process.exit`;',
      'const half = 1 / 2; setTimeout(f, 1); // setInterval',
      'const pure = new Date(5).toISOString(); const when = new Date();',
    ].join('\n'),
  );
  assert.deepEqual(
    source.imports.map(({ from, file, typeOnly }) => [from, file, typeOnly]),
    [
      ['./a.ts', 'daemon/core/a.ts', true],
      ['../index/b.ts', 'daemon/index/b.ts', false],
      ['node:fs', undefined, false],
      ['./d.ts', 'daemon/core/d.ts', false],
      ['./e.ts', 'daemon/core/e.ts', false],
    ],
  );
  assert.equal(mayImport(source.path, 'daemon/index/b.ts'), false);
  assert.deepEqual(
    worldOf(source).map((found) => found.replace(/: .*/, '')),
    [
      'daemon/core/bad.ts:11 reaches for the clock',
      'daemon/core/bad.ts:12 reaches for a timer',
      'daemon/core/bad.ts:13 reaches for the clock',
    ],
  );
  const other = (path: string, to: string): SourceFile => parseSource(path, `import './${to}';`);
  assert.deepEqual(cycles([other('core/a.ts', 'b.ts'), other('core/b.ts', 'a.ts')]), [
    'core/a.ts → core/b.ts → core/a.ts',
  ]);
});
