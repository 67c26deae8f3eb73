// Asks the daemon: HTTP over its Unix socket, one connection a request. How it is dialled can be replaced.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { type Socket, connect } from 'node:net';
import {
  type Answer,
  type AnswerName,
  type Asked,
  type ErrorBody,
  type StreamName,
  routes,
} from '../protocol/control.ts';
import { ERRORS, type ErrorCode, isErrorCode } from '../protocol/errors.ts';
import { Failure } from './failure.ts';

/** Not by `import`, which would read all its exports and so load the client behind `fetch`: 30 ms. */
const http = process.getBuiltinModule('node:http');

export type Dial = () => Socket;

/** Longer than every answer takes that is not a wait or the reading of a large file. */
const ANSWER_TIMEOUT_MS = 60_000;
/** The longest line of a stream: a path and its names. Beyond: it is not the daemon that answers. */
const MAX_LINE_LENGTH = 1 << 20;

export function dialSocket(path: string): Dial {
  return () => connect(path);
}

export class Client {
  readonly #dial: Dial;
  readonly #explain: (error: Error) => Promise<Failure>;

  /** @param explain makes the failure out of an error of the connection */
  constructor(dial: Dial, explain: (error: Error) => Promise<Failure>) {
    this.#dial = dial;
    this.#explain = explain;
  }

  /** Throws Failure, the daemon's or ours. */
  async ask<Name extends AnswerName>(
    name: Name,
    asked: Asked<Name>,
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<Answer<Name>> {
    const response = await this.#send(name, asked, timeoutMs);
    const value = parse(
      await readText(response).catch(async (error: Error) => Promise.reject(await this.#explain(error))),
    );
    if (response.statusCode !== 200) throw refusal(value, response.statusCode);
    // What our own daemon answers is what protocol/control.ts says.
    return value as Answer<Name>;
  }

  /** Until the daemon ends it, or the reader stops reading. */
  async *stream<Name extends StreamName>(name: Name, asked: Asked<Name>): AsyncGenerator<Answer<Name>> {
    const response = await this.#send(name, asked, ANSWER_TIMEOUT_MS);
    if (response.statusCode !== 200) throw refusal(parse(await readText(response)), response.statusCode);
    response.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > MAX_LINE_LENGTH) throw new Failure('E_INTERNAL', 'the daemon sent a line without an end');
        for (const line of lines) if (line !== '') yield parse(line) as Answer<Name>;
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure('E_NOT_RUNNING', 'the daemon has ended');
    }
    // Nobody has asked for an end.
    if ('follow' in asked && asked.follow === true) throw new Failure('E_NOT_RUNNING', 'the daemon has ended');
  }

  async #send(name: AnswerName | StreamName, asked: object, timeoutMs: number): Promise<IncomingMessage> {
    const { method, path } = routes[name];
    const body = method === 'POST' ? JSON.stringify(asked) : undefined;
    const request = http.request({
      createConnection: () => this.#dial(),
      method,
      path: method === 'GET' ? path + queryOf(asked) : path,
      headers: {
        host: 'syncd',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    request.end(body);
    try {
      return await headOf(request, timeoutMs);
    } catch (error) {
      throw error instanceof Failure
        ? error
        : await this.#explain(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function headOf(request: ClientRequest, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Failure('E_TIMEOUT', `the daemon has not answered in ${Math.round(timeoutMs / 1000)} s`));
      request.destroy();
    }, timeoutMs);
    request.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function queryOf(asked: object): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(asked))
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      query.set(key, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('E_INTERNAL', 'what answers at the control socket is not syncd');
  }
}

function refusal(value: unknown, status: number | undefined): Failure {
  const error = (value as Partial<ErrorBody> | null)?.error;
  if (error === undefined) return new Failure('E_INTERNAL', `the daemon answered with status ${status}`);
  // A newer daemon may have codes that this program does not know.
  const code: ErrorCode = isErrorCode(error.code) ? error.code : 'E_INTERNAL';
  return new Failure(code, error.message, error.hint, ERRORS[code].exit);
}
