// Opens the database of an index so that what it answers can be trusted: of a version that is known, whole where it was
// not closed, durable at each commit. What is not an index any more is set aside, and a new one takes its place.
import Database from 'better-sqlite3';
import { CodedError } from '../../protocol/errors.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { migrate, schemaVersion } from './migrations.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from './schema.ts';
import { setAside } from './set-aside.ts';
import { IndexDamaged, codedFailure, isDamage } from './sqlite-failure.ts';

/** Where the index came from. `damaged`: where the old file lies now. */
export type HowOpened = 'existing' | 'new' | { readonly damaged: string };

export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly how: HowOpened;
  /** It was closed by its last owner: no crash, no power loss. True for a new one. */
  readonly closedCleanly: boolean;
}

const IN_MEMORY = ':memory:';

/**
 * @param file a path, `:memory:`, or what {@link Database.Database.serialize} gave
 * @param fs what sets a damaged file aside; without it damage is E_INDEX
 */
export function openDatabase(file: string | Buffer, fs: FileSystem | undefined): OpenedDatabase {
  const name = typeof file === 'string' ? file : IN_MEMORY;
  try {
    return openOnce(file);
  } catch (error) {
    if (!isDamage(error) || fs === undefined || name === IN_MEMORY) throw codedFailure(error, name);
  }
  try {
    const damaged = setAside(fs, name);
    return { ...openOnce(file), how: { damaged } };
  } catch (error) {
    throw codedFailure(error, name);
  }
}

function openOnce(file: string | Buffer): OpenedDatabase {
  const db = connect(file);
  try {
    const isNew = Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()) === 0;
    if (!isNew) refuseForeign(db, typeof file === 'string' ? file : IN_MEMORY);
    // A commit is promised to peers as soon as it is made: FULL costs one fsync for each (sqlite.org/pragma.html).
    // Nobody else opens it: without this each question that stands alone takes and gives back two locks of the kernel's.
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    // Pages of 4 KiB. What much work writes are the same few pages of the indexes again and again: in the log they are
    // gathered, and each time that it is carried over into the file costs two fsyncs more.
    db.pragma('wal_autocheckpoint = 4000');
    db.pragma('journal_size_limit = 67108864');
    // KiB, below zero. What does not fit is in the system's memory, which gives way to others; a daemon has many folders.
    db.pragma('cache_size = -4096');
    const closedCleanly = isNew || checkLife(db);
    migrate(db);
    return { db, how: isNew ? 'new' : 'existing', closedCleanly };
  } catch (error) {
    db.close();
    throw error;
  }
}

function connect(file: string | Buffer): Database.Database {
  try {
    return new Database(file, { timeout: 2000 });
  } catch (error) {
    // Its own word for a directory that is not there.
    if (error instanceof TypeError) throw new CodedError('E_ACCESS', `${String(file)}: ${error.message}`);
    throw error;
  }
}

function refuseForeign(db: Database.Database, file: string): void {
  if (Number(db.pragma('application_id', { simple: true })) !== APPLICATION_ID)
    throw new IndexDamaged('a database, but not an index');
  const version = schemaVersion(db);
  if (version > SCHEMA_VERSION)
    throw new CodedError('E_INDEX_NEWER', `${file} has schema ${version}; this version knows ${SCHEMA_VERSION}.`);
}

/** True where the last owner closed it. Else every page is looked at once: a crash may have been the disk's. */
export function checkLife(db: Database.Database): boolean {
  const state = db.prepare('SELECT state FROM life').pluck().get();
  if (state === 'closed') return true;
  if (state === 'damaged') throw new IndexDamaged('found damaged while it was used');
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw new IndexDamaged(`quick_check: ${String(found)}`);
  return false;
}
