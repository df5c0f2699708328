/** Reads the header of the PROXY protocol, versions 1 and 2, as HAProxy's specification (`proxy-protocol.txt`) has it. */

import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { EiderError } from '../errors.ts';
import { crc32c } from './crc32c.ts';

/** Between whom a connection is. */
export interface Endpoints {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** What a proxy says of the connection that it passes on. */
export interface ProxyHeader {
  /** Octets of the header; what follows is the client's. */
  readonly length: number;
  /** Those of the client's connection; `null`: the proxy speaks for itself (LOCAL), or knows no more (UNKNOWN). */
  readonly endpoints: Endpoints | null;
  /** The client speaks TLS to the proxy. */
  readonly secure: boolean;
}

/** Longest line of version 1 with its CRLF, by the specification. */
const V1_OCTETS = 107;
const V1_START = Buffer.from('PROXY ', 'latin1');
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED = 16;
/** Longest header of version 2 that is taken; it could be 65,551. What proxies send beside addresses is some 100 octets. */
const V2_OCTETS = 4_096;

const TLV_CRC32C = 0x03;
const TLV_SSL = 0x20;
const CLIENT_SSL = 0x01;

/** Octets of both addresses and ports of version 2, by family and transport. */
const V2_ADDRESSES: Readonly<Record<number, number>> = { 17: 12, 18: 12, 33: 36, 34: 36, 49: 216, 50: 216 };
const TCP4 = 0x11;
const TCP6 = 0x21;

/**
 * The header at the start of `octets`, or `null` when it is right so far and goes on. Of a header that is wrong no more
 * is read than tells so.
 *
 * @throws EiderError `INVALID_ARGUMENT` when it is none.
 */
export function parseProxyHeader(octets: Buffer): ProxyHeader | null {
  if (startsLike(octets, V2_START)) return octets.length < V2_FIXED ? null : parseV2(octets);
  if (startsLike(octets, V1_START)) return parseV1(octets);
  throw malformed('it does not begin as one');
}

/** Whether one is the beginning of the other. */
function startsLike(octets: Buffer, start: Buffer): boolean {
  const length = Math.min(octets.length, start.length);
  return octets.compare(start, 0, length, 0, length) === 0;
}

function parseV1(octets: Buffer): ProxyHeader | null {
  const end = octets.subarray(0, V1_OCTETS).indexOf('\n');
  if (end < 0) {
    if (octets.length >= V1_OCTETS) throw malformed(`its line has more than ${V1_OCTETS} octets`);
    return null;
  }
  const line = octets.toString('latin1', 0, end + 1);
  if (!line.endsWith('\r\n')) throw malformed('its line does not end with CRLF');
  const length = end + 1;
  if (/^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/.test(line)) return { length, endpoints: null, secure: false };
  const match = /^PROXY TCP([46]) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)\r\n$/.exec(line);
  if (!match) throw malformed('its line has other fields');
  const [, family, from, to, fromPort, toPort] = match as unknown as [string, string, string, string, string, string];
  const address = family === '4' ? parseIpv4 : parseIpv6;
  const endpoints = {
    remoteAddress: address(from),
    remotePort: parsePort(fromPort),
    localAddress: address(to),
    localPort: parsePort(toPort),
  };
  return { length, endpoints, secure: false };
}

function parseIpv4(text: string): string {
  if (!isIPv4(text)) throw malformed('an IPv4 address is none');
  return text;
}

function parseIpv6(text: string): string {
  if (!isIPv6(text) || text.includes('%')) throw malformed('an IPv6 address is none');
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

function parsePort(text: string): number {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw malformed('a port is none');
  return port;
}

function parseV2(octets: Buffer): ProxyHeader | null {
  const version = octets.readUInt8(12);
  if (version !== 0x20 && version !== 0x21) throw malformed('its version or command is unknown');
  const length = V2_FIXED + octets.readUInt16BE(14);
  if (length > V2_OCTETS) throw malformed(`it has more than ${V2_OCTETS} octets`);
  if (octets.length < length) return null;
  // LOCAL: whatever follows is to be thrown away.
  if (version === 0x20) return { length, endpoints: null, secure: false };
  return parseProxied(octets.subarray(0, length));
}

/** Reads a whole header of the command PROXY. */
function parseProxied(header: Buffer): ProxyHeader {
  const family = header.readUInt8(13);
  if (family >> 4 > 3 || (family & 0xf) > 2) throw malformed('its family or transport is unknown');
  const addresses = V2_ADDRESSES[family];
  // Neither known how long the addresses are nor, so, where something else begins.
  if (addresses === undefined) return { length: header.length, endpoints: null, secure: false };
  if (header.length < V2_FIXED + addresses) throw malformed('its addresses are cut off');
  const secure = parseTlvs(header, V2_FIXED + addresses);
  return { length: header.length, endpoints: parseEndpoints(header, family), secure };
}

function parseEndpoints(header: Buffer, family: number): Endpoints | null {
  if (family !== TCP4 && family !== TCP6) return null;
  const size = family === TCP4 ? 4 : 16;
  const format = family === TCP4 ? formatIpv4 : formatIpv6;
  const [from, to, ports] = [V2_FIXED, V2_FIXED + size, V2_FIXED + 2 * size];
  return {
    remoteAddress: format(header.subarray(from, to)),
    remotePort: header.readUInt16BE(ports),
    localAddress: format(header.subarray(to, ports)),
    localPort: header.readUInt16BE(ports + 2),
  };
}

const formatIpv4 = (octets: Buffer): string => octets.join('.');

function formatIpv6(octets: Buffer): string {
  const groups = octets.toString('hex').match(/.{4}/g) as string[];
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** Goes through what is behind the addresses; whether it says that the client speaks TLS. */
function parseTlvs(header: Buffer, start: number): boolean {
  let secure = false;
  for (let at = start; at < header.length; ) {
    const value = at + 3;
    const end = value <= header.length ? value + header.readUInt16BE(at + 1) : Number.POSITIVE_INFINITY;
    if (end > header.length) throw malformed('a field at its end is cut off');
    const type = header.readUInt8(at);
    if (type === TLV_CRC32C) checkSum(header, value, end);
    if (type === TLV_SSL) {
      if (end - value < 5) throw malformed('its field on TLS is cut off');
      secure = (header.readUInt8(value) & CLIENT_SSL) !== 0;
    }
    at = end;
  }
  return secure;
}

/** The sum is made with zeros in its own place. */
function checkSum(header: Buffer, start: number, end: number): void {
  const matches =
    end - start === 4 &&
    crc32c(header.subarray(0, start), Buffer.alloc(4), header.subarray(end)) === header.readUInt32BE(start);
  if (!matches) throw malformed('its checksum is wrong');
}

function malformed(why: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', `the PROXY header is malformed: ${why}`);
}
