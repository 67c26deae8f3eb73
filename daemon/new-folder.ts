// What a new folder is to have written in the configuration: what was asked for, and whose folder it is.
import { type Assignment, parseAssignments } from './config/assignments.ts';
import type { NewFolder } from './control/daemon-port.ts';
import type { DeviceId } from './core/ids.ts';

/** What `--set` says goes over everything else. E_USAGE. */
export function settingsOf({ path, profile, mode, ignore, set }: NewFolder, self: DeviceId): Assignment[] {
  const settings: Assignment[] = [{ keys: ['path'], value: path }];
  if (profile !== undefined) settings.push({ keys: ['profile'], value: profile });
  if (mode !== undefined) settings.push({ keys: ['mode'], value: mode });
  if (ignore.length > 0) settings.push({ keys: ['ignore'], value: [...ignore] });
  return [...settings, { keys: ['authority'], value: self }, ...parseAssignments(set)];
}
