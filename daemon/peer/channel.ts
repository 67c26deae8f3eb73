// One folder on one session: the PeerLink that the folder is given, and who has said INDEX. Until the peer has said its
// own, what comes for the folder is about something older, and is passed over: the INDEX brings it again.
import type { Frame } from '../../protocol/messages.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type {
  Acknowledgement,
  Announcement,
  ChunkAnswer,
  ChunkRequest,
  FolderDoor,
  IndexOffer,
  PeerLink,
  RefusedAnnouncement,
} from '../ports/peers.ts';
import type { PeerSettings } from '../core/settings.ts';
import type { Conversation } from './conversation.ts';
import {
  ackMessage,
  announcementFrames,
  chunkFrame,
  chunkRequestMessage,
  indexMessage,
  refusedFrames,
} from './wire.ts';

export class Channel implements PeerLink {
  readonly device: DeviceId;
  readonly name: string;
  readonly door: FolderDoor;
  /** What it is called between the two devices. */
  readonly #folder: FolderName;
  readonly #conversation: Conversation;
  readonly #reopen: () => void;
  #heard: boolean;
  #open = true;

  /**
   * @param heard the peer's INDEX is there already: ours is the answer to it
   * @param reopen puts another one in its place
   */
  constructor(
    peer: PeerSettings,
    folder: FolderName,
    door: FolderDoor,
    conversation: Conversation,
    heard: boolean,
    reopen: () => void,
  ) {
    this.device = peer.id;
    this.name = peer.name;
    this.door = door;
    this.#folder = folder;
    this.#conversation = conversation;
    this.#heard = heard;
    this.#reopen = reopen;
  }

  /** The peer has said INDEX on this session, to this very link. */
  get heard(): boolean {
    return this.#heard;
  }

  hear(): void {
    this.#heard = true;
  }

  /** After this the folder may go on calling; nothing is sent. */
  shut(): void {
    this.#open = false;
  }

  get queuedBytes(): number {
    return this.#conversation.queuedBytes;
  }

  get leastRttMs(): number | undefined {
    return this.#conversation.leastRttMs;
  }

  sendIndex(offer: IndexOffer): void {
    this.#send({ message: indexMessage(this.#folder, offer, !this.#heard), payload: undefined });
  }

  announce(announcements: readonly Announcement[]): void {
    for (const frame of announcementFrames(this.#folder, announcements)) this.#send(frame);
  }

  acknowledge(ack: Acknowledgement): void {
    this.#send({ message: ackMessage(this.#folder, ack), payload: undefined });
  }

  request(request: ChunkRequest): void {
    this.#send({ message: chunkRequestMessage(this.#folder, request), payload: undefined });
  }

  answer(answer: ChunkAnswer): void {
    this.#send(chunkFrame(this.#folder, answer));
  }

  refuse(refused: readonly RefusedAnnouncement[]): void {
    for (const frame of refusedFrames(this.#folder, refused)) this.#send(frame);
  }

  reopen(): void {
    if (this.#open) this.#reopen();
  }

  #send(frame: Frame): void {
    if (this.#open) this.#conversation.send(frame);
  }
}
