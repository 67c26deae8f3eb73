// An index as the first version had it: what later versions added is taken away again.
import type Database from 'better-sqlite3';

/** For each version after the first, the newest first: what undoes its step in daemon/index/migrations.ts. */
const UNDONE: readonly string[] = [
  'ALTER TABLE peer DROP COLUMN haveRun; DROP TABLE run',
  'ALTER TABLE file_state DROP COLUMN hold; ALTER TABLE wanted DROP COLUMN hold; ALTER TABLE history DROP COLUMN hold',
  'DROP TABLE merge_base',
  'ALTER TABLE history DROP COLUMN before; ALTER TABLE history DROP COLUMN beforeMove',
];

/** `db` is an index of the present version. */
export function makeFirstVersion(db: Database.Database): void {
  for (const undo of UNDONE) db.exec(undo);
  db.pragma('user_version = 1');
}
