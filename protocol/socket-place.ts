// Where syncctl looks for a daemon's control socket. The daemon's own choice is in daemon/config/locations.ts; a test
// holds the two together.

export interface SocketInput {
  readonly options: { readonly socket: string | undefined; readonly home: string | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** The user's home directory. */
  readonly homeDir: string;
}

const SYSTEM_SOCKET = '/run/syncd/syncd.sock';

/**
 * Sockets to try, the first that exists is meant: `--socket`, SYNCD_SOCKET, `--home`, SYNCD_HOME, else the user's own
 * daemon, then the system's. Only the last case has more than one.
 */
export function socketCandidates({ options, env, uid, homeDir }: SocketInput): readonly string[] {
  const socket = options.socket ?? given(env['SYNCD_SOCKET']);
  if (socket !== undefined) return [socket];
  const home = options.home ?? given(env['SYNCD_HOME']);
  if (home !== undefined) return [`${home.replace(/(.)\/+$/, '$1')}/syncd.sock`];
  if (uid === 0) return [SYSTEM_SOCKET];
  const runtime = absolute(env['XDG_RUNTIME_DIR']);
  const state = absolute(env['XDG_STATE_HOME']) ?? `${homeDir}/.local/state`;
  // A daemon that was started without a login session has its socket in the state directory.
  const own = runtime === undefined ? [] : [`${runtime}/syncd/syncd.sock`];
  return [...own, `${state}/syncd/syncd.sock`, SYSTEM_SOCKET];
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function absolute(value: string | undefined): string | undefined {
  return value?.startsWith('/') === true ? value.replace(/(.)\/+$/, '$1') : undefined;
}
