// Functions of libc that Node lacks, called by foreign function calls. Where koffi or libc does not load (no prebuilt koffi,
// another libc), there is none of them, and whoever needs one has a slower or lesser way.
import { getSystemErrorName } from 'node:util';

const koffi = await import('koffi').then(
  (module) => module.default,
  () => undefined,
);

/**
 * @param definition the function as C has it; what it says there is what the caller says in TypeScript
 * @returns undefined where koffi, libc or the function in it does not load
 */
export function bind<Call extends (...args: never[]) => number>(definition: string): Call | undefined {
  try {
    return koffi?.load('libc.so.6').func(definition) as Call | undefined;
  } catch {
    return undefined;
  }
}

/** The name of the errno that the last call of this thread has left: to be read at once. */
export function lastErrno(): string {
  return getSystemErrorName(-(koffi?.errno() ?? 0));
}
