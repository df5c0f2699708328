/** METADATA on the wire: any octets, many of them, and what the server tells of itself. */

import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { ImapServerOptions } from '../../src/imap/index.ts';
import { MAX_ANNOTATION_OCTETS, MAX_ANNOTATIONS } from '../../src/model/annotation.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';

async function start(options: ImapServerOptions = {}): Promise<ImapFixture> {
  const fixture = await startImap(options);
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  return fixture;
}

/** The one value of a response to GETMETADATA; octets in a string. */
async function value(client: LineClient, name: string): Promise<string> {
  client.send(`get GETMETADATA INBOX ${name}\r\n`);
  const line = (await client.line()) ?? '';
  const head = `* METADATA INBOX (${name} `;
  expect(line.slice(0, head.length)).toBe(head);
  const literal = /^(~?)\{(\d+)\}$/.exec(line.slice(head.length));
  const octets = literal
    ? await client.octets(Number(literal[2]))
    : // A quoted string; control characters may stand in it.
      line.slice(head.length + 1, -2).replace(/\\(["\\])/g, '$1');
  if (literal) {
    expect(await client.line()).toBe(')');
    // RFC 5464 section 5: a string holds no NUL, a literal8 may.
    expect(literal[1] === '~').toBe(octets.includes('\0'));
  }
  expect(await client.line()).toMatch(/^get OK/);
  return octets;
}

test('octets leave as they came, however many', async () => {
  const fixture = await start();
  const client = await fixture.login(await fixture.account());
  const some = ['', 'x', ' ', '"\\', 'NIL', '\x7f', '\xe4', 'a'.repeat(1000), 'a'.repeat(1001), '\r\n', '\0'];
  const random = [1, 7, 999, 65_536].map((size) => randomBytes(size).toString('latin1'));
  for (const octets of [...some, ...random]) {
    client.send(`set SETMETADATA INBOX (/private/x ~{${octets.length}+}\r\n`);
    client.send(`${octets})\r\n`);
    expect(await client.line()).toMatch(/^set OK/);
    expect(await value(client, '/private/x')).toBe(octets);
  }
});

test('all that a mailbox can have comes by one command', async () => {
  const fixture = await start();
  const account = await fixture.account();
  const values = Array.from({ length: MAX_ANNOTATIONS }, (_, n) => [
    `/private/vendor/test/${n}`,
    Buffer.alloc(MAX_ANNOTATION_OCTETS, n + 1),
  ]);
  await fixture.store.setAnnotations(account.id, 'INBOX', Object.fromEntries(values));
  const client = await fixture.login(account);
  client.send('get GETMETADATA INBOX (DEPTH infinity) /private\r\n');
  const sorted = [...values].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)) as [string, Buffer][];
  for (const [index, [name, octets]] of sorted.entries()) {
    const head = index === 0 ? '* METADATA INBOX (' : ' ';
    expect(await client.line()).toBe(`${head}${name} {${MAX_ANNOTATION_OCTETS}}`);
    expect(await client.octets(MAX_ANNOTATION_OCTETS)).toBe(octets.toString('latin1'));
  }
  expect(await client.line()).toBe(')');
  expect(await client.line()).toMatch(/^get OK/);
});

test('a mailbox that has all it may have is full', async () => {
  const fixture = await start();
  const account = await fixture.account();
  const values = Array.from({ length: MAX_ANNOTATIONS }, (_, n) => [`/private/${n}`, 'x']);
  await fixture.store.setAnnotations(account.id, 'INBOX', Object.fromEntries(values));
  const client = await fixture.login(account);
  const [full] = await client.run('a', 'SETMETADATA INBOX (/private/1 NIL /private/x "y" /private/z "y")');
  expect(full).toMatch(/^a NO \[METADATA TOOMANY\]/);
  expect(await client.run('b', 'GETMETADATA INBOX (/private/1 /private/x)')).toEqual([
    '* METADATA INBOX (/private/1 "x" /private/x NIL)',
    expect.stringMatching(/^b OK/),
  ]);
  expect((await client.run('c', 'SETMETADATA INBOX (/private/1 NIL /private/x "y")'))[0]).toMatch(/^c OK/);
});

test('who runs the server is told, and by an account of its own otherwise', async () => {
  const fixture = await start({ adminUri: 'mailto:postmaster@example.org' });
  const account = await fixture.account();
  const client = await fixture.login(account);
  const told = async (command: string): Promise<string[]> => (await client.run('a', command)).slice(0, -1);
  const admin = '/shared/admin "mailto:postmaster@example.org"';
  expect(await told('GETMETADATA "" /Shared/Admin')).toEqual([`* METADATA "" (${admin})`]);
  expect(await told('GETMETADATA "" (DEPTH 1) /shared')).toEqual([`* METADATA "" (${admin})`]);
  expect(await told('GETMETADATA "" (MAXSIZE 3) /shared/admin')).toEqual([]);
  expect(await told('GETMETADATA "" /shared')).toEqual(['* METADATA "" (/shared NIL)']);
  expect(await told('GETMETADATA INBOX /shared/admin')).toEqual(['* METADATA INBOX (/shared/admin NIL)']);
  expect((await client.run('b', 'SETMETADATA "" (/shared/admin NIL)'))[0]).toMatch(/^b NO \[NOPERM\]/);
  await fixture.store.setAnnotations(account.id, null, { '/shared/admin': 'tel:+1-555-0100' });
  expect(await told('GETMETADATA "" /shared/admin')).toEqual(['* METADATA "" (/shared/admin "tel:+1-555-0100")']);
});
