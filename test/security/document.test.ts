// docs/security.md promises nothing by the name of a file that is not there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');

test('every file that docs/security.md names is there, and of what keeps a promise and what shows it there are many', () => {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
  const named = [...page.matchAll(/`((?:daemon|protocol|ctl|test|systemd)\/[^`]+)`/g)].map(([, path = '']) => path);

  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
  assert.ok(named.filter((path) => path.startsWith('test/')).length > 20);
  assert.ok(named.filter((path) => path.startsWith('daemon/')).length > 15);
});
