// Keys and certificates, made. Slow (200 ms): called once in a device's life.

export interface KeyMaker {
  /** A new P-256 private key, PEM (PKCS #8). */
  makeKey(): Promise<string>;
  /** A self-signed certificate for this key, PEM. Rejects when the key is not P-256. */
  certify(key: string): Promise<string>;
}
