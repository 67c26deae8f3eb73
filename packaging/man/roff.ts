// Text as man(7) writes it. Pure.

export interface ManPage {
  readonly name: string;
  readonly section: number;
  /** Below the heading of each. */
  readonly sections: readonly (readonly [heading: string, body: string])[];
  /** Seconds since 1970. */
  readonly atS: number;
  readonly version: string;
}

export function manPage({ name, section, sections, atS, version }: ManPage): string {
  const date = new Date(atS * 1000).toISOString().slice(0, 10);
  return [
    `.TH ${name.toUpperCase()} ${section} ${date} "syncd ${version}" "syncd manual"`,
    '.nh',
    '.ad l',
    ...sections.map(([heading, body]) => `.SH ${heading}\n${body.trim()}`),
    '',
  ].join('\n');
}

/** Plain text. A dash stays the character that is typed, and no line is taken for a request. */
export function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll(/^\./gm, '\\&.');
}

export const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
export const italic = (text: string): string => `\\fI${escaped(text)}\\fR`;

export function paragraph(text: string): string {
  return `.PP\n${text}`;
}

/** A heading within a section. */
export function subsection(heading: string, body: string): string {
  return `.SS ${quoted(heading)}\n${body.trim()}`;
}

/** A term, and what it is, moved in. Both as roff. */
export function entry(term: string, body: string): string {
  return `.TP\n${term}\n${body}`;
}

/** Lines as they are. */
export function verbatim(text: string): string {
  return `.PP\n.RS 4\n.EX\n${escaped(text.trimEnd())}\n.EE\n.RE`;
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}
