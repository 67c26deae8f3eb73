// What happens in a simulated world: each step is a value, so that a run can be told, repeated and made shorter. A step
// that is not possible (a file that is not there) does nothing, as a command that fails.
import type { ErrorCode } from '../../protocol/errors.ts';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import type { Spell } from './disk-faults.ts';
import type { MemoryUser } from './memory-user.ts';
import { ROOT } from './simulated-device.ts';
import type { Cut } from './wires.ts';

/** Where users put what they move out of the folder. */
const OUTSIDE = '/home/elsewhere';

/** What a user does in a folder. Contents are made once, so that each can be told from every other. */
export type UserStep =
  | { readonly kind: 'write' | 'save' | 'append'; readonly path: string; readonly content: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'rename' | 'swap'; readonly path: string; readonly to: string }
  /** With the times of the original, or with the present. */
  | { readonly kind: 'copy'; readonly path: string; readonly to: string; readonly keepTime: boolean }
  | { readonly kind: 'move out' | 'move in'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'chmod'; readonly path: string; readonly mode: number }
  | { readonly kind: 'touch'; readonly path: string; readonly mtimeUs: bigint | undefined };

export interface IndexFailure {
  readonly code: ErrorCode;
  /** So many commits go well before; by default none. */
  readonly after?: number;
  /** And so many fail; by default all until it is healthy again. */
  readonly times?: number;
}

export type Step =
  | { readonly kind: 'user'; readonly device: number; readonly does: UserStep }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'cut'; readonly a: number; readonly b: number; readonly how?: Cut }
  | { readonly kind: 'heal'; readonly a: number; readonly b: number }
  | { readonly kind: 'stop' | 'start' | 'crash'; readonly device: number }
  | { readonly kind: 'crash in a job'; readonly device: number; readonly calls: number }
  | { readonly kind: 'power loss'; readonly device: number; readonly calls: number | undefined }
  /** While it is down: it finds no index, or the one of the last backup; or its disk too is as it was then. */
  | { readonly kind: 'index lost' | 'index back' | 'restored'; readonly device: number }
  | { readonly kind: 'spell'; readonly device: number; readonly spell: Spell }
  | ({ readonly kind: 'index fails'; readonly device: number } & IndexFailure)
  /** Only so many bytes are free. */
  | { readonly kind: 'full'; readonly device: number; readonly freeBytes: number }
  | { readonly kind: 'blind' | 'overflow' | 'healthy'; readonly device: number }
  | { readonly kind: 'clock'; readonly device: number; readonly byMs: number }
  /** Its settings change, also while it is down. */
  | { readonly kind: 'filter'; readonly device: number; readonly ignore: readonly string[] }
  /** `wait` on all devices, one round for each hop; when all say that they are in sync, the trees must be equal. */
  | { readonly kind: 'wait' }
  /** All links heal, all devices run, all faults end, and everything is checked. */
  | { readonly kind: 'settle' };

/** Steps after which a change may be seen late. */
export const HIDING: ReadonlySet<Step['kind']> = new Set([
  'spell',
  'index fails',
  'full',
  'blind',
  'overflow',
  'power loss',
  'index lost',
  'index back',
  'restored',
]);

/** False when it was not possible. */
export function carryOut(user: MemoryUser, step: UserStep): boolean {
  const at = (path: string): string => `${ROOT}/${path}`;
  const aside = (path: string): string => `${OUTSIDE}/${path.replaceAll('/', ' ')}`;
  try {
    switch (step.kind) {
      case 'write':
        user.write(at(step.path), step.content);
        break;
      case 'append':
        user.append(at(step.path), step.content);
        break;
      case 'save':
        user.save(at(step.path), step.content);
        break;
      case 'remove':
        user.remove(at(step.path));
        break;
      case 'mkdir':
        user.mkdir(at(step.path));
        break;
      case 'rename':
        user.rename(at(step.path), at(step.to));
        break;
      case 'swap':
        user.rename(at(step.path), at('swapping'));
        user.rename(at(step.to), at(step.path));
        user.rename(at('swapping'), at(step.to));
        break;
      case 'copy':
        user.copy(at(step.path), at(step.to), step.keepTime);
        break;
      case 'move out':
        if (user.exists(aside(step.path))) user.remove(aside(step.path));
        user.rename(at(step.path), aside(step.path));
        break;
      case 'move in':
        user.rename(aside(step.path), at(step.path));
        break;
      case 'symlink':
        user.symlink(at(step.path), step.target);
        break;
      case 'chmod':
        user.chmod(at(step.path), step.mode);
        break;
      case 'touch':
        user.touch(at(step.path), step.mtimeUs);
        break;
    }
    return true;
  } catch (error) {
    if (error instanceof FileSystemError) return false;
    throw error;
  }
}

/** A step in one line, for who reads a failure. */
export function tellStep(step: Step): string {
  switch (step.kind) {
    case 'user': {
      const { kind, ...what } = step.does;
      const words = Object.values(what).map((value) => String(value).slice(0, 40));
      return `${step.device}: ${kind} ${words.join(' ')}`;
    }
    case 'pass':
      return `${step.ms} ms`;
    case 'cut':
      return `cut ${step.a}-${step.b}${step.how === undefined ? '' : ` (${step.how})`}`;
    case 'heal':
      return `heal ${step.a}-${step.b}`;
    case 'crash in a job':
      return `crash ${step.device} at call ${step.calls}`;
    case 'power loss':
      return `power loss of ${step.device}${step.calls === undefined ? '' : ` at call ${step.calls}`}`;
    case 'spell': {
      const { errno, call, path, oneIn } = step.spell;
      return `${step.device}: ${errno} at one in ${oneIn} of ${call ?? 'all calls'} at ${path ?? 'all paths'}`;
    }
    case 'index fails':
      return `${step.device}: the index fails with ${step.code}${step.times === undefined ? '' : `, ${step.times} times after ${step.after ?? 0}`}`;
    case 'full':
      return `${step.device}: ${step.freeBytes} bytes are free`;
    case 'clock':
      return `${step.device}: the clock is set by ${step.byMs} ms`;
    case 'filter':
      return `${step.device}: ignores ${step.ignore.join(' ')}`;
    case 'stop':
    case 'start':
    case 'crash':
    case 'index lost':
    case 'index back':
    case 'restored':
    case 'blind':
    case 'overflow':
    case 'healthy':
      return `${step.kind} ${step.device}`;
    case 'wait':
    case 'settle':
      return step.kind;
  }
}
