export interface Random {
  /** Unpredictable bytes, fit for secrets and keys. */
  bytes(length: number): Uint8Array;
}
