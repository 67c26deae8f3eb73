// A few facts about the folder that its owner wants to find again, by name.
import type Database from 'better-sqlite3';

export class Meta {
  readonly #get: Database.Statement<[string], string>;
  readonly #set: Database.Statement<[string, string]>;
  readonly #drop: Database.Statement<[string]>;

  constructor(db: Database.Database) {
    this.#get = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
    this.#set = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    this.#drop = db.prepare('DELETE FROM meta WHERE key = ?');
  }

  get(key: string): string | undefined {
    return this.#get.get(key);
  }

  set(key: string, value: string | null): void {
    if (value === null) this.#drop.run(key);
    else this.#set.run(key, value);
  }
}
