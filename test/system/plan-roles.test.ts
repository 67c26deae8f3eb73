// `plan` where peers may not do everything: what it says of changes that a role does not allow is what then happens.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Daemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { assertSameTrees, exists, noise, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Item {
  readonly path: string;
  readonly what: string;
  readonly bytes: number;
}
interface Plan {
  readonly receive: readonly Item[];
  readonly send: readonly Item[];
  readonly delete: readonly Item[];
  readonly conflict: readonly Item[];
  readonly delete_there: readonly Item[];
}

const told = ({ receive, send, delete: gone, conflict, delete_there: there }: Plan): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries({ receive, send, gone, conflict, there })
      .map(
        ([group, items]) =>
          [group, items.map(({ what, path, bytes }) => `${what} ${path} ${bytes}`).toSorted()] as const,
      )
      .filter(([, items]) => items.length > 0),
  );

test('I9: plan tells a hub what it would take, and its edit-only and read-only peers what would come back', async (t) => {
  const place = temporaryDirectory(t);
  const [left, editing, reading] = [join(place, 'left'), join(place, 'editing'), join(place, 'reading')];
  plant(left, { 'a.txt': noise(3000, 1), 'b.txt': noise(2000, 2), 'c.txt': noise(1000, 3) });
  const hub = await startDaemon(t, { name: 'hub' });
  await hub.ok('add-folder', 'docs', left);
  const [editor, reader] = await Promise.all(
    (['edit-only', 'read-only'] as const).map(async (role) => {
      const daemon = await startDaemon(t, { name: role });
      const root = role === 'edit-only' ? editing : reading;
      await daemon.ok('join', (await hub.ok('invite', 'docs', '--role', role)).trim(), root);
      return daemon;
    }),
  );
  assert.ok(editor !== undefined && reader !== undefined);
  await settle('docs', hub, editor, reader);
  const planOf = async (daemon: Daemon): Promise<Record<string, string[]>> =>
    told(((await daemon.json('plan', 'docs')) as readonly [Plan])[0]);
  const plans = (daemon: Daemon, expected: Record<string, string[]>): Promise<unknown> =>
    waitFor(
      `${daemon.name} plans ${JSON.stringify(expected)}`,
      async () => {
        try {
          assert.deepEqual(await planOf(daemon), expected);
          return true;
        } catch (error) {
          if (error instanceof assert.AssertionError) last = error.message;
          else throw error;
          return false;
        }
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${last}`);
    });
  let last = '';

  await hub.ok('pause', 'docs');
  for (const root of [editing, reading]) {
    writeFileSync(join(root, 'a.txt'), 'edited');
    rmSync(join(root, 'b.txt'));
    writeFileSync(join(root, 'new.txt'), 'created');
  }
  await plans(reader, { receive: ['change a.txt 3000', 'create b.txt 2000'] });
  await plans(editor, { receive: ['create b.txt 2000'], send: ['change a.txt 6'] });
  await plans(hub, { receive: ['change a.txt 6'] });

  await hub.ok('resume', 'docs');
  await waitFor('the edit reaches all', () =>
    [left, editing, reading].every((root) => read(root, 'a.txt') === 'edited'),
  );
  await waitFor('what was deleted comes back', () => exists(editing, 'b.txt') && exists(reading, 'b.txt'));
  await settle('docs', hub, editor, reader);
  for (const daemon of [hub, editor, reader]) assert.deepEqual(await planOf(daemon), {}, daemon.name);
  assert.ok(!exists(left, 'new.txt'));
  for (const root of [editing, reading]) {
    assert.equal(read(root, 'new.txt'), 'created');
    rmSync(join(root, 'new.txt'));
    assertSameTrees(left, root);
  }
});
