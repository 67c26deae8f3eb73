// `permissions: false`: modes stay as each machine has them. The disk is then seen with the mode that the record has, and
// applied with the mode that is there.
import type { Observation } from '../core/observation.ts';
import type { Entry } from '../core/record.ts';
import type { FolderSettings } from '../core/settings.ts';
import type { Row } from '../index/file-state.ts';

const NEW_FILE_MODE = 0o644;
const NEW_DIRECTORY_MODE = 0o755;

export function withSyncedMode(
  observation: Observation | undefined,
  row: Row | undefined,
  settings: Pick<FolderSettings, 'permissions'>,
): Observation {
  if (observation === undefined) return { kind: 'changing' };
  if (settings.permissions || observation.kind !== 'present') return observation;
  const { entry } = observation;
  if (entry.kind === 'symlink') return observation;
  const known = row?.record.entry;
  const mode = known?.kind === entry.kind ? known.mode : entry.kind === 'dir' ? NEW_DIRECTORY_MODE : NEW_FILE_MODE;
  return { ...observation, entry: { ...entry, mode } };
}

/** The mode that a path gets on our disk. */
export function appliedMode(
  entry: Extract<Entry, { kind: 'file' | 'dir' }>,
  row: Row | undefined,
  settings: Pick<FolderSettings, 'permissions'>,
): number {
  if (settings.permissions) return entry.mode;
  const here = row?.seen;
  if (here?.kind === entry.kind) return here.mode & 0o777;
  return entry.kind === 'dir' ? NEW_DIRECTORY_MODE : NEW_FILE_MODE;
}
