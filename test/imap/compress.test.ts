/** COMPRESS and UNAUTHENTICATE over real sockets. RFC 4978, RFC 8437. */

import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync } from 'node:zlib';
import { ImapFlow } from 'imapflow';
import { afterEach, describe, expect, test } from 'vitest';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';

let fixture: ImapFixture;
afterEach(() => fixture?.[Symbol.asyncDispose]());

/** Sends COMPRESS, and compresses from then on; gives what ends that again, without a word to the server. */
async function compress(client: LineClient, socket: Socket = client.socket): Promise<() => void> {
  expect(await client.run('z', 'COMPRESS DEFLATE')).toEqual(['z OK DEFLATE is on']);
  const deflate = createDeflateRaw();
  const inflate = createInflateRaw();
  socket.removeAllListeners('data');
  // The line client has made the socket give strings of octets.
  const arrived = (octets: string): void => void inflate.write(Buffer.from(octets, 'latin1'));
  const sent = (octets: Buffer): void => void socket.write(octets);
  socket.on('data', arrived);
  deflate.on('data', sent);
  client.adopt(inflate as unknown as Socket);
  const { send } = client;
  client.send = (text) => {
    deflate.write(Buffer.from(text, 'latin1'));
    deflate.flush(constants.Z_SYNC_FLUSH);
  };
  return () => {
    socket.off('data', arrived);
    client.adopt(socket);
    client.send = send;
  };
}

test('both ways, with literals of any size and IDLE', async () => {
  fixture = await startImap();
  const account = await fixture.account();
  const client = await fixture.login(account);
  expect((await client.run('a', 'CAPABILITY'))[0]).toContain(' COMPRESS=DEFLATE');
  await compress(client);
  expect((await client.run('b', 'CAPABILITY'))[0]).not.toContain('COMPRESS');
  expect(await client.run('c', 'COMPRESS DEFLATE')).toEqual(['c NO [COMPRESSIONACTIVE] DEFLATE is on already']);
  const text = `Subject: large\r\n\r\n${'All work and no play. '.repeat(200_000)}\r\n`;
  client.send(`d APPEND INBOX {${text.length}}\r\n`);
  expect(await client.line()).toBe('+ OK');
  client.send(`${text}\r\n`);
  expect((await client.until('d')).at(-1)).toMatch(/^d OK \[APPENDUID /);
  await client.run('e', 'SELECT INBOX');
  client.send('f FETCH 1 BODY.PEEK[]\r\n');
  expect(await client.line()).toBe(`* 1 FETCH (BODY[] {${text.length}}`);
  expect(await client.octets(text.length)).toBe(text);
  await client.until('f');
  expect(client.socket.bytesRead).toBeLessThan(text.length / 10);
  client.send('g IDLE\r\n');
  expect(await client.line()).toBe('+ idling');
  await fixture.store.append(account.id, 'INBOX', testMessage(1));
  expect(await client.line()).toBe('* 2 EXISTS');
  client.send('DONE\r\n');
  await client.until('g');
  expect(await client.run('h', 'LOGOUT')).toEqual(['* BYE Goodbye', 'h OK Logged out']);
  await client.end();
});

// Each waits for rests of its own.
describe.concurrent('at rest', () => {
  test('a session at rest gives its memory back, and both sides go on where they were', async ({
    expect,
    onTestFinished,
  }) => {
    const fixture = await startImap({ limits: { keepAliveMs: 1_200 } });
    onTestFinished(() => fixture[Symbol.asyncDispose]());
    const account = await fixture.account();
    await fixture.fill(account, 'INBOX', 1);
    const client = await fixture.login(account);
    await compress(client);
    // Each command repeats the ones before, so that the client's compressor refers back over every rest.
    for (let n = 0; n < 4; n++) {
      const words = Array.from({ length: 100 }, (_, index) => `w${(index * 7919) % 1009}`).join(' ');
      client.send(`a${n} NOOP\r\nb${n} SEARCH SUBJECT "${words}"\r\nc${n} SELECT INBOX\r\n`);
      expect(await client.until(`a${n}`)).toEqual([`a${n} OK Nothing done`]);
      expect((await client.until(`b${n}`)).at(-1)).toMatch(n === 0 ? /^b0 BAD/ : /^b\d OK/);
      expect(await client.until(`c${n}`)).toContain('* 1 EXISTS');
      await delay(700);
    }
    client.send('d IDLE\r\n');
    expect(await client.line()).toBe('+ idling');
    expect(await client.line()).toBe('* OK Still here');
    await delay(700);
    await fixture.fill(account, 'INBOX', 1);
    while ((await client.line()) !== '* 2 EXISTS');
    client.send('DONE\r\n');
    await client.until('d');
    await delay(700);
    // Half of a line, a rest, and the other half.
    client.send('e NO');
    await delay(700);
    client.send('OP\r\n');
    expect(await client.until('e')).toEqual(['e OK Nothing done']);
    await delay(700);
    client.destroy();
    await expect.poll(() => fixture.imap.connections).toBe(0);
  });

  test('a client whose flush ends within an octet goes on after a while', async ({ expect, onTestFinished }) => {
    const fixture = await startImap();
    onTestFinished(() => fixture[Symbol.asyncDispose]());
    const client = await fixture.login(await fixture.account());
    expect(await client.run('z', 'COMPRESS DEFLATE')).toEqual(['z OK DEFLATE is on']);
    const deflate = createDeflateRaw();
    deflate.on('data', (octets: Buffer) => client.socket.write(octets));
    const inflate = createInflateRaw();
    client.socket.removeAllListeners('data');
    client.socket.on('data', (octets: string) => inflate.write(Buffer.from(octets, 'latin1')));
    client.adopt(inflate as unknown as Socket);
    for (let n = 0; n < 3; n++) {
      deflate.write(`a${n} NOOP\r\n`);
      deflate.flush(constants.Z_PARTIAL_FLUSH);
      expect(await client.until(`a${n}`)).toEqual([`a${n} OK Nothing done`]);
      await delay(700);
    }
  });

  test('a session at rest whose client has closed its side is over', async ({ expect, onTestFinished }) => {
    const fixture = await startImap();
    onTestFinished(() => fixture[Symbol.asyncDispose]());
    const client = await fixture.login(await fixture.account());
    await compress(client);
    client.send('a IDLE\r\n');
    expect(await client.line()).toBe('+ idling');
    await delay(700);
    client.socket.end();
    await expect.poll(() => fixture.imap.connections).toBe(0);
  });

  test('a session at rest is told goodbye', async ({ expect, onTestFinished }) => {
    const fixture = await startImap();
    onTestFinished(() => fixture[Symbol.asyncDispose]());
    const client = await fixture.login(await fixture.account());
    await compress(client);
    await client.run('a', 'NOOP');
    await delay(700);
    await fixture.imap.close({ drainMs: 2_000 });
    // The end of the socket is known sooner than what is decompressed.
    await expect.poll(() => client.buffer).toBe('* BYE [UNAVAILABLE] The server is shutting down\r\n');
  });
});

test('only after login, and DEFLATE only', async () => {
  fixture = await startImap();
  const client = await fixture.connect();
  expect((await client.run('a', 'COMPRESS DEFLATE')).at(-1)).toMatch(/^a BAD/);
  const other = await fixture.login(await fixture.account());
  expect((await other.run('b', 'COMPRESS LZ4')).at(-1)).toMatch(/^b BAD/);
  expect((await other.run('c', 'COMPRESS')).at(-1)).toMatch(/^c BAD/);
  expect((await other.run('d', 'NOOP')).at(-1)).toMatch(/^d OK/);
});

test('under TLS after STARTTLS', async () => {
  fixture = await startImap({ tls: { key: KEY, cert: CERTIFICATE } });
  const account = await fixture.account();
  const client = await fixture.connect();
  expect(await client.run('a', 'STARTTLS')).toEqual(['a OK Begin TLS']);
  client.socket.removeAllListeners('data');
  const tls = connectTls({ socket: client.socket, rejectUnauthorized: false });
  await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
  client.adopt(tls);
  client.send = (text) => tls.write(text, 'latin1');
  await client.run('b', `LOGIN ${account.name} secret`);
  await compress(client, tls);
  expect((await client.run('c', 'SELECT INBOX')).at(-1)).toMatch(/^c OK/);
});

test('a client that many programs use compresses by itself', async () => {
  fixture = await startImap();
  const account = await fixture.account();
  await fixture.fill(account, 'INBOX', 50);
  const flow = new ImapFlow({
    host: '127.0.0.1',
    port: fixture.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: account.name, pass: 'secret' },
    logger: false,
  });
  await flow.connect();
  await flow.mailboxOpen('INBOX');
  let count = 0;
  for await (const message of flow.fetch('1:*', { envelope: true, source: true })) {
    expect(message.source?.toString()).toBe(testMessage(++count));
  }
  expect(count).toBe(50);
  await flow.logout();
});

test('what is no DEFLATE ends the connection, and nothing else', async () => {
  fixture = await startImap();
  const account = await fixture.account();
  const client = await fixture.login(account);
  await client.run('z', 'COMPRESS DEFLATE');
  client.socket.write(Buffer.from('a NOOP\r\n'));
  await client.end();
  expect((await (await fixture.login(account)).run('b', 'NOOP')).at(-1)).toMatch(/^b OK/);
});

test('little that becomes much is read no faster than it is used, and refused at the limits of commands', async () => {
  fixture = await startImap();
  const client = await fixture.login(await fixture.account());
  await client.run('z', 'COMPRESS DEFLATE');
  // 400 KB that are 400 MB: one line without an end, thrown away up to the limit, then the connection is closed.
  const bomb = deflateRawSync(Buffer.alloc(100_000_000, 'x'), { finishFlush: constants.Z_SYNC_FLUSH });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 5);
  for (let n = 0; n < 4; n++) client.socket.write(bomb);
  await expect.poll(() => client.closed, { timeout: 30_000 }).toBe(true);
  clearInterval(timer);
  expect(most - before).toBeLessThan(100_000_000);
});

test('a client that does not read is not written to without end', async () => {
  fixture = await startImap({ limits: { writeTimeoutMs: 300 } });
  const account = await fixture.account();
  const client = await fixture.login(account);
  const noise = Buffer.alloc(3_000_000);
  for (let i = 0; i < noise.length; i++) noise[i] = 33 + Math.floor(Math.random() * 90);
  await fixture.store.append(account.id, 'INBOX', Buffer.concat([Buffer.from('Subject: x\r\n\r\n'), noise]));
  await client.run('s', 'SELECT INBOX');
  await compress(client);
  client.socket.pause();
  for (let n = 0; n < 20; n++) client.send(`f${n} FETCH 1 BODY.PEEK[]\r\n`);
  const deadline = Date.now() + 10_000;
  while (fixture.imap.connections > 0 && Date.now() < deadline) await new Promise((next) => setTimeout(next, 50));
  expect(fixture.imap.connections).toBe(0);
});

test('UNAUTHENTICATE: another account on the same connection, nothing of the first stays', async () => {
  fixture = await startImap();
  const first = await fixture.account();
  const second = await fixture.account();
  await fixture.fill(first, 'INBOX', 2);
  const client = await fixture.connect();
  expect((await client.run('a', 'UNAUTHENTICATE')).at(-1)).toBe('a BAD Log in first');
  await client.run('b', `LOGIN ${first.name} secret`);
  await client.run('c', 'ENABLE QRESYNC UTF8=ACCEPT');
  await client.run('d', 'SELECT INBOX');
  const [answer, ...more] = await client.run('e', 'UNAUTHENTICATE');
  expect(more).toEqual([]);
  expect(answer).toMatch(/^e OK \[CAPABILITY IMAP4rev1 .* AUTH=PLAIN\] /);
  expect((await client.run('f', 'SELECT INBOX')).at(-1)).toBe('f BAD Log in first');
  expect((await client.run('g', `LOGIN ${second.name} wrong`)).at(-1)).toMatch(/^g NO/);
  expect((await client.run('h', `LOGIN ${second.name} secret`)).at(-1)).toMatch(/^h OK/);
  expect(await client.run('i', 'SELECT INBOX')).toContain('* 0 EXISTS');
  expect((await client.run('j', 'SELECT INBOX (QRESYNC (1 1))')).at(-1)).toBe('j BAD QRESYNC is not enabled');
  expect(await client.run('k', 'CREATE "&BBY-"')).toEqual([expect.stringMatching(/^k OK/)]);
  expect(await client.run('l', 'LIST "" "*"')).toContain('* LIST (\\HasNoChildren) "/" &BBY-');
});

test('UNAUTHENTICATE and LOGIN sent together; the time for a login runs again', async () => {
  fixture = await startImap({ limits: { loginTimeoutMs: 400 } });
  const account = await fixture.account();
  const client = await fixture.login(account);
  client.send(`a UNAUTHENTICATE\r\nb LOGIN ${account.name} secret\r\n`);
  await client.until('a');
  expect((await client.until('b')).at(-1)).toMatch(/^b OK/);
  await client.run('c', 'UNAUTHENTICATE');
  expect(await client.line()).toBe('* BYE Login took too long');
});

test('UNAUTHENTICATE ends compression behind its answer', async () => {
  fixture = await startImap();
  const account = await fixture.account();
  const client = await fixture.login(account);
  const end = await compress(client);
  await client.run('a', 'SELECT INBOX');
  expect((await client.run('b', 'UNAUTHENTICATE')).at(-1)).toBe('b OK Nobody is logged in');
  end();
  expect((await client.run('x', 'CAPABILITY'))[0]).toContain(' COMPRESS=DEFLATE');
  expect((await client.run('c', `LOGIN ${account.name} secret`)).at(-1)).toMatch(/^c OK/);
  expect((await client.run('d', 'SELECT INBOX')).at(-1)).toMatch(/^d OK/);
  await compress(client);
  expect((await client.run('e', 'NOOP')).at(-1)).toMatch(/^e OK/);
});
