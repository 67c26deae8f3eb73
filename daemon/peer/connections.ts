// Every connection of this device, dialled or accepted, from its first message to its end: a JOIN goes to pairing, a
// peer's session to the one place of that peer, and its messages to the folders.
import type { Beginning, Greeting, Negotiated } from '../../protocol/session.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Link } from '../ports/link.ts';
import type { Log } from '../ports/log.ts';
import type { Backpressure } from '../ports/peers.ts';
import { parseHostPort } from './address.ts';
import { Conversation, type Ending } from './conversation.ts';
import { type DialContext, dialAny } from './dial.ts';
import type { Pairing } from './pairing.ts';
import { PeerSession } from './peer.ts';
import { Reading } from './reading.ts';
import type { Roster } from './roster.ts';
import { Sessions } from './sessions.ts';
import type { Arrival } from './strangers.ts';
import type { Trust } from './trust.ts';

/** How long the other ends have to say goodbye when this device stops. */
const STOP_MS = 1_500;

export interface ConnectionsOptions {
  readonly self: DeviceId;
  readonly greeting: Omit<Greeting, 'name'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly dial: DialContext;
  readonly trust: Trust;
  readonly pairing: Pairing;
  readonly roster: Roster;
  /** A session has begun, or the last one has ended. */
  changed(device: DeviceId): void;
}

interface Connection {
  readonly link: Link;
  readonly dialler: DeviceId;
  /** IP address or name of the other end. */
  readonly source: string;
  /** It has shown who it is. */
  readonly known: () => void;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #sessions: Sessions;
  readonly #reading: Reading;
  /** Those whose link is not gone yet. */
  readonly #conversations = new Set<Conversation>();
  #allGone: () => void = () => {};

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.log, (session) => this.#opened(session));
    this.#reading = new Reading((device) => this.#sessions.get(device)?.conversation);
  }

  /** The open session with a device. */
  session(device: DeviceId): PeerSession | undefined {
    return this.#sessions.get(device);
  }

  /** What one folder is given to hold back its peers with. */
  backpressure(folder: FolderName): Backpressure {
    return this.#reading.of(folder);
  }

  /** A connection came in, and its key is proved. */
  arrived({ link, source, paired, startedMs, known }: Arrival): void {
    const how = { kind: 'accept', self: this.#greeting(), paired, startedMs } as const;
    void this.#converse({ link, dialler: link.device, source, known }, how);
  }

  /**
   * One try to be connected: a session that is there already, whoever began it, is as good as a new one. Resolves when
   * the session has ended. Rejects with a CodedError when the peer cannot be reached.
   */
  async attempt(device: DeviceId, signal: AbortSignal): Promise<Ending> {
    const present = this.#sessions.get(device);
    if (present !== undefined) return present.ended;
    const startedMs = this.#options.clock.monotonicMs();
    const addresses = this.#options.trust.peer(device)?.addresses.map(parseHostPort) ?? [];
    const usable = addresses.filter((address) => address !== undefined);
    const { link, address } = await dialAny(this.#options.dial, device, usable, signal);
    const connection = { link, dialler: this.#options.self, source: address.host, known: () => {} };
    return this.#converse(connection, { kind: 'dial', self: this.#greeting(), startedMs });
  }

  /** The settings are others: who is no peer any longer is told and disconnected, the others learn what is shared. */
  update(): void {
    const { trust } = this.#options;
    this.#reading.keep(trust.settings.folders);
    for (const session of this.#sessions.all()) {
      const device = session.peer.id;
      if (trust.peer(device) === undefined)
        session.conversation.refuse('E_REMOVED', 'this device was removed as a peer');
      else session.update(trust.doors(device));
    }
  }

  /** Ends all, and cuts what has not ended in time. */
  async stop(): Promise<void> {
    for (const conversation of this.#conversations) conversation.close('this device stops');
    if (this.#conversations.size === 0) return;
    const gone = Promise.withResolvers<void>();
    this.#allGone = gone.resolve;
    const timer = this.#options.clock.after(STOP_MS, () => {
      for (const conversation of this.#conversations) conversation.cut();
      gone.resolve();
    });
    await gone.promise;
    timer.cancel();
  }

  #greeting(): Greeting {
    return { ...this.#options.greeting, name: this.#options.trust.settings.name };
  }

  /** Resolves when it has ended. */
  #converse(connection: Connection, how: Beginning): Promise<Ending> {
    const { link, source, known } = connection;
    const ended = Promise.withResolvers<Ending>();
    let session: PeerSession | undefined;
    const conversation: Conversation = new Conversation(link, this.#options.clock, {
      negotiated: (hello) => {
        known();
        session = this.#negotiated(conversation, connection, hello, ended.promise);
      },
      judge: (join) => {
        known();
        const answered = this.#options.pairing.judge(join, { device: link.device, source });
        void answered.then((answer) => conversation.answer(answer));
      },
      delivered: (frames) => session?.receive(frames),
      drained: () => session?.drained(),
      ended: (ending) => {
        if (session !== undefined) this.#ended(session, ending);
        else if (connection.dialler !== this.#options.self) this.#notOpened(connection.dialler, ending);
        ended.resolve(ending);
      },
      gone: () => {
        this.#conversations.delete(conversation);
        if (this.#conversations.size === 0) this.#allGone();
      },
    });
    this.#conversations.add(conversation);
    conversation.start(how);
    return ended.promise;
  }

  #negotiated(
    conversation: Conversation,
    { link, dialler }: Connection,
    hello: Negotiated,
    ended: Promise<Ending>,
  ): PeerSession | undefined {
    const { trust, clock, log } = this.#options;
    const peer = trust.peer(link.device);
    if (peer === undefined) {
      conversation.refuse('E_REMOVED', 'this device was removed as a peer');
      return undefined;
    }
    const since = { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() };
    const about = { hello, dialler, since, ended, address: link.address };
    const session = new PeerSession(conversation, peer, about, log.with({ peer: peer.name }));
    this.#sessions.offer(session);
    return session;
  }

  /** A peer dialled us that does not speak as we do: nothing is dialled here, so nobody else would say why it is away. */
  #notOpened(device: DeviceId, ending: Ending): void {
    const { trust, roster } = this.#options;
    const peer = trust.peer(device);
    if (peer === undefined || this.#sessions.get(device) !== undefined) return;
    if (ending.kind === 'failed' && (ending.code === 'E_PROTOCOL_VERSION' || ending.code === 'E_PROTOCOL'))
      roster.failed(peer, ending);
  }

  /** It is the session with this peer now. */
  #opened(session: PeerSession): void {
    const { trust, roster, log, changed } = this.#options;
    const { peer, hello, address } = session;
    roster.connected(peer.id);
    log.info('connected', { peer: peer.name, address, program: hello.program });
    this.#reading.opened(peer.id);
    session.open(trust.doors(peer.id));
    changed(peer.id);
  }

  #ended(session: PeerSession, ending: Ending): void {
    const { clock, log, roster, changed } = this.#options;
    const { peer } = session;
    const connected = this.#sessions.get(peer.id) === session;
    this.#sessions.remove(session);
    session.finish();
    roster.disconnected(peer.id, session.conversation, clock.nowMs());
    if (connected) changed(peer.id);
    if (!connected || ending.kind === 'done') return;
    const { code, message } = ending;
    log.info('disconnected', { peer: peer.name, ...(code !== undefined && { code }), why: message });
    if (code !== undefined) roster.failed(peer, { code, message });
  }
}
