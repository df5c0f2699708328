/** Headers of the PROXY protocol: what proxies send, cut anywhere, and what they do not. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../src/net/crc32c.ts';
import { parseProxyHeader } from '../../src/net/proxy-header.ts';
import { proxyV2, tlv } from './proxy-v2.ts';

const line = (text: string): Buffer => Buffer.from(`${text}\r\n`, 'latin1');
const ANN = { remoteAddress: '192.0.2.1', remotePort: 5_555, localAddress: '198.51.100.7', localPort: 143 };
const ANN6 = { remoteAddress: '2001:db8::1', remotePort: 5_555, localAddress: '2001:db8::7', localPort: 143 };

function why(octets: Buffer): string {
  try {
    const header = parseProxyHeader(octets);
    return header === null ? 'more' : 'header';
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    return (error as Error).message.replace('the PROXY header is malformed: ', '');
  }
}

describe('version 1', () => {
  test('IPv4', () => {
    const header = line('PROXY TCP4 192.0.2.1 198.51.100.7 5555 143');
    expect(parseProxyHeader(header)).toEqual({ length: header.length, endpoints: ANN, secure: false });
    expect(parseProxyHeader(Buffer.concat([header, Buffer.from('a NOOP\r\n')]))?.length).toBe(header.length);
  });

  test('IPv6, which comes out in its one right spelling', () => {
    const header = line('PROXY TCP6 2001:0DB8:0::0001 2001:db8::7 5555 143');
    expect(parseProxyHeader(header)?.endpoints).toEqual(ANN6);
    const longest = `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535`;
    expect(parseProxyHeader(line(longest))?.endpoints?.remotePort).toBe(65_535);
  });

  test('UNKNOWN, with anything behind it, up to 107 octets', () => {
    const unknown = { endpoints: null, secure: false };
    expect(parseProxyHeader(line('PROXY UNKNOWN'))).toEqual({ length: 15, ...unknown });
    const longest = line(`PROXY UNKNOWN ${'x'.repeat(91)}`);
    expect(parseProxyHeader(longest)).toEqual({ length: 107, ...unknown });
    expect(why(line(`PROXY UNKNOWN ${'x'.repeat(92)}`))).toBe('its line has more than 107 octets');
    expect(why(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}`))).toBe('more');
    expect(why(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`))).toBe('its line has more than 107 octets');
  });

  test.each([
    ['PROXY TCP4 192.0.2.1 198.51.100.7 5555 143\n', 'its line does not end with CRLF'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 5555 143\r\r\n', 'a port is none'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 5555\r\n', 'its line has other fields'],
    ['PROXY TCP4  192.0.2.1 198.51.100.7 5555 143\r\n', 'its line has other fields'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 5555 143 \r\n', 'its line has other fields'],
    ['PROXY TCP5 192.0.2.1 198.51.100.7 5555 143\r\n', 'its line has other fields'],
    ['PROXY UNKNOWNX\r\n', 'its line has other fields'],
    ['PROXY TCP4 192.0.02.1 198.51.100.7 5555 143\r\n', 'an IPv4 address is none'],
    ['PROXY TCP4 ::1 ::1 5555 143\r\n', 'an IPv4 address is none'],
    ['PROXY TCP6 192.0.2.1 198.51.100.7 5555 143\r\n', 'an IPv6 address is none'],
    ['PROXY TCP6 fe80::1%eth0 ::1 5555 143\r\n', 'an IPv6 address is none'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 65536 143\r\n', 'a port is none'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 05 143\r\n', 'a port is none'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 -1 143\r\n', 'a port is none'],
    ['proxy tcp4 192.0.2.1 198.51.100.7 5555 143\r\n', 'it does not begin as one'],
    ['PROXYTCP4 ', 'it does not begin as one'],
    ['a LOGIN ann secret\r\n', 'it does not begin as one'],
  ])('refuses %j', (text, reason) => {
    expect(why(Buffer.from(text, 'latin1'))).toBe(reason);
  });
});

describe('version 2', () => {
  test('IPv4, IPv6, and no more than its length', () => {
    const header = proxyV2({ from: '192.0.2.1', to: '198.51.100.7', ports: [5_555, 143] });
    expect(header.length).toBe(28);
    expect(parseProxyHeader(Buffer.concat([header, Buffer.from('x')]))).toEqual({
      length: 28,
      endpoints: ANN,
      secure: false,
    });
    const six = proxyV2({ from: '2001:db8::1', to: '2001:db8::7', ports: [5_555, 143] });
    expect(parseProxyHeader(six)).toEqual({ length: 52, endpoints: ANN6, secure: false });
  });

  test('LOCAL keeps the real ones, whatever else it says', () => {
    const header = proxyV2({ command: 0x20, family: 0xff, body: Buffer.alloc(33, 0xaa) });
    expect(parseProxyHeader(header)).toEqual({ length: 49, endpoints: null, secure: false });
  });

  test.each([
    ['unspecified', 0x00, 7],
    ['IPv4 of an unspecified transport', 0x10, 7],
    ['UDP over IPv4', 0x12, 12],
    ['UDP over IPv6', 0x22, 36],
    ['a UNIX socket', 0x31, 216],
  ])('%s keeps the real ones', (_, family, size) => {
    const header = proxyV2({ family, body: Buffer.alloc(size, 1) });
    expect(parseProxyHeader(header)).toEqual({ length: 16 + size, endpoints: null, secure: false });
  });

  test('what is behind the addresses: TLS counts, the rest is passed over', () => {
    const other = [tlv(0x01, 'imap'), tlv(0x04, ''), tlv(0x05, 'x'.repeat(128)), tlv(0xe0, 'own')];
    const ssl = (client: number): Buffer =>
      tlv(0x20, Buffer.concat([Buffer.from([client, 0, 0, 0, 1]), tlv(0x21, 'TLSv1.3')]));
    const header = (...tlvs: Buffer[]): Buffer => proxyV2({ from: '192.0.2.1', tlvs });
    expect(parseProxyHeader(header(...other))?.secure).toBe(false);
    expect(parseProxyHeader(header(...other, ssl(1)))?.secure).toBe(true);
    expect(parseProxyHeader(header(ssl(7), ...other))?.secure).toBe(true);
    expect(parseProxyHeader(header(ssl(0)))?.secure).toBe(false);
    expect(why(header(tlv(0x20, Buffer.from([1, 0, 0, 0]))))).toBe('its field on TLS is cut off');
  });

  test('a checksum that is there has to be right', () => {
    // The check value of the algorithm's catalogue.
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    const header = proxyV2({ from: '192.0.2.1', tlvs: [tlv(0x04, 'pad'), tlv(0x03, Buffer.alloc(4)), tlv(0x04, '')] });
    const sum = crc32c(header);
    header.writeUInt32BE(sum, 28 + 6 + 3);
    expect(why(header)).toBe('header');
    header.writeUInt8(193, 16);
    expect(why(header)).toBe('its checksum is wrong');
    expect(why(proxyV2({ from: '192.0.2.1', tlvs: [tlv(0x03, 'abc')] }))).toBe('its checksum is wrong');
  });

  test.each([
    ['another version', { command: 0x11 }, 'its version or command is unknown'],
    ['another command', { command: 0x22 }, 'its version or command is unknown'],
    ['another family', { family: 0x41, body: Buffer.alloc(12) }, 'its family or transport is unknown'],
    ['another transport', { family: 0x13, body: Buffer.alloc(12) }, 'its family or transport is unknown'],
    ['addresses cut off', { family: 0x21, body: Buffer.alloc(35) }, 'its addresses are cut off'],
    ['a TLV without its length', { family: 0x11, body: Buffer.alloc(14) }, 'a field at its end is cut off'],
    ['a TLV cut off', { family: 0x11, body: Buffer.alloc(16, 1) }, 'a field at its end is cut off'],
  ])('refuses %s', (_, options, reason) => {
    expect(why(proxyV2(options))).toBe(reason);
  });

  test('has a limit, to the octet, that is known before it has come', () => {
    expect(why(proxyV2({ family: 0, body: Buffer.alloc(4_080) }))).toBe('header');
    expect(why(proxyV2({ family: 0, body: Buffer.alloc(4_081) }).subarray(0, 16))).toBe('it has more than 4096 octets');
  });

  test('refuses what is not its beginning at the first wrong octet', () => {
    expect(why(Buffer.from('\r\n\r\n\0\r\nQUIT'))).toBe('more');
    expect(why(Buffer.from('\r\n\r\n\0\r\nQUIX'))).toBe('it does not begin as one');
    expect(why(Buffer.from('\x16\x03\x01'))).toBe('it does not begin as one');
  });
});

describe('of all headers', () => {
  const address = fc.oneof(
    fc.tuple(fc.constant(4 as const), fc.ipV4(), fc.ipV4()),
    fc.tuple(fc.constant(6 as const), fc.ipV6(), fc.ipV6()),
  );
  const port = fc.integer({ min: 0, max: 65_535 });

  test('both versions say the same, and no cut of one is taken for a whole one', () => {
    fc.assert(
      fc.property(address, port, port, ([family, from, to], fromPort, toPort) => {
        const one = line(`PROXY TCP${family} ${from} ${to} ${fromPort} ${toPort}`);
        const two = proxyV2({ from, to, ports: [fromPort, toPort] });
        const parsed = [one, two].map((header) => {
          for (let cut = 0; cut < header.length; cut++) expect(why(header.subarray(0, cut))).toBe('more');
          const whole = parseProxyHeader(Buffer.concat([header, Buffer.from('rest')]));
          expect(whole?.length).toBe(header.length);
          return whole?.endpoints;
        });
        expect(parsed[0]).toEqual(parsed[1]);
        expect(parsed[0]).toMatchObject({ remotePort: fromPort, localPort: toPort });
      }),
    );
  });

  test('rubbish gives an answer of the three and nothing else', () => {
    const octets = fc.uint8Array({ maxLength: 200 });
    const start = fc.constantFrom(
      '',
      'PROXY ',
      'PROXY TCP4 ',
      '\r\n\r\n\0\r\nQUIT\n',
      '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x20',
    );
    fc.assert(
      fc.property(start, octets, (text, rest) => {
        const all = Buffer.concat([Buffer.from(text, 'latin1'), rest]);
        const answer = why(all);
        // More is waited for only while the limits allow it.
        if (answer === 'more') expect(all.length).toBeLessThan(4_096);
      }),
    );
  });
});
