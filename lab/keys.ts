import { generateKeyPairSync, randomBytes } from 'node:crypto';

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

export const newPresharedKey = (): string => randomBytes(32).toString('base64');
