// Which places of a join are compared, and when the inviter is asked for digests at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderComparison } from '../../daemon/control/daemon-port.ts';
import { DigestMaker } from '../../daemon/core/digest.ts';
import type { FolderName } from '../../daemon/core/ids.ts';
import type { FilterSettings } from '../../daemon/core/settings.ts';
import { hashText } from '../../daemon/disk/versions.ts';
import { compareJoin } from '../../daemon/join-comparison.ts';
import type { Log } from '../../daemon/ports/log.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { InlineWorkers } from '../simulation/inline-workers.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';
import { NAS, named } from './fake-daemon.ts';

const docs = named('docs');

interface Surroundings {
  readonly quick?: boolean;
  /** Files that the inviter has, by its own count. */
  readonly files?: number;
  /** What lies in the place. */
  readonly here?: readonly string[];
  /** The inviter gives no digest. */
  readonly noDigest?: boolean;
  /** The place is a folder that is configured and does not run. */
  readonly exists?: boolean;
  readonly ignore?: readonly string[];
}

async function compare(how: Surroundings): Promise<{ asked: number; found: FolderComparison | undefined }> {
  const clock = new SimulatedClock();
  const fs = new MemoryFileSystem(clock);
  for (const name of how.here ?? []) fs.user.write(`/docs/${name}`, 'x');
  const nothing = (): void => {};
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => log };
  let asked = 0;
  const digests = async (): Promise<ReadonlyMap<FolderName, ReturnType<DigestMaker['finish']>>> => {
    asked++;
    return new Map(how.noDigest === true ? [] : [[docs, new DigestMaker(hashText).finish()]]);
  };
  const filterOf = (): FilterSettings => ({
    ignore: how.ignore ?? [],
    only: [],
    content: 'any',
    hidden: true,
    maxSizeBytes: 0,
  });
  const offered = { name: docs, role: 'two-way', files: how.files ?? 7, bytes: 4096 } as const;
  const found = await compareJoin(
    { folders: new Map(), workers: new InlineWorkers(fs), clock, log, filterOf, digests },
    {
      offer: { id: NAS, name: 'nas', folders: [offered] },
      places: [{ offered: docs, name: docs, path: '/docs', exists: how.exists ?? false }],
      quick: how.quick ?? false,
      signal: new AbortController().signal,
    },
  );
  return { asked, found: found.get(docs) };
}

const all: FolderComparison = { receive: 7, receiveBytes: 4096, send: 0, differ: 0, same: 0, filtered: false };
const two: FolderComparison = { receive: 0, receiveBytes: 4096, send: 2, differ: 0, same: 0, filtered: false };
const here = ['a', 'b'];

for (const [why, how, asked, found] of [
  ['into an empty place all is received, and no digest is asked for', {}, 0, all],
  ['what is in the place is compared', { here }, 1, two],
  ['without a digest nothing is compared', { here, noDigest: true }, 1, undefined],
  ['a folder that is here and does not run is not compared', { exists: true }, 1, undefined],
  ['a large folder of the inviter is compared for a person', { here, files: 10_001 }, 1, two],
  ['and nobody else waits for its digest', { here, files: 10_001, quick: true }, 0, undefined],
  ['a small one is compared quickly', { here, files: 10_000, quick: true }, 1, two],
  [
    'what is ignored here is not sent, and may not come',
    { here, ignore: ['a'] },
    1,
    { ...two, send: 1, filtered: true },
  ],
  ['into an empty place not all may come', { ignore: ['a'] }, 0, { ...all, filtered: true }],
] as const satisfies readonly (readonly [string, Surroundings, number, FolderComparison | undefined])[])
  test(why, async () => {
    assert.deepEqual(await compare(how), { asked, found });
  });
