/** The keys that a message is encrypted to: those of an account that can be used now. */

import type { X509Certificate } from 'node:crypto';
import type { Key } from 'openpgp';
import { EiderError, isEiderError } from '../errors.ts';
import type { EncryptionKey } from '../model/encryption.ts';
import { certificateRefusal, parseCertificate } from './certificate.ts';
import { canEncrypt, parseOpenPgpKey } from './openpgp-key.ts';

/** All of one kind: a message is either PGP/MIME or S/MIME. */
export type Recipients =
  | { readonly type: 'openpgp'; readonly keys: readonly Key[] }
  | { readonly type: 'smime'; readonly certificates: readonly X509Certificate[] };

/** Keys that were parsed lately, by their text: parsing one takes longer than encrypting a letter to it. */
const MAX_PARSED = 256;
const parsed = new Map<string, Promise<Key>>();

/**
 * OpenPGP keys go before certificates: with both, S/MIME is used only when no OpenPGP key can be.
 *
 * @returns `null` when none can be used
 * @throws `STORE_CORRUPT` for one that was a key when it was added, and is none any more
 */
export async function chooseRecipients(keys: readonly EncryptionKey[], now: number): Promise<Recipients | null> {
  const openpgp: Key[] = [];
  for (const { type, text } of keys) {
    if (type !== 'openpgp') continue;
    const key = await parseOnce(text).catch(unreadable);
    if (await canEncrypt(key, now)) openpgp.push(key);
  }
  if (openpgp.length > 0) return { type: 'openpgp', keys: openpgp };
  const certificates = keys
    .filter(({ type }) => type === 'smime')
    .map(({ text }) => readable(() => parseCertificate(text)))
    .filter((certificate) => certificateRefusal(certificate, now) === null);
  return certificates.length > 0 ? { type: 'smime', certificates } : null;
}

/** Whether mail can be encrypted to any of them. */
export async function hasUsableKey(keys: readonly EncryptionKey[], now: number): Promise<boolean> {
  return (await chooseRecipients(keys, now)) !== null;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    return unreadable(cause);
  }
}

function unreadable(cause: unknown): never {
  if (isEiderError(cause)) throw cause;
  throw new EiderError('STORE_CORRUPT', 'a key of the account cannot be read', { cause });
}

function parseOnce(text: string): Promise<Key> {
  const known = parsed.get(text);
  // Back to the end: what was used longest ago goes first.
  parsed.delete(text);
  const key = known ?? parseOpenPgpKey(text);
  parsed.set(text, key);
  if (parsed.size > MAX_PARSED) parsed.delete(parsed.keys().next().value as string);
  key.catch(() => parsed.delete(text));
  return key;
}
