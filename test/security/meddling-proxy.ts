// Between two daemons, with the keys of both: it reads each message that they exchange, and may change what it passes on.
// Nobody but a test can be there; what it does to messages, a broken program or memory could do.
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { PEER_LIMITS } from '../../daemon/peer/dial.ts';
import { loadIdentity } from '../../daemon/peer/identity.ts';
import type { Link } from '../../daemon/ports/link.ts';
import { KeyFiles } from '../../daemon/system/key-files.ts';
import { keyMaker } from '../../daemon/system/key-maker.ts';
import { TlsNetwork } from '../../daemon/system/network.ts';
import { acceptTls, secureContext } from '../../daemon/system/tls.ts';
import { acceptWebSocket } from '../../daemon/system/websocket-link.ts';
import { atEnd } from '../system/at-end.ts';
import type { Daemon } from '../system/daemon.ts';
import { waitFor } from '../system/wait-for.ts';

const DIAL_TIMEOUT_MS = 10_000;

export type Direction = 'to hub' | 'to laptop';
/** What is passed on in the place of a message; `n` counts the messages of a session in that direction. */
export type Meddle = (direction: Direction, n: number, message: Uint8Array) => readonly Uint8Array[];

const faithful: Meddle = (_, __, message) => [message];

export class MeddlingProxy {
  /** Bytes of every message that was passed on faithfully: a recorded session. */
  readonly messages: { readonly direction: Direction; readonly bytes: number }[] = [];
  #meddle: Meddle = faithful;
  readonly #server: Server;
  readonly #links = new Set<Link>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on loopback for the laptop, and dials the hub in its name. */
  static async between(t: TestContext, laptop: Daemon, hub: Daemon, hubPort: number): Promise<MeddlingProxy> {
    const [ofHub, ofLaptop] = await Promise.all([identityOf(hub), identityOf(laptop)]);
    const network = new TlsNetwork();
    const context = secureContext(ofHub.credentials);
    const server = createServer((connection) => {
      connection.on('error', () => connection.destroy());
      acceptTls(connection, context, (socket, device) => {
        acceptWebSocket(socket, device, PEER_LIMITS, (down) => {
          const to = { host: '127.0.0.1', port: hubPort, device: ofHub.device, limits: PEER_LIMITS };
          const dialled = network.dial(
            { ...to, timeoutMs: DIAL_TIMEOUT_MS },
            ofLaptop.credentials,
            AbortSignal.timeout(DIAL_TIMEOUT_MS),
          );
          proxy.#join(down, dialled);
        });
      });
    });
    const proxy = new MeddlingProxy(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  meddle(how: Meddle): void {
    this.#meddle = how;
  }

  faithful(): void {
    this.#meddle = faithful;
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const link of this.#links) link.terminate('cut');
  }

  get isConnected(): boolean {
    return this.#links.size > 1;
  }

  #join(down: Link, dialled: Promise<Link>): void {
    this.#links.add(down);
    const early: Uint8Array[] = [];
    down.onMessage((message) => void early.push(Uint8Array.from(message)));
    down.onEnd(() => this.#links.delete(down));
    dialled.then(
      (up) => {
        this.#links.add(up);
        const toHub = this.#pass('to hub', up);
        for (const message of early) toHub(message);
        down.onMessage(toHub);
        up.onMessage(this.#pass('to laptop', down));
        down.onEnd(() => {
          this.#links.delete(down);
          up.close('the other end is gone');
        });
        up.onEnd(() => {
          this.#links.delete(up);
          down.close('the other end is gone');
        });
      },
      () => down.terminate('the hub cannot be reached'),
    );
  }

  #pass(direction: Direction, to: Link): (message: Uint8Array) => void {
    let n = 0;
    return (message) => {
      this.messages.push({ direction, bytes: message.byteLength });
      for (const one of this.#meddle(direction, n++, Uint8Array.from(message))) to.send(one);
    };
  }
}

async function identityOf(daemon: Daemon): Promise<Awaited<ReturnType<typeof loadIdentity>>> {
  const state = join(daemon.home, 'state');
  await waitFor('its key is there', () => readFileSync(join(state, 'device.key')).length > 0);
  return loadIdentity(new KeyFiles(state), keyMaker);
}
