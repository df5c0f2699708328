/** The checksum CRC-32C (Castagnoli). */

const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** The checksum of all chunks one after the other, from 0 to 2^32 - 1. */
export function crc32c(...chunks: readonly Uint8Array[]): number {
  let value = 0xffffffff;
  for (const chunk of chunks) {
    for (const octet of chunk) value = (value >>> 8) ^ (TABLE[(value ^ octet) & 0xff] as number);
  }
  return (value ^ 0xffffffff) >>> 0;
}
