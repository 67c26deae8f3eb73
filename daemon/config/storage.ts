// `storage:`, where a hub makes the folders that its peers bring. By its text alone: what is there on the disk is looked at
// by the daemon.
import { type FolderName, parseFolderName } from '../core/ids.ts';
import type { FolderSettings } from '../core/settings.ts';
import { expandPath, isAtOrBelow } from './place.ts';
import { type Report, shown } from './problem.ts';

interface Around {
  readonly home: string;
  readonly stateDir: string;
  readonly folders: Iterable<FolderSettings>;
  readonly report: Report;
}

export function resolveStorage(written: string | undefined, around: Around): string | undefined {
  if (written === undefined) return undefined;
  const storage = expandPath(written, around.home);
  const refuse = (why: string): undefined =>
    around.report('E_STORAGE', ['storage'], `${shown(storage)} ${why}`) as undefined;
  if (isAtOrBelow(storage, around.stateDir)) return refuse(`lies in the daemon's own ${around.stateDir}`);
  if (isAtOrBelow(around.stateDir, storage)) return refuse(`holds the daemon's own ${around.stateDir}`);
  if (['/proc', '/sys'].some((dir) => isAtOrBelow(storage, dir)))
    return refuse('is made by the kernel and holds no files');
  for (const { name, path } of around.folders)
    if (isAtOrBelow(storage, path))
      return refuse(
        storage === path ? `is the path of the folder ${name}` : `lies inside the folder ${name} (${path})`,
      );
  return storage;
}

/** Where a new folder lies: `NAME/` shared, `DEVICE:NAME/` private. */
export function placeIn(storage: string, folder: FolderName): string {
  return `${storage}/${folder}`;
}

/** Of this device; undefined where that would be no name. */
export function privateName(device: string, folder: FolderName): FolderName | undefined {
  return folder.includes(':') ? undefined : parseFolderName(`${device}:${folder}`);
}
