// The log under somebody who makes us say the same again and again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogLimit } from '../../daemon/system/log-limit.ts';

/** Which of many records, `everyMs` apart, are written, and how many each says were left out. */
function written(times: number, everyMs: number, fields: (n: number) => object = () => ({})): (number | undefined)[] {
  const limit = new LogLimit();
  return Array.from({ length: times }, (_, n) => limit.admit('info', 'disconnected', { ...fields(n) }, n * everyMs));
}

test('I10: one cause is told ten times at once, then once a second, and what was left out is counted', () => {
  const told = written(10_000, 10);
  const lines = told.filter((leftOut) => leftOut !== undefined);
  assert.ok(lines.length <= 10 + 100, `${lines.length} lines in 100 s`);
  assert.ok(lines.length >= 100);
  const leftOut = lines.reduce((sum, n) => sum + n, 0);
  const after = told.slice(told.findLastIndex((one) => one !== undefined) + 1).length;
  assert.equal(lines.length + leftOut + after, 10_000);
});

test('I10: what a peer chooses, as a path or a code, makes no other cause', () => {
  const told = written(1_000, 0, (n) => ({ peer: 'mallory', code: `E_${n}`, folder: `f${n}`, why: `${n}` }));
  assert.equal(told.filter((leftOut) => leftOut !== undefined).length, 10);
});

test('I11: what one peer does hides nothing that another does', () => {
  const limit = new LogLimit();
  for (let n = 0; n < 1_000; n++) limit.admit('info', 'disconnected', { peer: 'mallory' }, 0);
  assert.equal(limit.admit('info', 'disconnected', { peer: 'laptop' }, 0), 0);
});

test('I11: a batch of a hundred changed files is told whole, and what is quiet for a while is told at once', () => {
  const limit = new LogLimit();
  for (let n = 0; n < 100; n++) assert.equal(limit.admit('info', 'received: created', { path: `${n}` }, n), 0);
  assert.equal(limit.admit('info', 'received: created', { path: 'one more' }, 100), undefined);
  assert.equal(limit.admit('info', 'received: created', { path: 'later' }, 200_000), 1);
});

test('I10: a new cause each time costs bounded memory, and the latest are still known', () => {
  const limit = new LogLimit();
  for (let n = 0; n < 100_000; n++) limit.admit('warn', `cause ${n}`, {}, 0);
  for (let n = 0; n < 9; n++) assert.equal(limit.admit('warn', 'cause 99999', {}, 0), 0);
  assert.equal(limit.admit('warn', 'cause 99999', {}, 0), undefined);
});
