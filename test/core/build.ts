// Builders for tests of core/: a record says what matters in it and defaults the rest.
import { createHash } from 'node:crypto';
import type { DeviceId, Epoch, Sha256 } from '../../daemon/core/ids.ts';
import { type RelativePath, parseRelativePath } from '../../daemon/core/path.ts';
import type { Entry, FileRecord, Maker } from '../../daemon/core/record.ts';
import type { ReconcileContext } from '../../daemon/core/reconcile.ts';
import type { VersionVector } from '../../daemon/core/version-vector.ts';

export function path(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.why}`);
  return parsed.path;
}

/** An epoch that sorts as its letter does. */
export function epoch(letter: string): Epoch {
  return letter.repeat(16) as Epoch;
}

export function device(letter: string): DeviceId {
  return letter.repeat(52) as DeviceId;
}

export function hash(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex') as Sha256;
}

/** `vector('A1 B2')` */
export function vector(text: string): VersionVector {
  return text
    .split(' ')
    .filter((pair) => pair !== '')
    .map((pair): readonly [Epoch, number] => [epoch(pair.slice(0, 1)), Number(pair.slice(1))])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function file(content: string, mode = 0o644, mtimeUs = 1_000_000n): Entry {
  return { kind: 'file', size: content.length, sha256: hash(content), mode, mtimeUs };
}

export function dir(mode = 0o755): Entry {
  return { kind: 'dir', mode };
}

export function symlink(target: string): Entry {
  return { kind: 'symlink', target };
}

export const absent: Entry = { kind: 'absent' };

export function record(entry: Entry, seen: string, stamp: number, maker = 'A', at = 'a'): FileRecord {
  return {
    path: path(at),
    entry,
    vector: vector(seen),
    origin: device(maker),
    maker: epoch(maker),
    stamp,
    mark: false,
    lost: [],
  };
}

export function maker(letter: string): Maker {
  return { device: device(letter), epoch: epoch(letter), mark: false };
}

export function context(letter: string, nowMs = 1000): ReconcileContext {
  return { maker: maker(letter), nowMs, hash, rule: 'newest' };
}
