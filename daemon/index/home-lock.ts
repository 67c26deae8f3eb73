// One daemon on a home: a lock on a small database of its own. It is the kernel's, so it is free at once when the process
// dies, however it dies.
import Database from 'better-sqlite3';
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { codedFailure } from './sqlite-failure.ts';

export interface FileLock {
  /** May be called twice. */
  release(): void;
}

/**
 * Holds the lock at `path` until it is released or the process ends. The file is made where it is missing, and stays.
 * Nobody else may open it: a process that closes any descriptor of a file loses its locks on it (fcntl(2)).
 * @param code what is thrown when another process, or this one, has it
 */
export function lockFile(path: string, code: ErrorCode): FileLock {
  try {
    const db = new Database(path, { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw error;
    }
    return { release: () => db.close() };
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw new CodedError(code, `${path} is locked by another process.`);
    throw codedFailure(error, path);
  }
}
