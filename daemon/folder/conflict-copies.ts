// `conflict: keep-both`: what lost a conflict here is put beside the winner, as a file like any other.
import { copyOf } from '../core/conflict-copy.ts';
import type { FileRecord } from '../core/record.ts';
import { hashText } from '../disk/versions.ts';
import type { Want } from '../index/wanted.ts';
import type { FolderContext } from './context.ts';

/** To be written down with the winner: the content has just been filed in the version store. */
export function copyBeside(context: FolderContext, loser: FileRecord): readonly Want[] {
  const record = copyOf(loser, hashText);
  const { index, clock, filter } = context;
  // What is there, or was there once, is not made again; what is ignored is nobody's to see.
  if (record === undefined || index.row(record.path) !== undefined || index.wanted(record.path) !== undefined)
    return [];
  const { entry } = record;
  const thing = { kind: 'file' as const, size: entry.kind === 'file' ? entry.size : undefined };
  if (filter().decide(record.path, thing).kind === 'ignored') return [];
  return [{ record, why: 'fetch', sinceMs: clock.nowMs() }];
}
