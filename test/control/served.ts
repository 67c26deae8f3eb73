// A control server on a real socket in a directory of its own, with a daemon that is set by the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { EventFeed } from '../../daemon/control/events.ts';
import { ControlServer } from '../../daemon/control/server.ts';
import type { Log } from '../../daemon/ports/log.ts';
import { RealClock } from '../../daemon/system/clock.ts';
import { ControlSocketPlace } from '../../daemon/system/control-socket.ts';
import { FakeDaemon, FakeFolder, LAPTOP, peer, settings } from './fake-daemon.ts';

export interface ServedDaemon {
  readonly daemon: FakeDaemon;
  /** A folder of the daemon, shared with a connected laptop. */
  readonly docs: FakeFolder;
  readonly feed: EventFeed;
  readonly home: string;
  readonly socket: string;
  readonly server: ControlServer;
  /** Lines that were logged as errors. */
  readonly errors: string[];
}

export async function serve(t: TestContext): Promise<ServedDaemon> {
  const home = mkdtempSync(join(tmpdir(), 'syncd-control-'));
  const clock = new RealClock();
  const daemon = new FakeDaemon();
  daemon.peerList = [peer(LAPTOP, 'laptop')];
  const docs = daemon.add(new FakeFolder(settings('docs', '/srv/docs', [[LAPTOP, 'two-way']])));
  const feed = new EventFeed(clock.nowMs());
  const errors: string[] = [];
  const nothing = (): void => {};
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (message) => errors.push(message),
    with: () => log,
  };
  const socket = join(home, 'syncd.sock');
  const place = new ControlSocketPlace(socket, false);
  const server = new ControlServer({ daemon, feed, clock, log, place });
  await server.start();
  t.after(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });
  return { daemon, docs, feed, home, socket, server, errors };
}

export interface Response {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

/** One request as curl would make it. `host` is that of the URL. */
export async function ask(
  socketPath: string,
  method: string,
  path: string,
  options: { readonly body?: string; readonly headers?: Readonly<Record<string, string>>; readonly host?: string } = {},
): Promise<Response> {
  const wanted: RequestOptions = {
    socketPath,
    method,
    path,
    agent: false,
    headers: { host: options.host ?? 'syncd', ...options.headers },
  };
  return new Promise((resolve, reject) => {
    const asking = request(wanted, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, json: tryParse(text) }));
    });
    asking.on('error', reject);
    asking.end(options.body);
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
