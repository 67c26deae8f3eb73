// What the peers' side needs of the configuration and of the folders that run.
import type { Config } from './config/config.ts';
import type { DeviceId, FolderName } from './core/ids.ts';
import { digestOf } from './folder-digest.ts';
import type { Folder } from './folder/folder.ts';
import type { PeersSettings } from './peer/trust.ts';
import type { Clock } from './ports/clock.ts';

export interface PeersSettingsContext {
  /** Folders that are about to close: no session leads to them any more. */
  readonly without: ReadonlySet<FolderName>;
  readonly self: DeviceId;
  readonly clock: Clock;
}

export function peersSettings(
  { name, listen, peers, folders: settingsOf }: Config,
  running: ReadonlyMap<FolderName, Folder>,
  { without, self, clock }: PeersSettingsContext,
): PeersSettings {
  const folders: PeersSettings['folders'] = new Map(
    [...running]
      .filter(([folder]) => !without.has(folder))
      .map(([folder, one]) => {
        const settings = settingsOf.get(folder);
        const offer = () => {
          const { files, bytes } = one.snapshot();
          return {
            authority: settings?.authority ?? self,
            conflict: settings?.conflict ?? 'newest',
            files,
            bytes,
          };
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
