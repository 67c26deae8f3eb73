// What the daemon may not read or write: named as long as it lasts, and taken up at once when it is over.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { atEnd } from './at-end.ts';
import { pair, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { assertSameTrees } from './trees.ts';
import { waitFor } from './wait-for.ts';

/** Root may read everything; the daemon runs without that. */
const UNDER = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : undefined;

test('what waits for a directory that cannot be read stays named until it is written, and is written when it can be', async (t) => {
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  const closed = join(right, 'closed');
  mkdirSync(join(left, 'closed'), { recursive: true });
  writeFileSync(join(left, 'closed/file'), 'old');
  const hub = await startDaemon(t, { name: 'hub' });
  const laptop = await startDaemon(t, { name: 'laptop', ...(UNDER === undefined ? {} : { under: UNDER }) });
  await pair(hub, laptop, 'docs', [left, right]);
  await settle('docs', hub, laptop);
  const named = async (): Promise<string[]> =>
    (await laptop.folder('docs')).skipped.map(({ path, code }) => `${path} ${code}`);

  chmodSync(closed, 0);
  atEnd(t, () => chmodSync(closed, 0o755));
  writeFileSync(join(left, 'closed/file'), 'new');
  await waitFor('the file is named', async () => (await named()).includes('closed/file E_ACCESS'));
  await laptop.ok('sync', 'docs');
  await settle('docs', laptop);
  assert.ok((await named()).includes('closed/file E_ACCESS'), 'a scan does not forget it');

  chmodSync(closed, 0o755);
  await waitFor('the file is no longer named', async () => (await named()).length === 0);
  await settle('docs', hub, laptop);
  assertSameTrees(left, right);
});
