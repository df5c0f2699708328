/** A stream as CMS EnvelopedData, which is what S/MIME calls encrypted. RFC 5652 section 6, RFC 5753, RFC 8551. */

import {
  constants,
  createCipheriv,
  createHash,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  type X509Certificate,
} from 'node:crypto';
import { issuerAndSerial } from './certificate.ts';
import { der, derInteger, derOid, TAG } from './der.ts';
import { fixedChunks } from './fixed-chunks.ts';

const ENVELOPED_DATA = derOid('1.2.840.113549.1.7.3');
const DATA = derOid('1.2.840.113549.1.7.1');
const AES_256_CBC = derOid('2.16.840.1.101.3.4.1.42');
const RSA_ENCRYPTION = der(TAG.sequence, derOid('1.2.840.113549.1.1.1'), Buffer.from([0x05, 0x00]));
const EC_PUBLIC_KEY = der(TAG.sequence, derOid('1.2.840.10045.2.1'));
const AES_256_WRAP = der(TAG.sequence, derOid('2.16.840.1.101.3.4.1.45'));

/** RFC 5753 section 7.1.4: the one-pass scheme with a digest of the curve's strength. */
const SCHEMES: Readonly<Record<string, { readonly oid: Buffer; readonly digest: string }>> = {
  prime256v1: { oid: derOid('1.3.132.1.11.1'), digest: 'sha256' },
  secp384r1: { oid: derOid('1.3.132.1.11.2'), digest: 'sha384' },
  secp521r1: { oid: derOid('1.3.132.1.11.3'), digest: 'sha512' },
};

const KEY_OCTETS = 32;
const BLOCK = 16;
const CHUNK = 32 * 1024;
/** Context-specific tags, constructed. */
const CONTEXT = [0xa0, 0xa1, 0xa2] as const;
/** Begins a value whose end comes when it comes (BER), and ends it. */
const OPEN = 0x80;
const CLOSE = Buffer.alloc(2);

/**
 * Encrypts to all of the certificates with AES-256 in CBC mode, which mail programs read: the authenticated form (RFC 5083)
 * Thunderbird does not. RSA keys get the key of the message by PKCS #1 v1.5, as every reader knows
 * that, others by Diffie-Hellman with a key that is made for this message.
 */
export async function* cmsEnvelopedData(
  certificates: readonly X509Certificate[],
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const key = randomBytes(KEY_OCTETS);
  const iv = randomBytes(BLOCK);
  const recipients = certificates.map((certificate) => recipientInfo(certificate, key));
  const agreed = certificates.some(({ publicKey }) => publicKey.asymmetricKeyType === 'ec');
  yield Buffer.concat([
    Buffer.from([TAG.sequence, OPEN]),
    ENVELOPED_DATA,
    Buffer.from([CONTEXT[0], OPEN, TAG.sequence, OPEN]),
    // RFC 5652 section 6.1: 2 as soon as there is more than key transport.
    derInteger(agreed ? 2 : 0),
    der(TAG.set, ...recipients.sort(Buffer.compare)),
    Buffer.from([TAG.sequence, OPEN]),
    DATA,
    der(TAG.sequence, AES_256_CBC, der(TAG.octetString, iv)),
    Buffer.from([CONTEXT[0], OPEN]),
  ]);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  for await (const chunk of fixedChunks(source, CHUNK)) {
    const sealed = cipher.update(chunk);
    if (sealed.length > 0) yield der(TAG.octetString, sealed);
  }
  yield der(TAG.octetString, cipher.final());
  yield Buffer.concat(Array<Buffer>(5).fill(CLOSE));
}

function recipientInfo(certificate: X509Certificate, key: Buffer): Buffer {
  const { issuer, serial } = issuerAndSerial(certificate);
  const name = der(TAG.sequence, issuer, serial);
  return certificate.publicKey.asymmetricKeyType === 'ec'
    ? keyAgreement(certificate.publicKey, name, key)
    : keyTransport(certificate.publicKey, name, key);
}

/** RFC 5652 section 6.2.1. */
function keyTransport(publicKey: KeyObject, name: Buffer, key: Buffer): Buffer {
  const encrypted = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
  return der(TAG.sequence, derInteger(0), name, RSA_ENCRYPTION, der(TAG.octetString, encrypted));
}

/** RFC 5652 section 6.2.2, RFC 5753 section 3.1.1. */
function keyAgreement(publicKey: KeyObject, name: Buffer, key: Buffer): Buffer {
  const curve = publicKey.asymmetricKeyDetails?.namedCurve ?? '';
  const scheme = SCHEMES[curve];
  if (!scheme) throw new Error(`no such curve: ${curve}`);
  const own = generateKeyPairSync('ec', { namedCurve: curve });
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey });
  const wrapping = wrappingKey(scheme.digest, secret);
  const wrap = createCipheriv('id-aes256-wrap', wrapping, Buffer.alloc(8, 0xa6));
  const wrapped = Buffer.concat([wrap.update(key), wrap.final()]);
  const point = der(TAG.bitString, Buffer.from([0]), pointOf(own.publicKey));
  return der(
    CONTEXT[1],
    derInteger(3),
    der(CONTEXT[0], der(CONTEXT[1], EC_PUBLIC_KEY, point)),
    der(TAG.sequence, scheme.oid, AES_256_WRAP),
    der(TAG.sequence, der(TAG.sequence, name, der(TAG.octetString, wrapped))),
  );
}

/** The derivation of ANSI X9.63 over one block; RFC 5753 section 7.2 says what goes in beside the secret. */
function wrappingKey(digest: string, secret: Buffer): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(KEY_OCTETS * 8);
  const shared = der(TAG.sequence, AES_256_WRAP, der(CONTEXT[2], der(TAG.octetString, bits)));
  const counter = Buffer.from([0, 0, 0, 1]);
  const hash = createHash(digest).update(secret).update(counter).update(shared).digest();
  return hash.subarray(0, KEY_OCTETS);
}

/** An uncompressed point. */
function pointOf(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}
