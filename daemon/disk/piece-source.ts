// Files of ours that may hold pieces of a file that is on its way: one of the folder, or an older content in the store.
import type { SeenStat } from '../core/observation.ts';
import type { RelativePath } from '../core/path.ts';
import type { Directory, OpenFile } from '../ports/file-system.ts';
import { codeOf } from './errno.ts';
import type { Tree } from './tree.ts';
import { atVersion } from './versions.ts';

export type PieceSource =
  | { readonly kind: 'file'; readonly path: RelativePath; readonly seen: SeenStat }
  | { readonly kind: 'version'; readonly storedAs: string; readonly seen: SeenStat };

/** For reading; undefined where that cannot be any more. The caller closes it. */
export function openPieceSource(tree: Tree, source: PieceSource): OpenFile | undefined {
  const open = (dir: Directory, name: string): OpenFile => dir.openFile(name, 'read');
  try {
    if (source.kind === 'version') return atVersion(tree, source.storedAs, open);
    const { dir, name } = tree.place(source.path);
    return open(dir, name);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}
