// Chance. Nothing outside system/ draws random bytes in any other way.
export interface Random {
  /** Unpredictable bytes, fit for secrets and keys. */
  bytes(length: number): Uint8Array;
}
