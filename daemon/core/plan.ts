// Orders what is to be done to a tree: directories before what is in them, contents before deletions, the deepest
// deletion first. What needs a directory emptied waits until it is. Nothing has happened yet when a plan is made.
import { assertNever } from './assert.ts';
import type { SeenStat } from './observation.ts';
import { type RelativePath, comparePaths, depthOf } from './path.ts';
import { type Entry, type FileEntry, type FileRecord, sameContent } from './record.ts';
import type { VersionId } from './ids.ts';

/** What must be at a path for an operation to be carried out; anything else and it is left alone. */
export type Expected = SeenStat | 'absent';

export type Operation =
  /** A verified file in staging takes its place. */
  | {
      readonly kind: 'place';
      readonly path: RelativePath;
      readonly entry: FileEntry;
      readonly staged: string;
      readonly expect: Expected;
      readonly version: VersionId;
    }
  | {
      readonly kind: 'symlink';
      readonly path: RelativePath;
      readonly target: string;
      readonly staged: string;
      readonly expect: Expected;
      readonly version: VersionId;
    }
  | {
      readonly kind: 'mkdir';
      readonly path: RelativePath;
      readonly mode: number;
      readonly staged: string;
      readonly expect: Expected;
      readonly version: VersionId;
    }
  | {
      readonly kind: 'attributes';
      readonly path: RelativePath;
      readonly mode: number;
      readonly mtimeUs: bigint | undefined;
      readonly expect: SeenStat;
    }
  | {
      readonly kind: 'move';
      readonly path: RelativePath;
      readonly from: RelativePath;
      readonly mode: number;
      readonly mtimeUs: bigint | undefined;
      readonly expect: SeenStat;
      readonly version: VersionId;
    }
  | { readonly kind: 'remove'; readonly path: RelativePath; readonly expect: SeenStat; readonly version: VersionId }
  | { readonly kind: 'rmdir'; readonly path: RelativePath }
  /** Nothing to do on the disk: the record alone changes. */
  | { readonly kind: 'note'; readonly path: RelativePath };

/** One wanted record with all that deciding its operation needs. */
export interface Ready {
  readonly record: FileRecord;
  /** What the index says is there now. */
  readonly ours: { readonly entry: Entry; readonly seen: SeenStat | undefined } | undefined;
  /** Name in staging of its content, or under which a link or directory may be made. */
  readonly staged: string;
  /** The content is at this path of ours, which is to be deleted: a rename does both. */
  readonly moveFrom: { readonly path: RelativePath; readonly seen: SeenStat } | undefined;
  /** Under which name what is replaced would be kept. */
  readonly version: VersionId;
  /** What is there looks as the index has it and is not: it is replaced even by the same content. */
  readonly damaged?: boolean;
}

/** The operations in their order. A move does the deletion of its `from` too: that record is not among `ready`. */
export function plan(ready: readonly Ready[]): Operation[] {
  return ready
    .map((one) => ({ step: stepOf(one), operation: operationFor(one) }))
    .sort((a, b) => a.step - b.step || byDepth(a.operation, b.operation, a.step))
    .map(({ operation }) => operation);
}

const MAKE_DIRECTORIES = 0;
const PUT_CONTENT = 1;
/** Deletions, and what takes the place of a directory that these empty: deepest first. */
const TAKE_AWAY = 2;

function stepOf({ record, ours }: Ready): number {
  if (record.entry.kind === 'dir') return MAKE_DIRECTORIES;
  if (record.entry.kind === 'absent' || ours?.entry.kind === 'dir') return TAKE_AWAY;
  return PUT_CONTENT;
}

function byDepth(a: Operation, b: Operation, step: number): number {
  const deeper = depthOf(a.path) - depthOf(b.path);
  return (step === TAKE_AWAY ? -deeper : deeper) || comparePaths(a.path, b.path);
}

function operationFor({ record, ours, staged, moveFrom, version, damaged }: Ready): Operation {
  const { path, entry } = record;
  const present = ours === undefined || ours.entry.kind === 'absent' ? undefined : ours;
  const expect: Expected = present?.seen ?? 'absent';
  switch (entry.kind) {
    case 'absent':
      if (present?.seen === undefined) return { kind: 'note', path };
      return present.entry.kind === 'dir'
        ? { kind: 'rmdir', path }
        : { kind: 'remove', path, expect: present.seen, version };
    case 'dir':
      if (present?.seen !== undefined && present.entry.kind === 'dir')
        return { kind: 'attributes', path, mode: entry.mode, mtimeUs: undefined, expect: present.seen };
      return { kind: 'mkdir', path, mode: entry.mode, staged, expect, version };
    case 'symlink':
      return { kind: 'symlink', path, target: entry.target, staged, expect, version };
    case 'file':
      if (damaged !== true && present?.seen !== undefined && sameContent(present.entry, entry))
        return { kind: 'attributes', path, mode: entry.mode, mtimeUs: entry.mtimeUs, expect: present.seen };
      if (moveFrom !== undefined && expect === 'absent')
        return {
          kind: 'move',
          path,
          from: moveFrom.path,
          mode: entry.mode,
          mtimeUs: entry.mtimeUs,
          expect: moveFrom.seen,
          version,
        };
      return { kind: 'place', path, entry, staged, expect, version };
    default:
      return assertNever(entry);
  }
}
