/** Connections through a proxy, on real sockets: who is believed, however the header arrives, and what comes behind it. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/net/connection.ts';
import { Listener, type ListenerOptions } from '../../src/net/listener.ts';
import { ProxyProtocol } from '../../src/net/proxy-protocol.ts';
import { CERTIFICATE, KEY } from './certificate.ts';
import { proxyV2, tlv } from './proxy-v2.ts';

const open: { listeners: Listener[]; sockets: Socket[] } = { listeners: [], sockets: [] };
const proxies: Server[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) proxy.close();
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const listener of open.listeners.splice(0)) await listener.close({ drainMs: 0 });
});

/** Says who the client is, then answers each line. */
async function tell(connection: Connection): Promise<void> {
  const { remoteAddress, remotePort, localPort, secure } = connection;
  connection.write(`${remoteAddress} ${remotePort} ${localPort} ${secure}\r\n`);
  for (let line = await connection.input.readLine(100); line !== null; line = await connection.input.readLine(100)) {
    connection.write(`[${line}]\r\n`);
  }
}

async function start(
  options: Partial<ListenerOptions> = {},
): Promise<{ port: number; listener: Listener; errors: string[] }> {
  const errors: string[] = [];
  const listener = new Listener({
    serve: tell,
    proxyProtocol: { trusted: ['127.0.0.1'] },
    onError: (error) => errors.push((error as Error).message),
    ...options,
  });
  open.listeners.push(listener);
  return { listener, errors, port: (await listener.listen()).port };
}

/** All that comes until the server closes, after `chunks` were sent one by one. */
async function exchange(port: number, chunks: readonly (string | Buffer)[], end = true): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  open.sockets.push(socket);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  for (const chunk of chunks) {
    socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
    if (chunks.length > 1) await delay(1);
  }
  if (end) socket.end();
  await closed;
  return received;
}

const V1 = Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.7 5555 143\r\n');
const V2 = proxyV2({ from: '2001:db8::1', ports: [5_555, 143] });
const octets = (buffer: Buffer): Buffer[] => Array.from(buffer, (_, index) => buffer.subarray(index, index + 1));
const more = Buffer.from('one\r\ntwo\r\n');

describe('the header of a trusted proxy', () => {
  test.each([
    ['1', V1, '192.0.2.1'],
    ['2', V2, '2001:db8::1'],
  ])('of version %s tells the client, at once with the first lines or octet by octet', async (_, header, address) => {
    const { port, errors } = await start();
    const expected = `${address} 5555 143 false\r\n[one]\r\n[two]\r\n`;
    expect(await exchange(port, [Buffer.concat([header, more])])).toBe(expected);
    expect(await exchange(port, octets(Buffer.concat([header, more])))).toBe(expected);
    expect(await exchange(port, [header, more])).toBe(expected);
    expect(errors).toEqual([]);
  });

  test('of LOCAL or UNKNOWN leaves the real ones', async () => {
    const { port } = await start();
    for (const header of ['PROXY UNKNOWN\r\n', proxyV2({ command: 0x20, family: 0, body: Buffer.alloc(0) })]) {
      expect(await exchange(port, [header])).toMatch(new RegExp(`^127\\.0\\.0\\.1 \\d+ ${port} false\r\n$`));
    }
  });

  test('tells that the client speaks TLS to the proxy; then STARTTLS is not offered', async () => {
    let canStartTls: boolean | null = null;
    const { port } = await start({
      tls: { key: KEY, cert: CERTIFICATE },
      serve: (connection) => {
        canStartTls = connection.canStartTls;
        return tell(connection);
      },
    });
    const ssl = tlv(0x20, Buffer.from([1, 0, 0, 0, 0]));
    expect(await exchange(port, [proxyV2({ from: '192.0.2.1', tlvs: [ssl] })])).toBe('192.0.2.1 5555 143 true\r\n');
    expect(canStartTls).toBe(false);
    expect(await exchange(port, [V1])).toBe('192.0.2.1 5555 143 false\r\n');
    expect(canStartTls).toBe(true);
  });

  test('comes before TLS, in one write with the hello or octet by octet', async () => {
    const { port } = await start({ tls: { key: KEY, cert: CERTIFICATE }, secure: true });
    for (const slow of [false, true]) {
      const secured = connectTls({ port: await startProxy(port, slow), host: '127.0.0.1', rejectUnauthorized: false });
      open.sockets.push(secured);
      let received = '';
      secured.setEncoding('latin1').on('data', (text: string) => (received += text));
      secured.write('one\r\n');
      await expect.poll(() => received).toBe('192.0.2.1 5555 143 true\r\n[one]\r\n');
    }
  });
});

/** A proxy that sends the header together with the client's first octets, or all of both octet by octet. */
async function startProxy(target: number, slow: boolean): Promise<number> {
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1').setNoDelay(true);
    open.sockets.push(client, server);
    client.once('data', async (hello) => {
      client.pause();
      const all = Buffer.concat([V1, hello]);
      for (const chunk of slow ? octets(all) : [all]) {
        server.write(chunk);
        if (slow) await delay(0);
      }
      client.pipe(server).pipe(client);
    });
  });
  proxies.push(proxy.listen(0, '127.0.0.1'));
  await once(proxy, 'listening');
  return (proxy.address() as AddressInfo).port;
}

describe('a connection is closed, and told of, when', () => {
  test.each([
    ['it is not from a trusted proxy', ['192.0.2.0/24', '::1'], [V1], 'it is no trusted proxy'],
    ['it has no header', ['127.0.0.0/8'], ['a NOOP\r\n'], 'the PROXY header is malformed: it does not begin as one'],
    [
      'the header is wrong',
      ['127.0.0.1'],
      ['PROXY TCP4 1.2.3.4\r\n'],
      'the PROXY header is malformed: its line has other fields',
    ],
    [
      'it is too long',
      ['127.0.0.1'],
      [`PROXY UNKNOWN ${'x'.repeat(500)}`],
      'the PROXY header is malformed: its line has more than 107 octets',
    ],
  ])('%s', async (_, trusted, chunks, reason) => {
    const { port, errors, listener } = await start({ proxyProtocol: { trusted } });
    expect(await exchange(port, chunks, false)).toBe('');
    expect(errors).toEqual([`connection from 127.0.0.1 was refused: ${reason}`]);
    expect(listener.connections.size).toBe(0);
  });

  test('the header takes too long, whether something comes or nothing', async () => {
    const { port, errors } = await start({ proxyProtocol: { trusted: ['127.0.0.1'], timeoutMs: 80 } });
    expect(await exchange(port, octets(V1).slice(0, 10), false)).toBe('');
    expect(await exchange(port, [], false)).toBe('');
    expect(errors).toEqual(Array(2).fill('connection from 127.0.0.1 was refused: the PROXY header took too long'));
  });

  test('it ends within the header', async () => {
    const { port, errors } = await start();
    expect(await exchange(port, [V2.subarray(0, 20)])).toBe('');
    expect(errors).toEqual(['connection from 127.0.0.1 was refused: it ended in the middle of the PROXY header']);
  });

  test('the listener closes meanwhile', async () => {
    const { port, listener } = await start();
    const socket = connect(port, '127.0.0.1');
    open.sockets.push(socket);
    await once(socket, 'connect');
    await delay(20);
    await listener.close({ drainMs: 5_000 });
    await once(socket, 'close');
  });
});

test('a connection without a word, as balancers try a port, is not told of', async () => {
  const { port, errors } = await start();
  expect(await exchange(port, [])).toBe('');
  expect(errors).toEqual([]);
});

test('an IPv4 proxy on a socket of both families is the same one', async () => {
  const { port } = await start({ host: '::' });
  expect(await exchange(port, [V1])).toBe('192.0.2.1 5555 143 false\r\n');
});

test('connections are counted for the address of the client, not of the proxy', async () => {
  const { port } = await start({ maxConnectionsPerAddress: 1, refusal: 'too many\r\n' });
  const from = (address: string): Buffer => Buffer.from(`PROXY TCP4 ${address} 198.51.100.7 5555 143\r\n`);
  const first = connect(port, '127.0.0.1');
  open.sockets.push(first);
  first.write(from('192.0.2.1'));
  await once(first, 'data');
  expect(await exchange(port, [from('192.0.2.2')])).toMatch(/^192\.0\.2\.2 /);
  expect(await exchange(port, [from('192.0.2.1')])).toBe('too many\r\n');
  const gone = once(first, 'close');
  first.end();
  await gone;
  await expect.poll(() => exchange(port, [from('192.0.2.1')])).toMatch(/^192\.0\.2\.1 /);
});

test('connections whose header is awaited count as connections', async () => {
  const { port } = await start({ maxConnections: 2, refusal: 'too many\r\n' });
  for (let n = 0; n < 2; n++) {
    const silent = connect(port, '127.0.0.1');
    open.sockets.push(silent);
    await once(silent, 'connect');
  }
  await delay(20);
  expect(await exchange(port, [V1], false)).toBe('too many\r\n');
});

describe('trusted proxies', () => {
  test('are addresses and networks of either family', () => {
    const proxies = new ProxyProtocol({ trusted: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', 'fe80::/10'] });
    const addresses = ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8:1::5', 'fe80::1%eth0'];
    expect(addresses.filter((address) => !proxies.trusts(address))).toEqual([]);
    const others = ['11.0.0.1', '192.0.2.8', '::ffff:11.0.0.1', '2001:db9::1', '::1', '', 'localhost'];
    expect(others.filter((address) => proxies.trusts(address))).toEqual([]);
  });

  test.each(['localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10.0.0', '', 'fe80::1%eth0'])(
    '%j is none of them',
    (network) => {
      expect(() => new ProxyProtocol({ trusted: ['10.0.0.1', network] })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    },
  );

  test('are not none', () => {
    expect(() => new ProxyProtocol({ trusted: [] })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
