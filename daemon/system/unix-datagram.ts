// Datagrams to a Unix socket: how systemd is told of a service (sd_notify(3)), and how the journal takes fields. Node has no
// Unix datagrams, so they are sent by foreign function calls into libc.
import { bind } from './libc.ts';

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const MSG_NOSIGNAL_DONTWAIT = 0x4000 | 0x40;
/** `sun_path` of sockaddr_un(7). */
const MAX_PATH_BYTES = 107;

const libc = {
  socket: bind<(family: number, type: number, protocol: number) => number>('int socket(int, int, int)'),
  sendto: bind<
    (fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: number) => number
  >('int64_t sendto(int, const uint8_t*, size_t, int, const uint8_t*, unsigned int)'),
};

/** Sends one; false when nobody has taken it. It never waits. */
export type SendDatagram = (text: string) => boolean;

/**
 * The way to a socket, made once. Whether anybody listens shows when something is sent.
 * @param address an absolute path, or `@` and an abstract name
 * @returns why there is none, as half a sentence
 */
export function openDatagrams(address: string): SendDatagram | { readonly problem: string } {
  const name = Buffer.from(address.startsWith('@') ? `\0${address.slice(1)}` : address);
  if (!/^[/@]./.test(address) || name.length > MAX_PATH_BYTES)
    return { problem: `${address} is no address of a Unix socket` };
  if (libc.socket === undefined || libc.sendto === undefined) return { problem: 'koffi does not load on this machine' };
  const { sendto } = libc;
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) return { problem: 'no Unix socket can be made' };
  const family = new Uint8Array(new Uint16Array([AF_UNIX]).buffer);
  // A path ends with a zero; an abstract name is as long as it is.
  const to = Buffer.concat([family, name, ...(address.startsWith('@') ? [] : [Buffer.alloc(1)])]);
  return (text) => {
    const bytes = Buffer.from(text);
    return Number(sendto(fd, bytes, bytes.length, MSG_NOSIGNAL_DONTWAIT, to, to.length)) === bytes.length;
  };
}
