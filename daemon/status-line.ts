// How the daemon stands in one line, for `systemctl status syncd`.
import type { ControlledDaemon } from './control/daemon-port.ts';

/** `2 of 3 folders in sync · 1 held · 4 of 5 peers connected · 12 files to come`. */
export function statusLine(daemon: ControlledDaemon): string {
  const folders = [...daemon.folders().values()].map(({ progress }) => progress);
  const configured = [...daemon.folderSettings().values()].filter(({ enabled }) => enabled).length;
  const peers = daemon.peers();
  const inSync = folders.filter(({ condition, pendingFiles }) => condition.kind === 'idle' && pendingFiles === 0);
  const pending = folders.reduce((sum, { pendingFiles }) => sum + pendingFiles, 0);
  const states = ['scanning', 'paused', 'held', 'halted', 'error'] as const;
  const named = states.map((state) => {
    const count = folders.filter(({ condition }) => condition.kind === state).length;
    return count === 0 ? '' : `${count} ${state}`;
  });
  const failed = configured - folders.length;
  return [
    configured === 0 ? 'no folders' : `${inSync.length} of ${counted(configured, 'folder')} in sync`,
    ...named,
    failed > 0 ? `${failed} not open` : '',
    peers.length === 0
      ? 'no peers'
      : `${peers.filter(({ connected }) => connected).length} of ${counted(peers.length, 'peer')} connected`,
    pending === 0 ? '' : `${counted(pending, 'file')} to come`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
