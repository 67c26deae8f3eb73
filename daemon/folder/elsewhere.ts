// Files that vanished and are no deletion: the same file, by inode and content, is at another path, where it was found before
// it was missed here. Who renames to and fro while we look makes many such.
import { pages } from '../core/pages.ts';
import type { RelativePath } from '../core/path.ts';
import type { Row } from '../index/file-state.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { FolderContext } from './context.ts';

/** Files with one content that are compared. */
const COMPARED = 64;
/** Looked up without a pause, and how long that is. */
const AT_ONCE = 1000;
const PAUSE_MS = 1;

/** @param isGone what is known to have vanished as well */
export function isElsewhere(
  index: FolderIndex,
  { record: { path, entry }, seen }: Row,
  isGone: (path: RelativePath) => boolean = () => false,
): boolean {
  if (entry.kind !== 'file' || seen?.kind !== 'file' || seen.nlink !== 1) return false;
  return index
    .withContent(entry.sha256, COMPARED)
    .some((other) => other.record.path !== path && other.seen?.ino === seen.ino && !isGone(other.record.path));
}

export async function elsewhereAmong(
  { index, clock }: FolderContext,
  rows: Iterable<Row>,
  isGone: (path: RelativePath) => boolean,
): Promise<Row[]> {
  const found: Row[] = [];
  for (const page of pages(rows, AT_ONCE)) {
    found.push(...page.filter((row) => isElsewhere(index, row, isGone)));
    if (page.length === AT_ONCE) await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
  }
  return found;
}
