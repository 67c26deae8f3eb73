// Dials one device at all of its addresses: each a moment after the one before, or as soon as that has failed; the first
// at which the right key answers is taken, the others are let go.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_MESSAGE_BYTES, QUEUE_HARD_BYTES } from '../../protocol/limits.ts';
import type { DeviceId } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Link } from '../ports/link.ts';
import type { Credentials, HostPort, LinkLimits, Network } from '../ports/network.ts';
import { formatHostPort } from './address.ts';

const STAGGER_MS = 400;
/** What a paired device may send and leave unread. */
export const PEER_LIMITS: LinkLimits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxQueuedBytes: QUEUE_HARD_BYTES };
/** The failure that says most, when each address failed in its own way. */
const TELLING: readonly ErrorCode[] = ['E_NOT_TRUSTED', 'E_WRONG_KEY'];

export interface Dialled {
  readonly link: Link;
  readonly address: HostPort;
}

export interface DialContext {
  readonly network: Network;
  readonly credentials: Credentials;
  readonly clock: Clock;
}

/** Rejects with the most telling CodedError: E_NOT_TRUSTED, E_WRONG_KEY, else E_UNREACHABLE. */
export function dialAny(
  context: DialContext,
  device: DeviceId,
  addresses: readonly HostPort[],
  signal: AbortSignal,
): Promise<Dialled> {
  const { network, credentials, clock } = context;
  return new Promise((resolve, reject) => {
    const others = new AbortController();
    const failures: CodedError[] = [];
    const waiting = [...addresses];
    let running = 0;
    let done = false;
    const finish = (): void => {
      done = true;
      signal.removeEventListener('abort', stop);
      others.abort();
    };
    const stop = (): void => {
      finish();
      reject(new CodedError('E_UNREACHABLE', 'dialling was stopped'));
    };
    const fail = (error: unknown): void => {
      running--;
      failures.push(codedError(error));
      if (done) return;
      if (waiting.length > 0) return next();
      if (running > 0) return;
      finish();
      reject(mostTelling(failures, addresses));
    };
    const take = (link: Link, address: HostPort): void => {
      running--;
      if (done) return link.terminate('another address answered first');
      finish();
      resolve({ link, address });
    };
    const next = (): void => {
      const address = waiting.shift();
      if (done || address === undefined) return;
      running++;
      const request = { ...address, device, limits: PEER_LIMITS, timeoutMs: HANDSHAKE_TIMEOUT_MS };
      network.dial(request, credentials, others.signal).then((link) => take(link, address), fail);
      clock.after(STAGGER_MS, next);
    };
    if (signal.aborted) return stop();
    if (addresses.length === 0) return reject(new CodedError('E_UNREACHABLE', 'no address is known'));
    signal.addEventListener('abort', stop, { once: true });
    next();
  });
}

/** p-retry gives up at a TypeError, so nothing but coded errors leaves here. */
function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError('E_UNREACHABLE', error instanceof Error ? error.message : String(error));
}

function mostTelling(failures: readonly CodedError[], addresses: readonly HostPort[]): CodedError {
  const telling = TELLING.map((code) => failures.find((one) => one.code === code)).find((one) => one !== undefined);
  if (telling !== undefined) return telling;
  const tried = addresses.map(formatHostPort).join(', ');
  const found = [...new Set(failures.map((one) => one.message))].join('; ');
  return new CodedError('E_UNREACHABLE', `no answer at ${tried}: ${found}`);
}
