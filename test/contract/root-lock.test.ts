// The lock on a folder's root: one at a time, free when it is released, and no hindrance to what is done to the disk.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRootLocked, lockRoot } from '../../daemon/system/root-lock.ts';

test('a root is locked once, and free when it is released', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'syncd-lock-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, '.syncd'));
  assert.equal(isRootLocked(root), false);
  const lock = lockRoot(root);
  assert.equal(isRootLocked(root), true);
  assert.throws(() => lockRoot(root), { code: 'E_FOLDER_LOCKED' });
  lock.release();
  lock.release();
  lockRoot(root).release();
});

test('T22: the lock does not keep its file open for writing: the disk can be remounted read-only', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'syncd-lock-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, '.syncd'));
  const lock = lockRoot(root);
  const held = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === join(root, '.syncd/lock');
    } catch {
      return false;
    }
  });
  assert.equal(held.length, 1);
  const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${held[0] ?? ''}`, 'latin1'))?.[1];
  assert.equal(Number.parseInt(flags ?? '', 8) & 0b11, 0, `flags ${flags}`);
  lock.release();
});
