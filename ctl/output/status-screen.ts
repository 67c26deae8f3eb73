// `status` on a terminal and in a pipe.
import type { Attention, Overview, StatusFolder, StatusPeer } from '../../protocol/control.ts';
import { type Cell, count, humanDuration, humanMoment, humanSize, moment, size, text, words } from './cell.ts';
import type { Tone } from './color.ts';
import type { Output, Span } from './output.ts';

export function showStatus(out: Output, overview: Overview, nowMs: number): void {
  if (out.csv) out.table(FOLDER_COLUMNS, overview.status.folders.map(pipedFolder));
  else if (out.terminal) showScreen(out, overview, nowMs);
  else out.table([], pipedRows(overview));
}

function showScreen(out: Output, { status, listening, attention, notes }: Overview, nowMs: number): void {
  const { daemon, folders, peers } = status;
  out.line([
    { text: `syncd ${daemon.version} on ${daemon.name}`, tone: 'heading' },
    { text: ` · up ${humanDuration(daemon.uptime_s * 1000)}` },
    { text: listening === null ? ' · not listening' : ` · listening on ${listening}` },
    { text: ' · ' },
    HEALTH[daemon.health],
  ]);
  out.line('');
  if (folders.length === 0) out.line('No folders yet. Add one: syncctl add-folder NAME PATH');
  else
    out.table(
      [
        { title: 'FOLDER' },
        { title: 'STATE' },
        { title: 'FILES', align: 'right' },
        { title: 'SIZE', align: 'right' },
        { title: 'PEERS', align: 'right' },
        { title: 'LAST SYNC' },
      ],
      folders.map((folder) => [
        text(folder.name),
        stateCell(folder),
        count(folder.files),
        size(folder.bytes),
        text(`${folder.peers.filter((peer) => peer.connected).length}/${folder.peers.length}`),
        lastSync(folder, nowMs),
      ]),
    );
  if (peers.length > 0) {
    out.line('');
    out.table(
      [
        { title: 'PEER' },
        { title: 'CONNECTED' },
        { title: 'RTT', align: 'right' },
        { title: 'FOLDERS' },
        { title: 'SENT', align: 'right' },
        { title: 'RECEIVED', align: 'right' },
      ],
      peers.map((peer) => [
        text(peer.name),
        connectedCell(peer, nowMs),
        text(peer.rtt_ms === null ? null : `${Math.round(peer.rtt_ms)} ms`),
        text(foldersWith(peer, folders)),
        size(peer.bytes_sent),
        size(peer.bytes_received),
      ]),
    );
  }
  if (attention.length > 0) out.line('');
  for (const item of attention) out.line(attentionSpans(item));
  for (const { folder, message } of notes) out.line([{ text: `${folder}: ${message}`, tone: 'faint' }]);
  for (const folder of folders) {
    const left = leftAlone(folder, attention);
    if (left !== undefined) out.line([{ text: left, tone: 'faint' }]);
  }
}

const HEALTH: Readonly<Record<Overview['status']['daemon']['health'], Span>> = {
  ok: { text: 'healthy', tone: 'good' },
  degraded: { text: 'needs attention', tone: 'attention' },
  failing: { text: 'failing', tone: 'bad' },
};

/** The state in a word: what a person wants to know of an idle folder is whether the others have it all. */
export function stateWord(folder: StatusFolder): { readonly word: string; readonly tone: Tone | undefined } {
  switch (folder.state) {
    case 'idle':
      return idleWord(folder);
    case 'syncing':
      return { word: `syncing ${progress(folder)}`, tone: undefined };
    case 'scanning':
      return { word: 'scanning', tone: undefined };
    case 'paused':
    case 'held':
      return { word: folder.state, tone: 'attention' };
    case 'halted':
    case 'error':
      return { word: folder.state, tone: 'bad' };
  }
}

function idleWord({ peers }: StatusFolder): { readonly word: string; readonly tone: Tone | undefined } {
  if (peers.length === 0) return { word: 'not shared', tone: undefined };
  const connected = peers.filter((peer) => peer.connected);
  if (connected.length === 0) return { word: 'no peer connected', tone: undefined };
  return connected.every((peer) => peer.in_sync)
    ? { word: 'in sync', tone: 'good' }
    : { word: 'peers catching up', tone: undefined };
}

function progress({ bytes, pending_bytes }: StatusFolder): string {
  const all = bytes + pending_bytes;
  // Never 100 % while something is missing.
  return `${all === 0 ? 0 : Math.min(99, Math.floor((100 * bytes) / all))} %`;
}

function stateCell(folder: StatusFolder): Cell {
  const { word, tone } = stateWord(folder);
  return text(word, tone);
}

function lastSync(folder: StatusFolder, nowMs: number): Cell {
  const last = folder.last_sync === null ? 'never' : humanMoment(Date.parse(folder.last_sync), nowMs);
  // What is to come to a folder that is halted, nobody knows.
  if (folder.pending_files === 0 || folder.state === 'halted') return text(last);
  const files = folder.pending_files === 1 ? '1 file' : `${folder.pending_files} files`;
  return text(`${last} · ${files}, ${humanSize(folder.pending_bytes)} left`);
}

function connectedCell(peer: StatusPeer, nowMs: number): Cell {
  if (peer.since === null) return text(peer.connected ? 'yes' : 'no', peer.connected ? 'good' : undefined);
  const since = Date.parse(peer.since);
  return peer.connected
    ? text(`yes, ${humanDuration(nowMs - since)}`, 'good')
    : text(`no, for ${humanDuration(nowMs - since)}`);
}

function foldersWith(peer: StatusPeer, folders: readonly StatusFolder[]): string {
  return folders
    .filter((folder) => folder.peers.some((one) => one.id === peer.id))
    .map((one) => one.name)
    .join(' ');
}

export function attentionSpans(item: Attention): Span[] {
  return [{ text: `! ${namedMessage(item)} (${item.code})`, tone: 'attention' }, { text: `  → ${item.hint}` }];
}

/** With the folder or the peer that it is about, unless it names it. */
export function namedMessage({ folder, peer, message }: Pick<Attention, 'folder' | 'peer' | 'message'>): string {
  const about = folder ?? peer;
  return about === null || message.startsWith(about) ? message : `${about}: ${message}`;
}

/** What is skipped and needs nobody, a pipe for one, is said all the same. */
function leftAlone({ name, skipped }: StatusFolder, attention: readonly Attention[]): string | undefined {
  const shown = new Set(attention.filter(({ folder }) => folder === name).map(({ code }) => code));
  const quiet = skipped.filter(({ code }) => !shown.has(code));
  if (quiet.length === 0) return undefined;
  const listed = quiet.slice(0, 3).map(({ path, code }) => `${path} (${code})`);
  return `${name}: ${quiet.length} left alone: ${listed.join(', ')}${quiet.length > 3 ? ', …' : ''}`;
}

/** What {@link pipedFolder} says. */
const FOLDER_COLUMNS = [
  'NAME',
  'STATE',
  'SYNC',
  'FILES',
  'BYTES',
  'PENDING FILES',
  'PENDING BYTES',
  'CONFLICTS',
  'PEERS',
  'LAST SYNC',
  'PATH',
].map((title) => ({ title }));

function pipedFolder(folder: StatusFolder): Cell[] {
  return [
    text(folder.name),
    text(folder.state),
    text(stateWord(folder).word),
    count(folder.files),
    size(folder.bytes),
    count(folder.pending_files),
    size(folder.pending_bytes),
    count(folder.conflicts),
    text(`${folder.peers.filter((peer) => peer.connected).length}/${folder.peers.length}`),
    moment(folder.last_sync, 0),
    text(folder.path),
  ];
}

/** One line a thing, its kind first: what a script greps for. */
function pipedRows({ status, listening, attention, notes }: Overview): Cell[][] {
  const { daemon, folders, peers } = status;
  return [
    [
      text('daemon'),
      text(daemon.name),
      text(daemon.health),
      text(daemon.version),
      text(daemon.id),
      words('', String(daemon.uptime_s)),
      text(listening),
    ],
    ...folders.map((folder) => [text('folder'), ...pipedFolder(folder)]),
    ...peers.map((peer) => [
      text('peer'),
      text(peer.name),
      text(peer.connected ? 'connected' : 'disconnected'),
      moment(peer.since, 0),
      words('', peer.rtt_ms === null ? '' : String(peer.rtt_ms)),
      size(peer.bytes_sent),
      size(peer.bytes_received),
      text(peer.address),
      text(peer.id),
    ]),
    ...attention.map((item) => [
      text('attention'),
      text(item.folder ?? item.peer),
      text(item.code),
      text(item.message),
      text(item.hint),
    ]),
    ...notes.map(({ folder, message }) => [text('note'), text(folder), text(message)]),
  ];
}
