// What a running folder tells a device that may join it: its digest. The index is gone through a page at a time, so that
// nothing else waits for a large folder.
import { type Content, DigestMaker, type FolderDigest } from './core/digest.ts';
import type { RelativePath } from './core/path.ts';
import { hashText } from './disk/versions.ts';
import type { Folder } from './folder/folder.ts';
import type { Clock } from './ports/clock.ts';

const TURN_ROWS = 500;

export interface PathContent {
  readonly path: RelativePath;
  readonly content: Content;
}

/** Undefined where it holds more files and links, or is not scanned yet. */
export async function digestOf(folder: Folder, clock: Clock, maxEntries: number): Promise<FolderDigest | undefined> {
  if (!isScanned(folder) || folder.snapshot().files > maxEntries) return undefined;
  const digest = new DigestMaker(hashText);
  for await (const contents of contentsOf(folder, clock)) {
    for (const { path, content } of contents) digest.add(path, content);
    if (digest.entries > maxEntries) return undefined;
  }
  return digest.finish();
}

/** Before that its index says nothing of what is missing in it. */
export function isScanned(folder: Folder): boolean {
  const { condition } = folder.snapshot();
  return condition.kind !== 'scanning' && condition.kind !== 'halted' && condition.kind !== 'error';
}

/** Files and links, some at a time, with room for other work between. */
export async function* contentsOf(folder: Folder, clock: Clock): AsyncGenerator<readonly PathContent[]> {
  let contents: PathContent[] = [];
  for (const { record } of folder.live()) {
    const { path, entry } = record;
    if (entry.kind === 'file' || entry.kind === 'symlink') contents.push({ path, content: entry });
    if (contents.length < TURN_ROWS) continue;
    yield contents;
    contents = [];
    await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  yield contents;
}
