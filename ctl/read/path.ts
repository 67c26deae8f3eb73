// Paths that are given to a command, as this shell means them.
import { resolve } from 'node:path';
import { usage } from '../failure.ts';

/** An empty one is a variable of a script that nobody has set: never the directory in which it happens to run. */
export function givenPath(cwd: string, what: string, text: string): string {
  if (text === '') throw usage(`${what} is empty; a path is expected`);
  return resolve(cwd, text);
}
