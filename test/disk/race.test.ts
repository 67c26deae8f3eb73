import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Outcome } from '../../daemon/disk/apply.ts';
import { apply } from '../../daemon/disk/apply.ts';
import { observe } from '../../daemon/disk/observe.ts';
import { recover } from '../../daemon/disk/recover.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { TREE, file, path, version } from './tree.ts';

const TRIES = 10_000;
/** On a slow machine fewer tries have to do. */
const LIMIT_MS = 15_000;
const WRITER = new URL('racing-writer.ts', import.meta.url).pathname;

/** All that is in files anywhere below these directories. */
function allIn(dirs: readonly string[]): string {
  return dirs
    .flatMap((dir) =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => readFileSync(join(one.parentPath, one.name), 'utf8')),
    )
    .join('');
}

test('I1: somebody who writes at a path while it is replaced 10,000 times loses no content and no line', async (t: TestContext) => {
  const top = mkdtempSync(join(tmpdir(), 'syncd-race-'));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const [root, own] = [join(top, 'root'), join(top, 'own')];
  mkdirSync(own);
  const fs = new RealFileSystem();
  prepareRoot.run(fs, { root, marker: TREE.marker });
  const tree = { ...TREE, root };
  const writer = spawn(process.execPath, [WRITER, root, own], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  writer.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  await new Promise<void>((resolve) => {
    writer.once('spawn', () => resolve());
  });
  while (!readdirSync(root).includes('a')) await new Promise((resolve) => setTimeout(resolve, 1));

  const outcomes: Record<Outcome['kind'], number> = {
    done: 0,
    changed: 0,
    'not empty': 0,
    'not staged': 0,
    problem: 0,
  };
  const until = performance.now() + LIMIT_MS;
  let made = 0;
  for (; made < TRIES && performance.now() < until; made++) {
    const content = `ours ${made}.\n`;
    const entry = file(content);
    const staged = stagedName(path('a'), entry.sha256);
    const source = { kind: 'bytes' as const, bytes: new TextEncoder().encode(content) };
    assert.deepEqual(stage.run(fs, { tree, items: [{ staged, entry, source }] }), [{ kind: 'ready' }]);
    const [seen] = observe.run(fs, { tree, items: [{ path: path('a') }] });
    if (seen?.kind !== 'present') continue;
    const operation = { kind: 'place' as const, path: path('a'), entry, staged, expect: seen.seen, version: version() };
    const [outcome] = apply.run(fs, { tree, operations: [operation] });
    assert(outcome !== undefined);
    outcomes[outcome.kind]++;
    // The writer's process is to get a turn on a machine with one core, too.
    if (made % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  writer.stdin.end();
  await new Promise((resolve) => {
    writer.once('close', resolve);
  });
  const ids = Array.from({ length: made }, () => version());
  recover.run(fs, { tree, wanted: [], ids });

  const [files = 0, lines = 0] = said.trim().split(' ').map(Number);
  t.diagnostic(`${made} tries: ${JSON.stringify(outcomes)}, against ${files} files and ${lines} lines`);
  const all = allIn([root, own]);
  const counts = new Map<string, number>();
  for (const [one] of all.matchAll(/(?:file|line|ours) \d+\.\n/g)) counts.set(one, (counts.get(one) ?? 0) + 1);
  assert(files > 0 && lines > 0 && outcomes.done > 0);
  for (let n = 0; n < files; n++) assert.equal(counts.get(`file ${n}.\n`), 1, `file ${n}`);
  for (let n = 0; n < lines; n++) assert.equal(counts.get(`line ${n}.\n`), 1, `line ${n}`);
  for (let n = 0; n < made; n++) assert.equal(counts.get(`ours ${n}.\n`), 1, `ours ${n}`);
});
