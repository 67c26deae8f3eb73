// Programs that are started because something happened: the commands and desktop notices of `notify`.

export interface Program {
  /** A program by its path, and its arguments: no shell reads them. */
  readonly command: readonly [string, ...string[]];
  /** What it reads from its standard input. */
  readonly input: string;
  readonly timeoutMs: number;
}

export type ProgramEnd =
  | { readonly kind: 'ended'; readonly status: number; readonly said: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly said: string }
  | { readonly kind: 'too late'; readonly said: string }
  | { readonly kind: 'not started'; readonly why: string };

/**
 * Each runs in a process group of its own, which is killed when the program has ended or its time is over: nothing that
 * it left behind goes on. What it writes to standard output is dropped; of standard error the beginning is `said`, and one
 * that writes on and on is not read any more.
 */
export interface Programs {
  /** Never rejects. */
  run(program: Program): Promise<ProgramEnd>;
  /** Shows a notice in the session that this process belongs to. Never rejects. */
  showOnDesktop(title: string, text: string): Promise<ProgramEnd>;
  /** Kills all that run, with their groups. Nothing is started afterwards. */
  stop(): void;
}
