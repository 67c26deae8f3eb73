// The activity feed: what happened in folders, the last 10,000 and those to come. Memory of a running daemon; the lasting
// record is each folder's history.
import type { Asked, EventItem } from '../../protocol/control.ts';
import type { FolderEvent } from '../folder/view.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { deviceNames } from './find.ts';
import { follow } from './follow.ts';
import { rfc3339 } from './rfc3339.ts';

/** How many events are kept; older ones are forgotten. */
export const MAX_EVENTS = 10_000;
/** How many wait for one reader. */
const MAX_WAITING = 10_000;
const DEFAULT_LIMIT = 100;
const DEFAULT_LIMIT_FOLLOWED = 10;

export interface NumberedEvent extends FolderEvent {
  readonly id: number;
}

/** A ring of events with rising numbers. */
export class EventFeed {
  readonly #events: (NumberedEvent | undefined)[] = [];
  readonly #capacity: number;
  readonly #readers = new Set<(event: NumberedEvent) => void>();
  readonly #firstId: number;
  #nextId: number;

  /** @param nowMs the wall clock: numbers start from it, so that they rise over restarts too. */
  constructor(nowMs: number, capacity = MAX_EVENTS) {
    this.#firstId = Math.floor(nowMs) * 1000;
    this.#nextId = this.#firstId;
    this.#capacity = capacity;
  }

  add(event: FolderEvent): void {
    const numbered = { ...event, id: this.#nextId++ };
    this.#events[(numbered.id - this.#firstId) % this.#capacity] = numbered;
    for (const receive of this.#readers) receive(numbered);
  }

  /** Events with a number above `id`, oldest first, as far as they are kept. */
  since(id: number): readonly NumberedEvent[] {
    const oldest = Math.max(this.#firstId, this.#nextId - this.#capacity, id + 1);
    const found: NumberedEvent[] = [];
    for (let at = oldest; at < this.#nextId; at++) {
      const event = this.#events[(at - this.#firstId) % this.#capacity];
      if (event !== undefined) found.push(event);
    }
    return found;
  }

  last(count: number): readonly NumberedEvent[] {
    return this.since(this.#nextId - 1 - count);
  }

  /** Until the returned function is called. */
  subscribe(receive: (event: NumberedEvent) => void): () => void {
    this.#readers.add(receive);
    return () => this.#readers.delete(receive);
  }
}

export async function* events(
  daemon: ControlledDaemon,
  feed: EventFeed,
  asked: Asked<'events'>,
  signal: AbortSignal,
): AsyncGenerator<EventItem> {
  const followed = asked.follow === true;
  const limit = asked.limit ?? (followed ? DEFAULT_LIMIT_FOLLOWED : DEFAULT_LIMIT);
  const first =
    asked.since === undefined ? feed.last(limit) : feed.since(asked.since).slice(0, asked.limit ?? MAX_EVENTS);
  const subscribe = followed ? feed.subscribe.bind(feed) : undefined;
  for await (const event of follow(first, subscribe, signal, MAX_WAITING))
    yield {
      id: event.id,
      time: rfc3339(event.atMs),
      folder: event.folder,
      kind: event.kind,
      path: event.path ?? null,
      what: event.what,
      device: event.device ?? null,
      device_name: event.device === undefined ? null : deviceNames(daemon)(event.device),
      direction: event.direction ?? null,
      size: event.sizeBytes ?? null,
      code: event.code ?? null,
    };
}
