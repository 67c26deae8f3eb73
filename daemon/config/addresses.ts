// Where to listen, and where peers are dialled.
import type { Listen } from '../core/settings.ts';

const HOST_PORT = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_.-]{1,253})):(\d{1,5})$/;

/** `HOST:PORT` with an IPv6 address in brackets; the host comes without them. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, v6, name, digits] = HOST_PORT.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** `auto`, `false` or `HOST:PORT`. Port 0 takes any free one at each start, which only suits tests. */
export function parseListen(value: unknown): Listen | undefined {
  if (value === 'auto') return { kind: 'auto' };
  if (value === false) return { kind: 'off' };
  const at = typeof value === 'string' ? parseHostPort(value) : undefined;
  return at && { kind: 'at', ...at };
}

export function formatListen(listen: Listen): string | false {
  if (listen.kind === 'auto') return 'auto';
  if (listen.kind === 'off') return false;
  return listen.host.includes(':') ? `[${listen.host}]:${listen.port}` : `${listen.host}:${listen.port}`;
}

const SCHEME = 'wss://';

/** `wss://HOST:PORT`, without a slash at the end. */
export function parsePeerAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.startsWith(SCHEME)) return undefined;
  const text = value.endsWith('/') ? value.slice(0, -1) : value;
  const at = parseHostPort(text.slice(SCHEME.length));
  return at === undefined || at.port === 0 ? undefined : text;
}
