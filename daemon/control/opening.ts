// A daemon that has just started opens its folders, and then looks for its peers. What it is asked meanwhile waits for that:
// nobody who starts it and goes on with the next command is told that a folder does not run. Never for long: a disk that
// does not answer holds up neither who looks nor what concerns other folders.
import type { Clock, Timer } from '../ports/clock.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import type { RouteName } from '../../protocol/control.ts';

/** How long a command waits, and a change of the configuration. Beyond, what is not open yet is told of as not running. */
export const OPENING_MS = 10_000;
/** How long those wait who only look: they are told what is known by then. */
const LOOKING_MS = 2_000;
const LOOKING: ReadonlySet<RouteName> = new Set([
  'status',
  'overview',
  'folders',
  'peers',
  'health',
  'doctor',
  'config',
]);
/** These need no folder that runs, or know themselves how long they may wait. */
const AT_ONCE: ReadonlySet<RouteName> = new Set(['wait', 'events', 'logs', 'checkConfig']);

/** Resolves when the daemon has opened what it can, the time is over, or nobody waits any more. */
export async function whenOpened(
  opened: Promise<void>,
  clock: Clock,
  limitMs: number,
  signal?: AbortSignal,
): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<void>((resolve) => {
    timer = clock.after(limitMs, resolve);
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([opened, late]).finally(() => timer?.cancel());
}

/** Before this route is answered. */
export async function beforeAnswer(
  route: RouteName,
  daemon: ControlledDaemon,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (AT_ONCE.has(route)) return;
  await whenOpened(daemon.opened(), clock, LOOKING.has(route) ? LOOKING_MS : OPENING_MS, signal);
}
