// The receiving end of $NOTIFY_SOCKET, and of the journal's socket. Node has no Unix datagrams.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import koffi from 'koffi';
import { atEnd } from './at-end.ts';

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;
const MAX_BYTES = 1 << 16;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)') as (family: number, type: number, protocol: number) => number;
const bind = libc.func('int bind(int, const uint8_t*, unsigned int)') as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number;
const receive = libc.func('int64_t recv(int, _Out_ uint8_t*, size_t, int)') as (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
) => number;
const close = libc.func('int close(int)') as (fd: number) => number;

export class DatagramReceiver {
  readonly #fd: number;
  /** `NAME=value`, in the order in which they came. */
  readonly said: string[] = [];

  /** @param address an absolute path, or `@` and an abstract name */
  constructor(t: TestContext, address: string) {
    this.#fd = socket(AF_UNIX, SOCK_DGRAM_NONBLOCK, 0);
    const path = address.startsWith('@') ? `\0${address.slice(1)}` : `${address}\0`;
    const bytes = Buffer.concat([new Uint8Array(new Uint16Array([AF_UNIX]).buffer), Buffer.from(path)]);
    assert.equal(bind(this.#fd, bytes, bytes.length), 0, `${address} can be bound`);
    atEnd(t, () => {
      close(this.#fd);
      if (!address.startsWith('@')) rmSync(address, { force: true });
    });
  }

  /** All that has come by now. */
  hear(): readonly string[] {
    const bytes = new Uint8Array(MAX_BYTES);
    for (;;) {
      const length = Number(receive(this.#fd, bytes, bytes.length, 0));
      if (length < 0) return this.said;
      this.said.push(...Buffer.from(bytes.subarray(0, length)).toString().split('\n'));
    }
  }

  /** Forgets what has come. */
  clear(): void {
    this.hear();
    this.said.length = 0;
  }
}
