// One session with one peer: which folders are open on it, and what of the peer's goes to which folder's door. Both
// sides say INDEX for every folder they share with the other; a folder that the other does not share is answered with
// E_NOT_SHARED, and opened when the other side says INDEX for it later.
import { MAX_FOLDERS } from '../../protocol/limits.ts';
import type { ErrorMessage, Index } from '../../protocol/messages.ts';
import type { Delivered, Negotiated } from '../../protocol/session.ts';
import { type FolderName, parseFolderName } from '../core/ids.ts';
import type { PeerSettings } from '../core/settings.ts';
import type { Log } from '../ports/log.ts';
import type { Announcement, FolderDoor } from '../ports/peers.ts';
import { Channel } from './channel.ts';
import type { Conversation, DeliveredFrame, Ending } from './conversation.ts';
import { acknowledgement, announcements, chunkAnswer, chunkRequest, indexOffer, refusedAnnouncements } from './wire.ts';
import { type Refusal, violation } from './wire-record.ts';

/** The folders that are shared with one peer, by the names that they have between the two devices. */
export type Doors = ReadonlyMap<FolderName, FolderDoor>;

export class PeerSession {
  readonly peer: PeerSettings;
  readonly conversation: Conversation;
  readonly hello: Negotiated;
  /** Which of the two dialled: the same on both sides. */
  readonly dialler: PeerSettings['id'];
  /** Monotonic, and by the wall clock: since when it is negotiated. */
  readonly since: { readonly monotonicMs: number; readonly wallMs: number };
  readonly ended: Promise<Ending>;
  /** The other end, `host:port`. */
  readonly address: string;
  readonly #log: Log;
  #doors: Doors = new Map();
  #state: 'waiting' | 'open' | 'over' = 'waiting';
  /** Came before it was opened: what was in the same message as HELLO. */
  #early: DeliveredFrame[] = [];
  readonly #channels = new Map<string, Channel>();
  /** The peer does not share these, though we do: not offered again while the door is the same. */
  readonly #refused = new Map<string, FolderDoor>();
  /** Folders of which the peer was told that we do not share them. */
  readonly #told = new Set<string>();
  /** What has been logged of this session's refusals. */
  readonly #logged = new Set<string>();

  constructor(
    conversation: Conversation,
    peer: PeerSettings,
    about: Pick<PeerSession, 'hello' | 'dialler' | 'since' | 'ended' | 'address'>,
    log: Log,
  ) {
    this.conversation = conversation;
    this.peer = peer;
    this.hello = about.hello;
    this.dialler = about.dialler;
    this.since = about.since;
    this.ended = about.ended;
    this.address = about.address;
    this.#log = log;
  }

  /** Nothing reaches a folder before. */
  open(doors: Doors): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'open';
    this.update(doors);
    const early = this.#early;
    this.#early = [];
    this.receive(early);
  }

  /** What is shared from now on: new folders are offered, those that went are shut. */
  update(doors: Doors): void {
    if (this.#state !== 'open') return;
    const before = this.#doors;
    this.#doors = doors;
    for (const [name, door] of before) {
      if (doors.get(name) === door) continue;
      this.#drop(name);
      this.#refused.delete(name);
      if (!doors.has(name)) this.#sayNotShared(name);
    }
    for (const [name, door] of doors) if (before.get(name) !== door) this.#attach(name, door, false);
  }

  /** All that came in one message, in its order; announcements reach a folder together. */
  receive(frames: readonly DeliveredFrame[]): void {
    if (this.#state === 'waiting') this.#early.push(...frames);
    const batches = new Map<Channel, Announcement[]>();
    const flush = (channel: Channel): void => {
      const batch = batches.get(channel);
      batches.delete(channel);
      if (batch !== undefined) channel.door.onAnnounce(channel, batch);
    };
    for (const { message, payload } of frames) {
      if (this.#state !== 'open') return;
      if (message.type === 'ERROR') {
        const opened = message.folder === undefined ? undefined : this.#channels.get(message.folder);
        // What is refused was announced before: in its order, as everything.
        if (opened !== undefined) flush(opened);
        this.#onError(message);
        continue;
      }
      const present = this.#channels.get(message.folder);
      if (present !== undefined && !isAnnouncement(message)) flush(present);
      if (message.type === 'INDEX') this.#onIndex(message);
      else if (present === undefined) this.#notOpen(message.folder);
      else if (present.heard) this.#onMessage(present, message, payload, batches);
    }
    for (const channel of batches.keys()) flush(channel);
  }

  drained(): void {
    for (const channel of this.#channels.values()) this.#guard(() => channel.door.onDrain(channel));
  }

  /** The session is over: the folders are told. */
  finish(): void {
    this.#state = 'over';
    for (const name of [...this.#channels.keys()]) this.#drop(name);
  }

  #onMessage(
    channel: Channel,
    message: Exclude<Delivered, Index | ErrorMessage>,
    payload: Uint8Array | undefined,
    batches: Map<Channel, Announcement[]>,
  ): void {
    const { door } = channel;
    switch (message.type) {
      case 'FILE_UPDATE':
      case 'FILE_DELETE':
      case 'FILE_MOVE': {
        const { accepted, refused } = announcements(message, payload);
        for (const refusal of refused) this.#logRefusal(message.folder, refusal);
        const batch = batches.get(channel);
        if (batch === undefined) batches.set(channel, [...accepted]);
        else batch.push(...accepted);
        return;
      }
      case 'ACK':
        return door.onAcknowledge(channel, acknowledgement(message));
      case 'CHUNK_REQUEST': {
        const request = chunkRequest(message);
        if (!('code' in request)) return door.onRequest(channel, request);
        this.#logRefusal(message.folder, request);
        return channel.answer({ request: message.request, kind: 'gone' });
      }
      case 'CHUNK':
        return door.onAnswer(channel, chunkAnswer(message, payload));
    }
  }

  #onIndex(message: Index): void {
    const name = parseFolderName(message.folder);
    const door = name && this.#doors.get(name);
    if (name === undefined || door === undefined) return this.#refuseFolder(message.folder);
    const offer = indexOffer(message);
    const present = this.#channels.get(name);
    // One more that wants a reply: the peer's folder has begun anew, and so does ours.
    const stale = present === undefined || (message.reply && present.heard);
    const channel = stale ? this.#attach(name, door, true) : present;
    channel.hear();
    door.onIndex(channel, offer);
  }

  #onError(error: ErrorMessage): void {
    const { code, message, folder } = error;
    if (this.#once(`error ${code} ${folder ?? ''}`)) this.#log.info('the peer refuses', { code, folder, message });
    const channel = folder === undefined ? undefined : this.#channels.get(folder);
    if (folder === undefined || channel === undefined) return;
    if (code === 'E_ROLE' && channel.heard) channel.door.onRefused(channel, refusedAnnouncements(error));
    if (code !== 'E_NOT_SHARED') return;
    this.#refused.set(folder, channel.door);
    this.#drop(folder);
  }

  #attach(name: FolderName, door: FolderDoor, heard: boolean): Channel {
    this.#drop(name);
    this.#told.delete(name);
    this.#refused.delete(name);
    const reopen = (): void => void (this.#channels.get(name)?.door === door && this.#attach(name, door, false));
    const channel = new Channel(this.peer, name, door, this.conversation, heard, reopen);
    this.#channels.set(name, channel);
    this.#guard(() => door.attach(channel));
    return channel;
  }

  #drop(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    this.#channels.delete(name);
    channel.shut();
    this.#guard(() => channel.door.detach(channel));
  }

  /** Something for a folder that is not open here: said once, what is on its way is passed over. */
  #notOpen(folder: string): void {
    if (!this.#told.has(folder) && !this.#refused.has(folder)) this.#refuseFolder(folder);
  }

  #refuseFolder(folder: string): void {
    if (this.#told.size >= MAX_FOLDERS) throw violation(`more than ${MAX_FOLDERS} folders that are not shared`);
    this.#sayNotShared(folder);
  }

  #sayNotShared(folder: string): void {
    this.#told.add(folder);
    const message = 'the folder is not shared with this device';
    this.conversation.send({
      message: { type: 'ERROR', code: 'E_NOT_SHARED', message, folder, fatal: false },
      payload: undefined,
    });
  }

  #logRefusal(folder: string, { code, what }: Refusal): void {
    if (this.#once(`refusal ${code} ${folder}`))
      this.#log.warn('passed over what the peer sent', { code, folder, what });
  }

  #once(what: string): boolean {
    if (this.#logged.has(what) || this.#logged.size >= MAX_FOLDERS) return false;
    this.#logged.add(what);
    return true;
  }

  /** A folder that fails must not take others with it: this session ends, and a new one begins from the index. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error('a folder failed over a session', { error });
      this.conversation.refuse('E_INTERNAL', 'something failed that should not');
    }
  }
}

function isAnnouncement(message: Delivered): boolean {
  return message.type === 'FILE_UPDATE' || message.type === 'FILE_DELETE' || message.type === 'FILE_MOVE';
}
