// The log of a daemon of a test, as its owner would read it.
import { readFileSync } from 'node:fs';
import type { Daemon } from '../system/daemon.ts';

export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly peer?: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** Every line that it has written since it was first started. */
export function logLines(daemon: Daemon): LogLine[] {
  const lines = readFileSync(`${daemon.home}.log`, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LogLine);
}
