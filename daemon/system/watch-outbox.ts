// What the watcher process has to say and its parent has not yet taken: one message is under way at a time, hints
// gather meanwhile, so a parent that is busy costs bounded memory here.
import { PendingHints } from './watch-hints.ts';
import type { WatchReport } from './watch-messages.ts';

type Note = Exclude<WatchReport, { readonly kind: 'hints' }>;

export class Outbox {
  readonly #hints = new Map<number, PendingHints>();
  #queue: WatchReport[] = [];
  #scheduled = false;
  #sending = false;

  /** Where to put hints for a folder; they go with the next message, within the same turn of the event loop. */
  hints(folder: number): PendingHints {
    let pending = this.#hints.get(folder);
    if (pending === undefined) this.#hints.set(folder, (pending = new PendingHints()));
    this.#schedule();
    return pending;
  }

  /** Says this after all hints that were given before. */
  send(note: Note): void {
    if (note.kind === 'beat' || note.kind === 'active' || note.kind === 'renew') {
      // One that nobody has read yet says enough.
      if (this.#queue.some((one) => one.kind === note.kind)) return;
    } else {
      this.#gather();
    }
    this.#queue.push(note);
    this.#schedule();
  }

  forget(folder: number): void {
    this.#hints.delete(folder);
  }

  #gather(): void {
    for (const [folder, pending] of this.#hints) {
      const hints = pending.take();
      if (hints !== undefined) this.#queue.push({ kind: 'hints', folder, hints });
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#sending) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#sending) return;
    if (this.#queue.length === 0) this.#gather();
    const next = this.#queue.shift();
    if (next === undefined || process.send === undefined) return;
    this.#sending = true;
    process.send(next, () => {
      this.#sending = false;
      this.#flush();
    });
  }
}
