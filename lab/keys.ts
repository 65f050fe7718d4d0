import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

const toBase64 = (raw: string | undefined): string => Buffer.from(raw ?? '', 'base64url').toString('base64');

/** As `wg genkey` and `wg pubkey` make them. */
export function newKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    privateKey: toBase64(privateKey.export({ format: 'jwk' }).d),
    publicKey: toBase64(publicKey.export({ format: 'jwk' }).x),
  };
}

/** RFC 8410: what stands before the 32 bytes of an X25519 private key in PKCS#8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function publicKeyOf(privateKey: string): string {
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.from(privateKey, 'base64')]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return toBase64(key.export({ format: 'jwk' }).x);
}

export const newPresharedKey = (): string => randomBytes(32).toString('base64');
