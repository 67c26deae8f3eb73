// What a simulated crash leaves of an index, and that nothing of one world is in the next.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, Sequence } from '../../daemon/core/ids.ts';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import { newRun } from '../index/rows.ts';
import { KeptIndex } from './kept-index.ts';

const newEpoch = (): Epoch => 'E'.repeat(16) as Epoch;

function say(index: FolderIndex, value: string): void {
  index.commit({ nowUs: 1, meta: [['said', value]] });
}

test('what was committed is there after a kill, and what the dead process still tries is not', () => {
  const kept = new KeptIndex();
  assert.equal(kept.exists, false);
  const first = FolderIndex.open(kept.open(), { newEpoch, newRun });
  assert.equal(first.opened, 'new');
  assert.equal(first.closedCleanly, true);
  say(first, 'before');
  kept.kill();
  assert.throws(() => say(first, 'after'), /has ended/);
  assert.throws(() => first.markDurable(9 as Sequence), /has ended/);
  first.close();

  const second = FolderIndex.open(kept.open(), { newEpoch, newRun });
  assert.equal(second.opened, 'existing');
  assert.equal(second.closedCleanly, false);
  assert.equal(second.meta('said'), 'before');
  assert.equal(second.durableSeq, 0);
  assert.throws(() => say(first, 'after'), /has ended/);
  second.close();
  assert.equal(FolderIndex.open(kept.open(), { newEpoch, newRun }).closedCleanly, true);
});

test('an index that is given back is empty for whoever has it next; a copy of it is whole', () => {
  const kept = new KeptIndex();
  say(FolderIndex.open(kept.open(), { newEpoch, newRun }), 'mine');
  const copy = kept.copy();
  kept.replace(undefined);
  const other = new KeptIndex();
  const index = FolderIndex.open(other.open(), { newEpoch: () => 'F'.repeat(16) as Epoch, newRun });
  assert.equal(index.opened, 'new');
  assert.equal(index.epoch, 'F'.repeat(16));
  assert.equal(index.meta('said'), undefined);
  assert.equal(kept.copy(), undefined);

  kept.replace(copy);
  const again = FolderIndex.open(kept.open(), { newEpoch, newRun });
  assert.equal(again.meta('said'), 'mine');
  assert.equal(again.epoch, newEpoch());
});
