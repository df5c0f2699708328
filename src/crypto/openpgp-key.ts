/** OpenPGP public keys: what one says of itself, and whether mail can be encrypted to it. RFC 9580. */

import type { AlgorithmInfo, Key, Subkey } from 'openpgp';
import { EiderError } from '../errors.ts';
import type { EncryptionKey } from '../model/encryption.ts';
import { keyNames } from './key-names.ts';
import { loadOpenPgp, MIN_RSA_BITS, type OpenPgp, openPgpConfig } from './load-openpgp.ts';

/** A whole second after a key's end it has ended: times of OpenPGP are seconds. */
const SECOND = 1_000;

/**
 * Reads a key that mail can be encrypted to at `now`. What others signed, and pictures, are left out of its text.
 *
 * @throws `KEY_INVALID`.
 */
export async function readOpenPgpKey(given: string | Uint8Array, now: number): Promise<Omit<EncryptionKey, 'added'>> {
  const openpgp = await loadOpenPgp();
  const key = withoutSignaturesOfOthers(await parse(openpgp, given));
  const target = await encryptionTarget(openpgp, key, now);
  return {
    id: key.getFingerprint().toLowerCase(),
    type: 'openpgp',
    version: versionOf(key),
    algorithm: algorithmName(target.getAlgorithmInfo()),
    names: keyNames(key.getUserIDs()),
    created: key.getCreationTime().getTime(),
    expires: await endOf(openpgp, key, target, now),
    text: key.armor({ ...openpgp.config, showVersion: false, showComment: false }).replaceAll('\r\n', '\n'),
  };
}

/** Parses the text of a key that was read before. */
export async function parseOpenPgpKey(text: string): Promise<Key> {
  const openpgp = await loadOpenPgp();
  return openpgp.readKey({ armoredKey: text, config: openPgpConfig(openpgp) });
}

/** Whether mail can be encrypted to a key at `now`: it has not expired, is not revoked, and not weak. */
export async function canEncrypt(key: Key, now: number): Promise<boolean> {
  const openpgp = await loadOpenPgp();
  return encryptionTarget(openpgp, key, now).then(
    () => true,
    () => false,
  );
}

async function parse(openpgp: OpenPgp, given: string | Uint8Array): Promise<Key> {
  const config = openPgpConfig(openpgp);
  let keys: Key[];
  try {
    keys =
      typeof given === 'string'
        ? await openpgp.readKeys({ armoredKeys: given, config })
        : await openpgp.readKeys({ binaryKeys: given, config });
  } catch (cause) {
    throw invalid(unreadable(cause), cause);
  }
  const [key] = keys;
  if (!key) throw invalid('there is no key in it');
  if (keys.length > 1) throw invalid('there is more than one key in it');
  if (key.isPrivate()) throw invalid('it holds a secret key: give the public one alone');
  return key;
}

function unreadable(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : '';
  if (/version \d/i.test(message) && /unsupported|not supported|disabled/i.test(message)) {
    return 'its version is none of 4 and 6';
  }
  if (/unknown|unsupported|invalid enum/i.test(message)) return 'its algorithm is not known';
  return 'it cannot be read as an OpenPGP key';
}

function withoutSignaturesOfOthers(key: Key): Key {
  const named = key.users.filter(({ userID }) => userID !== null);
  if (named.length > 0) key.users = named;
  for (const user of key.users) user.otherCertifications = [];
  return key;
}

/** The key or subkey that a message would be encrypted to. @throws `KEY_INVALID` when there is none. */
async function encryptionTarget(openpgp: OpenPgp, key: Key, now: number): Promise<Key | Subkey> {
  const date = new Date(now);
  const config = { ...openpgp.config, ...openPgpConfig(openpgp) };
  try {
    return await key.getEncryptionKey(undefined, date, undefined, config);
  } catch (cause) {
    throw invalid(refusal(cause), cause);
  }
}

/** What the library says, in words for people. */
function refusal(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : '';
  if (/revoked/i.test(message)) return 'it is revoked';
  if (/expired/i.test(message)) return 'it has expired';
  if (/too weak/i.test(message))
    return `it is too weak: RSA has at least ${MIN_RSA_BITS} bits, ElGamal and DSA are refused`;
  if (/disabled|not supported|unknown/i.test(message)) return 'its algorithm is not supported';
  if (/not yet valid|in the future/i.test(message)) return 'it is not valid yet';
  if (/self-?signature|self-?certif|primary user/i.test(message)) return 'nothing in it says that its owner made it';
  return 'nothing in it is for encrypting mail at present';
}

const invalid = (message: string, cause?: unknown): EiderError => new EiderError('KEY_INVALID', message, { cause });

const versionOf = (key: Key): number => (key.keyPacket as unknown as { readonly version: number }).version;

/** When nothing in the key can be encrypted to any more: subkeys may follow each other. */
async function endOf(openpgp: OpenPgp, key: Key, target: Key | Subkey, now: number): Promise<number | null> {
  const primaryEnd = timeOf(await key.getExpirationTime());
  let current = target;
  let end = now;
  for (let left = key.subkeys.length + 1; left > 0; left--) {
    const date = new Date(end);
    const ownEnd = 'mainKey' in current ? timeOf(await current.getExpirationTime(date)) : primaryEnd;
    const next = Math.min(primaryEnd, ownEnd);
    if (next === Infinity) return null;
    if (next >= primaryEnd || next <= end) return next;
    const following = await encryptionTarget(openpgp, key, next + SECOND).catch(() => null);
    if (!following) return next;
    end = next + SECOND;
    current = following;
  }
  return end;
}

/** `null` is what the library gives of a key that is not valid: no such one comes here. */
const timeOf = (time: Date | number | null): number => (time instanceof Date ? time.getTime() : (time ?? Infinity));

const CURVES: Readonly<Record<string, string>> = {
  nistP256: 'p256',
  nistP384: 'p384',
  nistP521: 'p521',
  curve25519Legacy: 'x25519',
};

function algorithmName({ algorithm, bits, curve }: AlgorithmInfo): string {
  if (bits !== undefined && algorithm.startsWith('rsa')) return `rsa${bits}`;
  if (curve !== undefined) return CURVES[curve] ?? curve.toLowerCase();
  return algorithm.toLowerCase();
}
