// Paths inside a folder. The one door: parseRelativePath. `/` separates; every other character is an ordinary byte,
// `\` too. Names are compared as they are: never normalised, never folded.

declare const brand: unique symbol;
/** A path below a folder's root, checked: see {@link parseRelativePath}. Never empty, never the root itself. */
export type RelativePath = string & { readonly [brand]: 'RelativePath' };
/** A directory of a folder: a path in it, or `''` for its root. */
export type DirPath = RelativePath | '';

export const ROOT_DIR = '' as const;
/** The one name that is ours, at the top of a folder only. */
export const OWN_DIR = '.syncd';

/** Bounds of Linux: a name, a whole path, and our own bound on depth, which keeps every walk finite. */
export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4096;
export const MAX_PATH_DEPTH = 256;

export type PathRefused = 'empty' | 'absolute' | 'dot' | 'nul' | 'not UTF-8' | 'too long' | 'too deep' | 'ours';

export type ParsedPath =
  { readonly ok: true; readonly path: RelativePath } | { readonly ok: false; readonly why: PathRefused };

const encoder = new TextEncoder();

/** Checks one component: a name that a directory on this machine may hold and that is not `.` or `..`. */
export function refuseName(name: string): PathRefused | undefined {
  if (name === '') return 'empty';
  if (name === '.' || name === '..') return 'dot';
  if (name.includes('\0')) return 'nul';
  if (!name.isWellFormed()) return 'not UTF-8';
  // A UTF-16 unit is at most three bytes, so only long names need counting.
  if (name.length > MAX_NAME_BYTES / 3 && encoder.encode(name).length > MAX_NAME_BYTES) return 'too long';
  return undefined;
}

/** Makes the brand, from the wire, the disk or a person. Canonical: what is accepted is what was given. */
export function parseRelativePath(text: string): ParsedPath {
  if (text === '') return { ok: false, why: 'empty' };
  if (text.startsWith('/')) return { ok: false, why: 'absolute' };
  if (text.length > MAX_PATH_BYTES / 3 && encoder.encode(text).length > MAX_PATH_BYTES)
    return { ok: false, why: 'too long' };
  const names = text.split('/');
  if (names.length > MAX_PATH_DEPTH) return { ok: false, why: 'too deep' };
  if (names[0] === OWN_DIR) return { ok: false, why: 'ours' };
  for (const name of names) {
    const why = refuseName(name);
    if (why !== undefined) return { ok: false, why };
  }
  return { ok: true, path: text as RelativePath };
}

/** The path of `name` in `dir`. `name` has passed {@link refuseName}. Undefined when the whole is too long, too deep or ours. */
export function childPath(dir: DirPath, name: string): RelativePath | undefined {
  const parsed = parseRelativePath(dir === '' ? name : `${dir}/${name}`);
  return parsed.ok ? parsed.path : undefined;
}

export function parentOf(path: RelativePath): DirPath {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ROOT_DIR : (path.slice(0, slash) as RelativePath);
}

export function nameOf(path: RelativePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** All directories above a path, nearest first, without the root. */
export function ancestorsOf(path: RelativePath): RelativePath[] {
  const found: RelativePath[] = [];
  for (let dir = parentOf(path); dir !== ''; dir = parentOf(dir)) found.push(dir);
  return found;
}

export function depthOf(path: RelativePath): number {
  let depth = 1;
  for (let i = path.indexOf('/'); i >= 0; i = path.indexOf('/', i + 1)) depth++;
  return depth;
}

export function isBelow(path: RelativePath, dir: DirPath): boolean {
  return dir === '' || (path.length > dir.length && path.startsWith(dir) && path[dir.length] === '/');
}

/** The range [from, to) of the byte-ordered keys of all that lies below `dir`: `/` is 0x2f, and `0` follows it. */
export function rangeBelow(dir: RelativePath): { readonly from: string; readonly to: string } {
  return { from: `${dir}/`, to: `${dir}0` };
}

/** What the name of a staged file is derived from: after a crash it can be told whose it is. */
export function stagingKey(path: RelativePath, content: string): string {
  return `${path}\0${content}`;
}

/** Byte order of UTF-8, which UTF-16 order is not for characters beyond the first plane. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate stands for a character above all that are one unit long.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** U+FFFD stands for bytes that are not UTF-8; a name may also hold it by right, so such a path is named as well. */
export function mayBeMangled(text: string): boolean {
  return text.includes('\uFFFD') || !text.isWellFormed();
}

/** The deepest directory above `text` whose path is certain. */
export function nearestSayable(text: string): DirPath {
  for (let end = text.lastIndexOf('/'); end > 0; end = text.lastIndexOf('/', end - 1)) {
    const parsed = parseRelativePath(text.slice(0, end));
    if (parsed.ok && !mayBeMangled(parsed.path)) return parsed.path;
  }
  return ROOT_DIR;
}
