// The manifest that a peer makes of a content.
import assert from 'node:assert/strict';
import type { RelativePath } from '../../daemon/core/path.ts';
import { observe } from '../../daemon/disk/observe.ts';
import { wholeManifest } from '../disk/whole-manifest.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

export function manifestOf(content: string): Uint8Array {
  const theirs = new MemoryFileSystem(new SimulatedClock());
  theirs.user.write('/p/.syncd/id', 'there');
  theirs.user.write('/p/large', content);
  const tree = { root: '/p', marker: 'there', boundaries: [] };
  const [found] = observe.run(theirs, { tree, items: [{ path: 'large' as RelativePath }] });
  assert.equal(found?.kind, 'present');
  const of = { kind: 'file', path: 'large' as RelativePath, seen: found.seen } as const;
  return wholeManifest(theirs, { tree, of, size: content.length });
}
