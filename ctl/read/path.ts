// Paths that are given to a command, as this shell means them.
import { isAbsolute, resolve } from 'node:path';
import { usage } from '../failure.ts';

/** Where the user stands; undefined: that directory has been removed, as one that is synced may be from elsewhere. */
export function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** An empty one is a variable of a script that nobody has set: never the directory in which it happens to run. */
export function givenPath(cwd: string | undefined, what: string, text: string): string {
  if (text === '') throw usage(`${what} is empty; a path is expected`);
  if (isAbsolute(text)) return resolve(text);
  if (cwd === undefined) throw usage(`${text} lies nowhere: the working directory is gone`, 'cd to one that is there.');
  return resolve(cwd, text);
}
