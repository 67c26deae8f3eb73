// What a join would do, told before it: the inviter's folders compared with what lies in their places here. It only looks.
// Bounded, because somebody waits for it: what cannot be compared in time is joined all the same.
import type { FolderComparison, WantedComparison } from './control/daemon-port.ts';
import type { JoinPlace } from './control/join-places.ts';
import { type Compared, Comparison, type FolderDigest } from './core/digest.ts';
import { RULES_FILE } from './core/filter-file.ts';
import { Filter } from './core/filter.ts';
import type { FolderName } from './core/ids.ts';
import { nameOf } from './core/path.ts';
import type { FilterSettings } from './core/settings.ts';
import { codeOf } from './disk/errno.ts';
import { hashText } from './disk/versions.ts';
import { contentsOf, isScanned } from './folder-digest.ts';
import type { Folder } from './folder/folder.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Workers } from './ports/workers.ts';
import { Allowance, type Bounds, compareDirectory, isEmptyDirectory } from './unclaimed-directory.ts';

/** For a person who waits, and for a program that would rather not. */
const PATIENT: Bounds = { maxEntries: 200_000, maxMs: 20_000 };
const QUICK: Bounds = { maxEntries: 10_000, maxMs: 2_000 };

type Found = Compared & { readonly filtered: boolean };

export interface ComparisonEdges {
  /** Those that run here. */
  readonly folders: ReadonlyMap<FolderName, Folder>;
  readonly workers: Workers;
  readonly clock: Clock;
  readonly log: Log;
  /** What the settings say of which paths of a place are synced. Throws where no folder can be. */
  filterOf(place: JoinPlace): FilterSettings;
  /** Asks the inviter. Those of its folders that it gives, by their names there. */
  digests(): Promise<ReadonlyMap<FolderName, FolderDigest>>;
}

/** By the folders' names at the inviter; without those that could not be compared. */
export async function compareJoin(
  edges: ComparisonEdges,
  { offer, places, quick, signal }: Omit<WantedComparison, 'invitation'>,
): Promise<ReadonlyMap<FolderName, FolderComparison>> {
  const allowance = new Allowance(edges.clock, quick ? QUICK : PATIENT, signal);
  const comparisons = new Map<FolderName, FolderComparison>();
  let digests: ReadonlyMap<FolderName, FolderDigest> | undefined;
  for (const place of places) {
    const offered = offer.folders.find(({ name }) => name === place.offered);
    if (offered === undefined) continue;
    const { files, bytes } = offered;
    const settings = edges.filterOf(place);
    if (await hasNothing(edges, place)) {
      const filtered = !new Filter(settings).isOpen;
      comparisons.set(place.offered, { receive: files, receiveBytes: bytes, send: 0, differ: 0, same: 0, filtered });
      continue;
    }
    // Making and sending the digest of a large folder is not quick either.
    if (quick && files > QUICK.maxEntries) continue;
    digests ??= await edges.digests();
    const digest = digests.get(place.offered);
    const compared = digest && (await comparePlace(edges, place, settings, digest, allowance));
    if (compared === undefined) continue;
    const { sameBytes, ...counts } = compared;
    comparisons.set(place.offered, { ...counts, receiveBytes: Math.max(0, bytes - sameBytes) });
  }
  return comparisons;
}

/** Then all that the inviter has is received, and it need not be asked what that is. */
async function hasNothing({ workers }: ComparisonEdges, place: JoinPlace): Promise<boolean> {
  return !place.exists && (await isEmptyDirectory(workers, place.path));
}

async function comparePlace(
  edges: ComparisonEdges,
  place: JoinPlace,
  settings: FilterSettings,
  theirs: FolderDigest,
  allowance: Allowance,
): Promise<Found | undefined> {
  const { folders, workers, clock, log } = edges;
  try {
    if (!place.exists) return await compareDirectory(workers, place.path, theirs, settings, allowance);
    const folder = folders.get(place.name);
    return folder && (await compareFolder(folder, clock, theirs, settings, allowance));
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    log.info('cannot look at what is where a folder is to be', { folder: place.name, path: place.path, code, error });
    return undefined;
  }
}

/** By its index: what is changed on the disk and not noticed yet is compared as it was. */
async function compareFolder(
  folder: Folder,
  clock: Clock,
  theirs: FolderDigest,
  settings: FilterSettings,
  allowance: Allowance,
): Promise<Found | undefined> {
  if (!isScanned(folder)) return undefined;
  const comparison = new Comparison(theirs, hashText);
  let filtered = !new Filter(settings).isOpen;
  for await (const contents of contentsOf(folder, clock)) {
    if (!allowance.take(contents.length)) return undefined;
    for (const { path, content } of contents) {
      comparison.add(path, content);
      filtered ||= nameOf(path) === RULES_FILE;
    }
  }
  return { ...comparison.result, filtered };
}
