// Contents on their way into staging when the disk does not let them in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelativePath } from '../../daemon/core/path.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

const TREE = { root: '/srv/docs', marker: 'here', boundaries: [] };

test('on a disk that has become read-only each content is told as such, and none stops the others', () => {
  const fs = new MemoryFileSystem(new SimulatedClock());
  prepareRoot.run(fs, { root: TREE.root, marker: TREE.marker });
  const items = ['one', 'two'].map((text) => {
    const sha256 = hashText(text);
    const entry = { kind: 'file', size: text.length, sha256, mode: 0o644, mtimeUs: 0n } as const;
    const bytes = new TextEncoder().encode(text);
    return { staged: stagedName(text as RelativePath, sha256), entry, source: { kind: 'bytes', bytes } as const };
  });
  for (const call of ['openFile', 'remove'] as const) fs.fail(call, (path) => path.includes('staging'), 'EROFS');

  const results = stage.run(fs, { tree: TREE, items });

  assert.deepEqual(results, Array(2).fill({ kind: 'problem', code: 'E_READ_ONLY' }));
});
