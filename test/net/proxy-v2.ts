/** Makes headers of version 2 of the PROXY protocol, also wrong ones. */

import { isIPv6 } from 'node:net';

/** What is in a header; without `body` it is made of addresses and TLVs. */
export interface ProxyV2 {
  readonly command?: number;
  readonly family?: number;
  readonly from?: string;
  readonly to?: string;
  readonly ports?: readonly [number, number];
  readonly tlvs?: readonly Buffer[];
  readonly body?: Buffer;
}

/** A header; TCP by default. */
export function proxyV2(options: ProxyV2): Buffer {
  const { from = '192.0.2.1', to = isIPv6(from) ? '2001:db8::7' : '198.51.100.7', ports = [5_555, 143] } = options;
  const numbers = Buffer.alloc(4);
  numbers.writeUInt16BE(ports[0], 0);
  numbers.writeUInt16BE(ports[1], 2);
  const body = options.body ?? Buffer.concat([octetsOf(from), octetsOf(to), numbers, ...(options.tlvs ?? [])]);
  const fixed = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1');
  fixed.writeUInt8(options.command ?? 0x21, 12);
  fixed.writeUInt8(options.family ?? (isIPv6(from) ? 0x21 : 0x11), 13);
  fixed.writeUInt16BE(body.length, 14);
  return Buffer.concat([fixed, body]);
}

/** A field behind the addresses. */
export function tlv(type: number, value: string | Buffer): Buffer {
  const octets = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from([type, octets.length >> 8, octets.length & 0xff]), octets]);
}

function octetsOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(groupsOf(address).flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(address: string): number[] {
  // An IPv4 address at the end stands for two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return parse(head);
  const [before, after] = [parse(head), parse(tail)];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
