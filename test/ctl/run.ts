// Runs the real syncctl as a program of its own, its output in pipes.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const syncctlFile = resolve(import.meta.dirname, '../../ctl/main.ts');
const LIMIT_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Sees standard output as it comes; may end the program. */
  readonly onOutput?: (soFar: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export async function syncctl(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { SYNCD_HOME: _home, SYNCD_SOCKET: _socket, ...inherited } = process.env;
  const child = spawn(process.execPath, [syncctlFile, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, TZ: 'UTC', ...options.env },
    timeout: LIMIT_MS,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    options.onOutput?.(stdout, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}
