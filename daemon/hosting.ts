// The inviting side of pairing, put into effect: what the folders of an invitation are called here, and a device that
// showed the right secret let in. Folders that it brings are made in the storage, before anything is granted; what cannot
// be done whole is taken back.
import { CodedError } from '../protocol/errors.ts';
import type { Assignment } from './config/assignments.ts';
import type { Config } from './config/config.ts';
import { placeIn, privateName } from './config/storage.ts';
import { loadConfig } from './config/load.ts';
import * as write from './config/write.ts';
import { type DeviceId, type FolderName, privateTo } from './core/ids.ts';
import type { ConflictRule } from './core/settings.ts';
import type { Folder } from './folder/folder.ts';
import type { Admission, Host, HostFolder } from './peer/host.ts';
import type { Grant } from './peer/invitations.ts';
import type { Log } from './ports/log.ts';
import type { Workers } from './ports/workers.ts';
import type { Storage } from './storage.ts';
import { isEmptyDirectory } from './unclaimed-directory.ts';

export interface HostingEdges {
  readonly self: DeviceId;
  readonly context: write.WriteContext;
  readonly workers: Workers;
  readonly log: Log;
  readonly storage: Storage;
  config(): Config;
  /** Those that run here. */
  folders(): ReadonlyMap<FolderName, Folder>;
  /** One change of the configuration at a time. */
  change<T>(change: () => Promise<T>): Promise<T>;
  apply(config: Config): Promise<unknown>;
  /** Writes a new folder down, makes its directory and starts it. */
  addFolder(name: FolderName, settings: readonly Assignment[]): Promise<void>;
  /** Forgets it; its files stay. */
  removeFolder(name: FolderName): Promise<void>;
}

/** Names nothing but the folder that was asked for. */
class FullPlace extends CodedError {}

type Asking = Pick<Admission, 'device' | 'name'>;

export class Hosting implements Host {
  readonly #edges: HostingEdges;

  constructor(edges: HostingEdges) {
    this.#edges = edges;
  }

  foldersFor(grant: Grant, asking: Asking): readonly HostFolder[] | undefined {
    try {
      return this.#foldersFor(grant, asking);
    } catch (error) {
      throw this.#tellable(error, asking);
    }
  }

  #foldersFor({ folders, private: isPrivate }: Grant, asking: Asking): readonly HostFolder[] | undefined {
    const { folders: configured, storage } = this.#edges.config();
    const found: HostFolder[] = [];
    for (const folder of folders) {
      const name = isPrivate ? this.#privateName(folder, asking) : folder;
      const settings = name && configured.get(name);
      if (
        name === undefined ||
        (settings === undefined && (storage === undefined || isPrivate !== isPrivateName(name)))
      )
        return undefined;
      if (settings !== undefined && (!mayHave(settings, asking.device, isPrivate) || !this.#edges.folders().has(name)))
        return undefined;
      found.push({
        name,
        exists: settings !== undefined,
        conflict: settings === undefined ? this.#proposed(name) : undefined,
      });
    }
    return found;
  }

  /** What the configuration says of how conflicts end in a folder that is not there yet. */
  #proposed(name: FolderName): ConflictRule | undefined {
    const { context, config } = this.#edges;
    const { storage } = config();
    if (storage === undefined) return undefined;
    const settings: Assignment[] = [{ keys: ['path'], value: placeIn(storage, name) }];
    return write.addFolder(write.withoutWriting(context), name, settings).folders.get(name)?.conflict;
  }

  async admit(admission: Admission): Promise<string> {
    try {
      return await this.#edges.change(() => this.#admit(admission));
    } catch (error) {
      throw this.#tellable(error, admission);
    }
  }

  /** Where things lie here, and what is wrong in which file, is for the log and not for who asks. */
  #tellable(error: unknown, { device }: Asking): unknown {
    if (!(error instanceof CodedError) || error instanceof FullPlace) return error;
    const { code, message } = error;
    this.#edges.log.warn('a device cannot be let in', { device, code, why: message });
    return new CodedError(code, 'nobody can be let in as things are there');
  }

  /** E_STORAGE, E_FOLDER_NAME: an invitation for a folder that is not here yet could not be kept. */
  async checkNew(folder: FolderName, isPrivate: boolean): Promise<void> {
    if (isPrivateName(folder))
      throw new CodedError(
        'E_FOLDER_NAME',
        `${folder} is the name of a private folder, which is not here`,
        'For a private folder: syncctl invite NAME --private. The device that joins gives it the rest of its name.',
      );
    const storage = await this.#edges.storage.usable();
    if (!isPrivate) await this.#refuseFull(placeIn(storage, folder), folder);
  }

  async #admit(admission: Admission): Promise<string> {
    const { context, config, apply, removeFolder, log } = this.#edges;
    const { name, device: id, address, folders, private: isPrivate } = admission;
    const here = this.#foldersFor(
      { folders: folders.map((folder) => folder.name), private: isPrivate, role: 'two-way' },
      admission,
    );
    if (here === undefined)
      throw new CodedError('E_INVITATION_REFUSED', 'a folder of the invitation is no longer here');
    const made: FolderName[] = [];
    let added: ReturnType<typeof write.admitPeer>;
    try {
      for (const folder of here)
        if (folder.exists) {
          // Who joins a folder takes its setting; who brings one has its own.
          this.#edges.folders().get(folder.name)?.agreed.invited();
        } else {
          await this.#make(folder.name, id);
          made.push(folder.name);
        }
      const granted = here.flatMap((folder, i) => {
        const role = folders[i]?.role;
        return role === undefined ? [] : [{ name: folder.name, role, isOwn: isPrivateName(folder.name) }];
      });
      added = write.admitPeer(context, name, {
        id,
        addresses: address === undefined ? [] : [address],
        folders: granted,
      });
    } catch (error) {
      const left = loadConfig(context);
      // A disk that fails between two files: what the first says is in effect, and the next try writes the other.
      if (left.peers.has(id) && !config().peers.has(id)) await apply(left);
      else
        for (const folder of made)
          await removeFolder(folder).catch((failure: unknown) => log.error('cannot take a folder back', { failure }));
      throw error;
    }
    await apply(added.config);
    return added.name;
  }

  /** In the storage, shared or private by its name; of nobody until it is granted. */
  async #make(folder: FolderName, device: DeviceId): Promise<void> {
    const { self, storage, addFolder } = this.#edges;
    const path = placeIn(await storage.usable(), folder);
    await this.#refuseFull(path, folder);
    const settings: Assignment[] = [
      { keys: ['path'], value: path },
      { keys: ['authority'], value: self },
      ...(isPrivateName(folder) ? [owned(device)] : []),
    ];
    await addFolder(folder, settings);
  }

  /** What lies there may be another device's: nobody is given it without being asked. */
  async #refuseFull(path: string, folder: FolderName): Promise<void> {
    if (await isEmptyDirectory(this.#edges.workers, path)) return;
    this.#edges.log.warn('a folder cannot be made: its place is not empty', { folder, path });
    throw new FullPlace(
      'E_STORAGE',
      `there are files where ${folder} is to be made`,
      `Move them away; or make them a folder, syncctl add-folder ${folder} PATH, and invite to that.`,
    );
  }

  #privateName(folder: FolderName, { device, name }: Asking): FolderName | undefined {
    return privateName(write.peerName(this.#edges.context, name, device), folder);
  }
}

const owned = (device: DeviceId): Assignment => ({ keys: ['owner'], value: device });
const isPrivateName = (folder: FolderName): boolean => privateTo(folder) !== undefined;

/**
 * A private folder is for the device that it belongs to; one that belongs to no device yet is for whom it is named to in
 * an invitation, not for whoever comes by its name.
 */
function mayHave(
  { name, owner }: { readonly name: FolderName; readonly owner: DeviceId | undefined },
  device: DeviceId,
  byItsOwnName: boolean,
): boolean {
  if (!isPrivateName(name)) return true;
  return owner === undefined ? !byItsOwnName : owner === device;
}
