// The runs of an index: by their names a copy of it is told from another copy, whatever numbers both have given out.
import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { NO_SEQUENCE } from '../../daemon/core/ids.ts';
import type { FolderIndex } from '../../daemon/index/folder-index.ts';
import type { Heard } from '../../daemon/index/peers.ts';
import { change, dir, openInMemory } from './rows.ts';

describe('I2: an older copy knows that what a peer has heard another copy has said', () => {
  const heard = ({ epoch, seq, run }: FolderIndex): Heard => ({ epoch, seq, run: run.name });
  const commit = (index: FolderIndex, name: string): unknown => index.commit({ nowUs: 0, rows: [change(name, dir)] });
  const madeWith = (...names: readonly string[]): FolderIndex => {
    const index = openInMemory();
    for (const name of names) commit(index, name);
    return index;
  };

  test('in the run in which the copy was made', () => {
    const index = madeWith('a');
    const before = heard(index);
    const copy = openInMemory(index.serialise());
    commit(index, 'b');
    const after = heard(index);
    assert.ok(index.hasSaid(after));
    assert.ok(copy.hasSaid(before));
    assert.ok(!copy.hasSaid(after));
    // The very same numbers, and more.
    for (const name of ['c', 'd']) {
      commit(copy, name);
      assert.ok(copy.hasSaid(heard(copy)));
      assert.ok(copy.hasSaid(before));
      assert.ok(!copy.hasSaid(after));
    }
    const again = openInMemory(copy.serialise());
    commit(again, 'e');
    assert.ok(!again.hasSaid(after));
    assert.ok(again.hasSaid(heard(copy)));
  });

  test('in a later run', () => {
    const saved = madeWith('a').serialise();
    const [one, other] = [openInMemory(saved), openInMemory(saved)];
    const before = heard(one);
    assert.ok(!other.hasSaid(before));
    for (const index of [one, other]) commit(index, 'b');
    assert.equal(other.seq, one.seq);
    assert.ok(!other.hasSaid(heard(one)));
    assert.ok(!one.hasSaid(heard(other)));
  });

  test('from a peer that does not name runs, as long as it has given out less', () => {
    const index = madeWith('a');
    const copy = openInMemory(index.serialise());
    commit(index, 'b');
    const { epoch, seq } = index;
    assert.ok(!copy.hasSaid({ epoch, seq }));
    commit(copy, 'c');
    assert.ok(copy.hasSaid({ epoch, seq }));
  });
});

test('of very many runs the latest are known, and what was heard in others is heard again', () => {
  let index = openInMemory();
  const db = new Database(index.serialise());
  const first = index.run.name;
  const insert = db.prepare('INSERT INTO run (run, openedAt) VALUES (?, 0)');
  for (let n = 0; n < 4094; n++) insert.run(`another${n}`);
  index = openInMemory(db.serialize());
  assert.ok(index.hasSaid({ epoch: index.epoch, seq: NO_SEQUENCE, run: first }));
  index = openInMemory(index.serialise());
  assert.ok(!index.hasSaid({ epoch: index.epoch, seq: NO_SEQUENCE, run: first }));
});
