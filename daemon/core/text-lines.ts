// A text file as lines, and lines as a text file again, byte for byte: what a merge by lines works on. Encodings are told
// by a mark or by the bytes; what does not come back as it was is no text.

/** `ascii` goes with any of the others but the two with 16 bits. */
export type Encoding = 'ascii' | 'utf-8' | 'latin-1' | 'utf-16le' | 'utf-16be';
/** `none`: there is no line's end in it. `mixed`: there are several. */
export type LineEnd = '\n' | '\r\n' | '\r' | 'mixed' | 'none';

export interface Text {
  readonly encoding: Encoding;
  /** Whether it begins with a byte order mark. */
  readonly marked: boolean;
  readonly lineEnd: LineEnd;
  /** Without the mark. */
  readonly text: string;
}

const UTF8_MARK = [0xef, 0xbb, 0xbf] as const;
const LE_MARK = [0xff, 0xfe] as const;
const BE_MARK = [0xfe, 0xff] as const;

/** Undefined: no text. */
export function textOf(bytes: Uint8Array): Text | undefined {
  const found = decoded(bytes);
  if (found === undefined || holdsControls(found.text)) return undefined;
  return { ...found, lineEnd: lineEndOf(found.text) };
}

function decoded(bytes: Uint8Array): Omit<Text, 'lineEnd'> | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [encoding, mark] of [
    ['utf-16le', LE_MARK],
    ['utf-16be', BE_MARK],
  ] as const) {
    if (!beginsWith(bytes, mark)) continue;
    if (bytes.length % 2 !== 0) return undefined;
    const units = Buffer.from(buffer.subarray(mark.length));
    if (encoding === 'utf-16be') units.swap16();
    return { encoding, marked: true, text: units.toString('utf16le') };
  }
  const marked = beginsWith(bytes, UTF8_MARK);
  const rest = marked ? buffer.subarray(UTF8_MARK.length) : buffer;
  if (rest.every((byte) => byte < 0x80)) {
    return { encoding: marked ? 'utf-8' : 'ascii', marked, text: rest.toString('latin1') };
  }
  const text = rest.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(rest)) return { encoding: 'utf-8', marked, text };
  return marked ? undefined : { encoding: 'latin-1', marked, text: rest.toString('latin1') };
}

/** The bytes of a text. Every character must be one that the encoding has. */
export function bytesOf(text: string, encoding: Encoding, marked: boolean): Uint8Array {
  switch (encoding) {
    case 'ascii':
    case 'latin-1':
      return Buffer.from(text, 'latin1');
    case 'utf-8':
      return Buffer.concat([Buffer.from(marked ? UTF8_MARK : []), Buffer.from(text, 'utf8')]);
    case 'utf-16le':
      return Buffer.concat([Buffer.from(LE_MARK), Buffer.from(text, 'utf16le')]);
    case 'utf-16be':
      return Buffer.concat([Buffer.from(BE_MARK), Buffer.from(text, 'utf16le').swap16()]);
  }
}

/** Lines, each with its end. */
export function wholeLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

export interface BareLines {
  readonly lines: string[];
  /** Whether the last line has an end, too. */
  readonly ended: boolean;
}

/** Lines without their ends, of a text that has only one kind of them. */
export function bareLines({ text, lineEnd }: Text): BareLines {
  if (text === '') return { lines: [], ended: false };
  if (lineEnd === 'none') return { lines: [text], ended: false };
  const lines = text.split(lineEnd);
  const ended = lines.at(-1) === '';
  return { lines: ended ? lines.slice(0, -1) : lines, ended };
}

function lineEndOf(text: string): LineEnd {
  const both = count(text, '\r\n');
  const feeds = count(text, '\n') - both;
  const returns = count(text, '\r') - both;
  const kinds = [both, feeds, returns].filter((n) => n > 0).length;
  if (kinds === 0) return 'none';
  if (kinds > 1) return 'mixed';
  return both > 0 ? '\r\n' : feeds > 0 ? '\n' : '\r';
}

function count(text: string, what: string): number {
  let n = 0;
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + what.length)) n++;
  return n;
}

/** Text has tabs, ends of lines and pages, and perhaps escapes that colour it; anything else below a space is no text. */
function holdsControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== 9 && code !== 10 && code !== 12 && code !== 13 && code !== 27) return true;
  }
  return false;
}

function beginsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}
