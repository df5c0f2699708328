/** ASCII armor around an encrypted message. RFC 9580 section 6. */

import { base64Lines } from './base64-lines.ts';
import { Crc24 } from './crc24.ts';

/**
 * Armors packets.
 *
 * @param checksum whether a checksum follows. GnuPG 2.2 needs one; section 6.1 forbids it after data of version 2, whose
 *   readers do without.
 */
export async function* armorMessage(packets: AsyncIterable<Uint8Array>, checksum: boolean): AsyncGenerator<Uint8Array> {
  const crc = checksum ? new Crc24() : null;
  yield Buffer.from('-----BEGIN PGP MESSAGE-----\r\n\r\n');
  yield* base64Lines(crc ? counted(packets, crc) : packets);
  if (crc) yield Buffer.from(`=${crc.digest().toString('base64')}\r\n`);
  yield Buffer.from('-----END PGP MESSAGE-----\r\n');
}

async function* counted(packets: AsyncIterable<Uint8Array>, crc: Crc24): AsyncGenerator<Uint8Array> {
  for await (const octets of packets) {
    crc.update(octets);
    yield octets;
  }
}
