// What lies in the version store is listed a page at a time: of a file that is written all day there are very many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DirPath } from '../../daemon/core/path.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { listStored, lookAtStored } from '../../daemon/disk/stored-versions.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

const TREE = { root: '/root', marker: 'marker', boundaries: [] };
const STORE = '/root/.syncd/versions';
const GONE = 'gone' as DirPath;

test('each version of a large store is listed once, and no more directories in one go than have so many names', () => {
  const fs = new MemoryFileSystem(new SimulatedClock());
  prepareRoot.run(fs, { root: TREE.root, marker: TREE.marker });
  const all: string[] = [];
  for (const dir of ['', 'busy/', 'busy/deep/', 'quiet/']) {
    for (let n = 0; n < 11; n++) {
      const name = `${dir}file ${n % 3}.txt~${id(all.length)}`;
      fs.user.write(`${STORE}/${name}`, 'old');
      all.push(name);
    }
    fs.user.write(`${STORE}/${dir}of somebody else`, 'no version');
  }

  for (const atMost of [1, 13, 1000]) {
    const found: string[] = [];
    for (let dirs: DirPath[] = ['']; dirs.length > 0;) {
      const { listed, left } = listStored.run(fs, { tree: TREE, dirs: dirs.splice(-2), atMost });
      assert.ok(listed.length === 1 || atMost > 12);
      dirs = [...dirs, ...left];
      for (const { dir, names } of listed) {
        const looked = lookAtStored.run(fs, { tree: TREE, dir, names });
        found.push(...looked.versions.map(({ storedAs }) => storedAs));
        dirs.push(...looked.dirs);
      }
    }
    assert.deepEqual(found.toSorted(), all.toSorted(), `${atMost} at most`);
  }
  assert.deepEqual(listStored.run(fs, { tree: TREE, dirs: [GONE], atMost: 1 }).listed, [{ dir: GONE, names: [] }]);
});

function id(n: number): string {
  return `version${n}`;
}
