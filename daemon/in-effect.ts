// The configuration as it is in effect: what is one for all devices of a folder is as they hold it, whatever is proposed here.
import type { Config } from './config/config.ts';
import type { FolderName } from './core/ids.ts';
import type { Folder } from './folder/folder.ts';

export function inEffect(config: Config, running: ReadonlyMap<FolderName, Pick<Folder, 'agreed'>>): Config {
  const folders: Config['folders'] = new Map(
    [...config.folders].map(([name, settings]) => {
      const agreed = running.get(name)?.agreed.now;
      if (agreed === undefined) return [name, settings];
      return [name, { ...settings, authority: agreed.authority.value, conflict: agreed.conflict.value }];
    }),
  );
  return { ...config, folders };
}
