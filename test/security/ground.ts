// The ground on which every attack is tried: two honest devices in sync, one of them paired with an attacker, and beside
// the folder things that nothing may touch. After an attack all of it must stand as before.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Daemon, pair, startDaemon, temporaryDirectory } from '../system/daemon.ts';
import { plant, read } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { logLines } from './log-lines.ts';
import { MaliciousPeer } from './malicious-peer.ts';

export interface Ground {
  readonly hub: Daemon;
  readonly laptop: Daemon;
  /** The folder `docs` on the hub, and on the laptop. */
  readonly left: string;
  readonly right: string;
  /** Where what nothing may touch lies: `../canary` as seen from the folder on the hub. */
  readonly canary: string;
  /** Paired with the hub alone. */
  readonly mallory: MaliciousPeer;
  /** The hub lives, serves the laptop both ways, and has touched nothing outside. */
  standsFirm(after: string): Promise<void>;
}

/** The collector is made to come soon, so that memory that is held can be told from memory that is not collected yet. */
const SMALL_NURSERY = ['env', 'NODE_OPTIONS=--max-semi-space-size=1'];

export async function battleground(
  t: TestContext,
  options: { readonly config?: string; readonly role?: string } = {},
): Promise<Ground> {
  const { role, ...daemons } = options;
  const place = temporaryDirectory(t);
  const [left, right] = [join(place, 'left'), join(place, 'right')];
  plant(left, { 'honest.txt': 'honest\n', 'honest/deep/file.txt': 'deep\n' });
  mkdirSync(right);
  const [hub, laptop] = await Promise.all([
    startDaemon(t, { name: 'hub', under: SMALL_NURSERY, ...daemons }),
    startDaemon(t, { name: 'laptop', ...daemons }),
  ]);
  await pair(hub, laptop, 'docs', [left, right]);
  const canary = join(dirname(left), 'canary');
  plant(canary, {
    'secret.txt': 'never read, never written\n',
    'dir/inner.txt': 'inner\n',
    link: { link: 'secret.txt' },
  });
  chmodSync(join(canary, 'secret.txt'), 0o600);
  chmodSync(join(canary, 'dir'), 0o700);
  const before = fingerprint(canary);
  const mallory = await MaliciousPeer.invited(t, hub, 'docs', role);
  let sentinels = 0;
  return {
    hub,
    laptop,
    left,
    right,
    canary,
    mallory,
    standsFirm: async (after) => {
      assert.ok(hub.isRunning(), `the daemon lives after ${after}`);
      const name = `sentinel-${++sentinels}`;
      mkdirSync(join(left, 'sentinels'), { recursive: true });
      appendFileSync(join(left, 'sentinels', name), after);
      await waitFor(`the other peer is served after ${after}`, () => read(right, `sentinels/${name}`) === after);
      appendFileSync(join(right, 'sentinels', name), ' and back');
      await waitFor(
        `the other peer is heard after ${after}`,
        () => read(left, `sentinels/${name}`) === `${after} and back`,
      );
      assert.deepEqual(fingerprint(canary), before, `nothing outside the folder was touched by ${after}`);
      const failures = logLines(hub).filter(({ level }) => level === 'error');
      assert.deepEqual(failures, [], `nothing failed inside after ${after}`);
    },
  };
}

/** Everything below a directory with content, mode and all times, so that no touch goes unseen. */
export function fingerprint(root: string): string[] {
  const found: string[] = [];
  const walk = (place: string): void => {
    const { mode, mtimeNs, ctimeNs, ino, nlink } = lstatSync(place, { bigint: true });
    const kind = lstatSync(place);
    const content = kind.isFile()
      ? createHash('sha256').update(readFileSync(place)).digest('hex')
      : kind.isSymbolicLink()
        ? readlinkSync(place)
        : '';
    found.push(`${place} ${mode} ${mtimeNs} ${ctimeNs} ${ino} ${nlink} ${content}`);
    if (kind.isDirectory()) for (const name of readdirSync(place).toSorted()) walk(join(place, name));
  };
  walk(root);
  return found;
}

/** How often a loop runs: few times in every run of the tests, many where ROUNDS says so. */
export function rounds(smoke: number): number {
  return Math.max(1, Math.round(smoke * Number(process.env['ROUNDS'] ?? 1)));
}
