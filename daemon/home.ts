// A daemon's home before anything of it runs: nobody else has it, and it is known who we are.
import type { Locations } from './config/config.ts';
import { type FileLock, lockFile } from './index/home-lock.ts';
import { type Identity, loadIdentity } from './peer/identity.ts';
import { KeyFiles } from './system/key-files.ts';
import { keyMaker } from './system/key-maker.ts';

/** The lock is taken and the identity known; nothing runs yet. */
export interface Home {
  readonly lock: FileLock;
  readonly identity: Identity;
}

/** E_HOME_LOCKED, E_HOME. */
export async function openHome(locations: Locations, givenKey: string | undefined): Promise<Home> {
  const files = new KeyFiles(locations.stateDir);
  files.makeDirectory('folders');
  const lock = lockFile(`${locations.stateDir}/lock.db`, 'E_HOME_LOCKED');
  for (const directory of ['', 'invitations', 'joins']) files.removeLeftOver(directory);
  return { lock, identity: await loadIdentity(files, keyMaker, givenKey) };
}
