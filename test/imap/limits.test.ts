/** What a client may not do, on real sockets, each limit to the octet or the piece, and what it is told. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { ImapServerOptions } from '../../src/imap/index.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';
import { LineClient } from './line-client.ts';

const open: ImapFixture[] = [];
async function start(options: ImapServerOptions = {}): Promise<ImapFixture> {
  const fixture = await startImap(options);
  open.push(fixture);
  return fixture;
}
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});

/** `tag` and an unknown command, `octets` in all. */
const line = (tag: string, octets: number): string => `${tag} FOO ${'x'.repeat(octets - tag.length - 5)}\r\n`;
const UNKNOWN = (tag: string): string => `${tag} BAD Unknown command: FOO`;
const TOO_LONG = (tag: string): string => `${tag} BAD [TOOBIG] the command is too long`;
const TOO_BIG = (tag: string): string => `${tag} BAD [TOOBIG] the literal is too big`;

describe.each([
  ['before login', { line: 8_192, literal: 8_192, command: 16_384 }],
  ['after login', { line: 65_536, literal: 65_536, command: 262_144 }],
])('%s', (when, limits) => {
  async function connect(fixture: ImapFixture): Promise<LineClient> {
    return when === 'before login' ? fixture.connect() : fixture.login(await fixture.account());
  }

  test('a line', async () => {
    const client = await connect(await start());
    client.send(line('a', limits.line) + line('b', limits.line + 1));
    expect(await client.line()).toBe(UNKNOWN('a'));
    expect(await client.line()).toBe(TOO_LONG('b'));
    client.send(line('c', limits.line * 7));
    expect(await client.line()).toBe(TOO_LONG('c'));
    expect((await client.run('d', 'NOOP')).at(-1)).toMatch(/^d OK/);
  });

  test('a literal, whether it waits or comes anyway', async () => {
    const client = await connect(await start());
    const { literal } = limits;
    client.send(`a FOO {${literal}}\r\n`);
    expect(await client.line()).toBe('+ OK');
    client.send(`${'x'.repeat(literal)}\r\n`);
    expect(await client.line()).toBe(UNKNOWN('a'));
    client.send(`b FOO {${literal + 1}}\r\n`);
    expect(await client.line()).toBe(TOO_BIG('b'));
    client.send(`c FOO {${literal + 1}+}\r\n${'c NOOP\r\n'.repeat(literal / 8)}x\r\n`);
    expect(await client.line()).toBe(TOO_BIG('c'));
    client.send('d FOO {18446744073709551616}\r\n');
    expect(await client.line()).toBe(TOO_BIG('d'));
    expect((await client.run('e', 'NOOP')).at(-1)).toMatch(/^e OK/);
  });

  test('lines and literals of one command together', async () => {
    const client = await connect(await start());
    // Of each literal count its octets, the 64 that it costs, and its announcement with the space before it.
    const size = limits.command / 8 - 64;
    const piece = ` {${size}+}\r\n${'x'.repeat(size)}`;
    client.send(`a FOO${piece.repeat(7)}\r\nb FOO${piece.repeat(8)}\r\n`);
    expect(await client.line()).toBe(UNKNOWN('a'));
    expect(await client.line()).toBe(TOO_BIG('b'));
    client.send(`c FOO${' {0+}\r\n'.repeat(limits.command / 64)}\r\n`);
    expect(await client.line()).toBe(TOO_BIG('c'));
    expect((await client.run('d', 'NOOP')).at(-1)).toMatch(/^d OK/);
  });

  test('a line that is no command ends the connection', async () => {
    const client = await connect(await start());
    client.send(when === 'before login' ? 'a AUTHENTICATE PLAIN\r\n' : 'a IDLE\r\n');
    expect(await client.line()).toMatch(/^\+ /);
    client.send(`${'x'.repeat(limits.line + 1)}\r\n`);
    expect(await client.line()).toBe('* BYE [TOOBIG] the line is too long');
    await client.end();
  });
});

describe('what is sent though it was refused', () => {
  test('is thrown away up to 65,536 octets before login', async () => {
    const fixture = await start();
    const client = await fixture.connect();
    // Of the line's end behind it CR counts.
    client.send(`a FOO {65535+}\r\n${'x'.repeat(65_535)}\r\n`);
    expect(await client.line()).toBe(TOO_BIG('a'));
    client.send('b FOO {65537+}\r\n');
    expect(await client.line()).toBe('* BYE [TOOBIG] the command is too long');
    await client.end();
    const endless = await fixture.connect();
    endless.send('x'.repeat(100_000));
    expect(await endless.line()).toBe('* BYE [TOOBIG] the command is too long');
    await endless.end();
  });

  test('up to 134,217,728 octets after login, as far as it is announced', async () => {
    const fixture = await start();
    const client = await fixture.login(await fixture.account());
    client.send('a FOO {134217729+}\r\n');
    expect(await client.line()).toBe('* BYE [TOOBIG] the command is too long');
    await client.end();
  });
});

test('limits of commands can be set, one by one', async () => {
  const fixture = await start({ limits: { beforeLogin: { line: 100 }, afterLogin: { literal: 10, discard: 20 } } });
  const account = await fixture.account();
  const client = await fixture.connect();
  client.send(line('a', 101));
  expect(await client.line()).toBe(TOO_LONG('a'));
  client.send(`b FOO {8192+}\r\n${'x'.repeat(8_192)}\r\n`);
  expect(await client.line()).toBe(UNKNOWN('b'));
  await client.run('c', `LOGIN ${account.name} secret`);
  client.send(`${line('d', 101)}e FOO {11}\r\n`);
  expect(await client.line()).toBe(UNKNOWN('d'));
  expect(await client.line()).toBe(TOO_BIG('e'));
  client.send('f FOO {21+}\r\n');
  expect(await client.line()).toBe('* BYE [TOOBIG] the command is too long');
});

describe('arguments', () => {
  const fields = (count: number): string => Array.from({ length: count }, (_, n) => `x${n}`).join(' ');
  test.each([
    ['keys of a search', `SEARCH ${'ALL '.repeat(999)}ALL`, `SEARCH ${'ALL '.repeat(1_000)}ALL`],
    ['levels of a search', `SEARCH ${'NOT '.repeat(50)}ALL`, `SEARCH ${'NOT '.repeat(51)}ALL`],
    ['levels of parentheses', `SEARCH ${'('.repeat(50)}ALL${')'.repeat(50)}`, `SEARCH ${'('.repeat(9_999)}ALL`],
    [
      'items of FETCH',
      `FETCH 1 (${Array.from({ length: 100 }, (_, n) => `BODY.PEEK[]<${n}.1>`).join(' ')})`,
      `FETCH 1 (${Array.from({ length: 101 }, (_, n) => `BODY.PEEK[]<${n}.1>`).join(' ')})`,
    ],
    [
      'header fields of a section',
      `FETCH 1 BODY.PEEK[HEADER.FIELDS (${fields(500)})]`,
      `FETCH 1 BODY.PEEK[HEADER.FIELDS (${fields(501)})]`,
    ],
    ['levels of a part number', `FETCH 1 BODY.PEEK[1${'.1'.repeat(99)}]`, `FETCH 1 BODY.PEEK[1${'.1'.repeat(100)}]`],
    ['patterns of LIST', `LIST "" (${'x '.repeat(99)}x)`, `LIST "" (${'x '.repeat(100)}x)`],
  ])('%s', async (_, good, tooMuch) => {
    const fixture = await start();
    const account = await fixture.account();
    await fixture.fill(account, 'INBOX', 1);
    const client = await fixture.login(account);
    await client.run('s', 'SELECT INBOX');
    client.send(`good ${good}\r\n`);
    expect((await client.until('good')).at(-1)).toMatch(/^good OK/);
    expect(await client.run('b', tooMuch)).toEqual([expect.stringMatching(/^b NO \[LIMIT\] /)]);
    expect((await client.run('c', 'NOOP')).at(-1)).toMatch(/^c OK/);
  });

  test('fields of ID, which its RFC limits', async () => {
    const client = await (await start()).connect();
    const pairs = (count: number): string => `ID (${'"a" "b" '.repeat(count).trim()})`;
    expect((await client.run('a', pairs(30))).at(-1)).toMatch(/^a OK/);
    expect((await client.run('b', pairs(31))).at(-1)).toMatch(/^b BAD /);
  });

  test('a set fills a line, and its numbers need not exist', async () => {
    const fixture = await start();
    const account = await fixture.account();
    await fixture.fill(account, 'INBOX', 3);
    const client = await fixture.login(account);
    await client.run('s', 'SELECT INBOX');
    const set = Array.from({ length: 12_000 }, (_, n) => 4_294_967_295 - 2 * n)
      .join(',')
      .slice(0, 65_000);
    client.send(`a UID FETCH 1,${set.slice(0, set.lastIndexOf(','))} UID\r\n`);
    expect(await client.until('a')).toEqual(['* 1 FETCH (UID 1)', expect.stringMatching(/^a OK/)]);
  });
});

describe('logins', () => {
  test('that are refused: each later than the one before, then the connection is closed', async () => {
    const fixture = await start({ limits: { loginFailures: 3, loginFailureDelayMs: 60 } });
    const account = await fixture.account();
    const client = await fixture.connect();
    const times: number[] = [];
    for (const tag of ['a', 'b', 'c']) {
      const started = performance.now();
      client.send(`${tag} LOGIN ${account.name} wrong\r\n`);
      const answer = await client.line();
      if (tag !== 'c') expect(answer).toBe(`${tag} NO [AUTHENTICATIONFAILED] Invalid credentials`);
      times.push(performance.now() - started);
    }
    for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual((index + 1) * 60 - 2);
    await client.end();
    expect(client.buffer).toContain('* BYE Too many failed logins');
  });

  test('the time for one is not won by commands', async () => {
    const client = await (await start({ limits: { loginTimeoutMs: 300 } })).connect();
    const started = performance.now();
    const busy = setInterval(() => client.send('a NOOP\r\n'), 20);
    await client.end();
    clearInterval(busy);
    expect(client.buffer).toContain('* BYE Login took too long');
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

test('connections in all', async () => {
  const fixture = await start({ limits: { connections: 2 } });
  const first = await fixture.connect();
  await fixture.connect();
  const third = new LineClient(fixture.port);
  expect(await third.line()).toBe('* BYE [LIMIT] Too many connections');
  await third.end();
  await first.run('a', 'LOGOUT');
  await first.end();
  await expect.poll(() => fixture.imap.connections).toBe(1);
  expect((await (await fixture.connect()).run('b', 'NOOP')).at(-1)).toMatch(/^b OK/);
});

describe('commands sent ahead', () => {
  test('are answered in order, however many', async () => {
    const client = await (await start()).connect();
    client.send(Array.from({ length: 5_000 }, (_, n) => `t${n} NOOP\r\n`).join(''));
    for (let n = 0; n < 5_000; n++) expect(await client.line()).toBe(`t${n} OK Nothing done`);
  });

  test('are not taken from a client that does not read the answers', async () => {
    const fixture = await start({ limits: { loginTimeoutMs: 30_000 } });
    const client = await fixture.connect();
    client.socket.pause();
    const total = 64_000_000;
    client.socket.write('a NOOP\r\n'.repeat(total / 8));
    let taken = -1;
    for (let now = 0; now !== taken; await delay(300)) {
      taken = now;
      now = total - client.socket.writableLength;
    }
    // What the system keeps on both ways, and the little that is read ahead.
    expect(taken).toBeLessThan(total / 2);
    expect((await (await fixture.connect()).run('b', 'NOOP')).at(-1)).toMatch(/^b OK/);
  });
});
