// On which address this device listens, if any (PRODUCT.md, `listen`). `auto`: on no port until somebody may have to dial
// us, then on 9031 or, where that is taken, on a free port; the port is kept, because peers have written it down.
import { CodedError } from '../../protocol/errors.ts';
import type { Listen } from '../core/settings.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Credentials, Gate, HostPort, Listening, Network, NotListening } from '../ports/network.ts';
import type { PrivateFiles } from '../ports/private-files.ts';
import { formatHostPort } from './address.ts';

const DEFAULT_PORT = 9031;
const PORT_FILE = 'listen-port';
const RETRY_MS = 3_000;
/** A kept port that is taken is waited for as long as an earlier daemon may need to end; then another one is kept. */
const KEPT_PORT_TRIES = 5;
const ANY_V6 = '::';
const ANY_V4 = '0.0.0.0';

export interface ListenerOptions {
  readonly network: Network;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: PrivateFiles;
  readonly gate: Gate;
}

export class Listener {
  readonly #options: ListenerOptions;
  #listen: Listen = { kind: 'off' };
  /** Somebody may have to dial us. Never false again: an invitation may be on its way. */
  #wanted = false;
  #listening: Listening | undefined;
  /** What the present socket was made for. */
  #boundFor: string | undefined;
  #problem: NotListening | undefined;
  #tries = 0;
  #retry: Timer | undefined;
  #stopped = false;
  /** Binding is one at a time. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Resolves when it listens, or cannot; then it goes on trying. */
  update(listen: Listen, wanted: boolean): Promise<void> {
    this.#listen = listen;
    this.#wanted ||= wanted || this.#keptPort() !== undefined;
    this.#tries = 0;
    return this.#bindInTurn();
  }

  /** Undefined: no port is open. */
  get listening(): HostPort | undefined {
    return this.#listening;
  }

  /** Why it does not listen though it should. */
  get problem(): CodedError | undefined {
    return this.#problem && new CodedError(this.#problem.code, this.#problem.message);
  }

  /** Where others can reach this device, the likeliest first. */
  addresses(): readonly HostPort[] {
    const at = this.#listening;
    if (at === undefined) return [];
    if (at.host !== ANY_V6 && at.host !== ANY_V4) return [at];
    const hosts = this.#options.network.hostAddresses();
    const usable = at.host === ANY_V6 ? hosts : hosts.filter((host) => !host.includes(':'));
    return usable.map((host) => ({ host, port: at.port }));
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  #bindInTurn(): Promise<void> {
    const bound = this.#work.then(() => this.#bind());
    this.#work = bound.catch(() => {});
    return bound;
  }

  async #bind(): Promise<void> {
    this.#retry?.cancel();
    const listen = this.#listen;
    const wish = listen.kind === 'auto' && !this.#wanted ? 'off' : JSON.stringify(listen);
    if (this.#stopped || wish === this.#boundFor) return;
    this.#close();
    if (wish === 'off' || listen.kind === 'off') return;
    const bound = listen.kind === 'at' ? await this.#try(listen) : await this.#bindAuto();
    if (this.#stopped) return void (bound.kind === 'listening' && bound.close());
    if (bound.kind === 'not listening') return this.#later(bound);
    this.#problem = undefined;
    this.#listening = bound;
    this.#boundFor = wish;
    this.#options.log.info('listening', { address: formatHostPort(bound) });
  }

  async #bindAuto(): Promise<Listening | NotListening> {
    const kept = this.#keptPort();
    const bound = await this.#tryAny(kept ?? DEFAULT_PORT);
    if (bound.kind === 'listening' || bound.why !== 'in use') return this.#keep(bound);
    if (kept !== undefined && this.#tries < KEPT_PORT_TRIES) return bound;
    return this.#keep(await this.#tryAny(0));
  }

  /** Both families, or IPv4 alone where the machine has no IPv6. */
  async #tryAny(port: number): Promise<Listening | NotListening> {
    const bound = await this.#try({ host: ANY_V6, port });
    return bound.kind === 'not listening' && bound.why === 'no such host' ? this.#try({ host: ANY_V4, port }) : bound;
  }

  #try(at: HostPort): Promise<Listening | NotListening> {
    const { network, credentials, gate } = this.#options;
    return network.listen({ host: at.host, port: at.port }, credentials, gate);
  }

  #keep(bound: Listening | NotListening): Listening | NotListening {
    if (bound.kind === 'listening' && bound.port !== this.#keptPort())
      this.#options.files.replace(PORT_FILE, `${bound.port}\n`);
    return bound;
  }

  #keptPort(): number | undefined {
    const port = Number(this.#options.files.read(PORT_FILE) ?? NaN);
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
  }

  #later(problem: NotListening): void {
    if (this.#problem?.message !== problem.message)
      this.#options.log.warn('cannot listen; trying again', { code: problem.code, why: problem.message });
    this.#problem = problem;
    this.#tries++;
    this.#retry = this.#options.clock.after(RETRY_MS, () => {
      this.#bindInTurn().catch((error: unknown) => this.#options.log.error('cannot listen', { error }));
    });
  }

  #close(): void {
    this.#retry?.cancel();
    this.#listening?.close();
    this.#listening = undefined;
    this.#boundFor = undefined;
    this.#problem = undefined;
  }
}
