// Names of things, each a type of its own, made by one function that checks. Inside, nobody checks again.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Base32 (RFC 4648, without padding) of the SHA-256 of a device's TLS public key (SPKI, DER): 52 characters. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** A folder's name, the same on every device: `docs`, or `DEVICE:NAME` for a private one on a hub. */
export type FolderName = Brand<string, 'FolderName'>;
/** One life of one device's index of one folder: 80 random bits, base32, 16 characters. Keys of version vectors. */
export type Epoch = Brand<string, 'Epoch'>;
/** One opening of an index by a process, as its peers name it: random text, which says nothing to them. */
export type Run = Brand<string, 'Run'>;
/** A device's own order of its changes in a folder: max(previous + 1, wall clock in µs). */
export type Sequence = Brand<number, 'Sequence'>;
/** SHA-256 of a file's content, 64 lower-case hexadecimal digits. */
export type Sha256 = Brand<string, 'Sha256'>;
/** Names one kept version of a path: 13 characters of Crockford-like base32, unique in a folder. */
export type VersionId = Brand<string, 'VersionId'>;

const base32 = (length: number): RegExp => new RegExp(`^[A-Z2-7]{${length}}$`);
const DEVICE_ID = base32(52);
const EPOCH = base32(16);
const FOLDER_NAME = /^(?:[\p{L}\p{N}_][\p{L}\p{N}._-]{0,62}:)?[\p{L}\p{N}_][\p{L}\p{N}._ -]{0,62}$/u;
const SHA256 = /^[0-9a-f]{64}$/;
const VERSION_ID = /^[0-9a-z]{4,32}$/;
const RUN = /^[0-9A-Za-z]{1,64}$/;

/** Undefined where the text is not a device ID. */
export function parseDeviceId(text: string): DeviceId | undefined {
  return DEVICE_ID.test(text) ? (text as DeviceId) : undefined;
}

/** Letters, digits, `_`, and inside also `.`, `-` and space; at most 63 characters; a private folder has `DEVICE:` before it. */
export function parseFolderName(text: string): FolderName | undefined {
  return FOLDER_NAME.test(text) && !text.endsWith(' ') ? (text as FolderName) : undefined;
}

/** Of a private folder `DEVICE:NAME` on a hub: what it is called on that device. Any other name is itself. */
export function ownName(folder: FolderName): FolderName {
  return folder.slice(folder.indexOf(':') + 1) as FolderName;
}

/** The device of a private folder `DEVICE:NAME`, by its name on the hub. Undefined: the folder is shared. */
export function privateTo(folder: FolderName): string | undefined {
  const colon = folder.indexOf(':');
  return colon < 0 ? undefined : folder.slice(0, colon);
}

export function parseEpoch(text: string): Epoch | undefined {
  return EPOCH.test(text) ? (text as Epoch) : undefined;
}

export function parseRun(text: string): Run | undefined {
  return RUN.test(text) ? (text as Run) : undefined;
}

/** A non-negative safe integer. */
export function parseSequence(value: number): Sequence | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? (value as Sequence) : undefined;
}

export function parseSha256(text: string): Sha256 | undefined {
  return SHA256.test(text) ? (text as Sha256) : undefined;
}

export function parseVersionId(text: string): VersionId | undefined {
  return VERSION_ID.test(text) ? (text as VersionId) : undefined;
}

export const NO_SEQUENCE = 0 as Sequence;

/** The next number after `previous`. Only a clock that goes right keeps an index that was rolled back from giving one twice. */
export function nextSequence(previous: Sequence, wallClockUs: number): Sequence {
  return Math.max(previous + 1, wallClockUs) as Sequence;
}
