// What going back does to each path, for people: of `undo`, and of `restore` of a directory.
import type { UndoAnswer } from '../../protocol/undo.ts';

/** Paths that are shown. */
const SHOWN = 20;

/** The first of the paths, and what is not known. */
export function undoLines({ paths, known_since }: UndoAnswer): string[] {
  const told = paths.slice(0, SHOWN).map(({ path, what, code, conflict }) => {
    const why = code === null ? '' : ` (${code})`;
    return `${what.padEnd(10)} ${path}${why}${conflict ? ', what was made there since is kept as a conflict' : ''}`;
  });
  if (paths.length > SHOWN) told.push(`and ${paths.length - SHOWN}${paths.length === 1_000 ? ' or more' : ''} others`);
  if (known_since !== null) told.push(`what happened before ${known_since} is not known any more`);
  return told;
}
