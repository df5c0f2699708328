import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createLmtpServer, type LmtpServer, type LmtpServerOptions } from '../../src/lmtp/index.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { proxyV2 } from '../net/proxy-v2.ts';
import { FakeStore } from './fake-store.ts';
import { LmtpClient } from './lmtp-client.ts';

const testKey = { key: KEY, cert: CERTIFICATE };
const running: LmtpServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close({ drainMs: 0 })));
});

async function serve(store: FakeStore, options: LmtpServerOptions = {}): Promise<number> {
  const server = createLmtpServer(store.store, options);
  running.push(server);
  return (await server.listen()).port;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('condition never came true');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const octetsOf = (store: FakeStore): string[] => store.stored.map(({ octets }) => octets.toString('latin1'));

describe('the session', () => {
  test('greets, names its extensions, and knows LHLO only', async () => {
    const client = await LmtpClient.open(await serve(new FakeStore(5_000), { name: 'mx.example' }));
    expect(await client.say('HELO x')).toMatch(/^500/);
    expect(await client.say('EHLO x')).toMatch(/^500/);
    expect(await client.say('MAIL FROM:<a@b>')).toMatch(/^503 5\.5\.1/);
    expect(await client.say('LHLO x')).toBe(
      '250-mx.example|250-PIPELINING|250-8BITMIME|250-SMTPUTF8|250-ENHANCEDSTATUSCODES|250-SIZE 5000|250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE',
    );
    for (const command of ['AUTH PLAIN AGEAYg==', 'STARTTLS', 'WIZ x', 'NONSENSE'])
      expect(await client.say(command)).toMatch(/^500/);
    expect(await client.say('NOOP')).toMatch(/^250 2/);
    expect(await client.say('VRFY ann')).toMatch(/^252 2/);
    expect(await client.say('RSET')).toMatch(/^250 2/);
    expect(await client.say('QUIT')).toMatch(/^221 2/);
    await client.whenClosed();
  });

  test('takes many messages on one connection, envelopes pipelined', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    for (let i = 1; i <= 50; i++) {
      expect(await client.send(['bench1'], `Subject: ${i}\r\n\r\n${'x'.repeat(i * 1_000)}\r\n.\r\n`)).toEqual([
        `250 2.0.0 Stored, uid ${i}`,
      ]);
    }
    expect(octetsOf(store)).toEqual(
      Array.from({ length: 50 }, (_, i) => `Subject: ${i + 1}\r\n\r\n${'x'.repeat((i + 1) * 1_000)}\r\n`),
    );
  });

  test('takes all of a session at once, before it has greeted', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.open(await serve(store));
    const message = 'MAIL FROM:<>\r\nRCPT TO:<ann>\r\nRCPT TO:<nobody>\r\nDATA\r\nhello\r\n.\r\n';
    client.write(`LHLO x\r\n${message}${message}QUIT\r\n`);
    const codes = (await client.replies(12)).map((reply) => reply.slice(0, 3));
    expect(codes).toEqual(['250', '250', '250', '550', '354', '250', '250', '250', '550', '354', '250', '221']);
    expect(octetsOf(store)).toEqual(['hello\r\n', 'hello\r\n']);
  });

  test('stores what was sent, octet for octet, however it comes in', async () => {
    const store = new FakeStore();
    const port = await serve(store);
    const octets = Buffer.alloc(300_000);
    for (let i = 0; i < octets.length; i++) octets[i] = (i * 7919 + (i >> 8)) & 0xff;
    const message = `${octets.toString('latin1')}\n.\n\r.\r\n\r\r\n\n.x\r\n`;
    const wire = Buffer.from(`${message.replace(/(^|\r\n)\./g, '$1..')}.\r\n`, 'latin1');
    for (const step of [wire.length, 65_536, 1_447, 30_011]) {
      const client = await LmtpClient.ready(port);
      client.write('MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<ann>\r\nDATA\r\n');
      await client.replies(3);
      for (let at = 0; at < wire.length; at += step) {
        client.write(wire.subarray(at, at + step));
        if (step > 20_000) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await client.reply()).toMatch(/^250/);
      client.destroy();
    }
    expect(store.stored).toHaveLength(4);
    for (const stored of octetsOf(store)) expect(stored === message).toBe(true);
  });

  test('a bare LF before and after a dot smuggles no second message in', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    const inner = 'a\n.\nMAIL FROM:<evil@example>\nRCPT TO:<bob>\nDATA\nb\n.\r\nQUIT\r.\r\nc\r\n';
    expect(await client.send(['ann'], `${inner}.\r\n`)).toHaveLength(1);
    expect(store.stored.map(({ account }) => account)).toEqual(['ann']);
    expect(octetsOf(store)).toEqual([inner]);
  });

  test('takes an empty message', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    expect(await client.send(['ann'], '.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
    expect(octetsOf(store)).toEqual(['']);
  });
});

describe('recipients', () => {
  test('are answered one by one, and each gets a reply after the message', async () => {
    const store = new FakeStore();
    store.failures
      .set('full', 'QUOTA_EXCEEDED')
      .set('busy', 'BUSY')
      .set('gone', 'ACCOUNT_NOT_FOUND')
      .set('disk', 'DISK_FULL');
    store.failures.set('big', 'MESSAGE_TOO_LARGE').set('odd', 'MAILBOX_NOT_FOUND');
    const client = await LmtpClient.ready(await serve(store));
    const replies = await client.send(
      ['full', 'ann', 'nobody', 'busy', 'gone', 'disk', 'big', 'odd', 'bob'],
      'x\r\n.\r\n',
    );
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual([
      '552 5.2.2',
      '250 2.0.0',
      '451 4.3.0',
      '550 5.1.1',
      '452 4.3.1',
      '552 5.3.4',
      '451 4.3.0',
      '250 2.0.0',
    ]);
    expect(store.stored.map(({ account }) => account).sort()).toEqual(['ann', 'bob']);
    expect(store.prepared).toBe(1);
  });

  test('over their limit can be put off instead', async () => {
    const store = new FakeStore();
    store.failures.set('full', 'QUOTA_EXCEEDED');
    const client = await LmtpClient.ready(await serve(store, { overQuota: 'defer' }));
    expect((await client.send(['full'], 'x\r\n.\r\n'))[0]).toMatch(/^452 4\.2\.2/);
  });

  test.each([
    ['ENCRYPTION_FAILED', /^451 4\.7\.5/],
    ['RATE_LIMITED', /^450 4\.2\.1/],
    ['UNAVAILABLE', /^451 4\.3\.0/],
    ['BUSY', /^451 4\.3\.0/],
    ['DELIVERY_REFUSED', /^550 5\.7\.1/],
    ['MAIL_LOOP', /^554 5\.4\.6/],
    ['ACCOUNT_DISABLED', /^550 5\.2\.1/],
    ['ACCOUNT_NOT_FOUND', /^550 5\.1\.1/],
  ] as const)('that fail with %s are told whether to try again', async (code, reply) => {
    const store = new FakeStore();
    store.failures.set('ann', code);
    const client = await LmtpClient.ready(await serve(store));
    expect((await client.send(['ann'], 'x\r\n.\r\n'))[0]).toMatch(reply);
  });

  test('of one account share a copy; the same one given twice gets two replies', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    const replies = await client.send(['ann@a.example', 'bob', 'ann@b.example', 'bob'], 'x\r\n.\r\n');
    expect(replies).toEqual(Array.from({ length: 4 }, () => '250 2.0.0 Stored, uid 1'));
    expect(store.stored.map(({ account }) => account).sort()).toEqual(['ann', 'bob']);
  });

  test('are read in every form', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    await client.say('MAIL FROM:<"odd sender"@example> SIZE=10 SMTPUTF8');
    for (const to of [
      'bench1',
      '"a b"@example.org',
      'jörg@bücher.example',
      '@relay:ann@example.org',
      'ann@[192.0.2.1]',
    ]) {
      expect(await client.say(`RCPT TO:<${to}>`)).toMatch(/^250 2\.1\.5/);
    }
    for (const to of ['', 'a\u0007b']) expect(await client.say(`RCPT TO:<${to}>`)).toMatch(/^501 5\.1\.3/);
    expect(await client.say('RCPT TO:ann')).toMatch(/^501 5\.1\.3/);
    expect(await client.say('RCPT TO:<nobody@example.org>')).toMatch(/^550 5\.1\.1/);
  });

  test('come after MAIL, before DATA, and in no more than the limit', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store, { maxRecipients: 3 }));
    expect(await client.say('RCPT TO:<ann>')).toMatch(/^503 5\.5\.1/);
    expect(await client.say('MAIL FROM:<>')).toMatch(/^250/);
    expect(await client.say('MAIL FROM:<>')).toMatch(/^503/);
    // RFC 2033 section 4.2: DATA fails with 503 when no RCPT has succeeded.
    expect(await client.say('DATA')).toMatch(/^503/);
    expect(await client.say('RCPT TO:<nobody>')).toMatch(/^550/);
    expect(await client.say('DATA')).toMatch(/^503/);
    for (let i = 0; i < 3; i++) expect(await client.say(`RCPT TO:<a${i}>`)).toMatch(/^250/);
    expect(await client.say('RCPT TO:<a4>')).toMatch(/^452 4\.5\.3/);
    expect(await client.say('DATA now')).toMatch(/^501/);
    expect(await client.say('DATA')).toMatch(/^354/);
    client.write('x\r\n.\r\n');
    expect(await client.replies(3)).toHaveLength(3);
    // The transaction is over, and its recipients with it.
    expect(await client.say('MAIL FROM:<>')).toMatch(/^250/);
    expect(await client.say('DATA')).toMatch(/^503/);
    expect(await client.say('RCPT TO:<ann>')).toMatch(/^250/);
    await client.say('RSET');
    expect(await client.say('MAIL FROM:<>')).toMatch(/^250/);
    expect(await client.say('DATA')).toMatch(/^503/);
  });

  test('that cannot be looked up now are to be tried again', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    await client.say('MAIL FROM:<>');
    store.lookupFailure = 'BUSY';
    expect(await client.say('RCPT TO:<ann>')).toMatch(/^451 4\.3\.0/);
    store.lookupFailure = 'DISK_FULL';
    expect(await client.say('RCPT TO:<ann>')).toMatch(/^452 4\.3\.1/);
    store.lookupFailure = null;
    expect(await client.say('RCPT TO:<ann>')).toMatch(/^250/);
  });

  test('in hundreds get one message each', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store));
    const replies = await client.send(
      Array.from({ length: 500 }, (_, i) => `a${i}`),
      'x\r\n.\r\n',
    );
    expect(replies).toHaveLength(500);
    expect(new Set(store.stored.map(({ account }) => account)).size).toBe(500);
  });
});

describe('what cannot be stored', () => {
  test('a message over the limit is read to its end and refused, and the session goes on', async () => {
    const store = new FakeStore(100_000);
    const client = await LmtpClient.ready(await serve(store));
    expect(await client.say('MAIL FROM:<> SIZE=100001')).toMatch(/^552 5\.3\.4/);
    const large = `${'x'.repeat(998)}\r\n`.repeat(2_000);
    expect(await client.send(['ann', 'bob'], `${large}.\r\n`)).toEqual(
      Array.from({ length: 2 }, () => '552 5.3.4 The message is too large'),
    );
    expect(store.taken).toBeLessThan(300_000);
    expect(store.stored).toEqual([]);
    expect(await client.send(['ann'], 'small\r\n.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
  });

  test.each([
    ['DISK_FULL', '452 4.3.1'],
    ['BUSY', '451 4.3.0'],
    ['STORE_CLOSED', '451 4.3.0'],
    ['UNAVAILABLE', '451 4.3.0'],
  ] as const)('%s while it is read is %s for all', async (code, start) => {
    const store = new FakeStore();
    store.prepareFailure = code;
    const client = await LmtpClient.ready(await serve(store));
    const replies = await client.send(['ann', 'bob'], `${'x'.repeat(200_000)}\r\n.\r\n`);
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual([start, start]);
    store.prepareFailure = null;
    expect(await client.send(['ann'], 'x\r\n.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
  });

  test('of a client that vanishes in the middle of a message nothing is stored', async () => {
    const store = new FakeStore();
    const port = await serve(store);
    for (const leave of ['destroy', 'end'] as const) {
      const client = await LmtpClient.ready(port);
      client.write('MAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\n');
      await client.replies(3);
      client.write('half a message\r\n.');
      await until(() => store.preparing === 1);
      client.socket[leave]();
      await until(() => store.preparing === 0);
    }
    expect(store.prepared).toBe(0);
    expect(store.stored).toEqual([]);
  });

  test('of a client that vanishes before its reply the message is stored all the same', async () => {
    const store = new FakeStore();
    let open = (): void => {};
    store.gate = new Promise((resolve) => (open = resolve));
    const port = await serve(store);
    const client = await LmtpClient.ready(port);
    client.write('MAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\nx\r\n.\r\n');
    await until(() => store.appending === 1);
    client.destroy();
    await client.whenClosed();
    open();
    await until(() => store.stored.length === 1);
    expect(await (await LmtpClient.ready(port)).say('NOOP')).toMatch(/^250/);
  });

  test('nothing is acknowledged before it is durable', async () => {
    const store = new FakeStore();
    let open = (): void => {};
    store.gate = new Promise((resolve) => (open = resolve));
    const client = await LmtpClient.ready(await serve(store));
    let answered = false;
    const replies = client.send(['ann'], 'x\r\n.\r\n').finally(() => (answered = true));
    await until(() => store.appending === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    open();
    expect(await replies).toEqual(['250 2.0.0 Stored, uid 1']);
  });
});

describe('limits', () => {
  test('connections over the limit are told to come later', async () => {
    const port = await serve(new FakeStore(), { maxConnections: 2 });
    const first = await LmtpClient.ready(port);
    await LmtpClient.ready(port);
    const third = await LmtpClient.open(port);
    await third.whenClosed();
    expect(await first.say('QUIT')).toMatch(/^221/);
    await first.whenClosed();
    expect(await (await LmtpClient.open(port)).say('NOOP')).toMatch(/^250/);
  });

  test('a line without end ends the connection', async () => {
    const client = await LmtpClient.open(await serve(new FakeStore()));
    client.write('x'.repeat(5_000));
    expect(await client.reply()).toMatch(/^421/);
    await client.whenClosed();
  });

  test('a client that says nothing is let go', async () => {
    const client = await LmtpClient.ready(await serve(new FakeStore(), { idleTimeoutMs: 50 }));
    expect(await client.reply()).toMatch(/^421/);
    await client.whenClosed();
  });

  test('a client that talks nonsense is let go', async () => {
    const client = await LmtpClient.ready(await serve(new FakeStore()));
    client.write('NONSENSE\r\n'.repeat(10));
    const replies = await client.replies(10);
    expect(replies.at(-1)).toMatch(/^421/);
    await client.whenClosed();
  });
});

describe('behind a proxy', () => {
  const errors: { remoteAddress?: string; err: Error }[] = [];
  const log = (fields: object): void => void errors.push(fields as { err: Error });
  const logger = { info: log, warn: log, error: log };
  afterEach(() => void errors.splice(0));
  const reached = async (port: number, header: Buffer): Promise<LmtpClient> => {
    const client = LmtpClient.to(port);
    client.write(header);
    await client.reply();
    return client;
  };

  test.each([
    ['1', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.7 5555 24\r\n'), '192.0.2.1'],
    ['2', proxyV2({ from: '2001:db8::1' }), '2001:db8::1'],
    ['2 of the proxy itself', proxyV2({ command: 0x20, family: 0, body: Buffer.alloc(0) }), '127.0.0.1'],
  ])('the header of version %s tells who it is, before STARTTLS as well', async (_, header, address) => {
    const store = new FakeStore();
    const port = await serve(store, { tls: testKey, logger, proxyProtocol: { trusted: ['127.0.0.0/8'] } });
    const client = await reached(port, header);
    expect(await client.say('LHLO x')).toContain('STARTTLS');
    expect(await client.say('STARTTLS')).toMatch(/^220/);
    await client.startTls();
    await client.say('LHLO x');
    expect(await client.send(['ann'], 'proxied\r\n.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
    store.lookupFailure = 'UNAVAILABLE';
    await client.say('MAIL FROM:<a@b>');
    expect(await client.say('RCPT TO:<ann>')).toMatch(/^4/);
    expect(errors.map(({ remoteAddress }) => remoteAddress)).toEqual([address]);
  });

  test('nobody else comes in, and who has no header neither', async () => {
    const strict = await serve(new FakeStore(), { logger, proxyProtocol: { trusted: ['192.0.2.0/24'] } });
    const stranger = LmtpClient.to(strict);
    stranger.write(proxyV2({ from: '192.0.2.1' }));
    await stranger.whenClosed();
    const port = await serve(new FakeStore(), { logger, proxyProtocol: { trusted: ['127.0.0.1'], timeoutMs: 50 } });
    const plain = LmtpClient.to(port);
    plain.write('LHLO x\r\n');
    await plain.whenClosed();
    await LmtpClient.to(port).whenClosed();
    expect(errors.map(({ err }) => err.message.replace('connection from 127.0.0.1 was refused: ', ''))).toEqual([
      'it is no trusted proxy',
      'the PROXY header is malformed: it does not begin as one',
      'the PROXY header took too long',
    ]);
  });

  test('a server that closes waits for no header', async () => {
    const server = createLmtpServer(new FakeStore().store, { proxyProtocol: { trusted: ['127.0.0.1'] } });
    const client = LmtpClient.to((await server.listen()).port);
    await new Promise((resolve) => client.socket.once('connect', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const started = performance.now();
    await server.close({ drainMs: 50_000 });
    expect(performance.now() - started).toBeLessThan(40_000);
  });

  test('a proxy that is no address is refused', () => {
    expect(() => createLmtpServer(new FakeStore().store, { proxyProtocol: { trusted: ['balancer'] } })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('close', () => {
  test('ends idle connections at once, and others after their message', async () => {
    const store = new FakeStore();
    let open = (): void => {};
    store.gate = new Promise((resolve) => (open = resolve));
    const server = createLmtpServer(store.store);
    const { port } = await server.listen();
    const [idle, busy] = [await LmtpClient.ready(port), await LmtpClient.ready(port)];
    const replies = busy.send(['ann'], 'x\r\n.\r\n');
    await until(() => store.appending === 1);
    const closed = server.close({ drainMs: 5_000 });
    expect(await idle.reply()).toMatch(/^421/);
    await expect(LmtpClient.open(port)).rejects.toThrow();
    open();
    expect(await replies).toEqual(['250 2.0.0 Stored, uid 1']);
    expect(await busy.reply()).toMatch(/^421/);
    await closed;
    await server.close();
    await expect(server.listen()).rejects.toThrow();
  });

  test('cuts off who does not come to an end, and waits for the store', async () => {
    const store = new FakeStore();
    let open = (): void => {};
    store.gate = new Promise((resolve) => (open = resolve));
    const server = createLmtpServer(store.store);
    const { port } = await server.listen();
    const [slow, storing] = [await LmtpClient.ready(port), await LmtpClient.ready(port)];
    slow.write('MAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\nhalf');
    storing.write('MAIL FROM:<>\r\nRCPT TO:<bob>\r\nDATA\r\nx\r\n.\r\n');
    await until(() => store.appending === 1 && store.preparing === 1);
    let done = false;
    const closed = server.close({ drainMs: 20 }).finally(() => (done = true));
    await slow.whenClosed();
    await until(() => store.preparing === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toBe(false);
    open();
    await closed;
    expect(store.stored.map(({ account }) => account)).toEqual(['bob']);
  });

  test('works on a server that never listened, and listen says what is in its way', async () => {
    await createLmtpServer(new FakeStore().store).close();
    const port = await serve(new FakeStore());
    await expect(createLmtpServer(new FakeStore().store, { port }).listen()).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('STARTTLS', () => {
  test('is offered with a key, and starts the session over', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.open(await serve(store, { tls: testKey }));
    expect(await client.say('LHLO x')).toContain('250-STARTTLS');
    await client.say('MAIL FROM:<a@b>');
    expect(await client.say('STARTTLS')).toMatch(/^220/);
    await client.startTls();
    expect(await client.say('MAIL FROM:<a@b>')).toMatch(/^503/);
    expect(await client.say('LHLO x')).not.toContain('STARTTLS');
    expect(await client.send(['ann'], 'secret\r\n.\r\n')).toEqual(['250 2.0.0 Stored, uid 1']);
    expect(octetsOf(store)).toEqual(['secret\r\n']);
  });

  test('runs no command that was sent in the clear behind it', async () => {
    const store = new FakeStore();
    const client = await LmtpClient.ready(await serve(store, { tls: testKey }));
    client.write('STARTTLS\r\nLHLO evil\r\nMAIL FROM:<evil@example>\r\n');
    expect(await client.reply()).toMatch(/^220/);
    await client.startTls().catch(() => {});
    if (!client.closed) expect(await client.say('RCPT TO:<ann>').catch(() => '503')).toMatch(/^503/);
    expect(store.stored).toEqual([]);
  });

  test('a server closes in the middle of a handshake', async () => {
    const server = createLmtpServer(new FakeStore().store, { tls: testKey });
    const { port } = await server.listen();
    const client = await LmtpClient.ready(port);
    expect(await client.say('STARTTLS')).toMatch(/^220/);
    client.write(Buffer.from([0x16, 0x03, 0x01]));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await server.close({ drainMs: 10 });
    await client.whenClosed();
  });

  test('a key that is none is refused', () => {
    expect(() => createLmtpServer(new FakeStore().store, { tls: { key: 'x', cert: 'y' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

test('swaks delivers', async (context) => {
  if (!existsSync('/usr/bin/swaks')) {
    console.warn('swaks is not installed: its test is skipped');
    context.skip();
  }
  const store = new FakeStore();
  const port = await serve(store);
  const output = await new Promise<string>((resolve, reject) => {
    const args = [
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      '--protocol',
      'LMTP',
      '--from',
      'a@x.example',
      '--to',
      'ann@x.example,bob',
      '--body',
      '.dot\n..dots',
    ];
    execFile('/usr/bin/swaks', args, (error, stdout) => (error ? reject(new Error(stdout)) : resolve(stdout)));
  });
  expect(output).toContain('250 2.0.0 Stored');
  expect(store.stored).toHaveLength(2);
  expect(octetsOf(store)[0]).toContain('\r\n.dot\r\n..dots\r\n');
});
