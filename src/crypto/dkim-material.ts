/** Key material of DKIM: made, taken over, checked, and what is published of it. RFC 6376 section 3.6.1, RFC 8463. */

import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { EiderError } from '../errors.ts';
import type { DkimAlgorithm } from '../model/dkim.ts';
import { signOctets } from './dkim-signature.ts';

/** RFC 8301 section 3.2: signers use 1024 bits at least; what has more than 4096 no verifier needs to take. */
export const MIN_RSA_BITS = 1024;
export const MAX_RSA_BITS = 4096;
/** RFC 8301 section 3.2. */
export const GOOD_RSA_BITS = 2048;
const MAX_KEY_TEXT = 16_384;

/** DER of an Ed25519 key in PKCS #8 up to its 32 octets. RFC 8410 section 7. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519_OCTETS = 32;
const RAW_ED25519 = /^[A-Za-z0-9+/]{43}=$/;

const generate = promisify(generateKeyPair) as (
  type: 'rsa' | 'ed25519',
  options: object,
) => Promise<{
  readonly privateKey: KeyObject;
}>;

/** Public facts of a key. */
export interface PublicMaterial {
  readonly algorithm: DkimAlgorithm;
  readonly bits: number;
  /** SHA-256 of SubjectPublicKeyInfo, hex. */
  readonly fingerprint: string;
  /** The tag `p=` of the record. */
  readonly published: string;
}

/** Makes a key, off the main thread. */
export async function makeKey(algorithm: DkimAlgorithm): Promise<KeyObject> {
  const { privateKey } =
    algorithm === 'rsa-sha256'
      ? await generate('rsa', { modulusLength: GOOD_RSA_BITS })
      : await generate('ed25519', {});
  return privateKey;
}

/** Reads what {@link makeKey} made or somebody brings: PEM, or the octets of an Ed25519 key in base64. @throws `DKIM_KEY_INVALID`. */
export function readKey(text: string): KeyObject {
  if (text.length > MAX_KEY_TEXT) throw unfit('the key is too long');
  const trimmed = text.trim();
  const key = RAW_ED25519.test(trimmed) ? readRaw(trimmed) : readPem(trimmed);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type !== 'rsa' && type !== 'ed25519') throw unfit('the key is neither RSA nor Ed25519');
  const bits = details?.modulusLength ?? 0;
  if (type === 'rsa' && (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)) {
    throw unfit(`an RSA key has ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits, and this one ${bits}`);
  }
  return key;
}

/** Signs once and verifies it: parts that do not fit together load all the same. @throws `DKIM_KEY_INVALID`. */
export async function proveKey(key: KeyObject): Promise<void> {
  const octets = Buffer.from('proof');
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = await signOctets(octets, key).catch(() => Buffer.alloc(0));
  const signed = digest === null ? createHash('sha256').update(octets).digest() : octets;
  if (!verify(digest, signed, createPublicKey(key), signature)) throw unfit('the parts of the key do not fit together');
}

/** What may be known of a private key by everybody. */
export function publicMaterial(key: KeyObject): PublicMaterial {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const fingerprint = createHash('sha256').update(spki).digest('hex');
  if (key.asymmetricKeyType === 'ed25519') {
    const published = spki.subarray(-ED25519_OCTETS).toString('base64');
    return { algorithm: 'ed25519-sha256', bits: 256, fingerprint, published };
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return { algorithm: 'rsa-sha256', bits, fingerprint, published: spki.toString('base64') };
}

function readRaw(base64: string): KeyObject {
  const der = Buffer.concat([ED25519_PKCS8, Buffer.from(base64, 'base64')]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function readPem(pem: string): KeyObject {
  if (!pem.includes('-----BEGIN ')) throw unfit('the key is neither PEM nor 32 octets in base64');
  if (!pem.includes('PRIVATE KEY-----')) throw unfit('the private key is needed');
  if (/ENCRYPTED/.test(pem)) throw unfit('the key is encrypted: take its passphrase off first');
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new EiderError('DKIM_KEY_INVALID', 'the key cannot be read', { cause: error });
  }
}

function unfit(message: string): EiderError {
  return new EiderError('DKIM_KEY_INVALID', message);
}
