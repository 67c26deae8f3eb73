// What lies in the version store is listed a page at a time: of a file that is written all day there are very many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { type StorePlace, listStored } from '../../daemon/disk/stored-versions.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

const TREE = { root: '/root', marker: 'marker', boundaries: [] };
const STORE = '/root/.syncd/versions';

test('each version of a large store is listed once, and no page has more entries than asked for', () => {
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

  for (const atMost of [1, 2, 7, 1000]) {
    const found: string[] = [];
    for (let places: StorePlace[] = [{ dir: '' }]; places.length > 0;) {
      const page = listStored.run(fs, { tree: TREE, places: places.splice(-2), atMost });
      assert.ok(page.versions.length <= atMost);
      found.push(...page.versions.map(({ storedAs }) => storedAs));
      places = [...places, ...page.places];
    }
    assert.deepEqual(found.toSorted(), all.toSorted(), `${atMost} at most`);
  }
});

function id(n: number): string {
  return `version${n}`;
}
