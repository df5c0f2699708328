/** Tells what sort of key somebody gave, and reads it. */

import { EiderError, isEiderError } from '../errors.ts';
import type { EncryptionKey } from '../model/encryption.ts';
import { readCertificateKey } from './certificate.ts';
import { encryptMessage } from './encrypt-message.ts';
import type { EncryptionState } from './encryption-state.ts';
import { readOpenPgpKey } from './openpgp-key.ts';

/** Most octets that are looked at: keys of people who sign each other's are long, and little of them is kept. */
const MAX_GIVEN = 256 * 1024;
/** Most octets of a key that is kept. */
export const MAX_KEY_OCTETS: number = 32 * 1024;

/** First octet of a DER SEQUENCE. */
const SEQUENCE = 0x30;
/** RFC 9580 section 4.2: every packet begins with this bit. */
const PACKET = 0x80;

/**
 * Reads an armored or binary OpenPGP key, or a certificate as PEM or DER.
 *
 * @throws `KEY_INVALID`, `LIMIT_EXCEEDED`.
 */
export async function readKey(given: string | Uint8Array, now: number): Promise<Omit<EncryptionKey, 'added'>> {
  const octets = typeof given === 'string' ? Buffer.from(given) : Buffer.from(given);
  if (octets.length > MAX_GIVEN) throw new EiderError('LIMIT_EXCEEDED', `a key has at most ${MAX_GIVEN} octets`);
  const key = await read(octets, now).catch((error: unknown) => {
    // What a parser says of garbage that looks like a key at first.
    throw isEiderError(error) ? error : new EiderError('KEY_INVALID', 'it cannot be read as a key', { cause: error });
  });
  if (Buffer.byteLength(key.text) > (MAX_KEY_OCTETS / 3) * 4 + 1_024) {
    throw new EiderError('LIMIT_EXCEEDED', `a key has at most ${MAX_KEY_OCTETS} octets without what others signed`);
  }
  await tryKey({ ...key, added: now }, now);
  return key;
}

/** Encrypts nothing to it, as a delivery would: there are keys that look right and that no message can be encrypted to. */
async function tryKey(key: EncryptionKey, now: number): Promise<void> {
  const state: EncryptionState = {
    enabled: true,
    subject: 'hidden',
    keys: [key],
    damaged: false,
    mailboxes: new Set(),
  };
  try {
    for await (const _ of encryptMessage(state, [], now));
  } catch (cause) {
    throw new EiderError('KEY_INVALID', 'mail cannot be encrypted to it', { cause });
  }
}

async function read(octets: Buffer, now: number): Promise<Omit<EncryptionKey, 'added'>> {
  const first = octets[0] ?? 0;
  if (first === SEQUENCE) return readCertificateKey(octets, now);
  // A byte order mark has that bit too.
  if (first >= PACKET && first !== 0xef) return readOpenPgpKey(octets, now);
  const text = octets.toString('utf8');
  const blocks = [...text.matchAll(/^[ \t\ufeff]*-----BEGIN ([A-Z0-9 ]+)-----/gm)].map((match) => match[1] as string);
  if (blocks.length === 0) throw new EiderError('KEY_INVALID', 'there is no key in it');
  if (blocks.some((block) => block.includes('PRIVATE KEY'))) {
    throw new EiderError('KEY_INVALID', 'it holds a secret key: give the public one alone');
  }
  if (blocks.length > 1) throw new EiderError('KEY_INVALID', 'there is more than one key in it');
  switch (blocks[0]) {
    case 'PGP PUBLIC KEY BLOCK':
      return readOpenPgpKey(text.slice(text.indexOf('-----BEGIN')), now);
    case 'CERTIFICATE':
    case 'X509 CERTIFICATE':
    case 'TRUSTED CERTIFICATE':
      return readCertificateKey(octets, now);
    default:
      throw new EiderError('KEY_INVALID', `it holds no public key, but ${blocks[0]?.toLowerCase()}`);
  }
}
