// What must hold when all is said and done: the trees are equal, what had settled is somewhere, nothing is there that
// nobody wrote, and nobody has anything left to say.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareTrees } from '../system/trees.ts';
import { contentsOf, versionsOf } from './contents.ts';
import type { Device } from './device.ts';

const QUIET_MS = 5_000;
/** What PING and PONG may cost in that time, on each side of a session. */
const QUIET_BYTES = 600;

/**
 * @param settled hashes of contents that must be in a tree or in a version store
 * @param written hashes of all contents that any tree may show
 */
export function assertEqualAndKept(
  roots: readonly string[],
  settled: ReadonlySet<string>,
  written: ReadonlySet<string>,
): void {
  const [first = '', ...others] = roots;
  for (const other of others) assert.deepEqual(compareTrees(first, other), [], 'the trees differ');
  const found = contentsOf(first);
  assert.deepEqual(
    [...found].filter(([, hash]) => !written.has(hash)),
    [],
    'a path shows what nobody wrote',
  );
  const kept = new Set([...found.values(), ...roots.flatMap((root) => [...versionsOf(root)])]);
  assert.deepEqual(
    [...settled].filter((hash) => !kept.has(hash)),
    [],
    'contents are in no tree and no version store',
  );
}

/** For five seconds nothing goes over any link but PING and its answer. */
export async function assertQuiet(devices: readonly Device[]): Promise<void> {
  const before = await sentBy(devices);
  await sleep(QUIET_MS);
  const after = await sentBy(devices);
  for (const [link, bytes] of after) {
    const more = bytes - (before.get(link) ?? 0);
    assert.ok(more <= QUIET_BYTES, `${link}: ${more} bytes were sent while nothing changed`);
  }
}

async function sentBy(devices: readonly Device[]): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  for (const device of devices)
    for (const peer of (await device.status()).peers) sent.set(`${device.name} to ${peer.name}`, peer.bytes_sent);
  return sent;
}
