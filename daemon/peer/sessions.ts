// At most one open session with a device. Both devices may dial at once; both must then keep the same one. Which one is
// decided from what both know: who dialled, and the boot of each side's HELLO.
import type { DeviceId } from '../core/ids.ts';
import type { Log } from '../ports/log.ts';
import type { PeerSession } from './peer.ts';

/** Two devices that dial each other do so within this time; a later connection means that the peer has lost the older one. */
const RACE_MS = 15_000;
/** A peer that says nothing for so long, though asked, is not there. */
const PROBE_MS = 5_000;

/** What a choice goes by. */
export interface Candidate {
  readonly dialler: DeviceId;
  readonly hello: { readonly boot: string };
  readonly since: { readonly monotonicMs: number };
}

/** `ask`: another boot of the same key. Either it was started again, and the older one is dead, or they are twins. */
export function chooseSession(older: Candidate, newer: Candidate): 'older' | 'newer' | 'ask' {
  if (older.hello.boot !== newer.hello.boot) return 'ask';
  // Who dials again has no session any more.
  if (older.dialler === newer.dialler) return 'newer';
  if (newer.since.monotonicMs - older.since.monotonicMs >= RACE_MS) return 'newer';
  return older.dialler < newer.dialler ? 'older' : 'newer';
}

export class Sessions {
  readonly #log: Log;
  readonly #open: (session: PeerSession) => void;
  readonly #sessions = new Map<DeviceId, PeerSession>();
  /** Negotiated, and waiting for the older one's sign of life. */
  readonly #waiting = new Map<DeviceId, PeerSession>();

  constructor(log: Log, open: (session: PeerSession) => void) {
    this.#log = log;
    this.#open = open;
  }

  get(device: DeviceId): PeerSession | undefined {
    return this.#sessions.get(device);
  }

  all(): readonly PeerSession[] {
    return [...this.#sessions.values(), ...this.#waiting.values()];
  }

  /** A session has been negotiated. It is opened at once, later, or never. */
  offer(newer: PeerSession): void {
    const device = newer.peer.id;
    const older = this.#sessions.get(device);
    if (older === undefined) return this.#take(newer);
    if (this.#waiting.has(device)) return newer.conversation.close('another session is being opened');
    switch (chooseSession(older, newer)) {
      case 'older':
        return newer.conversation.close('another session is open');
      case 'newer':
        older.conversation.close('a newer session takes its place');
        return this.#take(newer);
      case 'ask':
        return this.#ask(older, newer);
    }
  }

  /** A session is over, whichever it was. */
  remove(session: PeerSession): void {
    const device = session.peer.id;
    if (this.#sessions.get(device) === session) this.#sessions.delete(device);
    if (this.#waiting.get(device) === session) this.#waiting.delete(device);
  }

  #take(session: PeerSession): void {
    this.#sessions.set(session.peer.id, session);
    this.#open(session);
  }

  #ask(older: PeerSession, newer: PeerSession): void {
    const device = newer.peer.id;
    this.#waiting.set(device, newer);
    newer.conversation.setReading(false);
    older.conversation.probe(PROBE_MS, (alive) => {
      if (this.#waiting.get(device) !== newer) return;
      this.#waiting.delete(device);
      newer.conversation.setReading(true);
      if (alive) return this.#refuseTwins(older, newer);
      older.conversation.close('the device was started again');
      this.#take(newer);
    });
  }

  #refuseTwins(...twins: readonly PeerSession[]): void {
    const message = 'two devices are connected with this identity';
    this.#log.warn(message, { code: 'E_TWIN', peer: twins[0]?.peer.name });
    for (const twin of twins) twin.conversation.refuse('E_TWIN', message);
  }
}
