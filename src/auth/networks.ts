/** Addresses and networks of clients. */

import { BlockList, isIP } from 'node:net';
import { EiderError } from '../errors.ts';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address as itself, an IPv6 address as its /64: what one client has. */
export function networkOf(address: string): string {
  const plain = unmapped(address);
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('%', 1)[0]?.toLowerCase().split('::') ?? [];
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Whether an address is in one of the networks. Networks are such as {@link requireNetwork} lets pass. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const plain = unmapped(address);
  const family = isIP(plain);
  if (family === 0) return false;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', prefix] = network.split('/');
    const kind = isIP(base) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(base, prefix === undefined ? (kind === 'ipv6' ? 128 : 32) : Number(prefix), kind);
  }
  return list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

/** @throws `INVALID_ARGUMENT` for what is neither an address nor an address with a prefix length. */
export function requireNetwork(network: string): void {
  const [base = '', prefix, more] = network.split('/');
  const family = isIP(base);
  const longest = family === 6 ? 128 : 32;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : longest + 1;
  if (family === 0 || more !== undefined || length > longest) {
    throw new EiderError('INVALID_ARGUMENT', 'a network is an address, or an address with the length of its prefix');
  }
}

function unmapped(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}
