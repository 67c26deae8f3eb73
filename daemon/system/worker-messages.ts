// What a pool and its workers say to each other, and how an error keeps what it is on the way between threads.
import { CodedError, ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { AssertionFailed } from '../core/assert.ts';
import { FileSystemError } from '../ports/file-system.ts';

/** Given to a worker when it starts. */
export interface WorkerStart {
  /** URL of the module that exports `jobs`. */
  readonly registry: string;
}

export type Request =
  | { readonly kind: 'run'; readonly job: string; readonly input: unknown; readonly isPlain: boolean }
  | { readonly kind: 'ping' }
  /** Much was done, and nothing is to be done: memory goes back. */
  | { readonly kind: 'rest' };

export type Answer =
  /** Said once, before any other: now the thread can be ended. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'pong' };

/** A clone of an Error loses its class and its code. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, code: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name: error.name, message: error.message, stack: error.stack, code };
}

/** An error that a job threw and that is of no kind that callers tell apart. */
export class JobFailed extends Error {
  override readonly name: string;
  constructor(sent: SentError) {
    super(sent.message);
    this.name = sent.name;
  }
}

/** A {@link FileSystemError}, an {@link AssertionFailed}, a {@link CodedError} for whatever had one of our codes, or a {@link JobFailed}. */
export function receiveError(sent: SentError): Error {
  const error = revive(sent);
  error.message = sent.message;
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}

function revive(sent: SentError): Error {
  if (sent.name === 'FileSystemError' && sent.code !== undefined) return new FileSystemError(sent.code, '', '');
  if (sent.name === 'AssertionFailed') return new AssertionFailed(sent.message);
  if (sent.code !== undefined && isErrorCode(sent.code)) return new CodedError(sent.code, sent.message);
  return new JobFailed(sent);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
