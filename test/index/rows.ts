// Builders for tests of the index: what matters is said, the rest has a default.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import type { RowChange } from '../../daemon/index/file-state.ts';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import {
  type DeviceId,
  type Epoch,
  type Run,
  type Sequence,
  type Sha256,
  type VersionId,
  parseDeviceId,
  parseEpoch,
  parseSequence,
  parseSha256,
  parseVersionId,
} from '../../daemon/core/ids.ts';
import type { SeenStat } from '../../daemon/core/observation.ts';
import { type RelativePath, parseRelativePath } from '../../daemon/core/path.ts';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';

function known<T>(value: T | undefined): T {
  assert(value !== undefined);
  return value;
}

export const device = (letter: string): DeviceId => known(parseDeviceId(letter.repeat(52)));
export const epoch = (letter: string): Epoch => known(parseEpoch(letter.repeat(16)));
export const seq = (n: number): Sequence => known(parseSequence(n));
export const versionId = (text: string): VersionId => known(parseVersionId(text));
export const hashOf = (content: string): Sha256 =>
  known(parseSha256(createHash('sha256').update(content).digest('hex')));

export function path(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  assert(parsed.ok, text);
  return parsed.path;
}

export const file = (content: string, more: { mode?: number; mtimeUs?: bigint } = {}): Entry => ({
  kind: 'file',
  size: Buffer.byteLength(content),
  sha256: hashOf(content),
  mode: 0o644,
  mtimeUs: 1_790_000_000_123_456n,
  ...more,
});
export const dir: Entry = { kind: 'dir', mode: 0o755 };
export const absent: Entry = { kind: 'absent' };

export function record(at: string, entry: Entry, more: Partial<FileRecord> = {}): FileRecord {
  return {
    path: path(at),
    entry,
    vector: [[epoch('A'), 7]],
    origin: device('A'),
    maker: epoch('A'),
    stamp: 1_790_000_000_000,
    mark: false,
    lost: [],
    ...more,
  };
}

export const seen: SeenStat = {
  kind: 'file',
  size: 5,
  mtimeNs: -1n,
  ctimeNs: 1_790_000_000_123_456_789n,
  ino: 2n ** 63n + 11n,
  mode: 0o100644,
  nlink: 2,
};

export function change(at: string, entry: Entry, more: Partial<RowChange> & { stamp?: number } = {}): RowChange {
  const { stamp = 1_790_000_000_000, ...rest } = more;
  return { record: record(at, entry, { stamp }), seen: undefined, announce: true, ...rest };
}

let runs = 0;
export const newRun = (): Run => `run${++runs}` as Run;

export function openInMemory(from: Buffer | ':memory:' = ':memory:'): FolderIndex {
  return FolderIndex.open(from, { newEpoch: () => epoch('A'), newRun });
}

export const paths = (rows: Iterable<{ readonly record: FileRecord }>): string[] =>
  [...rows].map((row) => row.record.path);
