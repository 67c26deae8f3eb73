// The disk, as disk/ sees it: synchronous, and reached through open directories only. A directory is opened component
// by component without following links, so nothing that somebody swaps meanwhile can lead outside of the root.

/** `other`: a pipe, a socket, a device. */
export type StatKind = 'file' | 'dir' | 'symlink' | 'other';

export interface Stat {
  readonly kind: StatKind;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
  /** & 0o7777 */
  readonly mode: number;
  readonly nlink: number;
}

/** What failed calls throw: `code` is the name of the errno, `ENOENT` for one. */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError';
  readonly code: string;
  constructor(code: string, call: string, what: string) {
    // Thousands of them say that nothing is there, which is no error to anybody: the stack would cost more than the call.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${call} ${what}: ${code}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
  }
}

/** The errno's name, or undefined for an error of another kind (which is a bug and must not be taken for the disk's). */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof FileSystemError ? error.code : undefined;
}

/** A name as read from a directory. `wellFormed: false`: its bytes are not UTF-8, `name` is only to be shown. */
export interface DirEntry {
  readonly name: string;
  readonly wellFormed: boolean;
}

export interface Attributes {
  /** & 0o777; undefined leaves it. The special bits stay as they are. */
  readonly mode?: number;
  readonly mtimeUs?: bigint;
}

/**
 * noreplace: EEXIST where the target exists. exchange: both must exist and change places in one step. replace: rename(2).
 * Where the file system has no renameat2, noreplace and exchange throw EINVAL; the caller has a slower way.
 */
export type RenameHow = 'noreplace' | 'exchange' | 'replace';

/** An open regular file. */
export interface OpenFile {
  stat(): Stat;
  /** Reads up to `buffer.length` bytes at `position`; 0 at the end of the file. */
  read(buffer: Uint8Array, position: number): number;
  /** Writes all of `bytes` at `position`, or throws (ENOSPC, EIO, EDQUOT). */
  write(bytes: Uint8Array, position: number): void;
  truncate(size: number): void;
  /** As of a directory's entry; also when the file has no name any more. */
  setAttributes(attributes: Attributes): void;
  /** May be called twice. */
  close(): void;
}

/** An open directory. All names are single components; no call follows a link at `name`. */
export interface Directory {
  /** ENOTDIR where it is not a directory, ELOOP or ENOTDIR where it is a link. */
  openDir(name: string): Directory;
  /** All names but `.` and `..`, in no order. Whole, or it throws. */
  list(): DirEntry[];
  /** Of `name`, or without a name of the directory itself. */
  lstat(name?: string): Stat;
  /** `create`: a new file of mode 0600, EEXIST where something is. Pipes and devices: ENXIO, never a wait. */
  openFile(name: string, how: 'read' | 'write' | 'create'): OpenFile;
  mkdir(name: string, mode: number): void;
  /** unlink(2) or rmdir(2). */
  remove(name: string, kind: 'file' | 'dir'): void;
  symlink(name: string, target: string): void;
  /** EILSEQ where the target's bytes are not UTF-8. */
  readlink(name: string): string;
  rename(name: string, to: Directory, toName: string, how: RenameHow): void;
  /** link(2); EEXIST where the target exists, EPERM where the file system has no hard links. */
  link(name: string, to: Directory, toName: string): void;
  /** On a file or directory by a descriptor; on a link its own time only (its mode is left). */
  setAttributes(name: string, attributes: Attributes): void;
  /** May be called twice. */
  close(): void;
}

export interface FileSystem {
  /** Opens a folder's root by its absolute path. The root itself may be reached through links. */
  openRoot(path: string): Directory;
  /** mkdir -p; what is made has this mode, whatever the umask. */
  makeRoot(path: string, mode: number): void;
  /**
   * access(2): what this process may do with `name` in the directory, or with the directory itself. `write` of a directory
   * is to make and remove names in it; it is false on a read-only mount. ENOENT where nothing is; a link is followed.
   */
  mayUse(dir: Directory, name?: string): { readonly read: boolean; readonly write: boolean };
  /** Of the file system that holds the directory, as this user may use it. */
  space(dir: Directory): { readonly freeBytes: number; readonly totalBytes: number };
  /** The type of the mount that the directory is on, as mount(8) shows it: `ext4`, `nfs4`, `fuse.sshfs`. Undefined: nobody can say. */
  mountType(dir: Directory): string | undefined;
  /**
   * Where else the directory may be reached with more above it than here: it lies in a bind mount, and what the mount shows
   * is part of what is mounted there. Only as far as the system tells; each is to be opened and compared.
   */
  alsoAt(dir: Directory): readonly string[];
  /** syncfs(2): returns when all that was written to this file system is durable. */
  sync(dir: Directory): void;
}
