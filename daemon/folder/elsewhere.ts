// Files that vanished and are no deletion: the same file, by inode and content, is at another path, where it was found before
// it was missed here. Who renames to and fro while we look makes many such.
import type { Sha256 } from '../core/ids.ts';
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

/**
 * Those of a page that are elsewhere. A content is looked up once, however many of them have it.
 * @param isGone what is known to have vanished as well
 */
export function elsewhereOf(
  index: FolderIndex,
  page: readonly Row[],
  isGone: (path: RelativePath) => boolean = () => false,
): Row[] {
  const same = new Map<Sha256, readonly Row[]>();
  return page.filter(({ record: { path, entry }, seen }) => {
    if (entry.kind !== 'file' || seen?.kind !== 'file' || seen.nlink !== 1) return false;
    const others = same.get(entry.sha256) ?? index.withContent(entry.sha256, COMPARED);
    same.set(entry.sha256, others);
    return others.some((one) => one.seen?.ino === seen.ino && one.record.path !== path && !isGone(one.record.path));
  });
}

export async function elsewhereAmong(
  { index, clock }: FolderContext,
  rows: Iterable<Row>,
  isGone: (path: RelativePath) => boolean,
): Promise<Row[]> {
  const found: Row[] = [];
  for (const page of pages(rows, AT_ONCE)) {
    found.push(...elsewhereOf(index, page, isGone));
    if (page.length === AT_ONCE) await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
  }
  return found;
}
