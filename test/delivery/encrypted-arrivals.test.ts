/** What comes into an encrypted mailbox by other ways than delivery: written by clients and programs, copied, moved, brought back. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SendError } from '../../src/delivery/send-error.ts';
import { createImapServer } from '../../src/imap/index.ts';
import { mailboxObjectId } from '../../src/model/object-ids.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { createRestApi } from '../../src/rest/api.ts';
import { mustEider } from '../cli/run-eider.ts';
import { wordyMessage } from '../durability/readable-words.ts';
import { emptyPlace, placeOptions } from '../engine-under-test.ts';
import { LineClient } from '../imap/line-client.ts';
import { letter, readAll, temporaryFolder, withFile } from '../store/store-fixture.ts';
import { wordsAt } from '../stored-words.ts';
import { ADDRESS, afterTheKey, type EncryptedFixture, openEncrypted } from './encrypted-fixture.ts';

const SMALL = 20_000;
/** Goes to a temporary file, and has parts that go to the blob store. */
const LARGE = 3_000_000;

/** A client that is logged in. */
async function logIn({ store }: EncryptedFixture): Promise<LineClient> {
  const imap = createImapServer(store, { insecureAuth: true });
  const { port } = await imap.listen();
  onTestFinished(() => imap.close({ drainMs: 0 }));
  const client = new LineClient(port);
  onTestFinished(() => client.destroy());
  await client.line();
  await client.run('l', 'LOGIN ann secret');
  return client;
}

/** A function that asks the API. */
async function api({
  store,
}: EncryptedFixture): Promise<(path: string, body: BodyInit, type: string) => Promise<number>> {
  const rest = createRestApi(store);
  const { token } = await store.auth.createToken({ role: 'root' });
  return async (path, body, type) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const request = new Request(`http://rest.test${path}`, { method: 'POST', headers, body });
    return (await rest.fetch(request, { address: '192.0.2.1' })).status;
  };
}

const ways: readonly [name: string, put: (fixture: EncryptedFixture, message: Buffer) => Promise<unknown>][] = [
  ['delivered', ({ store }, message) => store.deliver(message, { recipients: ['ann+secret@example.org'] })],
  ['appended', ({ store, account }, message) => store.append(account, 'Secret', message)],
  [
    'prepared and appended',
    async ({ store, account }, message) => {
      const prepared = await store.prepare([message], { into: { account, mailbox: 'Secret' } });
      await store.appendPrepared(account, 'Secret', [{ message: prepared, flags: ['\\Seen'] }]);
    },
  ],
  [
    'appended by IMAP',
    async (fixture, message) => {
      const client = await logIn(fixture);
      client.send(`a APPEND Secret (\\Flagged) {${message.length}}\r\n`);
      expect(await client.line()).toMatch(/^\+/);
      client.socket.write(message);
      client.send('\r\n');
      expect((await client.until('a')).at(-1)).toMatch(/^a OK \[APPENDUID \d+ 1\]/);
    },
  ],
  [
    'uploaded as it is',
    async (fixture, message) => {
      const { store, account } = fixture;
      const { id } = await store.mailbox(account, 'Secret');
      const path = `/users/${account}/mailboxes/${mailboxObjectId(account, id)}/messages`;
      expect(await (await api(fixture))(path, Uint8Array.from(message), 'message/rfc822')).toBe(200);
    },
  ],
  [
    'uploaded in base64',
    async (fixture, message) => {
      const { store, account } = fixture;
      const { id } = await store.mailbox(account, 'Secret');
      const path = `/users/${account}/mailboxes/${mailboxObjectId(account, id)}/messages`;
      const body = JSON.stringify({ raw: message.toString('base64') });
      expect(await (await api(fixture))(path, body, 'application/json')).toBe(200);
    },
  ],
];

describe.each(ways)('what is %s', (_name, put) => {
  test.each([SMALL, LARGE])('is encrypted, with no word of %d octets anywhere', async (octets) => {
    const place = await emptyPlace();
    const fixture = await openEncrypted({ ...place, account: { password: 'secret' } });
    const message = wordyMessage(1, octets);
    await put(fixture, message);
    const found = await readAll(fixture, 'Secret');
    expect(found).toHaveLength(1);
    const inside = await fixture.decrypted(found[0]!.raw);
    expect(inside.equals(message)).toBe(true);
    expect(await fixture.store.search(fixture.account, 'Secret', { key: 'text', text: 'quicksilvery' })).toHaveLength(
      0,
    );
    expect(await wordsAt(place)).toEqual([]);
  });
});

test('what is uploaded field by field is encrypted, with no word of it anywhere', async () => {
  const place = await emptyPlace();
  const fixture = await openEncrypted({ ...place, account: { password: 'secret' } });
  const { store, account } = fixture;
  const { id } = await store.mailbox(account, 'Secret');
  const path = `/users/${account}/mailboxes/${mailboxObjectId(account, id)}/messages`;
  const fields = {
    from: { address: ADDRESS },
    to: [{ address: 'bob@example.org' }],
    subject: 'cinnabarlike',
    text: 'quicksilvery '.repeat(1_000),
    attachments: [
      { filename: 'vermilionish.txt', content: Buffer.from('mercurialist '.repeat(10_000)).toString('base64') },
    ],
  };
  const ask = await api(fixture);
  expect(await ask(path, JSON.stringify(fields), 'application/json')).toBe(200);
  const found = await readAll(fixture, 'Secret');
  expect((await fixture.decrypted(found[0]!.raw)).toString()).toMatch(/Subject: cinnabarlike/);
  expect(await wordsAt(place)).toEqual([]);
  const later = vi.spyOn(Date, 'now').mockReturnValue(afterTheKey());
  onTestFinished(() => later.mockRestore());
  expect(await ask(path, JSON.stringify(fields), 'application/json')).toBe(503);
  const raw = wordyMessage(1, SMALL).toString('base64');
  expect(await ask(path, JSON.stringify({ raw }), 'application/json')).toBe(503);
  expect(await readAll(fixture, 'Secret')).toHaveLength(1);
});

test.each([SMALL, LARGE])(
  'what the command imports is encrypted, with no word of %d octets anywhere',
  async (octets) => {
    const place = await emptyPlace();
    const fixture = await openEncrypted(place);
    const file = path.join(await temporaryFolder(), 'one.eml');
    const message = wordyMessage(1, octets);
    await writeFile(file, message);
    await mustEider(['import', 'ann', file, '--mailbox', 'Secret', ...placeOptions(place)]);
    const found = await readAll(fixture, 'Secret');
    expect(found).toHaveLength(1);
    expect((await fixture.decrypted(found[0]!.raw)).equals(message)).toBe(true);
    // What the command remembers of its source is beside the store, and no word of it.
    expect(await wordsAt(place)).toEqual([]);
  },
);

test('the look for words finds them where nothing is encrypted', async () => {
  const place = await emptyPlace();
  const { store, account } = await openEncrypted(place);
  await store.append(account, 'INBOX', wordyMessage(1, LARGE));
  expect((await wordsAt(place)).join('\n')).toMatch(/quicksilvery/);
});

test('flags and date are kept; drafts, what is encrypted, and what has to stay as it is, pass', async () => {
  const fixture = await openEncrypted();
  const { store, account, decrypted } = fixture;
  const internalDate = new Date('2020-01-02T03:04:05Z');
  const first = await store.append(account, 'Secret', letter('one'), { flags: ['\\Seen', '$Work'], internalDate });
  await store.append(account, 'Secret', letter('draft'), { flags: ['\\Draft'] });
  await store.append(account, 'Secret', letter('as it is'), { encrypt: false });
  const [one] = await readAll(fixture, 'Secret');
  const again = await store.append(account, 'Secret', one!.raw);
  await store.append(account, 'INBOX', letter('open'));
  const found = await readAll(fixture, 'Secret');
  expect(found[0]).toMatchObject({
    mask: 1,
    keywords: '$Work',
    internalDate: internalDate.getTime(),
    size: first.size,
  });
  expect((await decrypted(found[0]!.raw)).toString()).toBe(letter('one'));
  expect(found[1]?.raw.toString()).toBe(letter('draft'));
  expect(found[2]?.raw.toString()).toBe(letter('as it is'));
  expect(found[3]?.raw.equals(one!.raw)).toBe(true);
  expect(again.size).toBe(one!.size);
  expect((await readAll(fixture, 'INBOX'))[0]?.raw.toString()).toBe(letter('open'));
});

test('of an account whose mail is encrypted, that is all mailboxes', async () => {
  const fixture = await openEncrypted();
  const { store, account, decrypted } = fixture;
  await store.encryption.configure(account, { enabled: true });
  await store.append(account, 'Sent', letter('sent'));
  expect((await decrypted((await readAll(fixture, 'Sent'))[0]!.raw)).toString()).toBe(letter('sent'));
});

test('what was prepared for anywhere is encrypted where it is appended, or replaces another', async () => {
  const fixture = await openEncrypted();
  const { store, account, decrypted } = fixture;
  const message = await store.prepare(withFile('file', Buffer.from('mercurial '.repeat(40_000))));
  const twice = [{ message }, { message, flags: ['\\Draft'] }];
  const [, draft] = await store.appendPrepared(account, 'Secret', twice);
  const place = { mailbox: 'Secret', uid: draft!.uid };
  const replaced = await store.replace(account, place, 'Secret', { message });
  const found = await readAll(fixture, 'Secret');
  expect(found.map(({ uid }) => uid)).toEqual([1, 3]);
  expect(replaced?.size).toBe(found[1]?.size);
  for (const { raw } of found) expect((await decrypted(raw)).length).toBe(message.content.size);
});

test('without a key that can be used nothing is stored, copied or moved', async () => {
  const fixture = await openEncrypted();
  const { store, account } = fixture;
  const message = await store.prepare(letter('prepared'));
  await store.append(account, 'INBOX', letter('open'));
  const later = vi.spyOn(Date, 'now').mockReturnValue(afterTheKey());
  onTestFinished(() => later.mockRestore());
  const failed = { code: 'ENCRYPTION_FAILED' };
  await expect(store.append(account, 'Secret', letter('late'))).rejects.toMatchObject(failed);
  await expect(store.appendPrepared(account, 'Secret', [{ message }])).rejects.toMatchObject(failed);
  const into = { account, mailbox: 'Secret' };
  await expect(store.prepare(letter('late'), { into })).rejects.toMatchObject(failed);
  await expect(store.copy(account, 'INBOX', UidSet.of(1), 'Secret')).rejects.toMatchObject(failed);
  await expect(store.move(account, 'INBOX', UidSet.of(1), 'Secret')).rejects.toMatchObject(failed);
  expect(await readAll(fixture, 'Secret')).toEqual([]);
  expect((await readAll(fixture, 'INBOX'))[0]?.raw.toString()).toBe(letter('open'));
});

test('several messages of one APPEND, and REPLACE', async () => {
  const fixture = await openEncrypted({ account: { password: 'secret' } });
  const client = await logIn(fixture);
  const [one, two] = [letter('one'), letter('two')];
  client.send(`a APPEND Secret {${one.length}+}\r\n${one} (\\Seen) {${two.length}+}\r\n${two}\r\n`);
  expect((await client.until('a')).at(-1)).toMatch(/^a OK \[APPENDUID \d+ 1:2\]/);
  await client.run('s', 'SELECT Secret');
  client.send(`r REPLACE 1 Secret {${two.length}+}\r\n${two}\r\n`);
  const lines = await client.until('r');
  expect(lines.join('\n')).toMatch(/\[APPENDUID \d+ 3\]/);
  for (const { raw } of await readAll(fixture, 'Secret')) {
    expect((await fixture.decrypted(raw)).toString()).toBe(two);
  }
});

describe('from a mailbox that is not encrypted', () => {
  /** Four messages in INBOX: plain, encrypted, draft, plain with a file. */
  async function filled(): Promise<EncryptedFixture & { encrypted: Buffer; file: Buffer }> {
    const fixture = await openEncrypted({ account: { password: 'secret' } });
    const { store, account } = fixture;
    await store.append(account, 'Secret', letter('sealed'));
    const [sealed] = await readAll(fixture, 'Secret');
    await store.expunge(account, 'Secret', UidSet.of(1), { any: true });
    const internalDate = new Date('2020-01-02T03:04:05Z');
    const file = withFile('file', Buffer.from('mercurial '.repeat(40_000)));
    await store.append(account, 'INBOX', letter('quicksilver'), { flags: ['\\Flagged', '$Work'], internalDate });
    await store.append(account, 'INBOX', sealed!.raw);
    await store.append(account, 'INBOX', letter('draft'), { flags: ['\\Draft'] });
    await store.append(account, 'INBOX', file, { flags: ['\\Seen'] });
    return { ...fixture, encrypted: sealed!.raw, file };
  }

  async function expectSealed({ decrypted, encrypted, file, ...fixture }: Awaited<ReturnType<typeof filled>>) {
    const found = await readAll(fixture, 'Secret');
    expect(found.map(({ uid }) => uid)).toEqual([2, 3, 4, 5]);
    const [one, two, three, four] = found.map(({ raw }) => raw);
    expect((await decrypted(one!)).toString()).toBe(letter('quicksilver'));
    expect(two?.equals(encrypted)).toBe(true);
    expect(three?.toString()).toBe(letter('draft'));
    expect((await decrypted(four!)).equals(file)).toBe(true);
    const search = await fixture.store.search(fixture.account, 'Secret', { key: 'text', text: 'quicksilver' });
    expect(search).toHaveLength(0);
    return found;
  }

  test.each(['label', 'separate'] as const)('COPY makes encrypted messages, in order (%s)', async (copies) => {
    const fixture = await filled();
    const { store, account } = fixture;
    await store.accounts.update(account, { copies });
    const before = await readAll(fixture, 'INBOX');
    const client = await logIn(fixture);
    await client.run('s', 'SELECT INBOX');
    const { uidValidity } = await store.mailbox(account, 'Secret');
    expect((await client.run('c', 'COPY 1:* Secret')).at(-1)).toBe(`c OK [COPYUID ${uidValidity} 1:4 2:5] Copied`);
    const found = await expectSealed(fixture);
    for (const [index, { mask, keywords, internalDate, threadId }] of found.entries()) {
      expect(before[index]).toMatchObject({ mask, keywords, internalDate, threadId });
    }
    expect(await readAll(fixture, 'INBOX')).toHaveLength(4);
    const { usage } = await store.quota(account);
    const octets = [...found, ...before].reduce((sum, { size }) => sum + size, 0);
    expect(usage).toMatchObject({ messages: 8, octets });
  });

  test('MOVE leaves nothing behind, that could be brought back in the clear either', async () => {
    const fixture = await filled();
    const { store, account } = fixture;
    const client = await logIn(fixture);
    await client.run('s', 'SELECT INBOX');
    const { uidValidity } = await store.mailbox(account, 'Secret');
    const lines = await client.run('m', 'MOVE 1:* Secret');
    expect(lines[0]).toBe(`* OK [COPYUID ${uidValidity} 1:4 2:5] Moved`);
    expect(lines.filter((line) => / EXPUNGE$/.test(line))).toHaveLength(4);
    await expectSealed(fixture);
    expect(await readAll(fixture, 'INBOX')).toEqual([]);
    const kept = await store.recovery.mailboxes(account);
    expect(kept.map(({ path, messages }) => [path, messages])).toEqual([['Secret', 1]]);
    // The large part of before is mentioned by nobody.
    expect((await store.maintenance.sweep({ graceMs: 0 })).blobs).toBe(1);
  });

  test('a label makes the message encrypted in all its mailboxes; others stay', async () => {
    const fixture = await filled();
    const { store, account, decrypted } = fixture;
    await store.changeLabels(account, 'INBOX', UidSet.of(1), { mode: 'add', labels: ['Archive'] });
    const change = { mode: 'add', labels: ['Secret'] } as const;
    const { gone, left } = await store.changeLabels(account, 'INBOX', UidSet.range(1, 3), change);
    expect([[...gone], [...left]]).toEqual([[1], [2, 3, 5]]);
    const inbox = await readAll(fixture, 'INBOX');
    expect(inbox.map(({ uid }) => uid)).toEqual([2, 3, 4, 5]);
    const one = inbox.at(-1);
    expect((await decrypted(one!.raw)).toString()).toBe(letter('quicksilver'));
    expect(one).toMatchObject({ mask: 4, keywords: '$Work' });
    expect((await readAll(fixture, 'Archive')).map(({ emailId }) => emailId)).toEqual([one?.emailId]);
    const secret = (await readAll(fixture, 'Secret')).map(({ emailId }) => emailId);
    expect(secret.sort()).toEqual([inbox[0], inbox[1], one].map((message) => message!.emailId).sort());
    expect(inbox[2]?.raw.equals(fixture.file)).toBe(true);
  });

  test('a label by IMAP tells the client what became of the message', async () => {
    const fixture = await filled();
    const client = await logIn(fixture);
    await client.run('s', 'SELECT INBOX');
    const lines = await client.run('l', 'STORE 1 +X-GM-LABELS (Secret \\Starred)');
    expect(lines.at(-1)).toMatch(/^l OK/);
    // RFC 9051 section 7.5.1: not while numbers are in use.
    expect((await client.run('n', 'NOOP')).join('\n')).toMatch(/^\* 1 EXPUNGE\n/m);
    const [, , , one] = await readAll(fixture, 'INBOX');
    expect(one).toMatchObject({ uid: 5, mask: 4 });
    expect((await client.run('f', 'UID FETCH 5 X-GM-LABELS')).join('\n')).toMatch(/X-GM-LABELS \([^)]*Secret/);
  });

  test('what would be nowhere is archived, encrypted where the archive is', async () => {
    const fixture = await filled();
    const { store, account, decrypted } = fixture;
    await store.encryption.configureMailbox(account, 'Archive', true);
    const change = { mode: 'remove', labels: ['INBOX'] } as const;
    const { gone, left } = await store.changeLabels(account, 'INBOX', UidSet.of(1), change);
    expect([[...gone], [...left]]).toEqual([[1], []]);
    const [archived] = await readAll(fixture, 'Archive');
    expect((await decrypted(archived!.raw)).toString()).toBe(letter('quicksilver'));
  });

  test('a filter that is applied brings it there encrypted, once', async () => {
    const fixture = await filled();
    const { store, account, decrypted } = fixture;
    const { id } = await store.filters.create(account, {
      conditions: { test: 'subject', contains: 'quicksilver' },
      actions: { labels: ['Secret'], mailbox: 'Archive' },
    });
    for (let round = 0; round < 2; round++) {
      await store.filters.apply(account, id);
      await store.jobs.runDue();
    }
    const [one, ...none] = await readAll(fixture, 'Secret');
    expect(none).toEqual([]);
    expect((await decrypted(one!.raw)).toString()).toBe(letter('quicksilver'));
    expect((await readAll(fixture, 'Archive')).map(({ emailId }) => emailId)).toEqual([one?.emailId]);
  });

  test('what was expunged there comes back encrypted', async () => {
    const fixture = await filled();
    const { store, account } = fixture;
    const { id } = await store.mailbox(account, 'INBOX');
    await store.expunge(account, 'INBOX', UidSet.range(1, 4), { any: true });
    const { uids } = await store.recovery.restore(account, id, {}, 'Secret');
    expect([...uids]).toEqual([2, 3, 4, 5]);
    await expectSealed(fixture);
  });

  test('an account over its quota gets nothing', async () => {
    const fixture = await filled();
    const { store, account } = fixture;
    const { usage } = await store.quota(account);
    await store.accounts.update(account, { limits: { octets: usage.octets + 100 } });
    await expect(store.copy(account, 'INBOX', UidSet.of(1), 'Secret')).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
    expect(await readAll(fixture, 'Secret')).toEqual([]);
  });
});

test('between encrypted mailboxes messages go as they are, and a key is not needed', async () => {
  const fixture = await openEncrypted();
  const { store, account } = fixture;
  await store.append(account, 'INBOX', letter('old'));
  await store.encryption.configure(account, { enabled: true });
  const later = vi.spyOn(Date, 'now').mockReturnValue(afterTheKey());
  await store.move(account, 'INBOX', UidSet.of(1), 'Trash').finally(() => later.mockRestore());
  expect((await readAll(fixture, 'Trash'))[0]?.raw.toString()).toBe(letter('old'));
});

describe('what is sent', () => {
  const MESSAGE = `From: ${ADDRESS}\r\nTo: bob@example.net\r\nBcc: eve@example.net\r\nSubject: hi\r\n\r\nquicksilver\r\n`;
  const envelope = { from: ADDRESS, to: ['bob@example.net'] };

  test('goes out as it was written, and is kept encrypted; the draft is gone for good', async () => {
    const sent: string[] = [];
    const fixture = await openEncrypted({
      outgoing: {
        send: async ({ read }) => {
          for await (const octets of read()) sent.push(Buffer.from(octets).toString());
        },
      },
    });
    const { store, account, decrypted } = fixture;
    await store.encryption.configureMailbox(account, 'Sent', true);
    const draft = await store.append(account, 'Drafts', MESSAGE, { flags: ['\\Draft'] });
    const options = { ...envelope, draft: { mailbox: 'Drafts', uid: draft.uid } };
    const submitted = await store.submissions.submit(account, MESSAGE, options);
    const [kept] = await readAll(fixture, 'Sent');
    expect(kept?.raw.toString()).not.toMatch(/quicksilver|eve@|Subject: hi/);
    expect(kept?.raw.toString()).toContain(submitted!.messageId);
    expect((await decrypted(kept!.raw)).toString()).toMatch(/Bcc: eve[\s\S]*quicksilver/);
    expect(submitted?.stored?.size).toBe(kept?.size);
    expect(await readAll(fixture, 'Drafts')).toEqual([]);
    expect(await store.recovery.mailboxes(account)).toEqual([]);
    await store.outgoing.runDue();
    expect(sent.join('')).toMatch(/Subject: hi[\s\S]*quicksilver/);
  });

  test('and cannot be kept encrypted is not sent', async () => {
    const fixture = await openEncrypted();
    const { store, account } = fixture;
    await store.encryption.configure(account, { enabled: true });
    const later = vi.spyOn(Date, 'now').mockReturnValue(afterTheKey());
    const submitted = store.submissions.submit(account, MESSAGE, envelope).finally(() => later.mockRestore());
    await expect(submitted).rejects.toMatchObject({ code: 'ENCRYPTION_FAILED' });
    expect(await store.outgoing.list(account)).toEqual([]);
    expect(await readAll(fixture, 'Sent')).toEqual([]);
  });

  test('a report on what could not be sent, which has its header, is encrypted', async () => {
    const send = async () => {
      throw new SendError('550 no', { permanent: true });
    };
    const fixture = await openEncrypted({ outgoing: { send } });
    const { store, account, decrypted } = fixture;
    await store.encryption.configure(account, { enabled: true });
    await store.submissions.submit(account, MESSAGE, envelope);
    await store.outgoing.runDue();
    const [report] = await readAll(fixture, 'INBOX');
    expect(report?.raw.toString()).not.toMatch(/Subject: hi/);
    expect((await decrypted(report!.raw)).toString()).toMatch(/Subject: hi/);
  });
});
