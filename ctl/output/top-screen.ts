// `top`: a frame of the live screen, and the same figures for programs.
import type { Overview, StatusFolder } from '../../protocol/control.ts';
import { type Cell, count, humanDuration, humanSize, size, text, words } from './cell.ts';
import type { Movement } from './movement.ts';
import type { Output, Span } from './output.ts';
import { attentionSpans, stateWord } from './status-screen.ts';

const BAR_CELLS = 16;

/** One frame, a line each, the heading first. */
export function topFrame(out: Output, { status, attention }: Overview, movement: Movement, nowMs: number): Span[][] {
  const { daemon, folders, peers } = status;
  const clock = new Date(nowMs).toTimeString().slice(0, 8);
  const moving = peers.map((peer) => ({ peer, ...movement.peer(peer) }));
  const [up, down] = [sum(moving.map((one) => one.up)), sum(moving.map((one) => one.down))];
  const folderRows = folders.map((folder) => {
    const { done, bytesPerSecond, secondsLeft } = movement.folder(folder);
    const { word, tone } = stateWord(folder);
    return [
      text(folder.name),
      text(folder.state === 'syncing' ? 'syncing' : word, tone),
      text(done === undefined ? '' : bar(done)),
      words(folder.pending_files === 0 ? '' : count(folder.pending_files).shown, ''),
      words(folder.pending_files === 0 ? '' : humanSize(folder.pending_bytes), ''),
      words(bytesPerSecond === 0 ? '' : rateText(bytesPerSecond), ''),
      words(secondsLeft === undefined ? '' : humanDuration(secondsLeft * 1000), ''),
    ];
  });
  const peerRows = moving.map(({ peer, ...rates }) => [
    text(peer.name),
    peer.connected ? text('connected', 'good') : text('away'),
    text(peer.rtt_ms === null ? null : `${Math.round(peer.rtt_ms)} ms`),
    text(rateText(rates.down)),
    text(rateText(rates.up)),
  ]);
  return [
    [
      { text: `syncd on ${daemon.name}`, tone: 'heading' },
      { text: ` · ${clock} · ↓ ${rateText(down)} · ↑ ${rateText(up)} · q quits` },
    ],
    [],
    ...out.tableSpans(FOLDER_COLUMNS, folderRows),
    ...(peers.length === 0 ? [] : [[], ...out.tableSpans(PEER_COLUMNS, peerRows)]),
    ...(attention.length === 0 ? [] : [[]]),
    ...attention.map(attentionSpans),
  ];
}

const right = (title: string) => ({ title, align: 'right' as const });
const FOLDER_COLUMNS = [
  { title: 'FOLDER' },
  { title: 'STATE' },
  { title: 'PROGRESS' },
  right('FILES'),
  right('LEFT'),
  right('RATE'),
  right('TIME LEFT'),
];
const PEER_COLUMNS = [{ title: 'PEER' }, { title: 'STATE' }, right('RTT'), right('DOWN'), right('UP')];

/** `██████░░░░ 62 %`; never full while something is missing. */
function bar(done: number): string {
  const full = Math.min(BAR_CELLS - 1, Math.floor(done * BAR_CELLS));
  const share = Math.min(99, Math.floor(done * 100));
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${String(share).padStart(2)} %`;
}

const rateText = (bytesPerSecond: number): string => `${humanSize(Math.round(bytesPerSecond))}/s`;

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** A folder of `top --json`. Rates in bytes a second. */
export interface TopFolder {
  readonly name: string;
  readonly state: StatusFolder['state'];
  readonly pending_files: number;
  readonly pending_bytes: number;
  /** 0 to below 1; null: nothing is to come. */
  readonly done: number | null;
  readonly bytes_per_s: number;
  readonly seconds_left: number | null;
}

export interface TopAnswer {
  readonly folders: readonly TopFolder[];
  readonly peers: readonly { readonly name: string; readonly up_per_s: number; readonly down_per_s: number }[];
}

export function topAnswer({ status }: Overview, movement: Movement): TopAnswer {
  return {
    folders: status.folders.map((folder) => {
      const { done, bytesPerSecond, secondsLeft } = movement.folder(folder);
      return {
        name: folder.name,
        state: folder.state,
        pending_files: folder.pending_files,
        pending_bytes: folder.pending_bytes,
        done: done ?? null,
        bytes_per_s: Math.round(bytesPerSecond),
        seconds_left: secondsLeft ?? null,
      };
    }),
    peers: status.peers.map((peer) => {
      const { up, down } = movement.peer(peer);
      return { name: peer.name, up_per_s: Math.round(up), down_per_s: Math.round(down) };
    }),
  };
}

/** The same in a pipe, a line a thing. */
export function topRows({ folders, peers }: TopAnswer): Cell[][] {
  return [
    ...folders.map((one) => [
      text('folder'),
      text(one.name),
      text(one.state),
      count(one.pending_files),
      size(one.pending_bytes),
      size(one.bytes_per_s),
      text(one.seconds_left === null ? null : String(one.seconds_left)),
    ]),
    ...peers.map((one) => [text('peer'), text(one.name), size(one.down_per_s), size(one.up_per_s)]),
  ];
}
