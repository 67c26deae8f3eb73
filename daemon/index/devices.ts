// Short numbers for device IDs, which are long and few.
import type Database from 'better-sqlite3';
import type { DeviceId } from '../core/ids.ts';
import { lazily } from '../core/lazily.ts';
import { IndexDamaged } from './sqlite-failure.ts';

/** Devices kept in memory; beyond it the cache starts anew. */
const MAX_CACHED = 4096;

export class Devices {
  readonly #statements;
  readonly #numbers = new Map<DeviceId, number>();
  readonly #names = new Map<number, DeviceId>();

  constructor(db: Database.Database) {
    this.#statements = lazily({
      insert: () => db.prepare<[DeviceId]>('INSERT INTO device (device) VALUES (?) ON CONFLICT DO NOTHING'),
      find: () => db.prepare<[DeviceId], number>('SELECT id FROM device WHERE device = ?').pluck(),
      name: () => db.prepare<[number], DeviceId>('SELECT device FROM device WHERE id = ?').pluck(),
    });
  }

  /** Undefined for a device that no row names: a question about it is answered without writing. */
  find(device: DeviceId): number | undefined {
    const cached = this.#numbers.get(device);
    if (cached !== undefined) return cached;
    const number = this.#statements.find.get(device);
    if (number !== undefined) this.#cache(device, number);
    return number;
  }

  /** Inside a transaction only. */
  numberOf(device: DeviceId): number {
    const known = this.find(device);
    if (known !== undefined) return known;
    const number = Number(this.#statements.insert.run(device).lastInsertRowid);
    this.#cache(device, number);
    return number;
  }

  nameOf(number: number): DeviceId {
    const cached = this.#names.get(number);
    if (cached !== undefined) return cached;
    const device = this.#statements.name.get(number);
    if (device === undefined) throw new IndexDamaged(`no device ${number}`);
    this.#cache(device, number);
    return device;
  }

  /** After a rollback: numbers given out in it are not in the table. */
  forget(): void {
    this.#numbers.clear();
    this.#names.clear();
  }

  #cache(device: DeviceId, number: number): void {
    if (this.#numbers.size >= MAX_CACHED) this.forget();
    this.#numbers.set(device, number);
    this.#names.set(number, device);
  }
}
