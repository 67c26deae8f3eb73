// Private folders: `DEVICE:NAME` on a hub is kept with one device alone, the one that had the name DEVICE when the folder
// was made. That it is this device, and not another that has come to the same name, is held by its ID: `owner`.
import { type DeviceId, type FolderName, parseDeviceId, privateTo } from '../core/ids.ts';
import type { PeerSettings } from '../core/settings.ts';
import type { PlainObject } from './document.ts';
import type { Report } from './problem.ts';

interface Written {
  readonly owner: string | undefined;
  /** The peers it is kept with. */
  readonly peers: Iterable<DeviceId>;
}

/** Undefined: it is nobody's, or everybody's. A private folder that others could see is a problem. */
export function resolveOwner(
  folder: FolderName,
  { owner: written, peers }: Written,
  devices: ReadonlyMap<string, PeerSettings>,
  report: Report,
): DeviceId | undefined {
  const refuse = (keys: readonly string[], text: string): void =>
    report('E_CONFIG', ['folders', folder, ...keys], text);
  const device = privateTo(folder);
  const given = parseDeviceId(written ?? '');
  if (device === undefined) {
    if (given !== undefined)
      refuse(['owner'], 'not a private folder; expected a name such as laptop:docs, or no owner');
    return undefined;
  }
  const named = devices.get(device)?.id;
  if (given !== undefined && named !== undefined && given !== named)
    refuse(['owner'], `not the device that is called ${device} here; expected ${named}`);
  const owner = given ?? named;
  const nameOf = new Map([...devices.values()].map(({ id, name }) => [id, name]));
  for (const peer of peers)
    if (peer !== owner)
      refuse(['peers', nameOf.get(peer) ?? peer], `private to ${device}; expected no other peer than ${device}`);
  return owner;
}

/** What a folder inherits: a private one no peers, for those of `defaults:` are not meant for it. */
export function inheritedBy(folder: string, common: PlainObject): PlainObject {
  if (!folder.includes(':')) return common;
  return Object.fromEntries(Object.entries(common).filter(([key]) => key !== 'peers'));
}
