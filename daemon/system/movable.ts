// Which memory of a value can be given to another thread instead of being copied.
import { isMarkedAsUntransferable } from 'node:worker_threads';
import { fillsAlone } from '../ports/workers.ts';
import type { Request } from './worker-messages.ts';

/** Of what a worker is given. */
export function movableOf(request: Request): ArrayBuffer[] {
  return request.kind === 'run' && !request.isPlain ? movable(request.input) : [];
}

/** Only the buffers that a typed array fills alone: a small Buffer lies in a pool with others, which must not lose their memory. */
export function movable(value: unknown): ArrayBuffer[] {
  return buffersIn(value, (view, buffer) => fillsAlone(view) && !isMarkedAsUntransferable(buffer));
}

/** Frees what a thread was sent: whether it was moved or copied, nobody else has it. */
export function freeSent(request: Request): void {
  if (request.kind !== 'run' || request.isPlain) return;
  // What is part of the answer as well may have been moved on.
  for (const buffer of buffersIn(request.input, (_, { detached }) => !detached)) buffer.transfer(0);
}

/** Of all typed arrays in a value of plain objects, arrays, Maps and Sets. */
function buffersIn(value: unknown, isMeant: (view: ArrayBufferView, buffer: ArrayBuffer) => boolean): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return;
    if (Array.isArray(at)) for (const one of at) visit(one);
    else if (Object.getPrototypeOf(at) === Object.prototype)
      for (const name in at) visit((at as Readonly<Record<string, unknown>>)[name]);
    else if (ArrayBuffer.isView(at)) {
      const { buffer } = at;
      if (buffer instanceof ArrayBuffer && isMeant(at, buffer)) found.add(buffer);
    } else if (at instanceof Set) for (const one of at) visit(one);
    else if (at instanceof Map) for (const one of at.values()) visit(one);
  };
  visit(value);
  return [...found];
}
