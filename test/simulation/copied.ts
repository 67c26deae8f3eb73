// Values as they come out at the other end of a thread or a session: nothing is shared with what was given.
import assert from 'node:assert/strict';
import { movable } from '../../daemon/system/movable.ts';

/** Of the memory that was moved, where it is now. */
type Moves = ReadonlyMap<unknown, ArrayBuffer>;

const NONE: Moves = new Map();

/** As structuredClone(), which takes ten times as long. */
export function copied<T>(value: T): T {
  return copy(value, NONE) as T;
}

/** The same; memory that can be moved is moved, as between threads. */
export function moved<T>(value: T): T {
  const buffers = movable(value);
  if (buffers.length === 0) return copied(value);
  const made = copy(value, new Map(buffers.map((buffer) => [buffer, buffer.slice()])));
  for (const buffer of buffers) buffer.transfer(0);
  return made as T;
}

function copy(value: unknown, moves: Moves): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') assert.fail('it cannot go to another thread');
    return value;
  }
  if (Array.isArray(value)) {
    const made: unknown[] = [];
    for (const one of value as readonly unknown[]) made.push(copy(one, moves));
    return made;
  }
  if (Object.getPrototypeOf(value) === Object.prototype) {
    const made: Record<string, unknown> = {};
    for (const name of Object.keys(value)) made[name] = copy((value as Record<string, unknown>)[name], moves);
    return made;
  }
  // Also of a Buffer only the bytes go over.
  if (value instanceof Uint8Array) {
    const memory = moves.get(value.buffer);
    return memory === undefined ? new Uint8Array(value) : new Uint8Array(memory, value.byteOffset, value.length);
  }
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [copy(key, moves), copy(one, moves)]));
  if (value instanceof Set) return new Set([...value].map((one) => copy(one, moves)));
  return structuredClone(value);
}
