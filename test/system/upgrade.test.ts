// A synced pair of which one is upgraded: what an older index knew is known to the new one, and nothing is sent again.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { makeFirstVersion } from '../index/older.ts';
import { settle, startPair } from './daemon.ts';
import { assertSameTrees, plantMany } from './trees.ts';

test('T34 I2 I7: indexes of the first version are brought up to date: no conflict, and nothing is sent again', async (t) => {
  const { hub, laptop, left, right } = await startPair(t, { before: (root) => plantMany(root, 200) });
  await settle('docs', hub, laptop);
  for (const device of [laptop, hub]) {
    await device.stop();
    makeOld(join(device.home, 'state/folders'));
  }
  await hub.start();
  const before = await hub.traffic();
  await laptop.start();
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
  const after = await hub.traffic();
  const bytes = after.sent + after.received - before.sent - before.received;
  assert.ok(bytes < 10_000, `${bytes} bytes went over the wire for 200 files that both have`);
  const { folders: shown } = await laptop.status();
  assert.deepEqual([shown[0]?.conflicts, shown[0]?.skipped], [0, []]);
  assert.equal((await laptop.ctl('history', 'docs', '--since', '1m', '--json')).code, 0);
});

function makeOld(folders: string): void {
  for (const name of readdirSync(folders).filter((one) => one.endsWith('.db'))) {
    const db = new Database(join(folders, name));
    makeFirstVersion(db);
    db.close();
  }
}
