/** Armor: lines of base64, and the checksum that GnuPG asks for. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { armorMessage } from '../../src/crypto/armor.ts';
import { Crc24 } from '../../src/crypto/crc24.ts';
import { collect, inChunks } from './crypto-fixture.ts';

function checksum(...pieces: readonly Uint8Array[]): string {
  const crc = new Crc24();
  for (const piece of pieces) crc.update(piece);
  return crc.digest().toString('hex');
}

test('the checksum is that of RFC 9580, however the octets come', () => {
  // The check value of CRC-24/OPENPGP in catalogues of checksums.
  expect(checksum(Buffer.from('123456789'))).toBe('21cf02');
  expect(checksum()).toBe('b704ce');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (octets, at) => {
      expect(checksum(octets.subarray(0, at), octets.subarray(at))).toBe(checksum(octets));
    }),
  );
});

test.each([0, 1, 56, 57, 58, 43_775, 43_776, 43_777, 100_000])('%d octets in lines', async (size) => {
  const octets = Buffer.alloc(size, 'noise');
  const lines = (octets.toString('base64').match(/.{1,76}/g) ?? []).map((line) => `${line}\r\n`);
  const armored = (await collect(armorMessage(inChunks(octets, 999), false))).toString();
  expect(armored).toBe(`-----BEGIN PGP MESSAGE-----\r\n\r\n${lines.join('')}-----END PGP MESSAGE-----\r\n`);
  const checked = (await collect(armorMessage(inChunks(octets), true))).toString();
  const crc = Buffer.from(checksum(octets), 'hex').toString('base64');
  expect(checked).toBe(armored.replace('-----END', `=${crc}\r\n-----END`));
});
