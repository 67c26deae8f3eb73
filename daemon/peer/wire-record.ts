// The door between wire and core, of one record: what a peer says is at a path, and how ours is written. Brands from the
// wire are made here and in wire.ts, and nowhere else. The schemas have checked shapes and ranges; here is checked what
// they cannot say.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import type { WireLive, WireLost, WireVersion } from '../../protocol/messages.ts';
import {
  type DeviceId,
  type Epoch,
  type Run,
  type Sequence,
  parseDeviceId,
  parseEpoch,
  parseRun,
  parseSequence,
  parseSha256,
} from '../core/ids.ts';
import { parseRelativePath } from '../core/path.ts';
import { type Entry, type FileRecord, type LostContent, joinLost } from '../core/record.ts';
import { type VersionVector, parseVector } from '../core/version-vector.ts';

/** A record that is passed over: the session goes on without it. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly what: string;
}

/** Thrown for what ends the session: the peer does not keep to the protocol. */
export function violation(what: string): CodedError {
  return new CodedError('E_PROTOCOL', what);
}

export function liveRecord(wire: WireLive): FileRecord | Refusal {
  const path = parseRelativePath(wire.path);
  if (!path.ok) return badPath(path.why);
  const entry = liveEntry(wire);
  if ('code' in entry) return entry;
  return { ...signature(wire), path: path.path, entry, lost: joinLost((wire.lost ?? []).map(lostContent)) };
}

export function tombstone(wire: WireVersion, hold?: number): FileRecord | Refusal {
  const path = parseRelativePath(wire.path);
  if (!path.ok) return badPath(path.why);
  return {
    ...signature(wire),
    path: path.path,
    entry: { kind: 'absent' },
    lost: [],
    ...(hold !== undefined && { hold }),
  };
}

function badPath(why: string): Refusal {
  return { code: 'E_NAME', what: `a path that is ${why}` };
}

function liveEntry(wire: WireLive): Entry | Refusal {
  switch (wire.kind) {
    case 'file': {
      const sha256 = parseSha256(wire.sha256);
      if (sha256 === undefined) throw violation('a record without a proper hash');
      return { kind: 'file', size: wire.size, sha256, mode: wire.mode, mtimeUs: BigInt(wire.mtimeUs) };
    }
    case 'dir':
      return { kind: 'dir', mode: wire.mode };
    case 'symlink':
      return isLinkTarget(wire.target)
        ? { kind: 'symlink', target: wire.target }
        : { code: 'E_LINK_TARGET', what: 'a link to what is no path' };
  }
}

const MAX_TARGET_BYTES = 4095;

/** What symlink(2) takes and what reads back the same. Where it leads is nobody's business: it is never followed. */
function isLinkTarget(target: string): boolean {
  if (target === '' || target.includes('\0') || !target.isWellFormed()) return false;
  return Buffer.byteLength(target) <= MAX_TARGET_BYTES;
}

function signature(wire: WireVersion): Pick<FileRecord, 'vector' | 'origin' | 'maker' | 'stamp' | 'mark'> {
  return {
    vector: versionVector(wire.vector),
    origin: device(wire.origin),
    maker: epoch(wire.maker),
    stamp: wire.stamp,
    mark: wire.mark,
  };
}

function lostContent(wire: WireLost): LostContent {
  const sha256 = parseSha256(wire.sha256);
  if (sha256 === undefined) throw violation('a lost content without a proper hash');
  const lost = { kind: wire.kind, sha256, sizeBytes: wire.size, origin: device(wire.origin), stamp: wire.stamp };
  return wire.over === undefined ? lost : { ...lost, over: versionVector(wire.over) };
}

function versionVector(pairs: WireVersion['vector']): VersionVector {
  const vector = parseVector(pairs.map(([key, count]) => [epoch(key), count] as const));
  if (vector === undefined) throw violation('a version vector that is not sorted');
  return vector;
}

export function epoch(text: string): Epoch {
  const parsed = parseEpoch(text);
  if (parsed === undefined) throw violation('not an epoch');
  return parsed;
}

export function run(text: string): Run {
  const parsed = parseRun(text);
  if (parsed === undefined) throw violation('not a run');
  return parsed;
}

export function device(text: string): DeviceId {
  const parsed = parseDeviceId(text);
  if (parsed === undefined) throw violation('not a device ID');
  return parsed;
}

export function sequence(value: number): Sequence {
  const parsed = parseSequence(value);
  if (parsed === undefined) throw violation('not a sequence');
  return parsed;
}

export function wireVersion(record: FileRecord): WireVersion {
  const { path, vector, origin, maker, stamp, mark } = record;
  return { path, vector, origin, maker, stamp, mark };
}

/** Undefined for a tombstone. */
export function wireLive(record: FileRecord): WireLive | undefined {
  const { entry } = record;
  const version = record.lost.length === 0 ? wireVersion(record) : { ...wireVersion(record), lost: wireLost(record) };
  switch (entry.kind) {
    case 'file': {
      const { kind, size, sha256, mode } = entry;
      return { ...version, kind, size, sha256, mode, mtimeUs: entry.mtimeUs.toString() };
    }
    case 'dir':
      return { ...version, kind: 'dir', mode: entry.mode };
    case 'symlink':
      return { ...version, kind: 'symlink', target: entry.target };
    case 'absent':
      return undefined;
  }
}

function wireLost(record: FileRecord): readonly WireLost[] {
  return record.lost.map(({ sizeBytes, over, ...lost }) => {
    return { ...lost, size: sizeBytes, ...(over !== undefined && over.length > 0 && { over }) };
  });
}
