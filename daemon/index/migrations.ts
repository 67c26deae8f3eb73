// Brings an index of any older version to the present one, in one transaction: it is the old or the new, never between.
import type Database from 'better-sqlite3';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** The step at [n] makes version n + 2 of version n + 1. None is ever changed once it was released. */
export const MIGRATIONS: readonly string[] = [
  `ALTER TABLE history ADD COLUMN before TEXT;
   ALTER TABLE history ADD COLUMN beforeMove TEXT;`,
  `CREATE TABLE merge_base (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     path TEXT NOT NULL,
     vector TEXT NOT NULL,
     stamp INTEGER NOT NULL,
     sha256 BLOB NOT NULL,
     seq INTEGER NOT NULL,
     own INTEGER NOT NULL,
     packed BLOB NOT NULL,
     UNIQUE (path, vector, sha256)
   ) STRICT;
   CREATE INDEX merge_base_by_content ON merge_base (sha256);`,
  `ALTER TABLE file_state ADD COLUMN hold INTEGER;
   ALTER TABLE wanted ADD COLUMN hold INTEGER;
   ALTER TABLE history ADD COLUMN hold INTEGER;`,
  `CREATE TABLE run (id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, openedAt INTEGER NOT NULL) STRICT;
   ALTER TABLE peer ADD COLUMN haveRun TEXT;`,
];

/** What the database is at: 0 for a new one. */
export function schemaVersion(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/** Makes the tables of a new index, or takes the steps that an older one lacks. */
export function migrate(
  db: Database.Database,
  schema: string = SCHEMA,
  steps: readonly string[] = MIGRATIONS,
  version: number = SCHEMA_VERSION,
): void {
  const from = schemaVersion(db);
  if (from === version) return;
  db.transaction(() => {
    if (from === 0) db.exec(schema);
    else for (const step of steps.slice(from - 1, version - 1)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${version}`);
  }).immediate();
}
