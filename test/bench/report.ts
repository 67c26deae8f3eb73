// What a benchmark found, as a table.

export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Of what the machine can do of the same in this run, where that was measured. */
  readonly ofLimit?: number | undefined;
}

/** In the form of docs/performance.md. */
export function table(title: string, measured: readonly Measured[]): string {
  const rows = measured.map(({ name, value, unit, ofLimit }) => [
    name,
    `${rounded(value)} ${unit}`,
    ofLimit === undefined ? '' : rounded(ofLimit),
  ]);
  return markdown([title, 'measured', 'of the limit'], rows);
}

export function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three digits: the rest is noise. */
export function rounded(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value >= 1000 ? Number(value.toPrecision(3)).toLocaleString('en') : value.toFixed(Math.min(digits, 3));
}
