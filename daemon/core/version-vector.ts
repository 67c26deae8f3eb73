// Version vectors: what a version has seen. Keys are epochs (a life of a device's index), not devices: a device that
// lost its index counts in a new epoch, so that nothing it makes can look like a successor of what it has forgotten
// (docs/decisions/0002). Counters are wall-clock milliseconds, at least one more than before.
import type { Epoch } from './ids.ts';

/** Sorted by epoch, each once, counters positive safe integers. */
export type VersionVector = readonly (readonly [epoch: Epoch, count: number])[];

export type Relation = 'equal' | 'older' | 'newer' | 'concurrent';

/** More makers than this are refused on the wire, so nobody may make a vector of more: see {@link merge}. */
export const MAX_VECTOR_ENTRIES = 256;
/** Peers take no greater one. No clock comes near it: who counts so high means harm, and what follows stays there. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

export const EMPTY_VECTOR: VersionVector = [];

export function countOf(vector: VersionVector, epoch: Epoch): number {
  for (const [key, count] of vector) if (key === epoch) return count;
  return 0;
}

/** How `a` stands to `b`: `newer` when a has seen all that b has, and more. */
export function relate(a: VersionVector, b: VersionVector): Relation {
  let aMore = false;
  let bMore = false;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = a[i];
    const y = b[j];
    if (y === undefined || (x !== undefined && x[0] < y[0])) {
      aMore = true;
      i++;
    } else if (x === undefined || y[0] < x[0]) {
      bMore = true;
      j++;
    } else {
      if (x[1] > y[1]) aMore = true;
      if (x[1] < y[1]) bMore = true;
      i++;
      j++;
    }
  }
  if (aMore && bMore) return 'concurrent';
  return aMore ? 'newer' : bMore ? 'older' : 'equal';
}

/**
 * The least vector that has seen all that both have. Of more makers than a vector may have, those that counted last
 * remain: the same for everybody, in whatever order they merge, so all come to one vector, by a conflict at worst.
 */
export function merge(a: VersionVector, b: VersionVector): VersionVector {
  const counts = new Map<Epoch, number>(a);
  for (const [epoch, count] of b) counts.set(epoch, Math.max(counts.get(epoch) ?? 0, count));
  return sorted(counts.size > MAX_VECTOR_ENTRIES ? latest(counts, MAX_VECTOR_ENTRIES) : counts);
}

/** The vector of a new version made in `epoch` over `vector`: its counter becomes max(previous + 1, `nowMs`). */
export function count(vector: VersionVector, epoch: Epoch, nowMs: number): VersionVector {
  const next = Math.min(Math.max(countOf(vector, epoch) + 1, nowMs), MAX_COUNT);
  // The maker stays, also beside others that counted far into the future.
  const others = new Map(vector.filter(([key]) => key !== epoch));
  return sorted([...latest(others, MAX_VECTOR_ENTRIES - 1), [epoch, next]]);
}

function latest(counts: ReadonlyMap<Epoch, number>, most: number): readonly (readonly [Epoch, number])[] {
  const all = [...counts];
  if (all.length <= most) return all;
  return all.sort(([x, m], [y, n]) => n - m || (x < y ? -1 : 1)).slice(0, most);
}

function sorted(counts: Iterable<readonly [Epoch, number]>): VersionVector {
  return [...counts].sort(([x], [y]) => (x < y ? -1 : 1));
}

/** Reads what came from outside: sorted, unique, positive safe integers, at most {@link MAX_VECTOR_ENTRIES}. */
export function parseVector(pairs: readonly (readonly [Epoch, number])[]): VersionVector | undefined {
  if (pairs.length > MAX_VECTOR_ENTRIES) return undefined;
  for (let i = 0; i < pairs.length; i++) {
    const [epoch, n] = pairs[i] as readonly [Epoch, number];
    const before = pairs[i - 1];
    if (!Number.isSafeInteger(n) || n <= 0) return undefined;
    if (before !== undefined && before[0] >= epoch) return undefined;
  }
  return pairs;
}
