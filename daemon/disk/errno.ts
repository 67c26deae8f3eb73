// The one table of what an errno means for a path. Only a name that is not in a directory that could be read is absent;
// every other failure is unknown, and deletes nothing.
import { CodedError, type ErrorCode, isErrorCode } from '../../protocol/errors.ts';
import { FileSystemError, errnoOf } from '../ports/file-system.ts';

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

/** Thrown by disk work for an expected failure that has a code of ours; it keeps it on its way out of a worker. */
export class DiskRefusal extends FileSystemError {
  constructor(code: ErrorCode, what: string) {
    super(code, 'disk', what);
  }
}

/** The code under which a failure is shown, or undefined for an error that is not the disk's: a bug, to be thrown on. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = errnoOf(error);
  if (code === undefined) return undefined;
  return isErrorCode(code) ? code : (CODES[code] ?? 'E_UNREADABLE');
}

/** What an error says of the root; undefined for one that is a bug. */
export function rootCode(error: unknown): ErrorCode | undefined {
  if (error instanceof CodedError) return error.code;
  const code = codeOf(error);
  if (code !== undefined) return code === 'E_UNREADABLE' ? 'E_ROOT_MISSING' : code;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && isErrorCode(error.code)
    ? error.code
    : undefined;
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

/** What was a file when it was looked at is a link now, or a directory, or the reverse. */
export function isOfAnotherKind(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ELOOP' || errno === 'EINVAL' || errno === 'EISDIR';
}
