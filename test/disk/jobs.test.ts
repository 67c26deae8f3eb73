// Worker threads know a job by its name in one list: one that is not in it fails in the daemon alone, where tests run jobs
// themselves.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobs } from '../../daemon/disk/jobs.ts';

const DISK = join(import.meta.dirname, '../../daemon/disk');

function isJob(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'run' in value && 'name' in value;
}

test('every job of disk/ is one that a worker thread can be asked for', async () => {
  const known = new Set(jobs.map(({ name }) => name as string));
  const missing: string[] = [];
  for (const file of readdirSync(DISK)) {
    const module = (await import(join(DISK, file))) as Record<string, unknown>;
    for (const value of Object.values(module)) if (isJob(value) && !known.has(value.name)) missing.push(value.name);
  }
  assert.deepEqual(missing, []);
  assert.ok(known.size > 40, `${known.size} are known`);
});
