// The tables of a folder's index, as a new index gets them. A change here is a step in migrations.ts too, and a new
// SCHEMA_VERSION. Columns are named as the fields they hold. Text compares as bytes (BINARY over UTF-8), paths too.

/** Kept in `PRAGMA user_version`. */
export const SCHEMA_VERSION = 5;

/** Kept in `PRAGMA application_id`: `sync`, so that another program's database is not taken for an index. */
export const APPLICATION_ID = 0x73796e63;

export const SCHEMA = `
-- One row: which life of the index this is, and how it was left. state: 'open' | 'closed' | 'damaged'.
CREATE TABLE life (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  durableSeq INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;

-- Each opening of the index, the latest last: the name that peers are told, and the highest sequence at that time.
CREATE TABLE run (id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, openedAt INTEGER NOT NULL) STRICT;

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Device IDs are long and many rows name the same few.
CREATE TABLE device (id INTEGER PRIMARY KEY, device TEXT NOT NULL UNIQUE) STRICT;

-- What is known of each path: the record, this device's sequence, and what lstat last showed.
CREATE TABLE file_state (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  depth INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  size INTEGER NOT NULL,
  mode INTEGER,
  mtimeUs TEXT,
  sha256 BLOB,
  target TEXT,
  vector TEXT NOT NULL,
  origin INTEGER NOT NULL,
  maker TEXT NOT NULL,
  stamp INTEGER NOT NULL,
  mark INTEGER NOT NULL,
  lost TEXT,
  movedFrom TEXT,
  seen TEXT,
  racy INTEGER NOT NULL,
  keptLocally INTEGER NOT NULL,
  boundary INTEGER NOT NULL,
  hold INTEGER
) STRICT;
CREATE UNIQUE INDEX file_state_by_seq ON file_state (seq);
-- The children of a directory are the paths of its range that are one level deeper: no column for the parent.
CREATE INDEX file_state_by_depth ON file_state (depth, path);
CREATE INDEX file_state_by_content ON file_state (sha256) WHERE kind = 'file';
CREATE INDEX file_state_with_lost ON file_state (path) WHERE lost IS NOT NULL;
CREATE INDEX file_state_tombstones ON file_state (stamp) WHERE kind = 'absent';

-- Announced by a peer, better than what is held, not applied yet.
CREATE TABLE wanted (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  size INTEGER NOT NULL,
  mode INTEGER,
  mtimeUs TEXT,
  sha256 BLOB,
  target TEXT,
  vector TEXT NOT NULL,
  origin INTEGER NOT NULL,
  maker TEXT NOT NULL,
  stamp INTEGER NOT NULL,
  mark INTEGER NOT NULL,
  lost TEXT,
  movedFrom TEXT,
  rivals TEXT,
  why TEXT NOT NULL,
  code TEXT,
  attempts INTEGER NOT NULL,
  sinceMs INTEGER NOT NULL,
  hold INTEGER
) STRICT;
CREATE INDEX wanted_in_order ON wanted (why, size, stamp DESC);

-- Who announced a wanted record. pending: the want is not skipped, so the peer's sequence is not held yet.
CREATE TABLE wanted_source (
  want INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  has INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  PRIMARY KEY (want, peer)
) STRICT, WITHOUT ROWID;
CREATE INDEX wanted_source_pending ON wanted_source (peer, seq) WHERE pending = 1;

-- have: what we received of the peer's sequences, and in which run of its index. holds: what it acknowledged as held of ours.
CREATE TABLE peer (
  peer INTEGER PRIMARY KEY,
  haveEpoch TEXT,
  haveSeq INTEGER,
  holdsEpoch TEXT,
  holdsSeq INTEGER,
  haveRun TEXT
) STRICT;

-- before: what the daemon found at the path when it applied a change; beforeMove: the same of the path that it moved from.
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  atMs INTEGER NOT NULL,
  path TEXT NOT NULL,
  what TEXT NOT NULL,
  device INTEGER NOT NULL,
  sizeBytes INTEGER,
  version TEXT,
  detail TEXT,
  before TEXT,
  beforeMove TEXT,
  hold INTEGER
) STRICT;
CREATE INDEX history_by_path ON history (path);

-- Older contents in the version store.
CREATE TABLE version (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  sizeBytes INTEGER NOT NULL,
  sha256 BLOB,
  replacedMs INTEGER NOT NULL,
  modifiedMs INTEGER NOT NULL,
  replacedBy INTEGER NOT NULL,
  why TEXT NOT NULL,
  storedAs TEXT NOT NULL,
  stat TEXT
) STRICT;
CREATE INDEX version_by_path ON version (path, replacedMs);
CREATE INDEX version_by_age ON version (replacedMs);
CREATE INDEX version_by_content ON version (sha256) WHERE sha256 IS NOT NULL;

-- Contents of text files as they were, compressed: what edits made apart have both begun from.
CREATE TABLE merge_base (
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
CREATE INDEX merge_base_by_content ON merge_base (sha256);
`;
