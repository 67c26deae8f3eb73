// What the parts of one folder share: its index, its settings as they are now, and the edges.
import type { Filter } from '../core/filter.ts';
import type { DeviceId, Epoch, FolderName, VersionId } from '../core/ids.ts';
import type { CommonSetting } from '../core/common-setting.ts';
import type { Maker } from '../core/record.ts';
import type { ReconcileContext } from '../core/reconcile.ts';
import type { FolderSettings } from '../core/settings.ts';
import { hashText } from '../disk/versions.ts';
import type { TreeRef } from '../disk/tree.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { FileLock } from '../index/home-lock.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Backpressure } from '../ports/peers.ts';
import type { Random } from '../ports/random.ts';
import type { Watch } from '../ports/watch.ts';
import type { Workers } from '../ports/workers.ts';
import type { Manifests } from '../transfer/manifests.ts';
import type { Traffic } from '../transfer/traffic.ts';
import type { FolderEvent } from './view.ts';

export interface FolderContext {
  readonly name: FolderName;
  readonly self: DeviceId;
  readonly index: FolderIndex;
  readonly workers: Workers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of all folders and peers. */
  readonly traffic: Traffic;
  /** Of large files that are here. */
  readonly manifests: Manifests;
  settings(): FolderSettings;
  /** Which paths are synced here now. */
  filter(): Filter;
  /** What all devices of the folder hold alike. */
  agreed(): CommonSetting;
  tree(): TreeRef;
  /** What a device is called here, for people: its name, or how its ID begins. */
  deviceName(device: DeviceId): string;
  /** Keeps other daemons from this root. E_FOLDER_LOCKED. */
  lockRoot(root: string): FileLock;
  emit(event: Omit<FolderEvent, 'folder' | 'atMs'>): void;
}

/** What a folder is given. */
export interface FolderEdges extends Omit<FolderContext, 'settings' | 'filter' | 'agreed' | 'tree' | 'manifests'> {
  readonly settings: FolderSettings;
  readonly watch: Watch;
  readonly backpressure: Backpressure;
  newEpoch(): Epoch;
  /** Which boot of the machine this is; undefined where nobody can say. */
  readonly bootId?: string | undefined;
}

/** Who makes versions in this folder now. */
export function makerOf(context: FolderContext): Maker {
  const { self, index } = context;
  return { device: self, epoch: index.epoch, mark: context.agreed().authority.value === self };
}

export function reconcileContext(context: FolderContext): ReconcileContext {
  const rule = context.agreed().conflict.value;
  return { maker: makerOf(context), nowMs: context.clock.nowMs(), hash: hashText, rule };
}

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Names of kept versions: time first, so that they sort, then 20 random bits. */
export function newVersionId(context: Pick<FolderContext, 'clock' | 'random'>): VersionId {
  let time = '';
  for (let ms = context.clock.nowMs(), i = 0; i < 9; i++, ms = Math.floor(ms / 32)) time = DIGITS[ms % 32] + time;
  const tail = [...context.random.bytes(4)].map((byte) => DIGITS[byte % 32]).join('');
  return `${time}${tail}` as VersionId;
}
