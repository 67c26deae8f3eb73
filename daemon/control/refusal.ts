// An error on its way out: its HTTP status and its JSON.
import type { ErrorBody } from '../../protocol/control.ts';
import { CodedError, ERRORS, type ErrorCode } from '../../protocol/errors.ts';

/** A request that is refused before its route is asked, with a status of its own. */
export class RequestRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const NOT_FOUND: ReadonlySet<ErrorCode> = new Set([
  'E_NO_SUCH_FOLDER',
  'E_NO_SUCH_PEER',
  'E_NO_SUCH_PATH',
  'E_NO_SUCH_VERSION',
  'E_VERSION_GONE',
]);

/** What is refused for the state that things are in is 409, what was asked wrongly 400, what failed here 500. */
function statusOf(code: ErrorCode): number {
  if (NOT_FOUND.has(code)) return 404;
  if (code === 'E_INTERNAL') return 500;
  if (code === 'E_UNREACHABLE') return 502;
  switch (ERRORS[code].exit) {
    case 1:
    case 5:
      return 409;
    case 2:
      return 400;
    case 3:
      return 503;
    case 4:
      return 504;
  }
}

export function refusalOf(error: unknown): { readonly status: number; readonly body: ErrorBody } {
  if (error instanceof RequestRefused)
    return { status: error.status, body: body('E_USAGE', error.message, ERRORS.E_USAGE.hint) };
  if (error instanceof CodedError)
    return { status: statusOf(error.code), body: body(error.code, error.message, error.hint) };
  const message = error instanceof Error ? error.message : String(error);
  return { status: 500, body: body('E_INTERNAL', message, ERRORS.E_INTERNAL.hint) };
}

const body = (code: ErrorCode, message: string, hint: string): ErrorBody => ({ error: { code, message, hint } });
