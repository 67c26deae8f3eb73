// Unpredictable bytes, from the kernel.
import { randomBytes } from 'node:crypto';
import type { Random } from '../ports/random.ts';

export class RealRandom implements Random {
  bytes(length: number): Uint8Array {
    // A copy: Node's buffers may share their memory with others.
    return Uint8Array.from(randomBytes(length));
  }
}
