// `doctor` and `health`: what goes wrong in practice, judged from what the daemon and its folders can be examined for.
import { CodedError, ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import type { Asked, Health } from '../../protocol/control.ts';
import type { DoctorAnswer, Finding, VerifyLine } from '../../protocol/doctor.ts';
import type { ControlledFolder, VerifyItem } from '../folder/view.ts';
import type { Clock } from '../ports/clock.ts';
import { attentionOf, healthOf } from './attention.ts';
import type { ControlledDaemon, Examination, PeerState } from './daemon-port.ts';
import { findFolders, findSnapshots } from './find.ts';

/** A share of the watches that other programs need too. */
const MANY_WATCHES = 0.75;
const FEW_OPEN_FILES = 1024;
/** Less free space than this is little: of the file system, and in bytes. */
const LITTLE_SHARE = 0.1;
const LITTLE_BYTES = 1 << 30;
/** Below this share nothing is received any more. */
const RESERVE_SHARE = 0.05;
/** Clocks that differ by more decide conflicts by chance. */
const CLOCK_OFF_MS = 5_000;
const MS = 1000;

/** Everything, or what concerns this folder. E_NO_SUCH_FOLDER. */
export async function doctor(daemon: ControlledDaemon, folder: string | undefined): Promise<DoctorAnswer> {
  const snapshots = findSnapshots(daemon, folder);
  const names = new Set(snapshots.map(({ name }) => name));
  const examination = await daemon.examine();
  const asked = { ...examination, folders: examination.folders.filter(({ name }) => names.has(name)) };
  const attention = attentionOf(daemon, snapshots, daemon.peers());
  const findings = [
    ...diagnose(asked, daemon.peers()),
    ...attention.map((one): Finding => ({ ...one, check: 'status', level: levelOf(one.code) })),
  ];
  return { worst: worstOf(findings), findings };
}

export function health(daemon: ControlledDaemon, clock: Clock): Health {
  const snapshots = findSnapshots(daemon, undefined);
  const attention = attentionOf(daemon, snapshots, daemon.peers());
  return {
    health: healthOf(snapshots, attention),
    version: daemon.version,
    uptime_s: Math.floor((clock.monotonicMs() - daemon.startedMonotonicMs) / MS),
    attention,
  };
}

/** Folder by folder; one that halts is told of, and the next one follows. E_NO_SUCH_FOLDER. */
export function verify(
  daemon: ControlledDaemon,
  { folder, repair = false }: Asked<'verify'>,
  signal: AbortSignal,
): AsyncIterable<VerifyLine> {
  return verifyEach(findFolders(daemon, folder), repair, signal);
}

async function* verifyEach(
  folders: readonly ControlledFolder[],
  repair: boolean,
  signal: AbortSignal,
): AsyncGenerator<VerifyLine> {
  for (const folder of folders) {
    const { name } = folder;
    try {
      for await (const item of folder.verify(repair, signal)) yield lineOf(item, name);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      yield { kind: 'failed', folder: name, code: error.code, message: error.message };
    }
    if (signal.aborted) return;
  }
}

function lineOf(item: VerifyItem, folder: string): VerifyLine {
  switch (item.kind) {
    case 'progress': {
      const { totalFiles, totalBytes, ...progress } = item;
      return { ...progress, folder, total_files: totalFiles, total_bytes: totalBytes };
    }
    case 'done':
      return { ...item, folder };
    default:
      return { kind: item.kind, folder, path: item.path, code: item.code ?? null };
  }
}

/** The judgement alone. */
export function diagnose(examination: Examination, peers: readonly PeerState[]): readonly Finding[] {
  return [
    ...watches(examination),
    ...openFiles(examination),
    ...stateDirectory(examination),
    ...examination.folders.flatMap(folderFindings),
    ...clocks(peers),
    ...versions(examination, peers),
  ];
}

const ABOUT = { folder: null, peer: null, code: null, hint: '' };

function watches({ limits, folders }: Examination): Finding[] {
  const { inotifyWatches: limit } = limits;
  if (limit === undefined) return [];
  const watched = folders.filter(({ polledFor }) => polledFor === undefined);
  const needed = watched.reduce((sum, folder) => sum + folder.directories + 1, 0);
  const toWatch = needed === 1 ? '1 directory' : `${needed} directories`;
  const message = `${toWatch} to watch, ${limit} inotify watches allowed`;
  const finding = { ...ABOUT, check: 'watches', message };
  if (needed <= limit * MANY_WATCHES) return [{ ...finding, level: 'ok' }];
  const enough = Math.max(524_288, 2 ** Math.ceil(Math.log2(needed * 2)));
  const hint = `sudo sysctl fs.inotify.max_user_watches=${enough}, and the same in /etc/sysctl.d/ to keep it`;
  return [{ ...finding, level: needed > limit ? 'error' : 'warning', code: 'E_WATCH_LIMIT', hint }];
}

function openFiles({ limits }: Examination): Finding[] {
  const { openFiles: limit } = limits;
  if (limit === undefined) return [];
  const finding = { ...ABOUT, check: 'files', message: `${limit} files may be open at once` };
  if (limit >= FEW_OPEN_FILES) return [{ ...finding, level: 'ok' }];
  return [{ ...finding, level: 'warning', hint: 'Raise LimitNOFILE= of the service, or ulimit -n.' }];
}

function stateDirectory({ state }: Examination): Finding[] {
  const { path, mode } = state;
  const findings = [space(`the state directory ${path}`, state, null)];
  if ((mode & 0o077) !== 0) {
    const message = `${path} can be read by others: its mode is 0${(mode & 0o777).toString(8)}`;
    findings.push({ ...ABOUT, check: 'access', level: 'error', message, hint: `chmod 700 ${path}` });
  }
  return findings;
}

function folderFindings(folder: Examination['folders'][number]): Finding[] {
  const { name, path, code, damagedIndex, openDatabases, fromTheFuture, polledFor, noAccess } = folder;
  const about = { ...ABOUT, folder: name };
  const findings: Finding[] = [];
  if (folder.space !== undefined) findings.push(space(path, folder.space, name));
  if (code === undefined && noAccess.count > 0) findings.push({ ...about, ...accessFinding(path, noAccess) });
  else if (code === undefined)
    findings.push({ ...about, check: 'access', level: 'ok', message: `${path} can be read and written` });
  else {
    const message = `nothing can be written to ${path}`;
    findings.push({ ...about, check: 'access', level: 'error', code, message, hint: ERRORS[code].hint });
  }
  if (polledFor !== undefined) {
    const message = `changes are found by scanning alone (${polledFor})`;
    const hint = 'How often it looks: syncctl edit-folder FOLDER --set rescan=1m'.replace('FOLDER', name);
    findings.push({ ...about, check: 'watches', level: 'ok', message, hint });
  }
  if (damagedIndex !== undefined) {
    const message = 'the index was damaged, and was made anew from the disk and the peers';
    const hint = `Check the disk that it is on. The damaged one lies at ${damagedIndex} and may be removed.`;
    findings.push({ ...about, check: 'index', level: 'warning', code: 'E_INDEX', message, hint });
  }
  if (openDatabases.length > 0) {
    const message = `a program has a database open in it: ${listed(openDatabases)}`;
    const hint = 'While it writes, copies of the database on other devices may be torn. Sync a backup of it instead.';
    findings.push({ ...about, check: 'databases', level: 'warning', message, hint });
  }
  if (fromTheFuture.length > 0) {
    const message = `changed more than an hour in the future: ${listed(fromTheFuture)}`;
    const hint = 'The clock of a device was ahead. Set it right (timedatectl set-ntp true); syncing goes on meanwhile.';
    findings.push({ ...about, check: 'clock', level: 'warning', message, hint });
  }
  return findings;
}

function accessFinding(root: string, { count, paths }: Examination['folders'][number]['noAccess']) {
  const [first] = paths;
  const shown = paths.slice(0, 3).map(({ path, cannot }) => `${path === '' ? root : path} (${cannot})`);
  const others = count > shown.length ? `, and ${count - shown.length} more` : '';
  return {
    check: 'access',
    level: 'error',
    code: first?.code ?? 'E_ACCESS',
    message: `in ${root} the daemon cannot: ${shown.join(', ')}${others}`,
    hint: 'Let its user read files, and read and write directories (chmod, chown, setfacl): it goes on by itself.',
  } as const;
}

function space(what: string, room: { freeBytes: number; totalBytes: number }, folder: string | null): Finding {
  const { freeBytes, totalBytes } = room;
  const message = `${percent(freeBytes / totalBytes)} of the file system of ${what} is free`;
  const finding = { ...ABOUT, check: 'space', folder, message };
  if (freeBytes < Math.min(totalBytes * RESERVE_SHARE, LITTLE_BYTES))
    return { ...finding, level: 'error', code: 'E_DISK_FULL', hint: ERRORS.E_DISK_FULL.hint };
  if (freeBytes < Math.min(totalBytes * LITTLE_SHARE, 10 * LITTLE_BYTES))
    return { ...finding, level: 'warning', hint: 'Make room; or let fewer versions be kept: versions.max_size.' };
  return { ...finding, level: 'ok' };
}

function clocks(peers: readonly PeerState[]): Finding[] {
  return peers.flatMap((peer): Finding[] => {
    const { name, clockOffsetMs } = peer;
    if (clockOffsetMs === undefined) return [];
    const seconds = Math.round(Math.abs(clockOffsetMs) / MS);
    const finding = { ...ABOUT, check: 'clock', peer: name };
    if (Math.abs(clockOffsetMs) <= CLOCK_OFF_MS)
      return [{ ...finding, level: 'ok', message: `the clock of ${name} agrees with this one` }];
    const message = `the clock of ${name} is ${seconds} s ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} this one`;
    const hint = 'Set both by the network (timedatectl set-ntp true): of two edits at once the later one wins.';
    return [{ ...finding, level: 'warning', message, hint }];
  });
}

function versions({ program }: Examination, peers: readonly PeerState[]): Finding[] {
  return peers.flatMap((peer): Finding[] => {
    if (peer.program === undefined) return [];
    const finding = { ...ABOUT, check: 'version', peer: peer.name, message: `${peer.name} runs ${peer.program}` };
    if (peer.program === program) return [{ ...finding, level: 'ok' }];
    return [
      {
        ...finding,
        level: 'warning',
        message: `${finding.message}, this device ${program}`,
        hint: 'Update the older one.',
      },
    ];
  });
}

/** What somebody must look at is an error: something is not synced. A conflict is, whichever of the two has won. */
function levelOf(code: ErrorCode): Finding['level'] {
  return code === 'E_CONFLICT' ? 'warning' : 'error';
}

function worstOf(findings: readonly Finding[]): Finding['level'] {
  if (findings.some(({ level }) => level === 'error')) return 'error';
  return findings.some(({ level }) => level === 'warning') ? 'warning' : 'ok';
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function listed(paths: readonly string[]): string {
  return `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''}`;
}
