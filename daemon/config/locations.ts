// Where a daemon keeps what: one directory for all (`--home`, SYNCD_HOME), what systemd made for the service, or the
// customs of the system and of the user (the XDG base directories). protocol/socket-place.ts finds the same socket.
import { posix } from 'node:path';

import { CodedError } from '../../protocol/errors.ts';
import type { Locations } from './config.ts';

export interface LocateInput {
  readonly options: { readonly home: string | undefined; readonly config: string | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** The user's home directory. */
  readonly homeDir: string;
  /** What relative paths in options and environment are relative to. */
  readonly cwd: string;
}

/** unix(7): sun_path has 108 bytes, the last one 0. */
export const MAX_SOCKET_BYTES = 107;

/** E_HOME where the path of the socket would be too long. All paths are absolute. */
export function locate(input: LocateInput): Locations {
  const { options, env, cwd } = input;
  const home = options.home ?? given(env['SYNCD_HOME']);
  const places = home === undefined ? installed(input) : inOneDirectory(posix.resolve(cwd, home));
  const socket = given(env['SYNCD_SOCKET']);
  const located = {
    ...places,
    ...(socket === undefined ? {} : { socket: posix.resolve(cwd, socket) }),
    ...(options.config === undefined ? {} : { configFile: posix.resolve(cwd, options.config), configMustExist: true }),
  };
  const length = new TextEncoder().encode(located.socket).length;
  if (length > MAX_SOCKET_BYTES)
    throw new CodedError(
      'E_HOME',
      `the socket's path ${located.socket} has ${length} bytes; the system allows ${MAX_SOCKET_BYTES}`,
      'Use a shorter --home, or set SYNCD_SOCKET to a shorter path.',
    );
  return located;
}

function inOneDirectory(home: string): Locations {
  return {
    configFile: `${home}/config.yaml`,
    folderDirs: [`${home}/folders.d`],
    peerDirs: [`${home}/peers.d`],
    stateDir: `${home}/state`,
    socket: `${home}/syncd.sock`,
    logsDir: undefined,
  };
}

function installed(input: LocateInput): Locations {
  const { env } = input;
  const customs = input.uid === 0 ? SYSTEM : ofUser(input);
  const configDir = fromSystemd(env, 'CONFIGURATION_DIRECTORY') ?? customs.configDir;
  const stateDir = fromSystemd(env, 'STATE_DIRECTORY') ?? customs.stateDir;
  const runtimeDir = fromSystemd(env, 'RUNTIME_DIRECTORY') ?? customs.runtimeDir;
  const isService = input.uid === 0 || fromSystemd(env, 'STATE_DIRECTORY') !== undefined;
  // A service may not write to /etc; a user's own daemon keeps beside config.yaml what its commands write.
  const dirs = (name: string): string[] => [
    ...new Set(isService ? [`${configDir}/${name}`, `${stateDir}/${name}`] : [`${configDir}/${name}`]),
  ];
  return {
    configFile: `${configDir}/config.yaml`,
    folderDirs: dirs('folders.d'),
    peerDirs: dirs('peers.d'),
    stateDir,
    socket: `${runtimeDir}/syncd.sock`,
    logsDir: fromSystemd(env, 'LOGS_DIRECTORY'),
  };
}

interface Customs {
  readonly configDir: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
}

const SYSTEM: Customs = { configDir: '/etc/syncd', stateDir: '/var/lib/syncd', runtimeDir: '/run/syncd' };

function ofUser({ env, homeDir }: LocateInput): Customs {
  const stateDir = `${absolute(env['XDG_STATE_HOME']) ?? `${homeDir}/.local/state`}/syncd`;
  const runtime = absolute(env['XDG_RUNTIME_DIR']);
  return {
    configDir: `${absolute(env['XDG_CONFIG_HOME']) ?? `${homeDir}/.config`}/syncd`,
    stateDir,
    // Without a login session there is no runtime directory; the state directory is as private.
    runtimeDir: runtime === undefined ? stateDir : `${runtime}/syncd`,
  };
}

/** systemd.exec(5): several directories are separated by colons, the main one first. */
function fromSystemd(env: LocateInput['env'], name: string): string | undefined {
  return absolute(given(env[name])?.split(':')[0]);
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** The XDG specification: a path that is not absolute is to be ignored. */
function absolute(value: string | undefined): string | undefined {
  return value?.startsWith('/') === true ? posix.normalize(value).replace(/(.)\/$/, '$1') : undefined;
}
