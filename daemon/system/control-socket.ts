// The control socket's place: its directory, its access rights, and the socket that a killed daemon left behind.
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { dirname } from 'node:path';
import { CodedError } from '../../protocol/errors.ts';
import { http } from './builtins.ts';
import { makeDirectories } from './make-directories.ts';

/** sun_path holds 108 bytes with the final NUL (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107;

export class ControlSocketPlace {
  readonly path: string;
  readonly #forGroup: boolean;

  /**
   * @param forGroup of the system's daemon: its group may use it, as systemd/syncd.service says. A user's own daemon is
   *   that user's alone: the group may be one that everybody is in.
   */
  constructor(path: string, forGroup: boolean) {
    this.path = path;
    this.#forGroup = forGroup;
  }

  /** To be called while the home's lock is held: then a socket that lies there is nobody's. */
  prepare(): void {
    if (Buffer.byteLength(this.path) > MAX_SOCKET_PATH_BYTES)
      throw new CodedError(
        'E_HOME',
        `the control socket's path is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${this.path}`,
        'Choose a shorter --home, or set SYNCD_SOCKET.',
      );
    const directory = dirname(this.path);
    try {
      const mode = this.#forGroup ? 0o750 : 0o700;
      // The umask takes from mkdir's mode, so it is set again; only on what was made here.
      if (makeDirectories(directory, mode) !== undefined) chmodSync(directory, mode);
      const found = lstatSync(this.path, { throwIfNoEntry: false });
      if (found === undefined) return;
      if (!found.isSocket()) throw new CodedError('E_HOME', `${this.path} is there and is no socket`);
      rmSync(this.path, { force: true });
    } catch (error) {
      if (error instanceof CodedError) throw error;
      throw new CodedError('E_HOME', `the control socket cannot be made: ${String(error)}`);
    }
  }

  server(options: ServerOptions, answer: RequestListener): Server {
    return http.createServer(options, answer);
  }

  open(): void {
    chmodSync(this.path, this.#forGroup ? 0o660 : 0o600);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
