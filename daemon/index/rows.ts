// Row ↔ record: how a record and a stat lie in columns. Only what this program wrote is read here; what cannot have been
// written by it is damage, not input.
import { statText } from '../core/expected-names.ts';
import { type DeviceId, type Epoch, type Sha256, parseDeviceId, parseEpoch, parseSha256 } from '../core/ids.ts';
import type { SeenStat } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Entry, FileRecord, LostContent } from '../core/record.ts';
import type { VersionVector } from '../core/version-vector.ts';
import type { Devices } from './devices.ts';
import { IndexDamaged } from './sqlite-failure.ts';

/** The columns that `file_state` and `wanted` share. */
export interface RecordColumns {
  readonly path: RelativePath;
  readonly kind: Entry['kind'];
  /** 0 for all but files: small ones first is one index. */
  readonly size: number;
  readonly mode: number | null;
  /** Decimal: microseconds of any year are beyond the numbers that are exact. */
  readonly mtimeUs: string | null;
  /** Hexadecimal here, bytes in the table. */
  readonly sha256: Sha256 | null;
  readonly target: string | null;
  readonly vector: string;
  readonly origin: number;
  readonly maker: Epoch;
  readonly stamp: number;
  readonly mark: number;
  readonly lost: string | null;
  readonly hold: number | null;
}

/** What is selected as {@link RecordColumns} of the table `t`. */
export const SELECT_RECORD = `t.path, t.kind, t.size, t.mode, t.mtimeUs, iif(t.sha256 IS NULL, NULL, lower(hex(t.sha256)))
  AS sha256, t.target, t.vector, t.origin, t.maker, t.stamp, t.mark, t.lost, t.hold`;

const NAMES = [
  'kind',
  'size',
  'mode',
  'mtimeUs',
  'target',
  'vector',
  'origin',
  'maker',
  'stamp',
  'mark',
  'lost',
  'hold',
];
/** For INSERT: the columns, and the values that {@link toColumns} names. */
export const RECORD_NAMES = `path, sha256, ${NAMES.join(', ')}`;
export const RECORD_VALUES = `@path, unhex(@sha256), ${NAMES.map((name) => `@${name}`).join(', ')}`;
/** For UPDATE: all but the path. */
export const RECORD_ASSIGNMENTS = `sha256 = unhex(@sha256), ${NAMES.map((name) => `${name} = @${name}`).join(', ')}`;

export function toColumns(record: FileRecord, devices: Devices): RecordColumns {
  const { entry } = record;
  const isFile = entry.kind === 'file';
  return {
    path: record.path,
    kind: entry.kind,
    size: isFile ? entry.size : 0,
    mode: isFile || entry.kind === 'dir' ? entry.mode : null,
    mtimeUs: isFile ? entry.mtimeUs.toString() : null,
    sha256: isFile ? entry.sha256 : null,
    target: entry.kind === 'symlink' ? entry.target : null,
    vector: vectorText(record.vector),
    origin: devices.numberOf(record.origin),
    maker: record.maker,
    stamp: record.stamp,
    mark: record.mark ? 1 : 0,
    lost: record.lost.length === 0 ? null : record.lost.map(lostText).join(','),
    hold: record.hold ?? null,
  };
}

export function toRecord(columns: RecordColumns, devices: Devices): FileRecord {
  return {
    path: columns.path,
    entry: toEntry(columns, columns.path),
    vector: parseVectorText(columns.vector),
    origin: devices.nameOf(columns.origin),
    maker: columns.maker,
    stamp: columns.stamp,
    mark: columns.mark === 1,
    lost: columns.lost === null ? [] : columns.lost.split(',').map(parseLostText),
    ...(typeof columns.hold === 'number' && { hold: columns.hold }),
  };
}

/** An entry alone, as it lies in one column. */
export function entryText(entry: Entry): string {
  return JSON.stringify(entry, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

export function parseEntryText(text: string): Entry {
  const { kind, size = 0, mode = null, mtimeUs = null, sha256 = null, target = null } = JSON.parse(text) as EntryJson;
  return toEntry({ kind, size, mode, mtimeUs, sha256, target }, text);
}

/** As {@link entryText} writes it: what a kind does not have is missing. */
interface EntryJson {
  readonly kind: Entry['kind'];
  readonly size?: number;
  readonly mode?: number;
  readonly mtimeUs?: string;
  readonly sha256?: Sha256;
  readonly target?: string;
}

type EntryColumns = Pick<RecordColumns, 'kind' | 'size' | 'mode' | 'mtimeUs' | 'sha256' | 'target'>;

function toEntry({ kind, size, mode, mtimeUs, sha256, target }: EntryColumns, of: string): Entry {
  if (kind === 'absent') return { kind };
  if (kind === 'file' && mode !== null && mtimeUs !== null && sha256 !== null)
    return { kind, size, sha256, mode, mtimeUs: BigInt(mtimeUs) };
  if (kind === 'dir' && mode !== null) return { kind, mode };
  if (kind === 'symlink' && target !== null) return { kind, target };
  throw new IndexDamaged(`entry of ${of}`);
}

export function vectorText(vector: VersionVector): string {
  return vector.map(([epoch, count]) => `${epoch}:${count}`).join(',');
}

export function parseVectorText(text: string): VersionVector {
  if (text === '') return [];
  return text.split(',').map((pair): readonly [Epoch, number] => {
    const epoch = parseEpoch(pair.slice(0, 16));
    const count = Number(pair.slice(17));
    if (epoch === undefined || !Number.isSafeInteger(count)) throw new IndexDamaged(`vector ${text}`);
    return [epoch, count];
  });
}

function lostText(lost: LostContent): string {
  const { kind, sha256, sizeBytes, origin, stamp, over } = lost;
  return [kind, sha256, sizeBytes, origin, stamp, over?.map(([epoch, count]) => `${epoch}=${count}`).join(' ')].join(
    ':',
  );
}

function parseLostText(text: string): LostContent {
  const [kind, hash, size, device, stamp, seen] = text.split(':');
  const sha256 = parseSha256(hash ?? '');
  const origin: DeviceId | undefined = parseDeviceId(device ?? '');
  if ((kind !== 'file' && kind !== 'symlink') || sha256 === undefined || origin === undefined)
    throw new IndexDamaged(`lost ${text}`);
  const lost: LostContent = { kind, sha256, sizeBytes: Number(size), origin, stamp: Number(stamp) };
  return seen ? { ...lost, over: parseVectorText(seen.replaceAll(' ', ',')) } : lost;
}

/** For a column that may be empty. */
export function statColumn(stat: SeenStat | undefined): string | null {
  return stat === undefined ? null : statText(stat);
}

/** What {@link statColumn} has written. */
export function parseStatText(text: string | null): SeenStat | undefined {
  if (text === null) return undefined;
  const [kind, size, mtimeNs, ctimeNs, ino, mode, nlink] = text.split(' ');
  if ((kind !== 'file' && kind !== 'dir' && kind !== 'symlink') || !mtimeNs || !ctimeNs || !ino)
    throw new IndexDamaged(`stat ${text}`);
  return {
    kind,
    size: Number(size),
    mtimeNs: BigInt(mtimeNs),
    ctimeNs: BigInt(ctimeNs),
    ino: BigInt(ino),
    mode: Number(mode),
    nlink: Number(nlink),
  };
}
