// Assertions that ship: a halted folder is better than a wrong one.

/** Thrown when something that must hold does not. The folder's flow stops, says so, and starts again from the index. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

/** Throws {@link AssertionFailed} with `what` unless `condition` holds. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionFailed(what);
}

/** Ends a `switch` over a union: a kind that was not thought of does not compile. */
export function assertNever(value: never): never {
  throw new AssertionFailed(`unthought-of case: ${JSON.stringify(value)}`);
}
