/** Messages that do not fit in one piece: exact octets both ways, whole and in parts, at any pace. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/model/account.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';

const LINE = `${'QUJD'.repeat(19)}\r\n`;
const ATTACHMENT = LINE.repeat(40_000);
const MESSAGE =
  'Subject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
  '--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9 text\r\n' +
  `--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${ATTACHMENT}\r\n--b--\r\n`;

let fixture: ImapFixture;
let account: Account;
let client: LineClient;

beforeAll(async () => {
  fixture = await startImap();
  account = await fixture.account();
  client = await fixture.login(account);
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** Reads `* n FETCH (... {size}`, the octets, and all up to the tagged response. */
async function literal(tag: string, command: string): Promise<string> {
  client.send(`${tag} ${command}\r\n`);
  const size = Number(/\{(\d+)\}$/.exec((await client.line()) ?? '')?.[1]);
  const octets = await client.octets(size);
  expect(await client.line()).toBe(')');
  expect(await client.line()).toBe(`${tag} OK Fetched`);
  return octets;
}

test('appended in small pieces, it comes back as it was', async () => {
  client.send(`a APPEND INBOX {${MESSAGE.length}+}\r\n`);
  for (let at = 0; at < MESSAGE.length; at += 40_001) client.send(MESSAGE.slice(at, at + 40_001));
  client.send('\r\n');
  expect(await client.until('a')).toEqual([expect.stringMatching(/^a OK \[APPENDUID/)]);
  await client.run('b', 'SELECT INBOX');
  expect((await literal('c', 'FETCH 1 BODY.PEEK[]')) === MESSAGE).toBe(true);
});

describe('parts of it', () => {
  test('a part by its number', async () => {
    expect((await literal('d', 'FETCH 1 BODY.PEEK[2]')) === ATTACHMENT).toBe(true);
    expect(await literal('e', 'FETCH 1 BODY.PEEK[1]')).toBe('\xc3\xa9 text');
    expect(await literal('f', 'FETCH 1 BODY.PEEK[2.MIME]')).toBe(
      'Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    );
  });

  test('ranges across the pieces in which it is kept', async () => {
    const begins = MESSAGE.indexOf(ATTACHMENT);
    for (const [start, count] of [
      [begins - 10, 25],
      [begins + 77, 2],
      [begins + ATTACHMENT.length - 5, 20],
      [begins + 1_000_003, 200_001],
      [MESSAGE.length - 4, 100],
    ] as const) {
      const octets = await literal('g', `FETCH 1 BODY.PEEK[]<${start}.${count}>`);
      expect(octets === MESSAGE.slice(start, start + count)).toBe(true);
    }
  });
});

test('a slow reader gets all of it, and others need not wait', async () => {
  client.socket.pause();
  client.send('h FETCH 1 BODY.PEEK[]\r\n');
  const other = await fixture.login(account);
  expect((await other.run('a', 'SELECT INBOX')).at(-1)).toMatch(/^a OK/);
  client.socket.resume();
  const size = Number(/\{(\d+)\}$/.exec((await client.line()) ?? '')?.[1]);
  expect((await client.octets(size)) === MESSAGE).toBe(true);
  expect(await client.until('h')).toEqual([')', 'h OK Fetched']);
});

test('a thousand commands at once are answered in order', async () => {
  client.send(Array.from({ length: 1000 }, (_, n) => `n${n} FETCH 1 UID\r\n`).join(''));
  for (let n = 0; n < 1000; n++) {
    expect(await client.line()).toBe('* 1 FETCH (UID 1)');
    expect(await client.line()).toBe(`n${n} OK Fetched`);
  }
});
