// Bytes that look random and are the same everywhere: the key stream of AES-128 in counter mode, key and counter zero.
import { createCipheriv } from 'node:crypto';

export function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}
