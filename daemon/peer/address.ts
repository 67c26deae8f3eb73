// Where a device can be dialled: `HOST:PORT`, IPv6 in brackets; in the configuration `wss://HOST:PORT`. Pure.
import type { HostPort } from '../ports/network.ts';

const SHAPE = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})))(?::(\d{1,5}))?$/;
const DEFAULT_PORT = 9031;

/** Undefined where the text is no address. Without a port it is 9031. */
export function parseHostPort(text: string): HostPort | undefined {
  const [, six, name, digits] = SHAPE.exec(text.replace(/^wss:\/\//, '').replace(/\/$/, '')) ?? [];
  const host = six ?? name;
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
