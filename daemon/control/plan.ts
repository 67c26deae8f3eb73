// `plan`: what would happen if a folder went on now. Nothing is done.
import type { Asked } from '../../protocol/control.ts';
import { CodedError } from '../../protocol/errors.ts';
import type { PathRule, PlanItem, PlannedItem, SettingsPlan } from '../../protocol/plan.ts';
import type { Decision } from '../core/filter.ts';
import type { DeviceId } from '../core/ids.ts';
import type { PlannedGroup } from '../core/sync-plan.ts';
import type { ControlledFolder } from '../folder/view.ts';
import { hintFor } from './attention.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { deviceNames, findFolder, findFolders, findSettings, pathIn } from './find.ts';

export async function plan(daemon: ControlledDaemon, folder: string | undefined): Promise<readonly PlanItem[]> {
  const items: PlanItem[] = [];
  // One after the other: each may go through a large index.
  for (const one of findFolders(daemon, folder)) items.push(await planOf(one, deviceNames(daemon)));
  return items;
}

async function planOf(folder: ControlledFolder, nameOf: (id: DeviceId) => string): Promise<PlanItem> {
  const groups = await folder.plan();
  const { condition, peers, skippedCount } = folder.snapshot();
  const { receive, conflict, send, deleteThere } = groups;
  const shown = ({ paths }: PlannedGroup): PlannedItem[] =>
    paths.map(({ path, what, bytes, from, peers: who }) => ({
      path,
      what,
      bytes,
      from: from ?? null,
      peers: who.map(nameOf),
    }));
  return {
    folder: folder.name,
    state: condition.kind,
    error:
      'code' in condition && condition.code !== undefined
        ? { code: condition.code, message: condition.message, hint: hintFor(condition.code, folder.name) }
        : null,
    counts: {
      receive: receive.count,
      receive_bytes: receive.bytes,
      delete: groups.delete.count,
      conflict: conflict.count,
      conflict_bytes: conflict.bytes,
      send: send.count,
      send_bytes: send.bytes,
      delete_there: deleteThere.count,
      held: condition.kind === 'held' ? condition.deletions : 0,
      skipped: skippedCount,
    },
    receive: shown(receive),
    delete: shown(groups.delete),
    conflict: shown(conflict),
    send: shown(send),
    delete_there: shown(deleteThere),
    not_connected: peers.filter(({ connected }) => !connected).map(({ device }) => nameOf(device)),
  };
}

/** What `edit-folder` with these settings would do to which paths are synced. */
export async function planSettings(
  daemon: ControlledDaemon,
  asked: Asked<'planSettings'>,
  signal: AbortSignal,
): Promise<SettingsPlan> {
  const { name } = findFolder(daemon, asked.folder);
  if (asked.set.length === 0) throw new CodedError('E_USAGE', 'set: nothing to change', 'Give --set KEY=VALUE.');
  const { include, ...plan } = await daemon.planSettings(name, asked.set, signal);
  return { folder: name, ...plan, send: include };
}

export async function why(daemon: ControlledDaemon, asked: Asked<'why'>): Promise<PathRule> {
  const folder = findFolder(daemon, asked.folder);
  const path = pathIn(findSettings(daemon, folder.name), asked.path);
  const decision = await folder.why(path);
  const rule = decision.why;
  return {
    folder: folder.name,
    path,
    synced: SYNCED[decision.kind],
    key: rule?.key ?? null,
    pattern: (rule !== undefined && 'pattern' in rule ? rule.pattern : undefined) ?? null,
    file: (rule !== undefined && 'file' in rule ? rule.file : undefined) ?? null,
    line: (rule !== undefined && 'line' in rule ? rule.line : undefined) ?? null,
  };
}

const SYNCED: Readonly<Record<Decision['kind'], PathRule['synced']>> = {
  included: 'yes',
  ignored: 'no',
  passage: 'inside',
  unsure: 'unknown',
};
