// Builders: a configuration of texts in memory, for a device called laptop.
import type { Locations } from '../../daemon/config/config.ts';
import type { WriteContext } from '../../daemon/config/write.ts';
import type { ConfigFiles } from '../../daemon/ports/config-files.ts';
import { type DeviceId, type FolderName, parseDeviceId, parseFolderName } from '../../daemon/core/ids.ts';

export function deviceId(letter: string): DeviceId {
  const id = parseDeviceId(letter.repeat(52));
  if (id === undefined) throw new Error(`${letter} is not of base32`);
  return id;
}

export function folderName(text: string): FolderName {
  const name = parseFolderName(text);
  if (name === undefined) throw new Error(`${text} is no name of a folder`);
  return name;
}

export const SELF = deviceId('S');
export const HUB = deviceId('H');
export const NAS = deviceId('N');

export const LOCATIONS: Locations = {
  configFile: '/etc/syncd/config.yaml',
  folderDirs: ['/etc/syncd/folders.d', '/var/lib/syncd/folders.d'],
  peerDirs: ['/etc/syncd/peers.d', '/var/lib/syncd/peers.d'],
  stateDir: '/var/lib/syncd',
  socket: '/run/syncd/syncd.sock',
  logsDir: undefined,
};

/** Files in memory; `texts` can be looked at. */
export function memoryFiles(texts: Map<string, string>): ConfigFiles {
  return {
    read: (path) => texts.get(path),
    list: (dir) =>
      [...texts.keys()]
        .filter((path) => path.startsWith(`${dir}/`))
        .map((path) => path.slice(dir.length + 1))
        .sort(),
    change: (changes) => {
      for (const [path, text] of changes)
        if (text === undefined) texts.delete(path);
        else texts.set(path, text);
    },
  };
}

export interface Written extends WriteContext {
  readonly texts: Map<string, string>;
}

/** `config` is the text of config.yaml; `others` are further files, by their paths. */
export function written(config: string, others: Readonly<Record<string, string>> = {}): Written {
  const texts = new Map([[LOCATIONS.configFile, config], ...Object.entries(others)]);
  return { texts, files: memoryFiles(texts), locations: LOCATIONS, self: SELF, hostName: 'laptop', home: '/home/ana' };
}
