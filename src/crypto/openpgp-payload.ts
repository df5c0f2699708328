/** A stream as an armored OpenPGP message. RFC 9580. */

import type { Key } from 'openpgp';
import { armorMessage } from './armor.ts';
import { loadOpenPgp, openPgpConfig } from './load-openpgp.ts';
import { literalPacket, type SessionKey, sealedPacket } from './openpgp-packets.ts';

/**
 * Encrypts to all of the keys. The library chooses the algorithms that all of them can read, and encrypts the key of the
 * message to them; the data goes through the ciphers of Node.js, chunk by chunk: whatever its length, it needs no more
 * memory and blocks nobody. Nothing is compressed.
 *
 * @throws when a key cannot be used at `now`
 */
export async function* openPgpPayload(
  keys: readonly Key[],
  source: AsyncIterable<Uint8Array>,
  now: number,
): AsyncGenerator<Uint8Array> {
  const openpgp = await loadOpenPgp();
  const given = { encryptionKeys: [...keys], date: new Date(now), config: openPgpConfig(openpgp) };
  const { data, algorithm, aeadAlgorithm } = await openpgp.generateSessionKey(given);
  const key: SessionKey = { data, algorithm, aead: aeadAlgorithm ?? null };
  const aead = aeadAlgorithm === undefined ? {} : { aeadAlgorithm };
  const opening = await openpgp.encryptSessionKey({ ...given, ...aead, data, algorithm, format: 'binary' });
  yield* armorMessage(concat(opening as Uint8Array, sealedPacket(key, literalPacket(source))), key.aead === null);
}

async function* concat(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
