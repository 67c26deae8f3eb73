// What a test started is ended in the opposite order: first the daemons, then the directories that they lived in.
import type { TestContext } from 'node:test';

const pending = new WeakMap<TestContext, (() => void | Promise<void>)[]>();

/** Runs `undo` when the test is over, passed or not; the last registered runs first. */
export function atEnd(t: TestContext, undo: () => void | Promise<void>): void {
  const known = pending.get(t);
  if (known !== undefined) {
    known.push(undo);
    return;
  }
  const stack = [undo];
  pending.set(t, stack);
  t.after(async () => {
    for (const each of stack.toReversed()) await each();
  });
}
