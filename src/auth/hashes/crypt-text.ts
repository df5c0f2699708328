/** Octets as crypt(3) writes them: six bits a character, the low ones first, in an alphabet of its own. */

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Writes `digest` in groups of three, each of which names the octet that is highest first; a group of two or one is
 * filled up with zero bits from above, and takes as many characters as its bits need.
 */
export function cryptText(digest: Buffer, groups: readonly (readonly number[])[]): string {
  return groups.map((group) => groupText(group.map((at) => digest[at] as number))).join('');
}

function groupText(octets: readonly number[]): string {
  const value = octets.reduce((sum, octet) => (sum << 8) | octet, 0);
  const length = Math.ceil((octets.length * 8) / 6);
  return Array.from({ length }, (_, at) => ALPHABET[(value >> (6 * at)) & 0x3f]).join('');
}
