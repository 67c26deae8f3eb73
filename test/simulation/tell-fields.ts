// The fields of a log line, for who reads the log of a world.

export function tellFields(fields: object | undefined): string {
  return Object.entries(fields ?? {})
    .map(([name, value]) => `${name}=${tell(value)}`)
    .join(' ');
}

function tell(value: unknown): string {
  return value instanceof Error ? (value.stack ?? value.message) : String(value);
}
