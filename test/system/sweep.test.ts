// What the watcher does not tell of, in real daemons: found without anybody asking, long before the next scan.
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPair } from './daemon.ts';
import { exists, plant } from './trees.ts';
import { DEADLINE_MS, waitFor } from './wait-for.ts';

const DIRECTORIES = 300;

test('files that are replaced and removed at once, where nobody worked lately, go from the other device', async (t) => {
  const paths = Array.from({ length: DIRECTORIES }, (_, n) => `directory ${n}/file.txt`);
  const { left, right, same } = await startPair(t, {
    config: 'defaults: { rescan: 1h, max_delete: 100% }\n',
    before: (root) => plant(root, Object.fromEntries(paths.map((path) => [path, path]))),
  });

  for (const path of paths) {
    const file = join(left, path);
    writeFileSync(`${file}.new`, 'replaced');
    renameSync(`${file}.new`, file);
    unlinkSync(file);
  }

  await waitFor(
    () => `they have gone: ${paths.filter((path) => exists(right, path)).length} have not`,
    () => !paths.some((path) => exists(right, path)),
    2 * DEADLINE_MS,
  );
  await same();
});
