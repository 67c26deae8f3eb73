// What lies in a directory that is to be a folder: what `add-folder --dry-run` answers. Names are those of the JSON.
import type { ErrorCode } from './errors.ts';

/** `paths` names the first hundred. */
interface Counted<Path> {
  readonly count: number;
  readonly paths: readonly Path[];
}

export interface FolderSurvey {
  readonly name: string;
  readonly path: string;
  /** False: the directory would be made. */
  readonly exists: boolean;
  /** Files and links that would be synced. */
  readonly files: number;
  readonly bytes: number;
  readonly directories: number;
  /** By a rule of the settings; a directory stands for all that is in it. */
  readonly ignored: Counted<string>;
  /** What the daemon may not do; an empty path is the folder's own directory. */
  readonly no_access: Counted<{
    readonly path: string;
    readonly cannot: 'read' | 'write' | 'read and write';
    readonly code: ErrorCode;
  }>;
  /** What cannot be synced: names that are not UTF-8, pipes, sockets. */
  readonly skipped: Counted<{ readonly path: string; readonly code: ErrorCode }>;
  /** Other file systems inside: what lies there is sent, and never written to. */
  readonly mounts: Counted<string>;
  /** There is more in it, which was not looked at. */
  readonly more: boolean;
}
