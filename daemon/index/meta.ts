// A few facts about the folder that its owner wants to find again, by name.
import type Database from 'better-sqlite3';

export class Meta {
  /** All of them: they are few, and each turn of a folder's loop asks. */
  #values: ReadonlyMap<string, string>;
  readonly #set: Database.Statement<[string, string]>;
  readonly #drop: Database.Statement<[string]>;

  constructor(db: Database.Database) {
    const all = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM meta').all();
    this.#values = new Map(all.map(({ key, value }) => [key, value]));
    this.#set = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    this.#drop = db.prepare('DELETE FROM meta WHERE key = ?');
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: string | null): void {
    const values = new Map(this.#values);
    if (value === null) {
      this.#drop.run(key);
      values.delete(key);
    } else {
      this.#set.run(key, value);
      values.set(key, value);
    }
    this.#values = values;
  }

  remember(): () => void {
    const values = this.#values;
    return () => {
      this.#values = values;
    };
  }
}
