// The index of a simulated device: a database in memory that outlives the processes which open it, with its prepared
// statements, as pages outlive them on a disk. What was committed is there when a process ends; what it does afterwards
// is refused. To open a database and to prepare its statements costs more than a short life of a process does, so those
// that a world has left are emptied for the next one.
import type Database from 'better-sqlite3';
import { type OpenedDatabase, checkLife, openDatabase } from '../../daemon/index/open-database.ts';

/** Emptied ones that nobody has: as many as the devices of two worlds. What is more is closed. */
const spare: Opened[] = [];
const MAX_SPARE = 12;

/** A database, its statements by their text, and what empties it. */
interface Opened {
  readonly db: Database.Database;
  readonly statements: Map<string, Database.Statement>;
  readonly empty: () => void;
}

export class KeptIndex {
  #opened: Opened | undefined;
  #process: { alive: boolean } | undefined;

  /** False until a process has opened it. */
  get exists(): boolean {
    return this.#opened !== undefined;
  }

  /** A process opens it: as {@link openDatabase} does with a file. */
  open(): OpenedDatabase {
    const isNew = this.#opened === undefined;
    const { db, statements } = (this.#opened ??= spare.pop() ?? make(':memory:'));
    const process = (this.#process = { alive: true });
    const leased = lease(db, statements, process);
    return { db: leased, how: isNew ? 'new' : 'existing', closedCleanly: isNew || checkLife(leased) };
  }

  /** The process that has it open is killed. */
  kill(): void {
    if (this.#process !== undefined) this.#process.alive = false;
  }

  /** What is in it; undefined: there is none. */
  copy(): Buffer | undefined {
    return this.#opened?.db.serialize();
  }

  /** While no process has it open: this is in it from now on; undefined: there is none. */
  replace(copy: Buffer | undefined): void {
    this.kill();
    if (this.#opened !== undefined) giveBack(this.#opened);
    this.#opened = copy === undefined ? undefined : make(copy);
  }
}

function make(from: ':memory:' | Buffer): Opened {
  const { db } = openDatabase(from, undefined);
  const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
  const empty = tables.map((table) => db.prepare(`DELETE FROM ${table}`));
  const transaction = db.transaction(() => {
    for (const statement of empty) statement.run();
  });
  return { db, statements: new Map(), empty: () => transaction() };
}

function giveBack(opened: Opened): void {
  if (spare.length >= MAX_SPARE) {
    opened.db.close();
    return;
  }
  opened.empty();
  spare.push(opened);
}

/** The database as one process sees it. */
function lease(
  db: Database.Database,
  statements: Map<string, Database.Statement>,
  process: { alive: boolean },
): Database.Database {
  const leased = Object.create(db) as Database.Database;
  const own: Partial<Database.Database> = {
    prepare: ((text: string) => {
      const known = statements.get(text) ?? db.prepare(text);
      statements.set(text, known);
      return known;
    }) as Database.Database['prepare'],
    transaction: ((run: (...args: unknown[]) => unknown) =>
      db.transaction((...args: unknown[]) => {
        if (!process.alive) throw new Error('the process has ended');
        return run(...args);
      })) as Database.Database['transaction'],
    close: () => {
      process.alive = false;
      return leased;
    },
  };
  Object.assign(leased, own);
  Object.defineProperty(leased, 'open', { get: () => process.alive });
  return leased;
}
