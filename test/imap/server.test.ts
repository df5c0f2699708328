/** The server around the commands: limits, TLS, clients that vanish, and how it ends. */

import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ImapServerOptions } from '../../src/imap/index.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { proxyV2, tlv } from '../net/proxy-v2.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';
import { LineClient } from './line-client.ts';

const TLS = { key: KEY, cert: CERTIFICATE };

/** Ended with the test; one that runs beside others has to say which it is. */
async function start(options: ImapServerOptions = {}, finished = onTestFinished): Promise<ImapFixture> {
  const fixture = await startImap(options);
  finished(() => fixture[Symbol.asyncDispose]());
  return fixture;
}

/** Goes on over TLS. */
async function secure(client: LineClient): Promise<void> {
  client.socket.removeAllListeners('data');
  const tls = connectTls({ socket: client.socket, rejectUnauthorized: false });
  await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
  client.adopt(tls);
  client.send = (text) => tls.write(text, 'latin1');
}

describe('TLS', () => {
  test('passwords are not taken without it, unless allowed', async () => {
    const fixture = await start({ insecureAuth: false, tls: TLS });
    const client = new LineClient(fixture.port);
    expect(await client.line()).toMatch(/^\* OK \[CAPABILITY IMAP4rev1 .* STARTTLS LOGINDISABLED\] /);
    expect(await client.run('a', 'LOGIN x y')).toEqual(['a NO [PRIVACYREQUIRED] Passwords are taken under TLS only']);
    expect(await client.run('b', 'AUTHENTICATE PLAIN AGEAYg==')).toEqual([
      'b NO [PRIVACYREQUIRED] Passwords are taken under TLS only',
    ]);
    client.destroy();
  });

  test('STARTTLS makes LOGIN possible, and what was sent before it is no command', async () => {
    const fixture = await start({ insecureAuth: false, tls: TLS });
    const account = await fixture.account();
    const client = await fixture.connect();
    client.send('a STARTTLS\r\nb NOOP\r\n');
    expect(await client.line()).toBe('a OK Begin TLS');
    await secure(client);
    const [capability] = await client.run('c', 'CAPABILITY');
    expect(capability).toMatch(/ AUTH=PLAIN$/);
    expect(capability).not.toMatch(/STARTTLS|LOGINDISABLED/);
    const plain = Buffer.from(`\0${account.name}\0secret`).toString('base64');
    expect(await client.run('d', `AUTHENTICATE PLAIN ${plain}`)).toEqual([expect.stringMatching(/^d OK \[CAPABILITY/)]);
    expect(await client.run('e', 'STARTTLS')).toEqual(['e BAD Already logged in']);
  });

  test('STARTTLS without a certificate is refused', async () => {
    const fixture = await start();
    const client = await fixture.connect();
    expect(await client.run('a', 'STARTTLS')).toEqual(['a BAD TLS is not available']);
  });

  test('TLS from the first octet', async () => {
    const fixture = await start({ insecureAuth: false, tls: TLS, secure: true });
    const account = await fixture.account();
    const client = new LineClient(fixture.port);
    await secure(client);
    expect(await client.line()).toMatch(/^\* OK \[CAPABILITY .* AUTH=PLAIN\] /);
    expect(await client.run('a', `LOGIN ${account.name} secret`)).toEqual([expect.stringMatching(/^a OK /)]);
    client.destroy();
  });
});

test('TLS on a second port: one server, its limits counted together, its certificate renewed', async () => {
  const fixture = await start({ insecureAuth: false, tls: TLS, securePort: 0, limits: { sessionsPerAccount: 1 } });
  const account = await fixture.account();
  const secured = async (): Promise<LineClient> => {
    const client = new LineClient(fixture.imap.secureAddress?.port as number);
    await secure(client);
    expect(await client.line()).toMatch(/^\* OK \[CAPABILITY .* AUTH=PLAIN\] /);
    return client;
  };
  const client = await secured();
  expect(await client.run('a', `LOGIN ${account.name} secret`)).toEqual([expect.stringMatching(/^a OK /)]);
  const plain = await fixture.connect();
  expect(await plain.run('a', 'STARTTLS')).toEqual(['a OK Begin TLS']);
  await secure(plain);
  expect(await plain.run('b', `LOGIN ${account.name} secret`)).toEqual([
    'b NO [LIMIT] Too many sessions of this account',
  ]);
  expect(fixture.imap.connections).toBe(2);
  fixture.imap.setTls({ ...TLS, maxVersion: 'TLSv1.2' });
  const renewed = connectTls({ port: fixture.imap.secureAddress?.port as number, rejectUnauthorized: false });
  await new Promise((resolve) => renewed.once('secureConnect', resolve));
  expect(renewed.getProtocol()).toBe('TLSv1.2');
  renewed.destroy();
  client.destroy();
});

describe('behind a proxy', () => {
  const proxied = (client: string, tls: boolean): Buffer =>
    proxyV2({ from: client, tlvs: tls ? [tlv(0x20, Buffer.from([1, 0, 0, 0, 0]))] : [] });

  test('who speaks TLS to it may log in, and others may not', async () => {
    const trusted = ['127.0.0.0/8'];
    const fixture = await start({ insecureAuth: false, tls: TLS, proxyProtocol: { trusted } });
    const account = await fixture.account();
    const client = new LineClient(fixture.port);
    client.socket.write(proxied('192.0.2.1', true));
    expect(await client.line()).toMatch(/^\* OK \[CAPABILITY (?!.*(?:STARTTLS|LOGINDISABLED)).* AUTH=PLAIN\] /);
    expect(await client.run('a', `LOGIN ${account.name} secret`)).toEqual([expect.stringMatching(/^a OK /)]);
    const other = new LineClient(fixture.port);
    other.socket.write(proxied('192.0.2.1', false));
    expect(await other.line()).toMatch(/ STARTTLS LOGINDISABLED\] /);
    client.destroy();
    other.destroy();
  });

  test('the log has the address of the client, and limits count for it', async () => {
    const lines: object[] = [];
    const log = (fields: object, message: string): void => void lines.push({ ...fields, message });
    const fixture = await start({
      proxyProtocol: { trusted: ['127.0.0.1'] },
      limits: { connectionsPerAddress: 1 },
      logger: { info: log, warn: log, error: log },
    });
    const account = await fixture.account();
    const client = new LineClient(fixture.port);
    client.send(`PROXY TCP4 192.0.2.1 198.51.100.7 5555 143\r\na LOGIN ${account.name} secret\r\n`);
    await client.until('a');
    expect(lines).toMatchObject([{ remoteAddress: '192.0.2.1', message: 'logged in' }]);
    const second = new LineClient(fixture.port);
    second.socket.write(proxied('192.0.2.1', false));
    expect(await second.line()).toBe('* BYE [LIMIT] Too many connections');
    const third = new LineClient(fixture.port);
    third.socket.write(proxied('192.0.2.2', false));
    expect(await third.line()).toMatch(/^\* OK /);
    for (const one of [client, second, third]) one.destroy();
  });

  test('nobody else comes in, and the log says who tried', async () => {
    const lines: object[] = [];
    const log = (fields: object, message: string): void => void lines.push({ ...fields, message });
    const fixture = await start({
      proxyProtocol: { trusted: ['192.0.2.1'] },
      logger: { info: log, warn: log, error: log },
    });
    const client = new LineClient(fixture.port);
    client.socket.write(proxied('192.0.2.9', true));
    expect(await client.line()).toBeNull();
    expect(lines).toMatchObject([
      {
        err: { message: 'connection from 127.0.0.1 was refused: it is no trusted proxy' },
        message: 'connection failed',
      },
    ]);
  });
});

test('a renewed certificate that cannot be used is refused, and the old one stays', async () => {
  const fixture = await start({ tls: TLS });
  expect(() => fixture.imap.setTls({ key: 'x', cert: 'y' })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
  fixture.imap.setTls(TLS);
  const client = await fixture.connect();
  expect(await client.run('a', 'STARTTLS')).toEqual(['a OK Begin TLS']);
  await secure(client);
  expect(await client.run('b', 'NOOP')).toEqual(['b OK Nothing done']);
});

describe('limits', () => {
  test('a login that takes too long', async () => {
    const fixture = await start({ limits: { loginTimeoutMs: 100 } });
    const client = await fixture.connect();
    expect(await client.line()).toBe('* BYE Login took too long');
    await client.end();
    const waiting = await fixture.connect();
    waiting.send('a AUTHENTICATE PLAIN\r\n');
    expect(await waiting.line()).toBe('+ ');
    expect(await waiting.line()).toBe('* BYE Login took too long');
    await waiting.end();
  });

  test('a session that does nothing', async () => {
    const fixture = await start({ limits: { idleTimeoutMs: 300 } });
    const client = await fixture.login(await fixture.account());
    expect(await client.line()).toBe('* BYE Idle for too long');
    await client.end();
  });

  test('too many bad commands', async () => {
    const fixture = await start({ limits: { badCommands: 3 } });
    const client = await fixture.connect();
    client.send('a FOO\r\nb BAR\r\nc NOOP\r\nd FOO\r\ne FOO\r\nf FOO\r\ng NOOP\r\n');
    const lines: string[] = [];
    for (let line = await client.line(); line !== null; line = await client.line()) lines.push(line);
    // A good one in between starts the count anew.
    expect(lines.map((line) => line.slice(0, 5))).toEqual([
      'a BAD',
      'b BAD',
      'c OK ',
      'd BAD',
      'e BAD',
      'f BAD',
      '* BYE',
    ]);
  });

  test('sessions of one account', async () => {
    const fixture = await start({ limits: { sessionsPerAccount: 2 } });
    const account = await fixture.account();
    const first = await fixture.login(account);
    await fixture.login(account);
    const third = await fixture.connect();
    expect(await third.run('a', `LOGIN ${account.name} secret`)).toEqual([
      'a NO [LIMIT] Too many sessions of this account',
    ]);
    await first.run('b', 'LOGOUT');
    await first.end();
    expect(await third.run('c', `LOGIN ${account.name} secret`)).toEqual([expect.stringMatching(/^c OK /)]);
  });

  test('connections of one address', async () => {
    const fixture = await start({ limits: { connectionsPerAddress: 1 } });
    await fixture.connect();
    const second = new LineClient(fixture.port);
    expect(await second.line()).toBe('* BYE [LIMIT] Too many connections');
    await second.end();
  });

  test('messages and octets of one APPEND', async () => {
    const fixture = await start({ limits: { appendMessages: 2, appendOctets: 20 } });
    const client = await fixture.login(await fixture.account());
    client.send(`a APPEND INBOX${' {3+}\r\nA:b'.repeat(3)}\r\n`);
    expect(await client.until('a')).toEqual(['a NO [LIMIT] Too many messages at once']);
    client.send(`b APPEND INBOX {12+}\r\nA: bbbbbbbbb {12+}\r\nA: bbbbbbbbb\r\n`);
    expect(await client.until('b')).toEqual(['b NO [LIMIT] Too much to append at once']);
    client.send(`c APPEND INBOX {30+}\r\nA: ${'b'.repeat(27)}\r\n`);
    expect(await client.until('c')).toEqual([expect.stringMatching(/^c OK \[APPENDUID \d+ 1\]/)]);
  });

  test('a client that stops in the middle of a message', async () => {
    const fixture = await start({ limits: { literalTimeoutMs: 100 } });
    const account = await fixture.account();
    const client = await fixture.login(account);
    client.send('a APPEND INBOX {100+}\r\nSubject: half');
    await client.end();
    expect((await fixture.store.mailbox(account.id, 'INBOX')).messages).toBe(0);
  });

  test('a client that asks for much and reads nothing', async () => {
    const fixture = await start({ limits: { writeTimeoutMs: 200 } });
    const account = await fixture.account();
    await fixture.store.append(account.id, 'INBOX', `Subject: x\r\n\r\n${'x'.repeat(1_000_000)}`);
    const client = await fixture.login(account);
    await client.run('a', 'SELECT INBOX');
    client.socket.pause();
    for (let n = 0; n < 60; n++) client.send(`f${n} FETCH 1 BODY.PEEK[]\r\n`);
    const other = await fixture.login(account);
    // Nobody else waits for it, and it does not stay.
    expect((await other.run('b', 'SELECT INBOX')).at(-1)).toMatch(/^b OK/);
    for (let n = 0; n < 100 && fixture.imap.connections > 1; n++) await delay(50);
    expect(fixture.imap.connections).toBe(1);
  });
});

describe('clients that vanish', () => {
  test('in the middle of a message: nothing is stored', async () => {
    const fixture = await start();
    const account = await fixture.account();
    const client = await fixture.login(account);
    client.send('a APPEND INBOX {1000000+}\r\nSubject: half\r\n\r\nx');
    await delay(50);
    client.destroy();
    for (let n = 0; n < 50 && fixture.imap.connections > 0; n++) await delay(20);
    expect(fixture.imap.connections).toBe(0);
    expect((await fixture.store.mailbox(account.id, 'INBOX')).messages).toBe(0);
  });

  test('in the middle of IDLE', async () => {
    const fixture = await start();
    const account = await fixture.account();
    const client = await fixture.login(account);
    await client.run('a', 'SELECT INBOX');
    client.send('b IDLE\r\n');
    expect(await client.line()).toBe('+ idling');
    client.destroy();
    for (let n = 0; n < 50 && fixture.imap.connections > 0; n++) await delay(20);
    expect(fixture.imap.connections).toBe(0);
    await fixture.fill(account, 'INBOX', 1);
  });
});

describe.concurrent('clients that are there no more, without a word', () => {
  test('in IDLE: signs of life that their system takes keep no session, and it counts no more', async ({
    onTestFinished,
  }) => {
    const limits = { idleTimeoutMs: 400, keepAliveMs: 50, sessionsPerAccount: 1 };
    const fixture = await start({ limits }, onTestFinished);
    const account = await fixture.account();
    const gone = await fixture.login(account);
    await gone.run('a', 'SELECT INBOX');
    gone.send('b IDLE\r\n');
    expect(await gone.line()).toBe('+ idling');
    gone.socket.pause();
    const started = performance.now();
    const next = await fixture.connect();
    const again = async (): Promise<string | undefined> =>
      (await next.run('c', `LOGIN ${account.name} secret`)).at(-1)?.slice(0, 12);
    expect(await again()).toBe('c NO [LIMIT]');
    await expect.poll(again, { timeout: 5_000, interval: 50 }).toBe('c OK [CAPABI');
    expect(performance.now() - started).toBeGreaterThan(350);
    // It does not close either; then it is closed.
    await expect.poll(() => fixture.imap.connections, { timeout: 10_000 }).toBe(1);
  });

  test('in IDLE under COMPRESS', async ({ expect, onTestFinished }) => {
    const fixture = await start({ limits: { idleTimeoutMs: 300, keepAliveMs: 50 } }, onTestFinished);
    const client = await fixture.login(await fixture.account());
    await client.run('a', 'COMPRESS DEFLATE');
    client.socket.write(deflateRawSync('b IDLE\r\n', { finishFlush: constants.Z_SYNC_FLUSH }));
    await client.octets(1);
    client.socket.pause();
    await expect.poll(() => fixture.imap.connections, { timeout: 10_000 }).toBe(0);
  });

  test('who begins IDLE anew in time stays', async ({ expect, onTestFinished }) => {
    const fixture = await start({ limits: { idleTimeoutMs: 500, keepAliveMs: 100 } }, onTestFinished);
    const client = await fixture.login(await fixture.account());
    for (let n = 0; n < 6; n++) {
      client.send(`t${n} IDLE\r\n`);
      await delay(200);
      client.send('DONE\r\n');
      expect((await client.until(`t${n}`)).at(-1)).toBe(`t${n} OK Idle no more`);
    }
    expect(await client.line()).toBe('* BYE Idle for too long');
  });
});

describe('IDLE', () => {
  test('shows signs of life', async () => {
    const fixture = await start({ limits: { keepAliveMs: 50 } });
    const client = await fixture.login(await fixture.account());
    client.send('a IDLE\r\n');
    expect(await client.line()).toBe('+ idling');
    expect(await client.line()).toBe('* OK Still here');
    expect(await client.line()).toBe('* OK Still here');
  });
});

describe('the end', () => {
  test('says goodbye to who waits, also in IDLE', async () => {
    const fixture = await start();
    const account = await fixture.account();
    const waiting = await fixture.login(account);
    const idling = await fixture.login(account);
    idling.send('a IDLE\r\n');
    expect(await idling.line()).toBe('+ idling');
    const closed = fixture.imap.close({ drainMs: 2_000 });
    expect(await waiting.line()).toBe('* BYE [UNAVAILABLE] The server is shutting down');
    expect(await idling.line()).toBe('* BYE [UNAVAILABLE] The server is shutting down');
    await waiting.end();
    await idling.end();
    await closed;
    expect(fixture.imap.address).toBeNull();
    await fixture.imap.close();
  });

  test('a command that runs is answered first', async () => {
    const fixture = await start();
    const account = await fixture.account();
    const client = await fixture.login(account);
    client.send('a APPEND INBOX {20+}\r\nSubject: x\r\n\r\n');
    await delay(50);
    const closed = fixture.imap.close({ drainMs: 2_000 });
    client.send('123456\r\n');
    expect(await client.until('a')).toEqual([expect.stringMatching(/^a OK \[APPENDUID/)]);
    expect(await client.line()).toBe('* BYE [UNAVAILABLE] The server is shutting down');
    await closed;
    expect((await fixture.store.mailbox(account.id, 'INBOX')).messages).toBe(1);
  });
});

test('what a client says of itself reaches the hook', async () => {
  const heard: unknown[] = [];
  const fixture = await start({
    onClientId: (id, session) => heard.push(id, session.accountName),
    serverId: { name: 'mine', vendor: 'Köln' },
  });
  const account = await fixture.account();
  const client = await fixture.login(account);
  const [line] = await client.run('a', 'ID ("Name" "test" "os" NIL)');
  expect(line).toBe('* ID ("name" "mine" "vendor" {5}');
  expect(heard).toEqual([{ name: 'test', os: null }, account.name]);
});
