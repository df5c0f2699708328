/** Connections on real sockets: limits, TLS, half-closing, shutdown. */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/net/connection.ts';
import { Listener, type ListenerOptions } from '../../src/net/listener.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

const open: { listeners: Listener[]; sockets: Socket[] } = { listeners: [], sockets: [] };

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const listener of open.listeners.splice(0)) await listener.close({ drainMs: 0 });
});

/** Answers each line by itself in brackets; `tls` starts TLS, `bye` ends. */
async function echo(connection: Connection): Promise<void> {
  connection.onShutdown(() => {
    connection.write('shutdown\r\n');
    connection.end();
  });
  connection.write('hello\r\n');
  for (;;) {
    const line = await connection.input.readLine(1000);
    if (line === null || line === 'bye') return;
    if (line === 'tls') await connection.startTls('go\r\n');
    else connection.write(`[${line}]\r\n`);
  }
}

async function start(options: Partial<ListenerOptions> = {}): Promise<{ listener: Listener; port: number }> {
  const listener = new Listener({ serve: echo, ...options });
  open.listeners.push(listener);
  return { listener, port: (await listener.listen()).port };
}

class Client {
  received = '';
  readonly #socket: Socket;
  readonly ended: Promise<unknown>;

  constructor(socket: Socket) {
    this.#socket = socket;
    open.sockets.push(socket);
    socket.on('data', (chunk) => {
      this.received += chunk;
    });
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => socket.once('close', resolve));
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  async until(text: string): Promise<string> {
    for (let i = 0; i < 500 && !this.received.includes(text); i++) await delay(5);
    expect(this.received).toContain(text);
    return this.received;
  }
}

const tcp = (port: number, allowHalfOpen = false): Client =>
  new Client(connect({ port, host: '127.0.0.1', allowHalfOpen }));
const trusting = { rejectUnauthorized: false, host: '127.0.0.1' };

test('serves lines and closes when the server is done', async () => {
  const { listener, port } = await start();
  const client = tcp(port);
  client.send('a\r\nb\r\nbye\r\n');
  await client.ended;
  expect(client.received).toBe('hello\r\n[a]\r\n[b]\r\n');
  await delay(10);
  expect(listener.connections.size).toBe(0);
});

test('a client that has closed its side still gets the answers', async () => {
  const { port } = await start();
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const client = new Client(socket);
  socket.end('a\r\nb\r\n');
  await once(socket, 'end');
  expect(client.received).toBe('hello\r\n[a]\r\n[b]\r\n');
});

test('a rejection of serve closes the connection and is told', async () => {
  const errors: unknown[] = [];
  const { port } = await start({
    serve: () => Promise.reject(new Error('defect')),
    onError: (error) => errors.push(error),
  });
  await tcp(port).ended;
  expect(errors).toEqual([new Error('defect')]);
});

describe('limits', () => {
  test('connections in all, with the reason, and room again after one has gone', async () => {
    const { listener, port } = await start({ maxConnections: 2, refusal: 'too many\r\n' });
    const first = tcp(port);
    await first.until('hello');
    await tcp(port).until('hello');
    const third = tcp(port);
    await third.ended;
    expect(third.received).toBe('too many\r\n');
    first.send('bye\r\n');
    await first.ended;
    await expect.poll(() => listener.connections.size).toBe(1);
    await tcp(port).until('hello');
  });

  test('connections of one address, over TLS as well', async () => {
    const { port } = await start({
      maxConnectionsPerAddress: 1,
      secure: true,
      tls: { key: KEY, cert: CERTIFICATE },
    });
    const first = new Client(connectTls({ port, ...trusting }));
    await first.until('hello');
    const second = new Client(connectTls({ port, ...trusting }));
    await second.ended;
    expect(second.received).toBe('');
    first.send('bye\r\n');
    await first.ended;
    await delay(50);
    await new Client(connectTls({ port, ...trusting })).until('hello');
  });

  test('time for the handshake of implicit TLS', async () => {
    const errors: unknown[] = [];
    const { port } = await start({
      secure: true,
      tls: { key: KEY, cert: CERTIFICATE },
      handshakeTimeoutMs: 50,
      onError: (error) => errors.push(error),
    });
    await tcp(port).ended;
    expect(errors).toMatchObject([{ code: 'ABORTED', cause: { message: 'the TLS handshake took too long' } }]);
  });
});

describe('TLS', () => {
  const tls = { key: KEY, cert: CERTIFICATE };

  async function upgrade(socket: Socket): Promise<TLSSocket> {
    const secured = connectTls({ socket, rejectUnauthorized: false });
    await once(secured, 'secureConnect');
    return secured;
  }

  test('from the first octet', async () => {
    const { port } = await start({ tls, secure: true });
    const client = new Client(connectTls({ port, ...trusting }));
    client.send('a\r\nbye\r\n');
    await client.ended;
    expect(client.received).toBe('hello\r\n[a]\r\n');
  });

  test('from the first octet on a second port, for which the same limits count', async () => {
    const { listener, port } = await start({ tls, securePort: 0, maxConnections: 2, refusal: 'too many\r\n' });
    const secure = listener.secureAddress?.port as number;
    expect(secure).not.toBe(port);
    const first = tcp(port);
    await first.until('hello');
    const second = new Client(connectTls({ port: secure, ...trusting }));
    await second.until('hello');
    expect(Array.from(listener.connections, (connection) => connection.secure)).toEqual([false, true]);
    const third = new Client(connectTls({ port: secure, ...trusting }));
    await third.ended;
    expect(third.received).toBe('');
    const fourth = tcp(port);
    await fourth.ended;
    expect(fourth.received).toBe('too many\r\n');
    await listener.close({ drainMs: 0 });
    expect([listener.address, listener.secureAddress]).toEqual([null, null]);
  });

  test('a second port needs a certificate, and when it cannot be had the first one is left too', async () => {
    expect(() => new Listener({ serve: echo, securePort: 0 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    const { port: taken } = await start();
    const listener = new Listener({ serve: echo, tls, securePort: taken });
    await expect(listener.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(listener.address).toBeNull();
    await listener.close();
  });

  test('a client that has closed its side still gets the answers', async () => {
    const { port } = await start({ tls, secure: true });
    const socket = connectTls({ port, ...trusting });
    const client = new Client(socket);
    socket.end('a\r\nb\r\n');
    await client.ended;
    expect(client.received).toBe('hello\r\n[a]\r\n[b]\r\n');
  });

  test('a new certificate is used for new connections', async () => {
    const { listener, port } = await start({ tls, secure: true });
    expect(() => listener.setTls({ key: 'x', cert: 'y' })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    listener.setTls({ ...tls, maxVersion: 'TLSv1.2' });
    const socket = connectTls({ port, ...trusting });
    open.sockets.push(socket);
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe('TLSv1.2');
  });

  test('started in the middle', async () => {
    const { listener, port } = await start({ tls });
    const socket = connect({ port, host: '127.0.0.1' });
    open.sockets.push(socket);
    await once(socket, 'data');
    socket.write('tls\r\n');
    expect(String((await once(socket, 'data'))[0])).toBe('go\r\n');
    socket.removeAllListeners('data');
    const client = new Client(await upgrade(socket));
    client.send('a\r\n');
    await client.until('[a]');
    expect([...listener.connections].map((connection) => connection.secure)).toEqual([true]);
    client.send('bye\r\n');
    await client.ended;
  });

  test('what was sent before the handshake is never read as a command', async () => {
    const seen: string[] = [];
    const { port } = await start({
      tls,
      serve: async (connection) => {
        expect(await connection.input.readLine(100)).toBe('tls');
        await connection.startTls('go\r\n');
        const line = await connection.input.readLine(100);
        if (line !== null) seen.push(line);
      },
    });
    const socket = connect({ port, host: '127.0.0.1' });
    open.sockets.push(socket);
    socket.write('tls\r\ninjected\r\n');
    expect(String((await once(socket, 'data'))[0])).toBe('go\r\n');
    const client = new Client(await upgrade(socket));
    client.send('honest\r\n');
    await client.ended;
    expect(seen).toEqual(['honest']);
  });

  test('a client that speaks no TLS is let go', async () => {
    const errors: unknown[] = [];
    const { listener, port } = await start({ tls, onError: (error) => errors.push(error) });
    const client = tcp(port);
    await client.until('hello');
    client.send('tls\r\n');
    await client.until('go');
    client.send('this is no handshake\r\n');
    await client.ended;
    await expect.poll(() => listener.connections.size).toBe(0);
    expect(errors).toEqual([expect.objectContaining({ code: 'ABORTED' })]);
  });

  test('without a certificate is not offered', async () => {
    const errors: unknown[] = [];
    const { port } = await start({ onError: (error) => errors.push(error) });
    const client = tcp(port);
    client.send('tls\r\n');
    await client.ended;
    expect(errors).toEqual([expect.objectContaining({ code: 'UNSUPPORTED' })]);
  });

  test('with a key that is none is refused at once', () => {
    expect(() => new Listener({ serve: echo, tls: { key: 'x', cert: 'y' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => new Listener({ serve: echo, secure: true })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('close', () => {
  test('tells connections, waits for them, and listens no more', async () => {
    const { listener, port } = await start();
    const client = tcp(port);
    await client.until('hello');
    await listener.close({ drainMs: 5000 });
    await client.ended;
    expect(client.received).toBe('hello\r\nshutdown\r\n');
    expect(listener.address).toBeNull();
    const late = connect({ port, host: '127.0.0.1' });
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('destroys those that do not end in time', async () => {
    const { listener, port } = await start({
      serve: (connection) => {
        connection.write('hello\r\n');
        return new Promise(() => {});
      },
    });
    const client = tcp(port);
    await client.until('hello');
    const started = performance.now();
    await listener.close({ drainMs: 50 });
    expect(performance.now() - started).toBeLessThan(30_000);
    await client.ended;
  });

  test('twice is once', async () => {
    const { listener } = await start();
    await Promise.all([listener.close(), listener.close()]);
    await expect(listener.listen()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});

describe('a connection', () => {
  test.skipIf(process.platform !== 'linux')('is asked by TCP after a minute whether it is there', async () => {
    const { port } = await start();
    const socket = connect({ port, host: '127.0.0.1' });
    open.sockets.push(socket);
    await once(socket, 'data');
    const hex = (number: number | undefined): string => (number ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const mine = (await readFile('/proc/net/tcp', 'utf8'))
      .split('\n')
      .find((line) => line.includes(`:${hex(port)} 0100007F:${hex(socket.localPort)} 01`));
    // Timer 02 is that of keep-alive, due in hundredths of a second.
    const [, due] = / 02:([0-9A-F]{8}) /.exec(mine ?? '') ?? [];
    expect(Number.parseInt(due ?? '', 16)).toBeGreaterThan(5_000);
    expect(Number.parseInt(due ?? '', 16)).toBeLessThanOrEqual(6_000);
  });

  test('that sends nothing is noticed, whatever it is sent', async () => {
    let idle = 0;
    const { port } = await start({
      serve: async (connection) => {
        const timer = setInterval(() => connection.write('still here\r\n'), 10);
        connection.onIdle(100, () => {
          if (++idle === 2) connection.end();
        });
        await connection.input.readLine(100);
        clearInterval(timer);
      },
    });
    const started = performance.now();
    const client = tcp(port);
    await client.ended;
    expect(performance.now() - started).toBeGreaterThan(190);
    expect(idle).toBe(2);
  });

  test('that is silent is noticed', async () => {
    const { port } = await start({
      serve: async (connection) => {
        connection.onIdle(40, () => {
          connection.write('idle\r\n');
          connection.end();
        });
        await connection.input.readLine(100);
      },
    });
    const client = tcp(port);
    await client.ended;
    expect(client.received).toBe('idle\r\n');
  });

  test('that takes nothing is destroyed', async () => {
    let closed = false;
    const { port } = await start({
      serve: async (connection) => {
        const chunk = Buffer.alloc(1 << 20);
        for (let i = 0; i < 64 && !connection.closed; i++) if (!connection.write(chunk)) await connection.drained(50);
        closed = connection.closed;
      },
    });
    const socket = connect({ port, host: '127.0.0.1' });
    open.sockets.push(socket);
    socket.on('error', () => {});
    socket.pause();
    await expect.poll(() => closed, { timeout: 5000 }).toBe(true);
  });

  test('that is reset ends its reader', async () => {
    let line: string | null = 'none';
    const { listener, port } = await start({
      serve: async (connection) => {
        connection.write('hello\r\n');
        line = await connection.input.readLine(100);
      },
    });
    const socket = connect({ port, host: '127.0.0.1' });
    open.sockets.push(socket);
    await once(socket, 'data');
    socket.resetAndDestroy();
    await expect.poll(() => line).toBeNull();
    await expect.poll(() => listener.connections.size).toBe(0);
  });
});
