/** The checksum of armor, which readers of OpenPGP version 4 want. RFC 9580 section 6.1.1. */

const INITIAL = 0xb704ce;
const POLYNOMIAL = 0x864cfb;
const MASK = 0xffffff;

/** What an octet comes to when 0, 1, 2 or 3 octets follow it: four octets take one step. */
const TABLES = makeTables();

/** CRC-24 over octets that come in pieces. */
export class Crc24 {
  #value = INITIAL;

  update(octets: Uint8Array): void {
    const [last, third, second, first] = TABLES;
    let value = this.#value;
    let at = 0;
    for (const end = octets.length - 3; at < end; at += 4) {
      value =
        (first[(value >>> 16) ^ (octets[at] as number)] as number) ^
        (second[((value >>> 8) & 0xff) ^ (octets[at + 1] as number)] as number) ^
        (third[(value & 0xff) ^ (octets[at + 2] as number)] as number) ^
        (last[octets[at + 3] as number] as number);
    }
    for (; at < octets.length; at++) {
      value = ((value << 8) & MASK) ^ (last[(value >>> 16) ^ (octets[at] as number)] as number);
    }
    this.#value = value;
  }

  /** Three octets. */
  digest(): Buffer {
    const octets = Buffer.alloc(3);
    octets.writeUIntBE(this.#value, 0, 3);
    return octets;
  }
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const last = Int32Array.from({ length: 256 }, (_, octet) => {
    let value = octet << 16;
    for (let bit = 0; bit < 8; bit++) value = ((value << 1) & MASK) ^ (value & 0x800000 ? POLYNOMIAL : 0);
    return value;
  });
  const before = (table: Int32Array): Int32Array =>
    table.map((value) => ((value << 8) & MASK) ^ (last[value >>> 16] as number));
  const third = before(last);
  const second = before(third);
  return [last, third, second, before(second)];
}
