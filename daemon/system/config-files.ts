// ConfigFiles over the real disk. A write is a new file beside the old one, made durable, then renamed over it: of several
// none is renamed before all are there, so that a full disk changes nothing.
import {
  type Stats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { ConfigFiles } from '../ports/config-files.ts';
import { FileSystemError } from '../ports/file-system.ts';
import { makeDirectories } from './make-directories.ts';

export const configFiles: ConfigFiles = { read, list, change };

function read(path: string, maxBytes: number): string | undefined {
  // Without O_NONBLOCK a pipe of this name would stop the daemon for ever.
  const fd = absentAsUndefined(() =>
    call('open', path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)),
  );
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new FileSystemError('EINVAL', 'read', path);
    if (!isTrusted(stats)) throw new FileSystemError('EPERM', 'read', path);
    const bytes = call('read', path, () => readAtMost(fd, maxBytes + 1));
    if (bytes.length > maxBytes) throw new FileSystemError('EFBIG', 'read', path);
    return decode(bytes, path);
  } finally {
    closeSync(fd);
  }
}

/** Whoever may write the configuration may have any directory sent anywhere: that is root and this user, and who they say. */
function isTrusted({ uid, mode }: Stats): boolean {
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o002) === 0;
}

/** By what it gives and not by its size: a file of /proc says 0, and a file may grow while it is read. */
function readAtMost(fd: number, maxBytes: number): Uint8Array {
  const buffer = new Uint8Array(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const got = readSync(fd, buffer, length, maxBytes - length, null);
    if (got === 0) break;
    length += got;
  }
  return buffer.subarray(0, length);
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FileSystemError('EILSEQ', 'read', path);
  }
}

function list(dir: string): string[] {
  const names = absentAsUndefined(() => call('readdir', dir, () => readdirSync(dir))) ?? [];
  return names.filter((name) => !name.startsWith('.')).sort();
}

function change(texts: ReadonlyMap<string, string | undefined>): void {
  const written: string[] = [];
  try {
    for (const [path, text] of texts) {
      if (text === undefined) continue;
      written.push(path);
      call('write', path, () => writeBeside(path, text));
    }
    // Each durable before the next: after a loss of power no file names a peer of a file that is not there.
    for (const [path, text] of texts) {
      if (text === undefined) call('unlink', path, () => rmSync(path, { force: true }));
      else call('write', path, () => renameSync(beside(path), path));
      absentAsUndefined(() => call('fsync', dirname(path), () => syncDirectory(dirname(path))));
    }
  } catch (error) {
    for (const path of written) removeQuietly(beside(path));
    throw error;
  }
}

/** The dot keeps what a crash leaves behind from being read as configuration. */
const beside = (path: string): string => join(dirname(path), `.${basename(path)}.new`);

function writeBeside(path: string, text: string): void {
  makeDirectories(dirname(path), 0o700);
  rmSync(beside(path), { force: true });
  const fd = openSync(beside(path), 'wx', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** After a failure that is about to be told. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Nobody reads it, and the next change of the same file puts it away.
  }
}

function syncDirectory(dir: string): void {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function call<Result>(name: string, path: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string')
      throw new FileSystemError(error.code, name, path);
    throw error;
  }
}

function absentAsUndefined<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
