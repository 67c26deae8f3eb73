// What a folder shows of itself, put together when somebody asks.
import type { FolderIndex } from '../index/folder-index.ts';
import type { WatchState } from '../ports/watch.ts';
import { type Overruled, overruled } from './agreed.ts';
import type { FolderContext } from './context.ts';
import type { Links } from './links.ts';
import type { SkippedPaths } from './skipped.ts';
import type { FolderProgress, FolderSnapshot } from './view.ts';
import { gatheredNote, isInSync } from './waiting.ts';

/** Skipped paths that are named; the number of all is given beside them. */
const NAMED = 1000;

export interface Shown {
  readonly context: FolderContext;
  readonly progress: FolderProgress;
  readonly links: Links;
  readonly skipped: SkippedPaths;
  readonly watchState: WatchState;
  /** Its type, where changes are found by scanning alone because of it. */
  readonly polledFileSystem: string | undefined;
  readonly lastSyncMs: number | undefined;
  /** In how long what is gathered by the interval goes out. */
  readonly tellsInMs: number | undefined;
}

export function snapshotOf(shown: Shown): FolderSnapshot {
  const { context, progress, links, skipped, watchState, lastSyncMs } = shown;
  const { index } = context;
  const settings = context.settings();
  const counts = index.counts();
  return {
    name: context.name,
    path: settings.path,
    ...progress,
    files: counts.files,
    bytes: counts.bytes,
    pendingBytes: index.wantedCounts().bytes,
    conflicts: index.conflictCount(),
    lastSyncMs,
    skipped: skipped.list(NAMED),
    skippedCount: skipped.size,
    peers: [...settings.peers.keys()].map((device) => {
      const state = links.byDevice(device);
      return { device, connected: state !== undefined, inSync: state !== undefined && isInSync(state, index) };
    }),
    warnings: [
      ...(watchState.kind === 'degraded' ? [{ code: watchState.code, message: watchState.message }] : []),
      ...indexWarning(index, lastSyncMs),
      ...overruled(context).map(overruledWarning),
    ],
    notes: notesOf(shown),
  };
}

/** What a lost index knew comes back from the disk and from the peers: until one of them is in sync it may lack something. */
function indexWarning({ opened }: FolderIndex, lastSyncMs: number | undefined): FolderSnapshot['warnings'] {
  if (typeof opened !== 'object' || lastSyncMs !== undefined) return [];
  const message = `the index was damaged and is made anew from the disk and the peers; the old one lies at ${opened.damaged}`;
  return [{ code: 'E_INDEX', message }];
}

function notesOf({ context, polledFileSystem, tellsInMs }: Shown): string[] {
  const notes: string[] = [];
  if (tellsInMs !== undefined) notes.push(gatheredNote(tellsInMs));
  if (polledFileSystem !== undefined) notes.push(polledNote(polledFileSystem, context.settings().rescanMs));
  return notes;
}

/** What is said where inotify would see too little. */
export function polledNote(fileSystem: string, rescanMs: number): string {
  return `on ${fileSystem} inotify does not see what other machines do: looks at everything every ${Math.round(rescanMs / 1000)} s`;
}

/** All devices of a folder hold one setting: what is proposed here and not in effect must not look as if it were. */
function overruledWarning({ key, proposed, inEffect, by }: Overruled): FolderSnapshot['warnings'][number] {
  const message = `${key} is ${inEffect}, as set on ${by}; the configuration here proposes ${proposed}`;
  return { code: 'E_OVERRULED', message };
}
