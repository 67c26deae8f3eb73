// What is kept of a folder's past, as it is shown: older versions, and conflicts that nobody has settled.
import { copyPath } from '../core/conflict-copy.ts';
import type { RelativePath } from '../core/path.ts';
import { OWN_DIR } from '../core/path.ts';
import { type LostContent, isLive } from '../core/record.ts';
import { VERSIONS } from '../disk/tree.ts';
import type { KeptVersionRow } from '../index/versions.ts';
import type { FolderContext } from './context.ts';
import type { ConflictEntry, KeptVersion } from './view.ts';

export function shownVersion(context: FolderContext, row: KeptVersionRow): KeptVersion {
  const { storedAs, stat: _stat, ...rest } = row;
  return { ...rest, file: `${context.settings().path}/${OWN_DIR}/${VERSIONS}/${storedAs}` };
}

export function versionsOf(context: FolderContext, path: RelativePath): readonly KeptVersion[] {
  return context.index.versions(path).map((row) => shownVersion(context, row));
}

export function conflictsOf(context: FolderContext): readonly ConflictEntry[] {
  const { index } = context;
  return index.conflicts().flatMap(({ record }) =>
    record.lost.map((lost) => ({
      path: record.path,
      winner: record.origin,
      lost,
      version: index.versionsByContent(lost.sha256).find(({ path }) => path === record.path)?.id,
      copy: copyThatIsThere(context, record.path, lost),
    })),
  );
}

function copyThatIsThere({ index }: FolderContext, path: RelativePath, lost: LostContent): RelativePath | undefined {
  const copy = copyPath(path, lost);
  return copy !== undefined && isLive(index.row(copy)?.record) ? copy : undefined;
}
