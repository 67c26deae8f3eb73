// Why nobody answers at the control socket, in words that say what to do.
import { userInfo } from 'node:os';
import { Failure } from './failure.ts';

/** The place that was tried. */
export interface TriedSocket {
  readonly path: string;
  /** The home or socket that the user named; undefined: the usual places. */
  readonly named: { readonly home: string | undefined } | undefined;
}

const SYSTEMCTL_TIMEOUT_MS = 2_000;

export async function explainUnreachable(error: Error, tried: TriedSocket): Promise<Failure> {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM')
    return new Failure(
      'E_SOCKET_ACCESS',
      `you may not use ${tried.path}`,
      `Add yourself to its group: sudo usermod -aG syncd ${userInfo().username}, then log in again.`,
    );
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return new Failure('E_NOT_RUNNING', `the daemon at ${tried.path} ended before it answered`);
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'ENOTDIR')
    return new Failure('E_NOT_RUNNING', `${tried.path}: ${error.message}`);
  const what = `no daemon answers at ${tried.path}`;
  if (tried.named !== undefined) {
    const { home } = tried.named;
    return new Failure(
      'E_NOT_RUNNING',
      what,
      home === undefined ? 'Start it there, or give its --home.' : `Start it: syncd --home ${home}`,
    );
  }
  const unit = await stateOfUnit();
  return unit === undefined
    ? new Failure('E_NOT_RUNNING', what, 'Start it: syncd; or name the daemon that you mean with --home DIR.')
    : new Failure('E_NOT_RUNNING', `${what} (${unit})`, 'sudo systemctl start syncd; journalctl -u syncd -n 20');
}

/** What systemd says of syncd.service; undefined where there is no systemd or no such unit. */
async function stateOfUnit(): Promise<string | undefined> {
  const properties = 'LoadState,ActiveState,Result,StatusText,StateChangeTimestamp';
  // Loaded only here: a command that is answered does not need it.
  const { execFile } = await import('node:child_process');
  const output = await new Promise<string | undefined>((resolve) => {
    execFile(
      'systemctl',
      ['show', 'syncd.service', '-p', properties],
      { timeout: SYSTEMCTL_TIMEOUT_MS },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
  });
  if (output === undefined) return undefined;
  const found = new Map(
    output.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  if (found.get('LoadState') !== 'loaded') return undefined;
  const since = found.get('StateChangeTimestamp') ?? '';
  const result = found.get('Result') ?? 'success';
  const state = found.get('ActiveState') ?? 'unknown';
  // What it said of itself before it ended would be taken for what it is now.
  const said = state === 'activating' ? (found.get('StatusText') ?? '') : '';
  return [
    `syncd.service is ${state}`,
    since === '' ? '' : ` since ${since}`,
    result === 'success' ? '' : `: ${result}`,
    said === '' ? '' : `: ${said}`,
  ].join('');
}
