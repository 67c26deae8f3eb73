// What `doctor` answers: judgements, and what verifying every file has found. Names are those of the JSON.
import type { ErrorCode } from './errors.ts';

/** One thing that `doctor` has looked at. */
export interface Finding {
  /** What was looked at: `watches`, `files`, `space`, `access`, `clock`, `version`, `index`, `databases`, `status`. */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly folder: string | null;
  readonly peer: string | null;
  readonly code: ErrorCode | null;
  readonly message: string;
  /** What to do; empty where nothing is. */
  readonly hint: string;
}

export interface DoctorAnswer {
  readonly worst: Finding['level'];
  readonly findings: readonly Finding[];
}

/** What `doctor --verify` finds, as it finds it; `done` comes last for each folder. */
export type VerifyLine =
  | {
      readonly kind: 'damaged' | 'unreadable' | 'changed';
      readonly folder: string;
      readonly path: string;
      readonly code: ErrorCode | null;
    }
  | {
      readonly kind: 'progress';
      readonly folder: string;
      readonly files: number;
      readonly bytes: number;
      readonly total_files: number;
      readonly total_bytes: number;
    }
  | {
      readonly kind: 'done';
      readonly folder: string;
      readonly files: number;
      readonly bytes: number;
      readonly damaged: number;
      readonly unreadable: number;
      readonly changed: number;
    }
  /** The folder has halted: what was not read yet is not verified. */
  | { readonly kind: 'failed'; readonly folder: string; readonly code: ErrorCode; readonly message: string };
