import { constants, createHmac, createPrivateKey, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import { EgressError } from '../../../shared/errors.ts';
import { Secret } from '../../../shared/secret.ts';

/** Says to OpenVPN which operations we offer: see `management-external-key` in openvpn(8). */
export const SIGNER_ABILITIES = ['pkcs1', 'pss', 'digest'] as const;

/** A signature takes this process's only thread: with 8,192 bits some 0.1 s, with 16,384 several times that. */
const MAX_RSA_BITS = 8_192;

/** @throws Error where it is no private key, is encrypted, or far too long; its message does not hold it. */
export function readPrivateKey(pem: Secret): KeyObject {
  const key = createPrivateKey(pem.reveal());
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) > MAX_RSA_BITS) throw new Error('the RSA key is too long');
  return key;
}

/**
 * Answers `>PK_SIGN:DATA,ALGORITHM`. With `data=message` the data are the message itself; without, a digest that is
 * ready for PKCS#1. @throws Error for an algorithm that nobody announced
 */
export function signFor(key: KeyObject, data: string, algorithm: string): string {
  const bytes = Buffer.from(data, 'base64');
  const [scheme = '', ...parameters] = algorithm.split(',');
  const hash = parameters.find((parameter) => parameter.startsWith('hashalg='))?.slice('hashalg='.length);
  const isMessage = parameters.includes('data=message');
  if (scheme === 'RSA_PKCS1_PADDING' && !isMessage) {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes).toString('base64');
  }
  if (!isMessage) throw new Error(`OpenVPN asks for a signature by ${scheme}, which is not supported`);
  return sign(hash, bytes, { key, ...paddingOf(scheme, parameters) }).toString('base64');
}

function paddingOf(scheme: string, parameters: readonly string[]) {
  switch (scheme) {
    case 'RSA_PKCS1_PADDING':
      return { padding: constants.RSA_PKCS1_PADDING };
    case 'RSA_PKCS1_PSS_PADDING':
      return {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: parameters.includes('saltlen=max')
          ? constants.RSA_PSS_SALTLEN_MAX_SIGN
          : constants.RSA_PSS_SALTLEN_DIGEST,
      };
    default:
      return {};
  }
}

const LINE = 64;

/** The command that hands a signature over, in lines that OpenVPN's own buffer takes. */
export const signatureCommand = (signature: string): string[] => [
  'pk-sig',
  ...(signature.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []),
  'END',
];

/**
 * For an OpenVPN that can't have everything signed here, which is any before 2.6: the key in PEM, of no use without
 * `passphraseOf`, so that it can stand in a file. @throws EgressError KEY_UNUSABLE
 */
export function lockKey(pem: Secret): string {
  try {
    const passphrase = passphraseOf(pem).reveal();
    return readPrivateKey(pem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
  } catch (cause) {
    throw new EgressError('KEY_UNUSABLE', undefined, { cause });
  }
}

/** Made from the key itself, so that a later process of ours knows it as well, and nobody else does. */
export const passphraseOf = (pem: Secret): Secret =>
  new Secret(createHmac('sha256', pem.reveal()).update('kasm-sidecar locks this key').digest('base64url'));
