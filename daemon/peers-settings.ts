// What the peers' side needs of the configuration and of the folders that run.
import type { Config } from './config/config.ts';
import type { FolderName } from './core/ids.ts';
import { digestOf } from './folder-digest.ts';
import type { Folder } from './folder/folder.ts';
import type { PeersSettings } from './peer/trust.ts';
import type { Clock } from './ports/clock.ts';

export interface PeersSettingsContext {
  /** Folders that are about to close: no session leads to them any more. */
  readonly without: ReadonlySet<FolderName>;
  readonly clock: Clock;
}

export function peersSettings(
  { name, listen, peers, folders: settingsOf }: Config,
  running: ReadonlyMap<FolderName, Folder>,
  { without, clock }: PeersSettingsContext,
): PeersSettings {
  const folders: PeersSettings['folders'] = new Map(
    [...running]
      .filter(([folder]) => !without.has(folder))
      .map(([folder, one]) => {
        const settings = settingsOf.get(folder);
        const offer = () => {
          const { files, bytes } = one.snapshot();
          const { authority, conflict } = one.agreed.now;
          return { authority: authority.value, conflict: conflict.value, files, bytes };
        };
        const digest = (max: number) => digestOf(one, clock, max);
        return [
          folder,
          { door: one.door, peers: settings?.peers ?? new Map(), names: settings?.names ?? new Map(), offer, digest },
        ];
      }),
  );
  return { name, listen, peers, folders };
}
