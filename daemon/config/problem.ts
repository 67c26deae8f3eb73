// What is wrong with a configuration: file, line, key, what was found, what was expected.
import { CodedError, type ErrorCode } from '../../protocol/errors.ts';

export interface Problem {
  readonly code: ErrorCode;
  readonly file: string;
  /** From 1; undefined: it concerns the file as a whole. */
  readonly line: number | undefined;
  /** From 1; known for bad YAML. */
  readonly column?: number;
  /** `folders.docs.rescan`; empty: it concerns the file as a whole. */
  readonly key: string;
  /** What was found, and what was expected. */
  readonly text: string;
}

/** More than these are counted, not listed. */
const LISTED = 5;
/** The longest honest key: two keys, the name of a folder, and that of a peer. */
const MAX_KEY = 200;

/** A configuration that is refused as a whole. The code is that of the first problem. */
export class ConfigError extends CodedError {
  readonly problems: readonly Problem[];
  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems[0].code, describeProblems(problems).join(' | '));
    this.problems = problems;
  }
}

/** Throws {@link ConfigError} where there is any problem. */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw new ConfigError([first, ...others]);
}

/** One line each, `FILE:LINE: KEY: found …; expected …`, at most {@link LISTED}, then how many more. */
export function describeProblems(problems: readonly Problem[]): string[] {
  const lines = problems.slice(0, LISTED).map(describeProblem);
  return problems.length > LISTED ? [...lines, `and ${problems.length - LISTED} more`] : lines;
}

function describeProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined && part !== '');
  const key = problem.key.length > MAX_KEY ? `${problem.key.slice(0, MAX_KEY)}…` : problem.key;
  return printable([place.join(':'), key, problem.text].filter((part) => part !== '').join(': '));
}

/** One line, whatever is in the names of files and keys: controls, line ends and what turns the direction of text. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const MAX_SHOWN = 60;

/** A value as it is shown in a message: JSON, so that no control character gets out, and short. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' && /^[\w./:~%-]+$/.test(value) ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** Names a problem at these keys, wherever they are written. */
export type Report = (code: ErrorCode, keys: readonly string[], text: string) => void;
