// A few facts about the folder that its owner wants to find again, by name.
import type Database from 'better-sqlite3';
import { lazily } from '../core/lazily.ts';

export class Meta {
  /** All of them: they are few, and each turn of a folder's loop asks. */
  #values: ReadonlyMap<string, string>;
  readonly #statements;

  constructor(db: Database.Database) {
    const all = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM meta').all();
    this.#values = new Map(all.map(({ key, value }) => [key, value]));
    this.#statements = lazily({
      set: () =>
        db.prepare<[string, string]>(
          'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
        ),
      drop: () => db.prepare<[string]>('DELETE FROM meta WHERE key = ?'),
    });
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: string | null): void {
    if ((this.#values.get(key) ?? null) === value) return;
    const values = new Map(this.#values);
    if (value === null) {
      this.#statements.drop.run(key);
      values.delete(key);
    } else {
      this.#statements.set.run(key, value);
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
