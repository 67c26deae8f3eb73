// Where the folders of an invitation go here. Pure: a join that is refused is refused before the invitation is used.
import { CodedError } from '../../protocol/errors.ts';
import { type DeviceId, type FolderName, ownName, parseFolderName } from '../core/ids.ts';
import { type FolderSettings, nameAt } from '../core/settings.ts';

export interface JoinPlace {
  /** The folder's name at the inviter. */
  readonly offered: FolderName;
  /** Its name here. */
  readonly name: FolderName;
  /** Absolute. */
  readonly path: string;
  /** A folder of this name is here already, at this path: it is shared with the inviter too. */
  readonly exists: boolean;
}

export interface JoinWish {
  readonly inviter: DeviceId;
  /** Absolute: the folder's own place; with several folders the directory that holds one for each. */
  readonly path: string | undefined;
  /** Absolute: without `path`, a new folder goes below it. */
  readonly cwd: string | undefined;
  readonly as: string | undefined;
}

/** E_USAGE, E_FOLDER_NAME, E_FOLDER_EXISTS with the hint `--as`. */
export function placeFolders(
  offered: readonly FolderName[],
  existing: ReadonlyMap<FolderName, FolderSettings>,
  wish: JoinWish,
): readonly JoinPlace[] {
  if (wish.as !== undefined && offered.length !== 1)
    throw new CodedError('E_USAGE', `--as names one folder; the invitation is for ${offered.join(', ')}`);
  for (const path of [wish.path, wish.cwd])
    if (path !== undefined && !path.startsWith('/'))
      throw new CodedError('E_USAGE', `path: expected an absolute one; found ${path}`);
  return offered.map((folder) => placeFolder(folder, offered.length > 1, existing, wish));
}

function placeFolder(
  offered: FolderName,
  oneOfSeveral: boolean,
  existing: ReadonlyMap<FolderName, FolderSettings>,
  wish: JoinWish,
): JoinPlace {
  const name = nameHere(offered, existing, wish);
  const here = existing.get(name);
  const wanted = wish.path === undefined || !oneOfSeveral ? wish.path : below(wish.path, name);
  if (here === undefined) {
    const path = wanted ?? (wish.cwd === undefined ? undefined : below(wish.cwd, name));
    if (path === undefined) throw new CodedError('E_USAGE', 'path: missing', 'Give the PATH for the folder.');
    return { offered, name, path: withoutSlash(path), exists: false };
  }
  const there = nameAt(here, wish.inviter);
  if (here.peers.has(wish.inviter) && there !== offered)
    throw new CodedError(
      'E_FOLDER_EXISTS',
      `folder ${name} is here already, and is ${there} on the inviting device`,
      `Give ${offered} another name here: --as NAME.`,
    );
  if (wanted !== undefined && withoutSlash(wanted) !== withoutSlash(here.path))
    throw new CodedError(
      'E_FOLDER_EXISTS',
      `folder ${name} is here already, at ${here.path}`,
      `Leave PATH out to share that one, or give the new one another name: --as NAME.`,
    );
  return { offered, name, path: here.path, exists: true };
}

/** As it is called here already, else as it was asked for, else as it is called there. */
function nameHere(offered: FolderName, existing: ReadonlyMap<FolderName, FolderSettings>, wish: JoinWish): FolderName {
  const { as, inviter } = wish;
  const joined = [...existing.values()].find((one) => one.peers.has(inviter) && nameAt(one, inviter) === offered);
  if (as === undefined) return joined?.name ?? ownName(offered);
  const name = parseFolderName(as);
  if (name === undefined) throw new CodedError('E_FOLDER_NAME', `${as} cannot be the name of a folder`);
  if (joined !== undefined && joined.name !== name)
    throw new CodedError('E_FOLDER_EXISTS', `${offered} is here already, as ${joined.name}`, 'Leave --as out.');
  return name;
}

function below(dir: string, name: FolderName): string {
  return `${withoutSlash(dir)}/${ownName(name)}`;
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
