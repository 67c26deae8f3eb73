// Directory trees as system tests see them: made from a few words, and compared byte by byte from the outside.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';

/** What a tree is made of: a text is a file, `{ link }` a symlink, `{ dir: true }` a directory. */
export type Entry = string | Uint8Array | { readonly link: string } | { readonly dir: true };

/** Makes what is named, with the directories on the way. */
export function plant(root: string, entries: Readonly<Record<string, Entry>>): void {
  for (const [path, entry] of Object.entries(entries)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    if (typeof entry === 'string' || entry instanceof Uint8Array) writeFileSync(place, entry);
    else if ('link' in entry) symlinkSync(entry.link, place);
    else mkdirSync(place, { recursive: true });
  }
}

/**
 * The same, written elsewhere and then moved into the root: where a file is written it is empty for a moment, and small,
 * and text. A directory must not be there yet.
 */
export function moveIn(root: string, entries: Readonly<Record<string, Entry>>): void {
  const aside = `${root}, aside`;
  plant(aside, entries);
  for (const name of readdirSync(aside)) renameSync(join(aside, name), join(root, name));
  rmSync(aside, { recursive: true });
}

/** `count` small files in directories of a hundred, each with its own content. */
export function plantMany(root: string, count: number, content = (n: number) => `content of file ${n}\n`): void {
  for (let n = 0; n < count; n++) {
    const directory = join(root, `d${String(Math.floor(n / 100)).padStart(3, '0')}`);
    if (n % 100 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${n}.txt`), content(n));
  }
}

/** Bytes that do not compress and do not repeat, the same for the same seed. */
export function noise(sizeBytes: number, seed: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed >>> 0 || 1;
  for (let at = 0; at + 4 <= sizeBytes; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeUInt32LE(state >>> 0, at);
  }
  return bytes;
}

export function read(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

export function exists(root: string, path: string): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

export function setMtime(root: string, path: string, mtimeSeconds: number): void {
  utimesSync(join(root, path), mtimeSeconds, mtimeSeconds);
}

/** Number of regular files below a root, ROOT/.syncd apart. */
export function countFiles(root: string): number {
  return [...describeTree(root, { content: false }).values()].filter((line) => line.startsWith('file ')).length;
}

/** What distinguishes two trees, as sentences; empty when they are the same. */
export function compareTrees(left: string, right: string): string[] {
  const [here, there] = [describeTree(left), describeTree(right)];
  const differences: string[] = [];
  for (const [path, line] of here) {
    const other = there.get(path);
    if (other === undefined) differences.push(`${shown(path)}: only left (${line})`);
    else if (other !== line) differences.push(`${shown(path)}: left ${line}, right ${other}`);
  }
  for (const [path, line] of there) if (!here.has(path)) differences.push(`${shown(path)}: only right (${line})`);
  return differences;
}

export function assertSameTrees(left: string, right: string): void {
  const differences = compareTrees(left, right);
  assert.equal(differences.length, 0, `the trees differ:\n${differences.slice(0, 20).join('\n')}`);
}

/**
 * Every path below a root with all that is synced of it. Keys hold the bytes of a name, one a character (latin1), so
 * that names which are not UTF-8 stay apart. Pipes, sockets and devices are left out: they stay on their device.
 */
export function describeTree(root: string, options = { content: true }): Map<string, string> {
  const tree = new Map<string, string>();
  const walk = (directory: Buffer, prefix: string): void => {
    for (const name of readdirSync(directory, { encoding: 'buffer' })) {
      const key = prefix + name.toString('latin1');
      if (key === '.syncd') continue;
      const place = Buffer.concat([directory, Buffer.from('/'), name]);
      const stat = lstatSync(place, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) continue; // gone since the directory was read
      const line = unlessGone(() => describe(place, stat, options.content));
      if (line !== undefined) tree.set(key, line);
      if (stat.isDirectory()) unlessGone(() => walk(place, `${key}/`));
    }
  };
  walk(Buffer.from(root), '');
  return new Map([...tree].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Between two looks a tree may change: what has gone in between is not in it. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function describe(place: Buffer, stat: BigIntStats, withContent: boolean): string | undefined {
  const mode = (stat.mode & 0o777n).toString(8);
  if (stat.isDirectory()) return `dir ${mode}`;
  if (stat.isSymbolicLink())
    return `link to ${JSON.stringify(readlinkSync(place, { encoding: 'buffer' }).toString('latin1'))}`;
  if (!stat.isFile()) return undefined;
  const content = withContent ? createHash('sha256').update(readFileSync(place)).digest('hex').slice(0, 16) : '';
  return `file ${mode} ${stat.size} bytes ${content} mtime ${stat.mtimeNs / 1000n} µs`;
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function shown(path: string): string {
  return JSON.stringify(Buffer.from(path, 'latin1').toString());
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
