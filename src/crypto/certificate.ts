/** S/MIME certificates: what one says of itself, and whether mail can be encrypted to it. RFC 5280, RFC 8550, RFC 8551. */

import { X509Certificate } from 'node:crypto';
import { EiderError } from '../errors.ts';
import type { EncryptionKey } from '../model/encryption.ts';
import { derOid, readDer, readDerSequence, TAG } from './der.ts';
import { keyNames } from './key-names.ts';
import { MIN_RSA_BITS } from './load-openpgp.ts';

/** Curves that RFC 8551 section 2.3 and its readers know, by the names that Node.js has for them. */
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'p256', secp384r1: 'p384', secp521r1: 'p521' };

const KEY_USAGE = derOid('2.5.29.15');
/** Bits of KeyUsage, the first one being the highest of the first octet. RFC 5280 section 4.2.1.3. */
const KEY_ENCIPHERMENT = 0x20;
const KEY_AGREEMENT = 0x08;
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';
const ANY_PURPOSE = '2.5.29.37.0';
/** Context-specific tag of a certificate's version, and of its extensions. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/**
 * Reads a certificate that mail can be encrypted to at `now`. Who issued it is not asked: it is the account's own.
 *
 * @throws `KEY_INVALID`.
 */
export function readCertificateKey(given: Buffer, now: number): Omit<EncryptionKey, 'added'> {
  const certificate = parse(given);
  const refusal = certificateRefusal(certificate, now);
  if (refusal !== null) throw invalid(refusal);
  return {
    id: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    type: 'smime',
    version: null,
    algorithm: algorithmName(certificate) as string,
    names: keyNames([...addresses(certificate), certificate.subject?.replaceAll('\n', ', ') ?? '']),
    created: Date.parse(certificate.validFrom),
    expires: Date.parse(certificate.validTo),
    text: certificate.toString(),
  };
}

/** Parses the text of a certificate that was read before. */
export function parseCertificate(text: string): X509Certificate {
  return new X509Certificate(text);
}

/** Why mail cannot be encrypted to it at `now`; `null` when it can. */
export function certificateRefusal(certificate: X509Certificate, now: number): string | null {
  if (now < Date.parse(certificate.validFrom)) return 'it is not valid yet';
  if (now > Date.parse(certificate.validTo)) return 'it has expired';
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa' && (details?.modulusLength ?? 0) < MIN_RSA_BITS) {
    return `it is too weak: RSA has at least ${MIN_RSA_BITS} bits`;
  }
  if (algorithmName(certificate) === null) return 'its algorithm is none of RSA, P-256, P-384 and P-521';
  const usage = keyUsage(certificate);
  if (usage !== null && (usage & (type === 'rsa' ? KEY_ENCIPHERMENT : KEY_AGREEMENT)) === 0) {
    return 'it is not for encrypting';
  }
  const purposes = certificate.keyUsage as readonly string[] | undefined;
  if (purposes && !purposes.includes(EMAIL_PROTECTION) && !purposes.includes(ANY_PURPOSE)) return 'it is not for mail';
  return null;
}

/** How CMS names a certificate: issuer and serial number, as they stand in it. RFC 5652 section 10.2.4. */
export function issuerAndSerial(certificate: X509Certificate): { readonly issuer: Buffer; readonly serial: Buffer } {
  const [serial, , issuer] = bodyOf(certificate);
  if (!serial || !issuer) throw new Error('a certificate without an issuer');
  return { issuer: issuer.raw, serial: serial.raw };
}

function parse(given: Buffer): X509Certificate {
  try {
    return new X509Certificate(given);
  } catch (cause) {
    throw invalid('it cannot be read as a certificate', cause);
  }
}

function algorithmName({ publicKey }: X509Certificate): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (type === 'rsa') return `rsa${details?.modulusLength}`;
  return (type === 'ec' && CURVES[details?.namedCurve ?? '']) || null;
}

function addresses({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )email:("(?:[^"\\]|\\.)*"|[^,]+)/g)].map((match) => match[1] as string);
}

/** The first octet of the KeyUsage extension; `null` when there is none, which allows everything. */
function keyUsage(certificate: X509Certificate): number | null {
  const extensions = bodyOf(certificate).find(({ tag }) => tag === EXTENSIONS);
  for (const { content } of extensions ? readDerSequence(readDer(extensions.content).content) : []) {
    const [oid, ...rest] = readDerSequence(content);
    const value = rest.find(({ tag }) => tag === TAG.octetString);
    if (oid && value && oid.raw.equals(KEY_USAGE)) return readDer(value.content).content[1] ?? 0;
  }
  return null;
}

/** The fields of TBSCertificate from the serial number on. RFC 5280 section 4.1. */
function bodyOf({ raw }: X509Certificate): ReturnType<typeof readDerSequence> {
  const fields = readDerSequence(readDer(readDer(raw).content).content);
  return fields[0]?.tag === VERSION ? fields.slice(1) : fields;
}

const invalid = (message: string, cause?: unknown): EiderError => new EiderError('KEY_INVALID', message, { cause });
