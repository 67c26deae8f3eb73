// The control API's server: HTTP on a Unix socket. Who may open the socket may do what the daemon can; everything else is
// refused by the file system. Requests are bounded in size and number; nothing that a reader does makes memory grow.
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import {
  CONTROL_HOSTS,
  MAX_BODY_BYTES,
  MAX_CONTROL_CONNECTIONS,
  type RouteName,
  routes,
} from '../../protocol/control.ts';
import { CodedError } from '../../protocol/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { Fields } from './fields.ts';
import { beforeAnswer } from './opening.ts';
import { RequestRefused, refusalOf } from './refusal.ts';
import { type Served, handlers } from './routes.ts';

/** A request's headers and body are here within this time, or its connection ends. */
const REQUEST_TIMEOUT_MS = 20_000;
/** How long answers under way may still take when the server closes. */
const CLOSE_GRACE_MS = 500;

/** The socket's place in the file system; system/control-socket.ts is the real one. The caller holds the home's lock. */
export interface SocketPlace {
  readonly path: string;
  /** Makes the directory, removes a stale socket. E_HOME. */
  prepare(): void;
  /** Not listening yet. */
  server(options: ServerOptions, answer: RequestListener): Server;
  /** Lets in whom it is for, once the socket is there. */
  open(): void;
  remove(): void;
}

export interface ControlServerOptions extends Served {
  readonly place: SocketPlace;
  readonly log: Log;
}

export class ControlServer {
  readonly #served: Served;
  readonly #place: SocketPlace;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #closing = new AbortController();

  constructor(options: ControlServerOptions) {
    this.#served = { daemon: options.daemon, feed: options.feed, clock: options.clock };
    this.#place = options.place;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#server = options.place.server(
      {
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 4,
        maxHeaderSize: 32 << 10,
      },
      (request, response) => void this.#respond(request, response),
    );
    this.#server.maxConnections = MAX_CONTROL_CONNECTIONS;
  }

  /** Resolves when the socket answers. */
  async start(): Promise<void> {
    this.#place.prepare();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#place.path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.#log.error('control socket failed', { error }));
    this.#place.open();
  }

  /** Ends streams and waits at once, and other answers within half a second. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.#server.listening) return;
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const timer = this.#clock.after(CLOSE_GRACE_MS, () => this.#server.closeAllConnections());
    await ended;
    timer.cancel();
    this.#place.remove();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once('close', () => left.abort());
    response.on('error', () => left.abort());
    // A reader that leaves and a daemon that stops are the same for who answers: it is over.
    const signal = AbortSignal.any([left.signal, this.#closing.signal]);
    try {
      await this.#answer(request, response, signal);
    } catch (error) {
      const { status, body } = refusalOf(error);
      if (body.error.code === 'E_INTERNAL') this.#log.error('control request failed', { url: request.url, error });
      if (response.headersSent) response.destroy();
      else finish(response, status, body);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    refuseStrangers(request);
    const url = targetOf(request);
    const name = routeAt(request.method ?? '', url.pathname);
    const fields =
      routes[name].method === 'GET' ? Fields.fromQuery(url.searchParams) : Fields.fromJson(await readBody(request));
    this.#log.debug('control', { route: routes[name].path, method: request.method });
    await beforeAnswer(name, this.#served.daemon, this.#clock, signal);
    if (name === 'events' || name === 'logs' || name === 'verify') {
      await stream(response, handlers[name](this.#served, fields, signal));
      return;
    }
    const answer: unknown = await handlers[name](this.#served, fields, signal);
    if (this.#closing.signal.aborted) throw new CodedError('E_NOT_RUNNING', 'the daemon is stopping');
    finish(response, 200, answer);
  }
}

/** A browser sends Origin, and the Host that it thinks it speaks to: neither is anybody's who may be here. */
function refuseStrangers(request: IncomingMessage): void {
  if (request.headers.origin !== undefined) throw new RequestRefused(403, 'requests with an Origin are refused');
  const host = request.headers.host ?? '';
  if (!CONTROL_HOSTS.includes(host.toLowerCase())) throw new RequestRefused(403, `Host must be syncd; found ${host}`);
}

/** Only what begins with one slash is a path here: anything else names another host, or nothing. */
function targetOf(request: IncomingMessage): URL {
  const target = request.url ?? '';
  const url = /^\/(?![/\\])/.test(target) ? URL.parse(target, 'http://syncd') : null;
  if (url === null) throw new RequestRefused(400, 'the request names no path of this API');
  return url;
}

const byPath = new Map<string, RouteName>(
  (Object.keys(routes) as RouteName[]).map((name) => [`${routes[name].method} ${routes[name].path}`, name]),
);

function routeAt(method: string, path: string): RouteName {
  const name = byPath.get(`${method} ${path}`);
  if (name !== undefined) return name;
  const other = method === 'GET' ? 'POST' : 'GET';
  if (byPath.has(`${other} ${path}`)) throw new RequestRefused(405, `${path} is asked with ${other}`);
  throw new RequestRefused(404, `there is nothing at ${path}`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const tooLarge = new RequestRefused(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Not `for await`: leaving it early would end the connection before the refusal is written.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else {
        request.pause();
        reject(tooLarge);
      }
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new RequestRefused(400, 'the request ended before its body')));
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new RequestRefused(400, 'the body is not UTF-8');
  }
}

function finish(response: ServerResponse, status: number, value: unknown): void {
  const text = `${toJson(value)}\n`;
  // What is left of a refused body is not read: the connection ends with the answer.
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(status < 400 ? {} : { connection: 'close' }),
  });
  response.end(text);
}

/** One JSON object a line, at the reader's pace. */
async function stream(response: ServerResponse, items: AsyncIterable<unknown>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  for await (const item of items) {
    if (response.destroyed) return;
    if (response.write(`${toJson(item)}\n`)) continue;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        response.off('drain', goOn);
        response.off('close', goOn);
        resolve();
      };
      response.on('drain', goOn);
      response.on('close', goOn);
      if (response.destroyed) goOn();
    });
  }
  response.end();
}

/** Log fields may hold what JSON cannot. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString();
    return inner instanceof Error ? inner.message : inner;
  });
}
