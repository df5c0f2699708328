/** What mail users lose time and mail by, tried through real connections: each test is a complaint that nobody shall have. */

import { afterEach, describe, expect, test } from 'vitest';
import { createImapServer } from '../../src/imap/index.ts';
import { openStore } from '../../src/open-store.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';
import { type ImapFixture, startImap, testMessage } from './imap-fixture.ts';
import { LineClient } from './line-client.ts';

let fixture: ImapFixture | undefined;
afterEach(async () => {
  await fixture?.[Symbol.asyncDispose]();
  fixture = undefined;
});

async function begin(messages = 0): Promise<{ started: ImapFixture; client: LineClient; account: string }> {
  fixture = await startImap();
  const account = await fixture.account();
  if (messages > 0) await fixture.fill(account, 'INBOX', messages);
  return { started: fixture, client: await fixture.login(account), account: account.id };
}

const last = (lines: readonly string[]): string => lines.at(-1) as string;
const octets = (text: string): string => Buffer.from(text).toString('latin1');

describe('clients that send the next command too early', () => {
  test('behind IDLE in one packet: IDLE ends, and the command is run', async () => {
    const { client } = await begin();
    client.send('a SELECT INBOX\r\nb IDLE\r\nc NOOP\r\nd IDLE\r\nDONE\r\ne NOOP\r\n');
    await client.until('a');
    expect(await client.until('b')).toEqual(['+ idling', 'b OK Idle no more']);
    expect(await client.until('c')).toEqual(['c OK Nothing done']);
    expect(await client.until('d')).toEqual(['+ idling', 'd OK Idle no more']);
    expect(await client.until('e')).toEqual(['e OK Nothing done']);
  });
});

describe('capabilities', () => {
  const listed = (line: string | null): string[] => (/\[?CAPABILITY ([^\]]*)/.exec(line ?? '')?.[1] ?? '').split(' ');

  test('are told before the login, by which clients decide, and again after it, each once', async () => {
    fixture = await startImap({ tls: { key: KEY, cert: CERTIFICATE } });
    const account = await fixture.account();
    const client = new LineClient(fixture.port);
    const greeting = listed(await client.line());
    const asked = listed((await client.run('a', 'CAPABILITY'))[0] as string);
    const after = listed(last(await client.run('b', `LOGIN ${account.name} secret`)));
    const askedAfter = listed((await client.run('c', 'CAPABILITY'))[0] as string);
    for (const list of [greeting, asked, after, askedAfter]) {
      expect(list).toEqual([...new Set(list)]);
      for (const name of ['IMAP4rev1', 'IMAP4rev2', 'IDLE', 'MOVE', 'CONDSTORE', 'QRESYNC', 'SPECIAL-USE', 'WITHIN'])
        expect(list).toContain(name);
    }
    expect([greeting, after]).toEqual([asked, askedAfter]);
    expect(greeting).toContain('STARTTLS');
    expect(after).not.toContain('STARTTLS');
    client.destroy();
  });
});

describe('messages come back octet by octet', () => {
  const ODD = [
    'Subject: bare line feeds\n\nno CR\nat all',
    'Subject: CR alone\r\rbody\rbody',
    'Subject: no final line end\r\n\r\nbody without end',
    'Subject: 8 bit \xe9\xff\r\n\r\n\x80\x81\xfe\r\n',
    'Subject: header only\r\n',
    '\r\nno header\r\n',
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD=\n REVG\r\n--b--',
    `Subject: one long line\r\n\r\n${'x'.repeat(100_000)}\r\n`,
  ];

  test('odd ones, also as copies', async () => {
    const { client } = await begin();
    for (const message of ODD) {
      client.send(`a APPEND INBOX {${message.length}+}\r\n${message}\r\n`);
      expect(last(await client.until('a'))).toMatch(/^a OK/);
    }
    await client.run('b', 'SELECT INBOX');
    await client.run('c', 'COPY 1:* Archive');
    for (const mailbox of ['INBOX', 'Archive']) {
      await client.run('d', `EXAMINE ${mailbox}`);
      for (const [index, message] of ODD.entries()) expect(await bodyOf(client, index + 1)).toBe(message);
    }
  });
});

/** BODY[] of a message. */
async function bodyOf(client: LineClient, seq: number): Promise<string> {
  client.send(`f FETCH ${seq} (BODY.PEEK[])\r\n`);
  const head = (await client.line()) as string;
  const body = await client.octets(Number(/\{(\d+)\}$/.exec(head)?.[1]));
  await client.until('f');
  return body;
}

test('a burst of large messages: each has a UID and is told of, and nothing is left lying about', async () => {
  const { started, client, account } = await begin();
  await client.run('a', 'SELECT INBOX');
  const attachment = Buffer.alloc(300_000, 'attachment').toString('base64');
  const messages = Array.from(
    { length: ENGINE === 'sqlite' ? 24 : 6 },
    (_, n) =>
      `Subject: burst ${n}\r\nContent-Type: application/x-data\r\nContent-Transfer-Encoding: base64\r\n\r\n${attachment}${n}\r\n`,
  );
  const results = await Promise.all(messages.map((message) => started.store.append(account, 'INBOX', message)));
  const uids = messages.map((_, index) => index + 1);
  expect(results.map(({ uid }) => uid).sort((a, b) => a - b)).toEqual(uids);
  await client.run('b', 'NOOP');
  expect(await client.run('c', 'UID SEARCH ALL')).toEqual([`* SEARCH ${uids.join(' ')}`, 'c OK Searched']);
  for await (const finding of started.store.maintenance.check({ rehash: true })) expect(finding).toBeNull();
});

test('flags are there after the store was closed and opened', async () => {
  const place = await emptyPlace();
  const session = async (work: (client: LineClient) => Promise<void>): Promise<void> => {
    await using store = await openStore(place);
    if (!(await store.accounts.find('ann'))) {
      const { id } = await store.accounts.create({ name: 'ann', password: 'secret' });
      for (let n = 1; n <= 3; n++) await store.append(id, 'INBOX', testMessage(n));
    }
    await using imap = createImapServer(store, { insecureAuth: true });
    const client = new LineClient((await imap.listen()).port);
    await client.line();
    await client.run('a', 'LOGIN ann secret');
    await client.run('b', 'SELECT INBOX');
    await work(client);
    client.destroy();
  };
  const fetched: string[][] = [];
  await session(async (client) => {
    await client.run('c', 'STORE 1 +FLAGS.SILENT (\\Seen \\Answered $Forwarded)');
    await client.run('d', 'STORE 2 +FLAGS.SILENT (\\Deleted)');
    await client.run('e', 'STORE 1 -FLAGS.SILENT (\\Answered)');
    fetched.push(await client.run('f', 'FETCH 1:* (FLAGS MODSEQ)'));
  });
  await session(async (client) => void fetched.push(await client.run('f', 'FETCH 1:* (FLAGS MODSEQ)')));
  expect(fetched[1]?.filter((line) => line.includes('FETCH'))).toEqual(
    fetched[0]?.filter((line) => line.includes('FETCH')),
  );
  expect(fetched[1]?.join()).toContain('FLAGS (\\Seen $Forwarded)');
});

describe('what is gone is no reason to fail', () => {
  const COMMANDS = [
    'UID FETCH 2 (FLAGS)',
    'UID FETCH 2 (BODY[])',
    'UID STORE 2 +FLAGS (\\Seen)',
    'UID STORE 2 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)',
    'UID COPY 2 Archive',
    'UID MOVE 2 Archive',
    'UID EXPUNGE 2',
    'UID SEARCH UID 2',
    'UID FETCH 77:99 (FLAGS)',
    'UID MOVE 77 Archive',
  ];
  for (const command of COMMANDS) {
    test(command, async () => {
      const { client, started, account } = await begin(3);
      await client.run('a', 'SELECT INBOX');
      const other = await started.login((await started.store.accounts.get(account)) as never);
      await other.run('a', 'SELECT INBOX');
      await other.run('b', 'UID STORE 2 +FLAGS (\\Deleted)');
      await other.run('c', 'EXPUNGE');
      const lines = await client.run('b', command);
      expect(last(lines)).toMatch(/^b OK/);
      expect(lines.join('\n')).not.toMatch(/COPYUID|FETCH \(/);
      expect((await started.store.mailbox(account, 'Archive')).messages).toBe(0);
    });
  }
});

describe('search', () => {
  test('finds parts of words in addresses and subjects, and never what is not there', async () => {
    const { client, started, account } = await begin(2);
    await started.store.append(
      account,
      'INBOX',
      'From: Zoe <zoe.quill@example.com>\r\nSubject: Rechnungsnummer\r\n\r\nx\r\n',
    );
    await client.run('a', 'SELECT INBOX');
    for (const [key, found] of [
      ['FROM "quill"', ' 3'],
      ['FROM "oe.qu"', ' 3'],
      ['FROM "quill@example.com"', ' 3'],
      ['FROM "nobody@example.com"', ''],
      ['FROM "quills"', ''],
      ['SUBJECT "nungsnum"', ' 3'],
      ['SUBJECT "rechnung"', ' 3'],
      ['TO "bob"', ' 1 2'],
    ])
      expect(await client.run('b', `SEARCH ${key}`), key).toEqual([`* SEARCH${found}`, 'b OK Searched']);
  });

  test('takes UTF-8 with and without CHARSET, and says which charsets it knows', async () => {
    const { client, started, account } = await begin(1);
    await started.store.append(
      account,
      'INBOX',
      'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nПривет\r\n',
    );
    await client.run('a', 'SELECT INBOX');
    for (const [key, text] of [
      ['SUBJECT', 'Grüße'],
      ['BODY', 'Привет'],
      ['TEXT', 'привет'],
    ] as const) {
      const literal = `{${octets(text).length}+}\r\n${octets(text)}`;
      for (const command of [`SEARCH ${key} ${literal}`, `SEARCH CHARSET UTF-8 ${key} ${literal}`])
        expect(await client.run('b', command)).toEqual(['* SEARCH 2', 'b OK Searched']);
    }
    expect(last(await client.run('c', 'SEARCH CHARSET X-NONE SUBJECT x'))).toMatch(
      /^c NO \[BADCHARSET \(.*UTF-8.*\)\]/,
    );
  });
});

test('a program that appends without ever waiting is never told to come back later', async () => {
  const { client } = await begin();
  const count = ENGINE === 'sqlite' ? 300 : 30;
  const all = Array.from({ length: count }, (_, n) => testMessage(n));
  client.send(all.map((message, n) => `t${n} APPEND INBOX {${message.length}+}\r\n${message}\r\n`).join(''));
  for (const n of all.keys())
    expect(last(await client.until(`t${n}`))).toMatch(new RegExp(`^t${n} OK \\[APPENDUID \\d+ ${n + 1}\\]`));
});

describe('UIDVALIDITY', () => {
  const validityOf = async (client: LineClient, name: string): Promise<string> =>
    (await client.run('v', `STATUS ${name} (UIDVALIDITY UIDNEXT)`))[0] as string;

  test('stays when a mailbox is renamed, there and back', async () => {
    const { client } = await begin();
    await client.run('a', 'CREATE Work');
    client.send(`b APPEND Work {${testMessage(1).length}+}\r\n${testMessage(1)}\r\n`);
    await client.until('b');
    const before = await validityOf(client, 'Work');
    await client.run('c', 'RENAME Work Elsewhere');
    expect(await validityOf(client, 'Elsewhere')).toBe(before.replace('Work', 'Elsewhere'));
    await client.run('d', 'RENAME Elsewhere Work');
    expect(await validityOf(client, 'Work')).toBe(before);
  });

  test('rises when a name is used again, so that no UID means two messages', async () => {
    const { client } = await begin();
    let before = 0;
    for (let round = 0; round < 4; round++) {
      await client.run('a', 'CREATE Work');
      const now = Number(/UIDVALIDITY (\d+)/.exec(await validityOf(client, 'Work'))?.[1]);
      expect(now).toBeGreaterThan(before);
      before = now;
      if (round % 2 === 0) await client.run('b', 'DELETE Work');
      else await client.run('b', `RENAME Work Old${round}`);
    }
  });
});

test('the usual mailboxes are there once, by name and by use, and take no second of their kind', async () => {
  const { client } = await begin();
  const listed = (await client.run('a', 'LIST (SPECIAL-USE) "" "*"')).slice(0, -1);
  const uses = listed.map((line) => /\\(Archive|Drafts|Junk|Sent|Trash)\b/.exec(line)?.[1]);
  expect(uses).toEqual(['Archive', 'Drafts', 'Junk', 'Sent', 'Trash']);
  expect(last(await client.run('b', 'CREATE Sent'))).toMatch(/^b NO \[ALREADYEXISTS\]/);
  expect(last(await client.run('c', 'CREATE Gesendet (USE (\\Sent))'))).toMatch(/^c NO \[USEATTR\]/);
});

test('an expunged message is in no other mailbox, and one appended twice is there twice', async () => {
  const { client, started, account } = await begin();
  const message = testMessage(1);
  for (const tag of ['a', 'b']) {
    client.send(`${tag} APPEND INBOX {${message.length}+}\r\n${message}\r\n`);
    expect(last(await client.until(tag))).toMatch(/OK \[APPENDUID/);
  }
  expect(await client.run('c', 'SELECT INBOX')).toContain('* 2 EXISTS');
  await client.run('d', 'STORE 1 +FLAGS.SILENT (\\Deleted)');
  await client.run('e', 'EXPUNGE');
  const counts = (await started.store.mailboxes(account)).map(({ path, messages }) => [path, messages]);
  expect(counts.filter(([, messages]) => messages !== 0)).toEqual([['INBOX', 1]]);
});
