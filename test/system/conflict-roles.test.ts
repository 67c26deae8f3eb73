// Conflicts of a device that may only edit: what lost stays with it, and what can be merged is merged for all.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { assertSameTrees, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

/** Longer than the clocks of file systems and daemons are coarse. */
const APART_MS = 50;
const poem = Array.from({ length: 9 }, (_, i) => `line ${i + 1}`).join('\n');
const edited = (line: number, to: string): string => poem.replace(`line ${line}\n`, `${to}\n`);

test('I1, I9: what an edit-only device loses is kept beside the winner there alone, until it may create; merging needs no more than editing', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(left, { 'plan.txt': 'as it was', 'poem.txt': poem, 'clash.txt': poem });
  const [hub, editor] = await Promise.all([startDaemon(t, { name: 'hub' }), startDaemon(t, { name: 'editor' })]);
  await hub.ok('add-folder', 'docs', left, '--set', 'conflict=keep-both');
  await editor.ok('join', (await hub.ok('invite', 'docs', '--role', 'edit-only')).trim(), right);
  await settle('docs', hub, editor);
  /** The editor edits first, so it loses. */
  const apart = async (path: string, onEditor: string, onHub: string): Promise<void> => {
    await editor.stop();
    writeFileSync(join(right, path), onEditor);
    await sleep(APART_MS);
    writeFileSync(join(left, path), onHub);
    await editor.start();
    await waitFor(`the editor has ${path} of the hub`, () => read(right, path) === read(left, path));
    await settle('docs', hub, editor);
  };
  const copies = (root: string): string[] => readdirSync(root).filter((name) => name.includes('.conflict-'));
  const named = async (): Promise<string[]> =>
    (await editor.folder('docs')).skipped.filter(({ code }) => code === 'E_ROLE').map(({ path }) => path);

  await apart('plan.txt', 'edited by the editor', 'edited on the hub');
  const [copy] = copies(right);
  assert.ok(copy !== undefined);
  assert.equal(read(right, copy), 'edited by the editor');
  assert.equal(read(right, 'plan.txt'), 'edited on the hub');
  await waitFor('the copy is named', async () => (await named()).includes(copy));
  assert.deepEqual(copies(left), []);
  assert.equal((await hub.folder('docs')).conflicts, 1);

  await hub.ok('edit-folder', 'docs', '--set', 'conflict=merge');
  for (const device of [hub, editor]) {
    await device.ok('sync', 'docs');
    await settle('docs', hub, editor);
  }
  await apart('poem.txt', edited(2, 'second, by the editor'), edited(7, 'seventh, by the hub'));
  const merged = edited(2, 'second, by the editor').replace('line 7', 'seventh, by the hub');
  await waitFor('the merged text on both', () => [left, right].every((root) => read(root, 'poem.txt') === merged));
  await apart('clash.txt', edited(5, 'by the editor'), edited(5, 'by the hub'));
  await waitFor('both copies are named', async () => (await named()).length === 2);
  assert.deepEqual(copies(left), []);

  await editor.restart();
  await waitFor('they are named after a restart', async () => (await named()).length === 2);
  await hub.ok('edit-folder', 'docs', '--set', 'peers={editor: two-way}');
  await waitFor('the copies reach the hub', () => copies(right).every((name) => exists(left, name)));
  await settle('docs', hub, editor);
  assertSameTrees(left, right);
  assert.equal(copies(left).length, 2);
  assert.deepEqual(await named(), []);
});
