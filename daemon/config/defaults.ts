// What holds where nobody has set anything.
import { DEFAULT_RULE } from '../core/common-setting.ts';
import type { FolderSettings } from '../core/settings.ts';

export const FOLDER_DEFAULTS = {
  mode: 'two-way',
  enabled: true,
  intervalMs: 0,
  rescanMs: 600_000,
  permissions: true,
  filter: { ignore: [], only: [], content: 'any', hidden: true, maxSizeBytes: 0 },
  watch: 'auto',
  conflict: DEFAULT_RULE,
  maxDelete: 0.5,
  priority: 'normal',
  compression: 'auto',
  versions: { keepMs: 30 * 86_400_000, maxShare: 0.1 },
} as const satisfies Partial<FolderSettings>;

/** Of an entry of `notify`. */
export const NOTICE_DEFAULTS = { timeoutMs: 30_000, afterMs: 600_000 } as const;

export const DEFAULT_LOG_LEVEL = 'info';
