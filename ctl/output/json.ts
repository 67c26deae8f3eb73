// `--json`: exactly one value on standard output; a stream is one object a line.

/** Indented: people read it too. */
export function jsonDocument(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

export function jsonLine(value: unknown): string {
  return JSON.stringify(value);
}
