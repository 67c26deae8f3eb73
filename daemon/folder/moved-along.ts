// Files that came with a directory that was moved. Their own stat is what it was, the ctime too: nobody has written to them
// or renamed them since we looked at them under their old path, so they need not be read again.
import type { Observation, SeenStat } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import { toMicroseconds } from '../disk/observe.ts';
import type { Row } from '../index/file-state.ts';
import { isOtherwiseHere } from '../index/wanted.ts';
import type { FolderContext } from './context.ts';
import type { Deletions } from './deletions.ts';
import type { Hints } from './hints.ts';

interface Parts {
  readonly deletions: Deletions;
  readonly hints: Hints;
}

export class MovedAlong {
  readonly #context: FolderContext;
  readonly #parts: Parts;
  readonly #from = new Map<RelativePath, Row & { readonly seen: SeenStat }>();

  constructor(context: FolderContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** What a file that turned up at `path` looked like at its old path, if what was there then is known for certain. */
  knownAs(path: RelativePath, listed: SeenStat | undefined): SeenStat | undefined {
    if (listed?.kind !== 'file') return undefined;
    const row = this.#parts.deletions.movedFrom(listed.ino);
    if (row?.seen?.kind !== 'file' || row.record.entry.kind !== 'file' || row.racy) return undefined;
    const from = row.record.path;
    const want = this.#context.index.wanted(from);
    if (this.#parts.hints.isStale(from) || (want !== undefined && isOtherwiseHere(want))) return undefined;
    this.#from.set(path, { ...row, seen: row.seen });
    return row.seen;
  }

  /** The look at `path` has shown what was known of it at its old path: it is the file that was there. */
  asSeen(path: RelativePath, observation: Observation): Observation {
    const row = observation.kind === 'same' ? this.#from.get(path) : undefined;
    if (row?.record.entry.kind !== 'file') return observation;
    const { seen } = row;
    const { sha256 } = row.record.entry;
    const entry = { kind: 'file', size: seen.size, sha256, mode: seen.mode & 0o777 } as const;
    return { kind: 'present', entry: { ...entry, mtimeUs: toMicroseconds(seen.mtimeNs) }, seen, boundary: false };
  }
}
