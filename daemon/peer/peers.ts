// The door of this folder: all peers of this device, seen from outside. It wires the parts together and hands settings
// to them; each rule is in the file with its name.
import { CodedError } from '../../protocol/errors.ts';
import { PROTOCOL } from '../../protocol/session.ts';
import { encodeBase32 } from '../core/base32.ts';
import type { DeviceId, FolderName } from '../core/ids.ts';
import type { PeerSettings } from '../core/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import type { Backpressure } from '../ports/peers.ts';
import type { PrivateFiles } from '../ports/private-files.ts';
import type { Random } from '../ports/random.ts';
import { formatHostPort, parseHostPort } from './address.ts';
import { Connections } from './connections.ts';
import type { DialContext } from './dial.ts';
import { Dialer } from './dialer.ts';
import { OfferedDigests } from './digests.ts';
import type { Host } from './host.ts';
import type { Identity } from './identity.ts';
import { formatInvitation, parseInvitation } from './invitation.ts';
import { type Grant, Invitations } from './invitations.ts';
import { type JoinRequest, type JoinResult, joinOnce } from './join.ts';
import { Listener } from './listener.ts';
import { Pairing } from './pairing.ts';
import { type PeerState, Roster } from './roster.ts';
import { Strangers } from './strangers.ts';
import { WrongTries } from './tries.ts';
import { type PeersSettings, Trust } from './trust.ts';

export interface PeersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly network: Network;
  /** In the state directory: invitations and the port are kept there. */
  readonly files: PrivateFiles;
  readonly identity: Identity;
  /** What HELLO says of this program, as in `syncd 0.1.0`. */
  readonly program: string;
  readonly host: Host;
  /** A session with a peer has begun, or the last one has ended. */
  readonly changed?: (device: DeviceId) => void;
}

export interface InviteRequest extends Grant {
  /** From now. */
  readonly expiresInMs: number;
  /** `HOST:PORT` each, in place of those that are found. */
  readonly addresses?: readonly string[];
}

export class Peers {
  readonly #identity: Identity;
  readonly #trust: Trust;
  readonly #dial: DialContext;
  readonly #connections: Connections;
  readonly #roster: Roster;
  readonly #invitations: Invitations;
  readonly #pairing: Pairing;
  readonly #strangers: Strangers;
  readonly #listener: Listener;
  readonly #makeDialer: (peer: PeerSettings) => Dialer;
  readonly #dialers = new Map<DeviceId, { readonly dialer: Dialer; readonly addresses: string }>();
  readonly #stopping = new AbortController();

  constructor(options: PeersOptions, settings: PeersSettings) {
    const { clock, random, log, network, files, identity, program, host, changed = () => {} } = options;
    const { device: self, credentials } = identity;
    const trust = new Trust(self, settings);
    const invitations = new Invitations(files, random, clock);
    const digests = new OfferedDigests(trust, clock, log);
    const pairing = new Pairing({ trust, invitations, tries: new WrongTries(clock), digests, self, host, log });
    const roster = new Roster(log);
    const greeting = { protocol: PROTOCOL, program, boot: encodeBase32(random.bytes(10)) };
    const dial = { network, credentials, clock };
    const connections = new Connections({ self, greeting, clock, log, dial, trust, pairing, roster, changed });
    this.#identity = identity;
    this.#trust = trust;
    this.#dial = dial;
    this.#connections = connections;
    this.#roster = roster;
    this.#invitations = invitations;
    this.#pairing = pairing;
    this.#strangers = new Strangers({
      clock,
      isPeer: (device) => trust.peer(device) !== undefined,
      mayJoin: () => pairing.mayJoin,
      arrived: (arrival) => connections.arrived(arrival),
    });
    this.#listener = new Listener({ network, credentials, clock, log, files, gate: this.#strangers });
    this.#makeDialer = (peer) =>
      new Dialer({
        clock,
        random,
        attempt: (signal) => connections.attempt(peer.id, signal),
        failed: (failure) => roster.failed(peer, failure),
      });
  }

  /** Listens and dials. Resolves when it listens, or cannot yet: see {@link Peers.problem}. */
  start(): Promise<void> {
    return this.update(this.#trust.settings);
  }

  /**
   * Takes new settings. Before it returns, who is no longer a peer is disconnected, and folders are opened and shut on
   * live sessions; the promise is about listening.
   */
  async update(settings: PeersSettings): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#trust.replace(settings);
    this.#connections.update();
    this.#invitations.forgetUnless((device) => this.#trust.peer(device) !== undefined);
    this.#roster.keep((device) => this.#trust.peer(device) !== undefined);
    this.#dialAsNeeded();
    const waitedFor = this.#trust.peers().some((peer) => peer.addresses.length === 0);
    await this.#listener.update(settings.listen, waitedFor || this.#invitations.count > 0);
  }

  /** Once folders run: whom this device was letting in when it died is let in. */
  letInTheRest(): Promise<void> {
    return this.#pairing.letInTheRest();
  }

  /** Within 2 s. No folder is called afterwards. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#listener.stop();
    for (const { dialer } of this.#dialers.values()) dialer.stop();
    this.#strangers.closeAll();
    await this.#connections.stop();
  }

  /** Dials now whom it was going to dial later: after a reload, or when somebody asks to sync. */
  wake(): void {
    for (const { dialer } of this.#dialers.values()) dialer.wake();
  }

  /**
   * Answers with the invitation's one line.
   * @throws CodedError E_ADDRESS_IN_USE, E_USAGE (a bad address, or this device does not listen)
   */
  async invite(request: InviteRequest): Promise<string> {
    const { settings } = this.#trust;
    const given = request.addresses?.map(parseHostPort);
    if (given?.includes(undefined)) throw new CodedError('E_USAGE', 'an address must be HOST:PORT');
    await this.#listener.update(settings.listen, true);
    const addresses = given?.filter((address) => address !== undefined) ?? this.#listener.addresses();
    if (addresses.length === 0) throw this.#listener.problem ?? notListening();
    const secret = this.#invitations.make(request, request.expiresInMs);
    return formatInvitation({ addresses, device: this.#identity.device, secret });
  }

  /**
   * Shows an invitation to the device that made it; with `preview` it only asks what the invitation gives.
   * @throws CodedError E_INVITATION, E_INVITATION_REFUSED, E_UNREACHABLE, E_WRONG_KEY
   */
  join(text: string, preview: boolean): Promise<JoinResult> {
    return this.#join(text, { preview });
  }

  /** As a preview, with digests of the folders where the other device gives them. */
  async joinDigests(text: string): Promise<JoinResult> {
    try {
      return await this.#join(text, { preview: true, digests: true });
    } catch (error) {
      // The link is too slow for them: the offer alone is small.
      if (error instanceof CodedError && error.code === 'E_PEER_SILENT') return this.#join(text, { preview: true });
      throw error;
    }
  }

  async #join(text: string, how: Pick<JoinRequest, 'preview' | 'digests'>): Promise<JoinResult> {
    const invitation = parseInvitation(text);
    if (invitation.device === this.#identity.device)
      throw new CodedError('E_INVITATION', 'this invitation was made on this very device', 'Use it on another one.');
    const { name, listen } = this.#trust.settings;
    // Only who set an address to listen on means to be dialled; any other would be a guess.
    const [own] = listen.kind === 'at' ? this.#listener.addresses() : [];
    const request = { invitation, ...how, name, address: own && formatHostPort(own) };
    return joinOnce(this.#dial, request, this.#stopping.signal);
  }

  /** Sorted by name. */
  list(): readonly PeerState[] {
    return this.#trust
      .peers()
      .map((peer) => this.#roster.stateOf(peer, this.#connections.session(peer.id)))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** `HOST:PORT`; undefined: no port is open. */
  listening(): string | undefined {
    const at = this.#listener.listening;
    return at && formatHostPort(at);
  }

  /** Why this device does not listen although it should; it goes on trying. */
  get problem(): CodedError | undefined {
    return this.#listener.problem;
  }

  /** `HOST:PORT` each, by which others can reach this device, the likeliest first. */
  addresses(): readonly string[] {
    return this.#listener.addresses().map(formatHostPort);
  }

  /** What one folder is given to hold back its peers with. */
  backpressure(folder: FolderName): Backpressure {
    return this.#connections.backpressure(folder);
  }

  #dialAsNeeded(): void {
    for (const [device, { dialer, addresses }] of this.#dialers) {
      const peer = this.#trust.peer(device);
      if (peer !== undefined && addressesOf(peer) === addresses) continue;
      dialer.stop();
      this.#dialers.delete(device);
    }
    for (const peer of this.#trust.peers()) {
      if (peer.addresses.length === 0 || this.#dialers.has(peer.id)) continue;
      this.#dialers.set(peer.id, { dialer: this.#makeDialer(peer), addresses: addressesOf(peer) });
    }
    this.wake();
  }
}

const addressesOf = (peer: PeerSettings): string => peer.addresses.join(' ');

function notListening(): CodedError {
  return new CodedError(
    'E_USAGE',
    'this device does not listen, so nobody can dial it',
    'Set listen: auto, or give --address where connections are passed on from.',
  );
}
