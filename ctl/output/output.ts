// Standard output and standard error of a command: data goes to the one, everything else to the other.
import type { Failure } from '../failure.ts';
import type { Cell } from './cell.ts';
import { type Paint, type Tone, paintFor, plain } from './color.ts';
import { escape } from './escape.ts';
import { jsonDocument, jsonLine } from './json.ts';
import { type Column, alignedLines, commaLines, separatedLines } from './table.ts';

export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly rows?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export interface Style {
  readonly json: boolean;
  readonly csv: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

// Control sequences that every terminal of today knows (ECMA-48; the other screen and the cursor by DEC).
// Without wrapping, a line that is too long is cut at the edge.
const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE_SCREEN = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const CURSOR_HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Part of a line with its tone. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
  /** It has its colours, and is escaped, already. */
  readonly painted?: true;
}

export interface Listing<Item> {
  /** The name or ID alone, for `-q`; what has none has no line there. */
  readonly id: (item: Item) => string;
  readonly columns: readonly (Column & { readonly cell: (item: Item) => Cell })[];
  /** What to tell a person when there is nothing. */
  readonly empty: string;
}

export class Output {
  readonly json: boolean;
  readonly csv: boolean;
  readonly quiet: boolean;
  /** A person reads it. */
  readonly terminal: boolean;
  readonly #streams: Streams;
  readonly #paint: Paint;

  constructor(streams: Streams, style: Style) {
    this.#streams = streams;
    this.json = style.json;
    this.csv = style.csv;
    this.quiet = style.quiet;
    this.terminal = streams.stdout.isTTY === true && !style.csv;
    this.#paint = style.color && this.terminal ? paintFor(streams.stdout) : plain;
  }

  /** A list: an array with `--json`, rows with `--csv`, names with `-q`, a table on a terminal, tab-separated in a pipe. */
  list<Item>(items: readonly Item[], listing: Listing<Item>): void {
    if (this.json) this.value(items);
    else if (this.quiet) for (const id of items.map(listing.id).filter((one) => one !== '')) this.line(id);
    else if (items.length === 0 && !this.csv) this.note(listing.empty);
    else
      this.table(
        listing.columns,
        items.map((item) => listing.columns.map((column) => column.cell(item))),
      );
  }

  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
    if (this.csv) this.#print(commaLines(columns, rows));
    else this.#print(this.terminal ? alignedLines(columns, rows, this.#paint) : separatedLines(rows));
  }

  /** The lines of a table, to be part of a frame. */
  tableSpans(columns: readonly Column[], rows: readonly (readonly Cell[])[]): Span[][] {
    return alignedLines(columns, rows, this.#paint).map((line) => [{ text: line, painted: true }]);
  }

  /** Takes the whole terminal; the answer gives it back, also when the process ends in another way. */
  fullScreen(): () => void {
    const { stdout } = this.#streams;
    stdout.write(ENTER_SCREEN);
    let isOver = false;
    const leave = (): void => {
      if (!isOver) stdout.write(LEAVE_SCREEN);
      isOver = true;
      process.off('exit', leave);
    };
    process.on('exit', leave);
    return leave;
  }

  /** Puts these lines in the place of what the terminal shows; what does not fit is left out. */
  frame(lines: readonly (readonly Span[])[]): void {
    // 0 where the terminal does not know how high it is.
    const rows = this.#streams.stdout.rows ?? 0;
    const fit = rows > 1 ? lines.slice(0, rows - 1) : lines;
    const text = fit.map((line) => `${this.#painted(line)}${CLEAR_LINE}\n`);
    this.#streams.stdout.write(`${CURSOR_HOME}${text.join('')}${CLEAR_BELOW}`);
  }

  /** One line of data. */
  line(text: string | readonly Span[]): void {
    const spans = typeof text === 'string' ? [{ text }] : text;
    this.#print([this.#painted(spans)]);
  }

  #painted(spans: readonly Span[]): string {
    return spans.map(({ text, tone, painted }) => (painted === true ? text : this.#paint(tone, escape(text)))).join('');
  }

  /** What was done, for a person; the value with `--json`, nothing with `-q`. */
  done(value: unknown, ...sentences: readonly string[]): void {
    if (this.json) this.value(value);
    else if (!this.quiet) for (const sentence of sentences) this.line(sentence);
  }

  /** The one value of `--json`. */
  value(value: unknown): void {
    this.#print([jsonDocument(value)]);
  }

  /** One object of a stream; waits while the reader is busy. */
  async streamed(value: unknown): Promise<void> {
    await this.streamedLine(jsonLine(value));
  }

  async streamedLine(text: string): Promise<void> {
    if (this.#streams.stdout.write(`${text}\n`)) return;
    await new Promise<void>((resolve) => this.#streams.stdout.once('drain', resolve));
  }

  /** Beside the data: never in the way of a program that reads it. */
  note(text: string): void {
    if (!this.quiet) this.#streams.stderr.write(`${escape(text)}\n`);
  }

  failure(failure: Failure): void {
    const { code, message, hint } = failure;
    this.#streams.stderr.write(
      this.json
        ? `${jsonLine({ error: { code, message, hint } })}\n`
        : `syncctl: ${code}: ${escape(message)}\nhint: ${escape(hint)}\n`,
    );
  }

  #print(lines: readonly string[]): void {
    if (lines.length > 0) this.#streams.stdout.write(`${lines.join('\n')}\n`);
  }
}
