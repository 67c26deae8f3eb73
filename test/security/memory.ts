// How much memory a process takes, as the kernel counts it, and the most that it took while something went on.
import { readFileSync } from 'node:fs';

const SAMPLE_MS = 20;

/** Resident memory in MiB. */
export function residentMiB(pid: number): number {
  return kibibytes(pid, 'VmRSS') / 1024;
}

/** The most that it ever was, MiB. */
export function mostResidentMiB(pid: number): number {
  return kibibytes(pid, 'VmHWM') / 1024;
}

/** The most that it was while `work` went on, looked at every few milliseconds. */
export function residentPeakDuring<T>(pid: number, work: () => Promise<T>): Promise<{ peakMiB: number; result: T }> {
  let peakMiB = residentMiB(pid);
  const timer = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentMiB(pid));
  }, SAMPLE_MS);
  return work()
    .then((result) => ({ peakMiB: Math.max(peakMiB, residentMiB(pid)), result }))
    .finally(() => clearInterval(timer));
}

function kibibytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}
