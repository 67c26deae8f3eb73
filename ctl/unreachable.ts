// Why nobody answers at the control socket, in words that say what to do.
import { Failure } from './failure.ts';
import { findService, startHint } from './services.ts';
import { userName } from './user-name.ts';

/** The place that was tried. */
export interface TriedSocket {
  readonly path: string;
  /** The home or socket that the user named; undefined: the usual places. */
  readonly named: { readonly home: string | undefined } | undefined;
}

export async function explainUnreachable(error: Error, tried: TriedSocket): Promise<Failure> {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM')
    return new Failure(
      'E_SOCKET_ACCESS',
      `you may not use ${tried.path}`,
      `Add yourself to its group: sudo usermod -aG syncd ${userName()}, then log in again.`,
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
  const service = await findService(userName(), process.getuid?.() === 0);
  return service === undefined
    ? new Failure('E_NOT_RUNNING', what, 'Start it: syncd; or name the daemon that you mean with --home DIR.')
    : new Failure('E_NOT_RUNNING', `${what} (${service.standing})`, startHint(service));
}
