// Many things, so many at a time: for jobs and transactions that must not hold all of them.

/** In their order, `size` at a time; the last page may be shorter, and none is empty. */
export function* pages<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let page: T[] = [];
  for (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
