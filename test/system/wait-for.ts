// Waiting for a condition, never for a time: the deadline is generous, because machines that run tests are busy.
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
export const DEADLINE_MS = 45_000;

/**
 * Resolves with the first answer that is neither undefined nor false.
 * @param what The condition in words, for the message when the deadline is over; asked then, it can say how it stands.
 */
export async function waitFor<T>(
  what: string | (() => string),
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const giveUpMs = performance.now() + deadlineMs;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpMs)
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'string' ? what : what()}`);
    await sleep(POLL_MS);
  }
}
