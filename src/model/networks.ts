/** Addresses and networks of clients. */

import { BlockList, isIP } from 'node:net';
import { EiderError } from '../errors.ts';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Addresses (`192.0.2.7`, `2001:db8::7`) and networks (`192.0.2.0/24`, `2001:db8::/32`). */
export class NetworkList {
  readonly #list = new BlockList();

  /** @throws {@link EiderError} `INVALID_ARGUMENT` for what is neither. */
  constructor(networks: readonly string[]) {
    for (const network of networks) this.#add(network);
  }

  /** Whether an address is one of them or in one; an IPv4 address inside an IPv6 one counts as what it is. */
  has(address: string): boolean {
    const plain = withoutZone(address);
    const family = isIP(plain);
    return family !== 0 && this.#list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  }

  #add(network: string): void {
    const [address = '', prefix, ...rest] = network.split('/');
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === 0 || address.includes('%') || rest.length > 0 || !(length <= bits)) {
      throw new EiderError('INVALID_ARGUMENT', `${network} is neither an IP address nor a network like 10.0.0.0/8`);
    }
    this.#list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** What is counted as one client: an IPv4 address (also inside IPv6), or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const mapped = MAPPED.exec(address);
  if (mapped) return mapped[1] as string;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = withoutZone(address).toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** The first 48 bits of an IPv6 address, of which one site has all; `null` for other addresses. */
export function siteOf(address: string): string | null {
  const network = networkOf(address);
  return network.endsWith('::/64') ? `${network.split(':').slice(0, 3).join(':')}::/48` : null;
}

function withoutZone(address: string): string {
  return address.split('%')[0] as string;
}
