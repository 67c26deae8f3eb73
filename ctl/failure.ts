// How a command fails: one code, one sentence, one hint, one exit status.
import { CodedError, ERRORS, type ErrorCode } from '../protocol/errors.ts';

export class Failure extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: number;

  /** @param exit where it is not the code's own: a `wait` that a halted folder ends is 5, whatever halted it. */
  constructor(code: ErrorCode, message: string, hint: string = ERRORS[code].hint, exit: number = ERRORS[code].exit) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.exit = exit;
  }
}

/** Wrong usage: exit status 2. */
export function usage(message: string, hint?: string): Failure {
  return new Failure('E_USAGE', message, hint);
}

export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof CodedError) return new Failure(error.code, error.message, error.hint);
  return new Failure('E_INTERNAL', error instanceof Error ? error.message : String(error));
}
