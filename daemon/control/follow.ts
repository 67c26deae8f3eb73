// What has been, then what comes, for one reader. A reader that is slow or stands still loses the oldest, never our memory.

/** Ends when `signal` is aborted; without `subscribe`, after `first`. At most `bound` items wait for the reader. */
export async function* follow<Item>(
  first: readonly Item[],
  subscribe: ((receive: (item: Item) => void) => () => void) | undefined,
  signal: AbortSignal,
  bound: number,
): AsyncGenerator<Item> {
  const waiting: Item[] = [];
  let wake = (): void => {};
  const awaken = (): void => wake();
  // Subscribed before `first` is given out: what comes meanwhile is not lost.
  const unsubscribe = subscribe?.((item) => {
    waiting.push(item);
    if (waiting.length > bound) waiting.shift();
    wake();
  });
  signal.addEventListener('abort', awaken);
  try {
    yield* first;
    while (subscribe !== undefined && !signal.aborted) {
      const next = waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted) resolve();
      });
    }
  } finally {
    unsubscribe?.();
    signal.removeEventListener('abort', awaken);
  }
}
