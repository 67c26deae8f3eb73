// Makes a device's key and its self-signed certificate. Loading @peculiar/x509 costs 130 ms, so it is loaded only here,
// when a certificate is made: once in a device's life. P-256, which every TLS stack understands; Ed25519 not.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyMaker } from '../ports/key-maker.ts';

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const { subtle } = globalThis.crypto;
// Nobody of us looks at the dates or the name: a device is its public key. A proxy in between may, so they never run out.
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z');
const NOT_AFTER = new Date('9999-12-31T23:59:59Z');

export const keyMaker: KeyMaker = {
  async makeKey() {
    const { privateKey } = await subtle.generateKey(KEY, true, ['sign', 'verify']);
    const der = Buffer.from(await subtle.exportKey('pkcs8', privateKey));
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();
  },

  async certify(key) {
    await import('reflect-metadata');
    const x509 = await import('@peculiar/x509');
    const privateDer = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
    const publicDer = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: '01',
        name: 'CN=syncd',
        notBefore: NOT_BEFORE,
        notAfter: NOT_AFTER,
        signingAlgorithm: { ...KEY, hash: 'SHA-256' },
        keys: {
          privateKey: await subtle.importKey('pkcs8', new Uint8Array(privateDer), KEY, false, ['sign']),
          publicKey: await subtle.importKey('spki', new Uint8Array(publicDer), KEY, true, ['verify']),
        },
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        ],
      },
      globalThis.crypto,
    );
    return `${certificate.toString('pem')}\n`;
  },
};
