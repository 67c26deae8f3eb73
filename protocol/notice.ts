// What a command of `notify` reads from its standard input. Names are those of the JSON. Fields are only ever added.
import type { ErrorCode } from './errors.ts';

/** One line of JSON; further ones of the same kind that came while none was told of are counted in it. */
export interface NoticeJson {
  readonly event: 'conflict' | 'error' | 'mass-delete' | 'peer-lost';
  /** Of the first. */
  readonly time: string;
  /** The device on which the command runs. */
  readonly device: { readonly id: string; readonly name: string };
  readonly folder: string;
  /** Of the first conflict. */
  readonly path: string | null;
  /** The first 20, each once. */
  readonly paths: readonly string[];
  readonly count: number;
  /** Who is lost. */
  readonly peer: { readonly id: string; readonly name: string } | null;
  readonly code: ErrorCode | null;
  /** Of the last. */
  readonly message: string;
  readonly hint: string;
}
