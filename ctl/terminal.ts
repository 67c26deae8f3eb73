// The two ends of a command: is a person there, and asking that person. Questions are asked only if standard input and
// output are terminals; each has an option that answers it.
import { Failure } from './failure.ts';

export class Terminal {
  /** Somebody reads what is printed. */
  readonly reads: boolean;
  /** Somebody reads and can answer. */
  readonly answers: boolean;

  constructor(stdin: { readonly isTTY?: boolean }, stdout: { readonly isTTY?: boolean }) {
    this.reads = stdout.isTTY === true;
    this.answers = this.reads && stdin.isTTY === true;
  }

  /** The first line of standard input: for what should not be among a program's arguments, which everybody sees. */
  async line(): Promise<string> {
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: process.stdin });
    try {
      for await (const line of lines) return line.trim();
      return '';
    } finally {
      lines.close();
    }
  }

  /** What somebody types; `preset` for return alone. The end of the input ends the command. */
  async ask(question: string, preset: string): Promise<string> {
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const ended = Promise.withResolvers<undefined>();
    lines.once('close', () => ended.resolve(undefined));
    try {
      const shown = preset === '' ? `${question}: ` : `${question} [${preset}]: `;
      const answer = await Promise.race([lines.question(shown), ended.promise]);
      if (answer === undefined) throw new Failure('E_USAGE', 'nothing more was done', 'Begin again when you like.', 1);
      return answer.trim() === '' ? preset : answer.trim();
    } finally {
      lines.close();
    }
  }

  /** Waits for one of these keys, without return. Until `end` the terminal gives each key as it is typed, Ctrl-C too. */
  whenKey(keys: readonly string[]): { readonly pressed: Promise<'pressed'>; end(): void } {
    const { stdin } = process;
    const found = Promise.withResolvers<'pressed'>();
    const onData = (typed: Buffer): void => {
      if ([...typed.toString()].some((key) => keys.includes(key))) found.resolve('pressed');
    };
    if (this.answers) stdin.setRawMode(true).on('data', onData);
    return {
      pressed: found.promise,
      end: () => {
        if (this.answers) stdin.setRawMode(false).off('data', onData).pause();
      },
    };
  }

  /** Goes on at once where nobody can answer; a «no» ends the command. */
  async confirm(question: string, preset: 'yes' | 'no'): Promise<void> {
    if (!this.answers) return;
    // Loaded only here: most commands ask nothing and should start fast.
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const answer = (await lines.question(`${question} ${preset === 'yes' ? '[Y/n]' : '[y/N]'} `))
        .trim()
        .toLowerCase();
      if (answer === '' ? preset === 'yes' : answer === 'y' || answer === 'yes') return;
    } finally {
      lines.close();
    }
    throw new Failure('E_USAGE', 'nothing was done', 'Answer y to go on, or give --yes.', 1);
  }
}
