// What SQLite's failures mean to a folder (sqlite.org/rescode.html): damage of the index, or trouble of its disk.
import Database from 'better-sqlite3';
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';

/** The index holds what no index can hold. It is to be set aside at the next opening. */
export class IndexDamaged extends Error {
  override readonly name = 'IndexDamaged';
}

/** Whether the file itself is to blame, and not the disk or the moment. */
export function isDamage(error: unknown): boolean {
  if (error instanceof IndexDamaged) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB|FORMAT)/.test(error.code);
}

function codeOf(sqliteCode: string): ErrorCode {
  if (sqliteCode.startsWith('SQLITE_FULL')) return 'E_DISK_FULL';
  if (sqliteCode.startsWith('SQLITE_READONLY')) return 'E_READ_ONLY';
  if (sqliteCode.startsWith('SQLITE_IOERR')) return 'E_IO';
  if (/^SQLITE_(?:CANTOPEN|PERM|AUTH)/.test(sqliteCode)) return 'E_ACCESS';
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(sqliteCode)) return 'E_FOLDER_LOCKED';
  return 'E_INDEX';
}

/** The error with one of our codes. What is neither SQLite's nor damage is a bug, and stays as it is. */
export function codedFailure(error: unknown, file: string): unknown {
  if (error instanceof Database.SqliteError)
    return new CodedError(codeOf(error.code), `${file}: ${error.message} (${error.code})`);
  if (error instanceof IndexDamaged) return new CodedError('E_INDEX', `${file}: ${error.message}`);
  return error;
}
