/** What clients that work with other servers expect of any: limits to the octet, odd arguments, and the way on after an error. */

import { afterEach, describe, expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';

let fixture: ImapFixture | undefined;
afterEach(async () => {
  await fixture?.[Symbol.asyncDispose]();
  fixture = undefined;
});

async function begin(messages = 0): Promise<{ started: ImapFixture; client: LineClient; account: string }> {
  fixture = await startImap();
  const account = await fixture.account();
  if (messages > 0) await fixture.fill(account, 'INBOX', messages);
  const client = await fixture.login(account);
  await client.run('s', 'SELECT INBOX');
  return { started: fixture, client, account: account.id };
}

const last = (lines: readonly string[]): string => lines.at(-1) as string;

/** The next command works. */
async function expectAlive(client: LineClient): Promise<void> {
  expect(last(await client.run('alive', 'NOOP'))).toBe('alive OK Nothing done');
}

describe('names of mailboxes', () => {
  test('with braces and what else is special in patterns elsewhere', async () => {
    const { client } = await begin();
    for (const name of ['a{1}b', 'a{b', '}', '(x)', 'a.b', 'x?', '[y]', '^$|+', 'back\\\\slash', 'quo\\"te']) {
      expect(last(await client.run('a', `CREATE "${name}"`)), name).toMatch(/^a OK/);
      expect(await client.run('b', `LIST "" "${name}"`)).toEqual([
        expect.stringMatching(/^\* LIST \(\\HasNoChildren\) "\/" /),
        'b OK Listed',
      ]);
      expect(last(await client.run('c', `SUBSCRIBE "${name}"`))).toBe('c OK Subscribed');
      expect(await client.run('d', `LSUB "" "${name}"`)).toHaveLength(2);
      expect(last(await client.run('e', `SELECT "${name}"`))).toMatch(/^e OK/);
    }
    expect(await client.run('f', 'LIST "" "a{*"')).toHaveLength(3);
    expect(await client.run('g', 'LIST "" "a.*"')).toHaveLength(2);
    expect(await client.run('h', 'LIST "{x}" "{%}"')).toEqual(['h OK Listed']);
    for (const broken of ['LIST "" {x', 'LIST "" a{b}c', 'LSUB "" }{', 'LIST {} *'])
      expect(last(await client.run('i', broken)), broken).toMatch(/^(?:i|\*) (?:OK|BAD)/);
    await expectAlive(client);
  });

  test('up to 64 levels and 1,000 octets, made and renamed', async () => {
    const { client } = await begin();
    const levels = (count: number): string => Array.from({ length: count }, () => 'n').join('/');
    const long = (count: number): string => 'x'.repeat(count);
    expect(last(await client.run('a', `CREATE ${levels(64)}`))).toMatch(/^a OK/);
    expect(last(await client.run('b', `CREATE ${levels(65)}`))).toMatch(/^b NO \[LIMIT\]/);
    expect(last(await client.run('c', `CREATE ${long(1000)}`))).toMatch(/^c OK/);
    expect(last(await client.run('d', `CREATE ${long(1001)}`))).toMatch(/^d NO \[CANNOT\]/);
    await client.run('e', 'CREATE short/below');
    expect(last(await client.run('f', `RENAME short ${long(1001)}`))).toMatch(/^f NO \[CANNOT\]/);
    // What lies below would be too long or too deep.
    expect(last(await client.run('g', `RENAME short ${long(999)}`))).toMatch(/^g NO \[CANNOT\]/);
    expect(last(await client.run('h', `RENAME short m/${levels(63)}`))).toMatch(/^h NO \[LIMIT\]/);
    expect(await client.run('i', 'LIST "" "short*"')).toHaveLength(3);
    expect(last(await client.run('j', `RENAME short m/${levels(62)}`))).toMatch(/^j OK/);
    expect(await client.run('k', 'LIST "" "*/below"')).toHaveLength(2);
  });

  test('of a new one, HIGHESTMODSEQ is a number to compare with, and rises', async () => {
    const { client } = await begin();
    await client.run('a', 'CREATE Work');
    const highest = async (): Promise<number> =>
      Number(/HIGHESTMODSEQ (\d+)/.exec((await client.run('b', 'STATUS Work (HIGHESTMODSEQ)'))[0] as string)?.[1]);
    const fresh = await highest();
    expect(fresh).toBeGreaterThanOrEqual(1);
    client.send(`c APPEND Work {${testMessage(1).length}+}\r\n${testMessage(1)}\r\n`);
    await client.until('c');
    expect(await highest()).toBeGreaterThan(fresh);
  });
});

describe('literals', () => {
  test('of no octets, and of numbers that are none', async () => {
    const { client } = await begin();
    client.send('a APPEND INBOX {0+}\r\n\r\n');
    expect(last(await client.until('a'))).toMatch(/^a NO/);
    await expectAlive(client);
    for (const size of ['{-1}', '{1x}', '{}', '{+}', '{99999999999999999999}', '{4294967296}']) {
      const lines = await client.run('b', `APPEND INBOX ${size}`);
      expect(last(lines), size).toMatch(/^b (?:BAD|NO)/);
      await expectAlive(client);
    }
    expect(await client.run('c', 'STATUS INBOX (MESSAGES)')).toContain('* STATUS INBOX (MESSAGES 0)');
  });

  test('of no octets never take those of an earlier one', async () => {
    const { client } = await begin(2);
    client.send('a SEARCH SUBJECT {9+}\r\nmessage 1\r\n');
    expect(await client.until('a')).toEqual(['* SEARCH 1', 'a OK Searched']);
    client.send('b SEARCH SUBJECT {0+}\r\n SUBJECT {9+}\r\nmessage 2\r\n');
    expect(await client.until('b')).toEqual(['* SEARCH 2', 'b OK Searched']);
    client.send('c SEARCH SUBJECT {9+}\r\nmessage 2 SUBJECT {0+}\r\n\r\n');
    expect(await client.until('c')).toEqual(['* SEARCH 2', 'c OK Searched']);
    client.send('d SELECT {0+}\r\n\r\n');
    expect(last(await client.until('d'))).toMatch(/^d (?:NO|BAD)/);
    const other = await (fixture as ImapFixture).connect();
    other.send('e LOGIN {8+}\r\naccount1 {0+}\r\n\r\n');
    expect(last(await other.until('e'))).toMatch(/^e NO \[AUTHENTICATIONFAILED\]/);
    await expectAlive(client);
  });
});

describe('lines', () => {
  test('that are too long are refused, and the next command works', async () => {
    const { client } = await begin();
    for (const length of [70_000, 300_000, 1_500_000]) {
      client.send(`a SEARCH SUBJECT "${'x'.repeat(length)}"\r\n`);
      const lines = await client.until('a');
      expect(last(lines)).toMatch(/^a (?:OK|BAD|NO)/);
      if (length > 1_000_000) expect(last(lines)).toMatch(/^a BAD \[TOOBIG\]/);
      await expectAlive(client);
    }
  });

  test('that are too long before the login too', async () => {
    await begin();
    const client = await (fixture as ImapFixture).connect();
    client.send(`a LOGIN ${'x'.repeat(10_000)} y\r\n`);
    expect(last(await client.until('a'))).toMatch(/^a BAD \[TOOBIG\]/);
    await expectAlive(client);
    // Who is nobody yet is not listened to for long.
    client.send(`b LOGIN ${'x'.repeat(100_000)} y\r\n`);
    expect(await client.line()).toMatch(/^\* BYE \[TOOBIG\]/);
  });
});

describe('sets of messages', () => {
  test('of numbers in UID SEARCH are message numbers; UID is for UIDs, and both are taken together', async () => {
    const { client, started, account } = await begin(6);
    await started.store.expunge(account, 'INBOX', UidSet.of(1, 2), { any: true });
    await client.run('a', 'NOOP');
    // Numbers 1 to 4 are the UIDs 3 to 6.
    for (const [key, found] of [
      ['1:2', ' 3 4'],
      ['UID 1:3', ' 3'],
      ['2:3 UID 3:4', ' 4'],
      ['1 UID 1', ''],
      ['OR 1 UID 6', ' 3 6'],
      ['NOT 1:3', ' 6'],
    ])
      expect(await client.run('b', `UID SEARCH ${key}`), key).toEqual([`* SEARCH${found}`, 'b OK Searched']);
    expect(await client.run('c', 'SEARCH UID 3:4')).toEqual(['* SEARCH 1 2', 'c OK Searched']);
  });

  test('end where the mailbox ends, whatever number they end with', async () => {
    const { client } = await begin(3);
    for (const [set, found] of [
      ['1:3', ' 1 2 3'],
      ['1:2', ' 1 2'],
      ['1:*', ' 1 2 3'],
      ['*', ' 3'],
      ['*:2', ' 2 3'],
      ['3:*', ' 3'],
      ['2:4', ' 2 3'],
      ['UID 4:*', ' 3'],
      ['UID 100:*', ' 3'],
      ['UID 100', ''],
    ])
      expect(await client.run('a', `SEARCH ${set}`), set).toEqual([`* SEARCH${found}`, 'a OK Searched']);
    expect(await client.run('b', 'UID FETCH 9:* (UID)')).toEqual(['* 3 FETCH (UID 3)', 'b OK Fetched']);
    expect(last(await client.run('c', 'FETCH 1:4 (UID)'))).toMatch(/^c BAD/);
  });

  test('of thousands of single and overlapping parts are read fast, each message told once', async () => {
    const { client } = await begin(40);
    const parts = Array.from({ length: 6000 }, (_, n) =>
      n % 3 === 0 ? `${(n % 40) + 1}:${((n * 7) % 40) + 1}` : `${(n % 40) + 1}`,
    );
    const begun = Date.now();
    const lines = await client.run('a', `FETCH ${parts.join()} (UID)`);
    expect(lines).toHaveLength(41);
    const sparse = Array.from({ length: 8000 }, (_, n) => n * 7 + 1).join();
    expect(await client.run('b', `UID FETCH ${sparse} (UID)`)).toHaveLength(7);
    expect(Date.now() - begun).toBeLessThan(30_000);
  });
});

test('MODIFIED names what changed, and nothing of what is gone', async () => {
  const { client, started, account } = await begin(5);
  const { store } = started;
  await client.run('a', 'FETCH 1:* (FLAGS MODSEQ)');
  const before = await store.modSeq(account);
  await store.storeFlags(account, 'INBOX', UidSet.of(2, 3), { mode: 'add', flags: ['\\Flagged'] });
  await store.expunge(account, 'INBOX', UidSet.of(3, 4), { any: true });
  const lines = await client.run('b', `STORE 1:5 (UNCHANGEDSINCE ${before}) +FLAGS.SILENT (\\Seen)`);
  expect(last(lines)).toBe('b OK [MODIFIED 2] Stored');
  await client.run('c', 'NOOP');
  const uids = await client.run('d', `UID STORE 1:9 (UNCHANGEDSINCE ${before}) +FLAGS.SILENT (\\Answered)`);
  expect(last(uids)).toBe('d OK [MODIFIED 1:2,5] Stored');
  const { masks } = await store.flags(account, 'INBOX');
  expect(masks.filter((mask) => (mask & 1) !== 0)).toHaveLength(2);
});

test('what BODYSTRUCTURE says of sizes is what BODY sends', async () => {
  const { client, started, account } = await begin();
  const base64 = Buffer.alloc(70_001, 'some octets').toString('base64').replace(/.{76}/g, '$&\r\n');
  const message = [
    'Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n',
    'Content-Type: text/plain\r\n\r\nhello\r\n\r\n--b\r\n',
    `Content-Type: application/pdf; name="a \\"b\\".pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--b\r\n`,
    `Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64.slice(0, 1000)}==\r\n\r\n--b--\r\n`,
  ].join('');
  await started.store.append(account, 'INBOX', message);
  await client.run('a', 'NOOP');
  const structure = (await client.run('b', 'FETCH 1 (BODYSTRUCTURE)'))[0] as string;
  const sizes = [...structure.matchAll(/"(?:7BIT|BASE64)" (\d+)/gi)].map((match) => Number(match[1]));
  expect(sizes).toHaveLength(3);
  for (const [index, size] of sizes.entries()) {
    client.send(`c FETCH 1 (BODY.PEEK[${index + 1}])\r\n`);
    expect(await client.line()).toBe(`* 1 FETCH (BODY[${index + 1}] {${size}}`);
    await client.octets(size);
    expect(await client.until('c')).toEqual([')', 'c OK Fetched']);
  }
});

test('ages in SEARCH: any number of seconds from 1 on, and nothing else', async () => {
  const { client } = await begin(1);
  for (const [key, found] of [
    ['YOUNGER 1000', ' 1'],
    ['OLDER 1000', ''],
    ['YOUNGER 4294967295', ' 1'],
    ['OLDER 4294967295', ''],
  ])
    expect(await client.run('a', `SEARCH ${key}`), key).toEqual([`* SEARCH${found}`, 'a OK Searched']);
  expect(last(await client.run('b', 'SEARCH OLDER 1'))).toMatch(/^b OK/);
  for (const key of [
    'OLDER 0',
    'YOUNGER 0',
    'OLDER x',
    'YOUNGER',
    'OLDER 99999999999999999999',
    'YOUNGER -1',
    'OLDER 1.5',
  ])
    expect(last(await client.run('c', `SEARCH ${key}`)), key).toMatch(/^c BAD/);
  await expectAlive(client);
});
