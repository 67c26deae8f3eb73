// A question over the control socket, as docs/operate.md shows it for curl. For what is asked again and again: starting
// syncctl takes longer than the answer.
import { request } from 'node:http';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import type { Daemon } from './daemon.ts';
import { rounds } from './rounds.ts';
import type { StatusAnswer } from './status.ts';

/** In long runs there is more to sync. */
const IN_SYNC_S = Math.min(rounds(90), 600);
const TIMEOUT_MS = (IN_SYNC_S + 60) * 1000;

/** The answer to GET, or with a body to POST; an error of the daemon is thrown in its words. */
export async function ask(daemon: Daemon, path: string, body?: object): Promise<unknown> {
  const text = await new Promise<string>((done, fail) => {
    const asked = request({
      socketPath: join(daemon.home, 'syncd.sock'),
      method: body === undefined ? 'GET' : 'POST',
      path: `/v1/${path}`,
      headers: { host: 'syncd', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      timeout: TIMEOUT_MS,
      // A connection that is kept may be one to a daemon that has been stopped since.
      agent: false,
    });
    asked.on('error', fail);
    asked.on('timeout', () => asked.destroy(new Error(`${daemon.name} does not answer ${path}`)));
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', fail);
      response.on('end', () => {
        const said = Buffer.concat(parts).toString();
        if (response.statusCode === 200) done(said);
        else fail(new Error(`${daemon.name}: ${path}: ${said}`));
      });
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
  return JSON.parse(text);
}

/** `syncctl wait`, which must end well. */
export async function inSync(folder: string, ...daemons: readonly Daemon[]): Promise<void> {
  const answers = await Promise.all(daemons.map(async (daemon) => waited(daemon, folder, IN_SYNC_S)));
  for (const [n, answer] of answers.entries())
    assert.equal(answer.result, 'in-sync', `${folder} on ${daemons[n]?.name}: ${JSON.stringify(answer)}`);
}

export async function waited(daemon: Daemon, folder: string, timeoutSeconds: number): Promise<{ result: string }> {
  return (await ask(daemon, 'wait', { folder, timeout_s: timeoutSeconds })) as { result: string };
}

/** One folder of `status`. */
export async function folderOn(daemon: Daemon, folder: string): Promise<StatusAnswer['folders'][number]> {
  const status = (await ask(daemon, `status?folder=${folder}`)) as StatusAnswer;
  const found = status.folders.find((each) => each.name === folder);
  assert.ok(found, `${daemon.name} has the folder ${folder}`);
  return found;
}

/** Bytes that this device has sent to all its peers since it started. */
export async function sentBytes(daemon: Daemon): Promise<number> {
  const { peers } = (await ask(daemon, 'status')) as StatusAnswer;
  return peers.reduce((sum, peer) => sum + peer.bytes_sent, 0);
}

/** The paths that are in conflict, each once. */
export async function conflictPaths(daemon: Daemon, folder: string): Promise<string[]> {
  const conflicts = (await ask(daemon, `conflicts?folder=${folder}`)) as readonly { readonly path: string }[];
  return [...new Set(conflicts.map((each) => each.path))].toSorted();
}
