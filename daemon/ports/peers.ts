// How a folder and its peers speak, in core values. peer/ implements PeerLink over a session; folder/ implements
// FolderDoor. One PeerLink is one connected session, for one folder; a reconnect is a new one.
import type { CommonSetting } from '../core/common-setting.ts';
import type { DeviceId, Epoch, FolderName, Run, Sequence, Sha256 } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { FileRecord } from '../core/record.ts';
import type { Priority } from '../core/settings.ts';
import type { Role } from '../core/settings.ts';

/**
 * INDEX: said once by each side for each folder, when a session begins or a folder becomes shared; again when the epoch,
 * the common setting or `asks` changes, or the first scan is over. Again in the same epoch it says only what is otherwise now: what was told holds.
 */
export interface IndexOffer {
  /** The sender's own epoch, and the highest sequence in it. */
  readonly epoch: Epoch;
  readonly seq: Sequence;
  /** What the sender calls its present run; who hears of its changes says it in `have`. */
  readonly run?: Run;
  /** Live entries that the sender holds: into an empty folder content travels without being asked for. */
  readonly entries: number;
  /** What the sender has of the receiver's sequences: everything up to `seq` of `epoch`, as it was told in `run`. */
  readonly have: { readonly epoch: Epoch; readonly seq: Sequence; readonly run?: Run } | undefined;
  /** What the receiver may do here; absent: everything. It is told so that it need not try: nothing relies on that. */
  readonly role?: Role;
  /** As the sender holds it; undefined: it says nothing of it, or what we do not know. */
  readonly common?: CommonSetting | undefined;
  /** The sender asks for every content: it limits what comes, and none is to come along with announcements. */
  readonly asks?: boolean;
  /** The sender takes contents packed with zstd; absent: only as they are. */
  readonly zstd?: boolean;
  /** The sender takes one range as several answers; absent: only as one. */
  readonly parts?: boolean;
  /** The sender is in its first scan: it announces more, and says INDEX again when it is over. */
  readonly scanning?: boolean;
}

/** FILE_UPDATE, FILE_DELETE, FILE_MOVE: a record as the sender holds it, at the sender's sequence. */
export interface Announcement {
  readonly seq: Sequence;
  readonly record: FileRecord;
  /** FILE_MOVE: this content was at that path, whose tombstone was announced just before. */
  readonly movedFrom?: RelativePath;
  /** The whole content of a small file. */
  readonly content?: Uint8Array;
  /** The content is packed with zstd: unpacked it is as long as the record says. */
  readonly packed?: boolean;
}

/** Bytes of the contents that go along, as they travel. */
export function contentBytes(announcements: readonly Announcement[]): number {
  return announcements.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
}

/** ACK. Numbers are the other side's sequences. */
export interface Acknowledgement {
  readonly epoch: Epoch;
  /** All announcements up to here are in the index (held, wanted, or older than what is held). */
  readonly received: Sequence;
  /** All up to here is held: on disk, or older than what is; or named in `status` as skipped. */
  readonly held: Sequence;
  /** Announcements that the sender confirms although it does not hold them: it names them as skipped. */
  readonly skipped: number;
  /** The sender's own sequence up to which nothing is left to announce; what the receiver is known to have is left out. */
  readonly announced: Sequence;
}

/** An announcement of the receiver that its role does not allow, and that nothing answers: it stays different there. */
export interface RefusedAnnouncement {
  /** The receiver's sequence. */
  readonly seq: Sequence;
  /** The sender holds something else there; else nothing. */
  readonly held: boolean;
}

/** Groups that follow one another (disk/outline.ts). */
export interface GroupRange {
  readonly first: number;
  readonly count: number;
}

export type ChunkWant =
  /**
   * The chunk manifest of a file. With `outline` what its groups are, where the answering side can say so; with `groups`
   * these of them, in their order.
   */
  | { readonly kind: 'manifest'; readonly outline?: true; readonly groups?: readonly GroupRange[] }
  /** These bytes of a file; one CHUNK answers each. */
  | { readonly kind: 'bytes'; readonly ranges: readonly { readonly offset: number; readonly length: number }[] };

/** CHUNK_REQUEST: names folder, path and hash, all three of which must be in the answering side's index. */
export interface ChunkRequest {
  /** The asking side's number for it. */
  readonly request: number;
  readonly path: RelativePath;
  readonly sha256: Sha256;
  readonly want: ChunkWant;
  /** How the asking side means it; absent: normal. */
  readonly priority?: Priority;
}

/** CHUNK: one answer. `gone`: the file is not, or no longer, as the request says. `later`: nothing is sent at this time. */
export type ChunkAnswer =
  | {
      readonly request: number;
      readonly kind: 'manifest';
      readonly payload: Uint8Array;
      /** It was asked for, and is one. */
      readonly outline?: true;
    }
  | {
      readonly request: number;
      readonly kind: 'bytes';
      readonly offset: number;
      readonly payload: Uint8Array;
      /** With zstd: unpacked it is as long as the range that was asked for, or as `length` says. */
      readonly packed?: boolean;
      /** Bytes of the file, where it is a part of the range. */
      readonly length?: number;
    }
  | { readonly request: number; readonly kind: 'gone' }
  | { readonly request: number; readonly kind: 'later' };

export interface PeerLink {
  readonly device: DeviceId;
  /** The peer's name, for people. */
  readonly name: string;
  /** Bytes that wait to be sent on this peer's session, all folders together. Above 1 MiB nothing more should be given. */
  readonly queuedBytes: number;
  /** The least time that the peer took to answer a PING. */
  readonly leastRttMs: number | undefined;
  sendIndex(offer: IndexOffer): void;
  /** Contents are given away. */
  announce(announcements: readonly Announcement[]): void;
  acknowledge(ack: Acknowledgement): void;
  request(request: ChunkRequest): void;
  /** A payload is given away. */
  answer(answer: ChunkAnswer): void;
  /** ERROR E_ROLE. */
  refuse(refused: readonly RefusedAnnouncement[]): void;
  /** Begins anew, as after a reconnect: detach comes, and attach with another link. */
  reopen(): void;
}

/** What a folder offers to its peers' sessions. Calls return at once; the folder works at its own pace. */
export interface FolderDoor {
  readonly name: FolderName;
  attach(link: PeerLink): void;
  detach(link: PeerLink): void;
  onIndex(link: PeerLink, offer: IndexOffer): void;
  onAnnounce(link: PeerLink, announcements: readonly Announcement[]): void;
  onAcknowledge(link: PeerLink, ack: Acknowledgement): void;
  onRequest(link: PeerLink, request: ChunkRequest): void;
  onAnswer(link: PeerLink, answer: ChunkAnswer): void;
  onRefused(link: PeerLink, refused: readonly RefusedAnnouncement[]): void;
  /** The peer's queue has room again. */
  onDrain(link: PeerLink): void;
}

/** What peer/ offers to a folder beside the links: may a session read on, when a folder's inbox is full? */
export interface Backpressure {
  /** Stops or goes on reading from all sessions of these devices. */
  setReading(device: DeviceId, on: boolean): void;
}
