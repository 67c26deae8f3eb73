// The one table of what an errno means for a path. Only a name that is not in a directory that could be read is absent;
// every other failure is unknown, and deletes nothing.
import type { ErrorCode } from '../../protocol/errors.ts';
import { errnoOf } from '../ports/file-system.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'E_ACCESS',
  EPERM: 'E_ACCESS',
  ENOSPC: 'E_DISK_FULL',
  EDQUOT: 'E_DISK_FULL',
  EROFS: 'E_READ_ONLY',
  EIO: 'E_IO',
  ESTALE: 'E_IO',
  ENAMETOOLONG: 'E_NAME',
  EILSEQ: 'E_LINK_TARGET',
  ENXIO: 'E_KIND',
  EXDEV: 'E_CROSS_DEVICE',
};

/** Thrown by disk work for an expected failure of one path or of the whole folder. */
export class DiskRefusal extends Error {
  override readonly name = 'DiskRefusal';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, what: string) {
    super(what);
    this.code = code;
  }
}

/** The code under which a failure is shown, or undefined for an error that is not the disk's: a bug, to be thrown on. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof DiskRefusal) return error.code;
  const errno = errnoOf(error);
  return errno === undefined ? undefined : (CODES[errno] ?? 'E_UNREADABLE');
}

/** The path, or a directory above it, is not there (or is a link or a file where a directory was). */
export function isAbsent(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

/** Gone, or replaced by something else, between two looks. */
export function isElsewhere(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP' || errno === 'EEXIST';
}
