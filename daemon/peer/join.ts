// The joining side of pairing: dials the inviting device, proves that the invitation is ours, and learns what it gives.
// The secret is sent to the holder of the invitation's key and to nobody else.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';
import type { Joined } from '../../protocol/messages.ts';
import type { DeviceId } from '../core/ids.ts';
import { formatHostPort } from './address.ts';
import { Conversation, type Ending } from './conversation.ts';
import { type DialContext, dialAny } from './dial.ts';
import type { Invitation } from './invitation.ts';
import { type OfferedFolder, offeredFolders } from './wire.ts';

export interface JoinRequest {
  readonly invitation: Invitation;
  /** Only asks what the invitation gives; it stays good. */
  readonly preview: boolean;
  /** With `preview`: also asks for the folders' digests. */
  readonly digests?: boolean;
  /** This device's name, for the other side. */
  readonly name: string;
  /** `HOST:PORT` at which this device can be dialled, if it listens. */
  readonly address: string | undefined;
}

export interface JoinResult {
  readonly device: DeviceId;
  /** What the inviting device calls itself. */
  readonly name: string;
  /** `wss://HOST:PORT` that worked. */
  readonly address: string;
  readonly folders: readonly OfferedFolder[];
}

interface Answer {
  readonly joined: Joined;
  readonly payload: Uint8Array | undefined;
}

/** What keeps an inviter from letting anybody in, and may pass: it is neither an answer nor a refusal. */
const ITS_TROUBLE: readonly ErrorCode[] = ['E_HOME', 'E_INTERNAL', 'E_DISK_FULL', 'E_READ_ONLY', 'E_IO', 'E_INDEX'];

/** The invitation was shown, and was neither accepted nor refused: the inviter may have let this device in, or may yet. */
export class Unanswered extends CodedError {}

/** Rejects with E_INVITATION_REFUSED, E_UNREACHABLE, E_WRONG_KEY, or what the other side answered. */
export async function joinOnce(context: DialContext, request: JoinRequest, signal: AbortSignal): Promise<JoinResult> {
  const { invitation, preview, name, digests } = request;
  const startedMs = context.clock.monotonicMs();
  const { link, address } = await dialAny(context, invitation.device, invitation.addresses, signal).catch(refusal);
  const answer = await new Promise<Answer>((resolve, reject) => {
    const conversation: Conversation = new Conversation(link, context.clock, {
      joined: (joined, payload) => resolve({ joined, payload }),
      ended: (ending) => {
        signal.removeEventListener('abort', stop);
        reject(failure(ending));
      },
    });
    const stop = (): void => conversation.close('this device stops');
    signal.addEventListener('abort', stop, { once: true });
    const more = {
      ...(digests !== undefined && { digests }),
      ...(request.address !== undefined && { address: request.address }),
    };
    conversation.start({ kind: 'join', join: { secret: invitation.secret, name, preview, ...more }, startedMs });
  });
  return {
    device: invitation.device,
    name: answer.joined.name,
    address: `wss://${formatHostPort(address)}`,
    folders: offeredFolders(answer.joined, answer.payload),
  };
}

/** A device that closes once it has seen our key has no invitation open: to a stranger it says no more. */
function refusal(error: unknown): never {
  if (error instanceof CodedError && error.code === 'E_NOT_TRUSTED')
    throw new CodedError(
      'E_INVITATION_REFUSED',
      'the inviting device has no open invitation, or has seen too many tries',
    );
  throw error;
}

/** After JOINED the promise is settled, and this rejection nobody's. */
function failure(ending: Ending): CodedError {
  // Whichever side lost patience: the inviter may be at it still.
  if (ending.kind === 'failed' && ending.code === 'E_PEER_SILENT') return new Unanswered(ending.code, ending.message);
  if (ending.kind === 'failed' && ending.by === 'peer' && ending.code !== 'E_INVITATION_REFUSED') {
    const Failure = ITS_TROUBLE.includes(ending.code) ? Unanswered : CodedError;
    return new Failure(ending.code, `on the inviting device: ${ending.message}`, 'See syncctl logs there.');
  }
  if (ending.kind === 'failed') return new CodedError(ending.code, ending.message);
  return new Unanswered('E_UNREACHABLE', 'the connection ended before the invitation was answered');
}
