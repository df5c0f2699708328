/** Search by the API. */

import { describe, expect, test } from 'vitest';
import { mailboxObjectId } from '../../src/model/object-ids.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

const mail = (subject: string, text: string, more = ''): string =>
  `From: Bob <bob@example.net>\r\nTo: ann@example.com\r\n${more}Subject: ${subject}\r\n\r\n${text}\r\n`;

async function openAnn(): Promise<
  RestFixture & { id: string; find(query: string): Promise<string[]>; idOf(path: string): Promise<string> }
> {
  const fixture = await openRest();
  const { store, call } = fixture;
  const { id } = await fixture.account('ann');
  const put = (mailbox: string, raw: string, day: number, flags: string[] = []) =>
    store.append(id, mailbox, raw, { flags, internalDate: new Date(Date.UTC(2026, 0, day)) });
  await put('INBOX', mail('apple', 'red fruit', 'Cc: carl@example.org\r\n'), 1, ['\\Seen']);
  await put('INBOX', mail('banana', 'yellow fruit'), 2, ['\\Flagged']);
  await put('Archive', mail('cherry', `red ${'stone '.repeat(300)}`), 3);
  await put('Trash', mail('damson', 'blue fruit'), 4);
  await put(
    'INBOX',
    `Subject: $where {$ne: 1}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: application/pdf; name=elder.pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n--q--\r\n`,
    5,
  );
  return {
    ...fixture,
    id,
    idOf: async (path) => mailboxObjectId(id, (await store.mailbox(id, path)).id),
    find: async (query) =>
      (await call('GET', `/users/${id}/search?limit=50&order=asc&${query}`)).body.results.map(
        ({ subject }: { subject: string }) => subject,
      ),
  };
}

const q = (text: string): string => `q=${encodeURIComponent(text)}`;

describe('a query', () => {
  const ODD = '$where {$ne: 1}';
  test.each([
    ['', ['apple', 'banana', 'cherry', 'damson', ODD]],
    ['apple', ['apple']],
    ['apple cherry', ['apple', 'cherry']],
    ['red AND fruit', ['apple']],
    ['apple OR in:inbox', ['apple']],
    ['"yellow fruit"', ['banana']],
    ['"yellow fruit', ['banana']],
    ['-fruit', ['cherry', ODD]],
    ['from:bob subject:an', ['banana']],
    ['to:carl', ['apple']],
    ['cc:ann', []],
    ['to:ann cc:carl', ['apple']],
    ['subject:apple OR subject:cherry', ['apple', 'cherry']],
    ['(apple OR banana) -is:starred', ['apple']],
    ['in:archive', ['cherry']],
    ['mailbox:Trash fruit', ['damson']],
    ['-in:inbox', ['cherry', 'damson']],
    ['in:nowhere', []],
    ['in:inbox in:trash', []],
    ['searchable:true', ['apple', 'banana', 'cherry', ODD]],
    ['-searchable:true', ['damson']],
    ['has:attachment', [ODD]],
    ['attachments:false fruit', ['apple', 'banana', 'damson']],
    ['is:read', ['apple']],
    ['is:unread fruit', ['banana', 'damson']],
    ['unseen:no', ['apple']],
    ['is:starred', ['banana']],
    ['after:2026-01-03', ['cherry', 'damson', ODD]],
    ['before:2026-01-02', ['apple']],
    ['datestart:2026-01-02 dateend:2026-01-04', ['banana', 'cherry']],
    ['minsize:1500', ['cherry']],
    ['minsize:5 maxsize:4', []],
    ['after:rubbish apple', ['apple']],
    ['minsize:huge apple', ['apple']],
    ['nonsense:apple', []],
    ['thread:000000000000000000000000', []],
    ['id:2 in:inbox', ['banana']],
    ['$where', [ODD]],
    ['( ( apple', ['apple']],
    [') apple )', ['apple']],
    ['OR AND OR', ['apple', 'banana', 'cherry', 'damson', ODD]],
  ])('%s', async (text, subjects) => {
    const { find } = await openAnn();
    expect(await find(q(text))).toEqual(subjects);
  });

  test('may be said by fields of its own', async () => {
    const { find, idOf } = await openAnn();
    expect(await find('query=fruit&searchable=true')).toEqual(['apple', 'banana']);
    expect(await find('subject=an&flagged=true')).toEqual(['banana']);
    expect(await find('to=carl@example.org')).toEqual(['apple']);
    expect(await find('datestart=2026-01-04&attachments=false')).toEqual(['damson']);
    expect(await find(`mailbox=${await idOf('Archive')}`)).toEqual(['cherry']);
    expect(await find('minSize=1500&unseen=true')).toEqual(['cherry']);
  });

  test('of another user finds nothing of this one', async () => {
    const { call, account, idOf } = await openAnn();
    const bob = await account('bob');
    expect((await call('GET', `/users/${bob.id}/search?q=fruit`)).body.total).toBe(0);
    expect((await call('GET', `/users/${bob.id}/search?mailbox=${await idOf('INBOX')}`)).body.code).toBe(
      'NoSuchMailbox',
    );
  });
});

test('what is found comes in pages, the newest first, each message once', async () => {
  const { call, store, id } = await openAnn();
  const { UidSet } = await import('../../src/model/uid-set.ts');
  await store.copy(id, 'INBOX', UidSet.of(1), 'Archive');
  const page = async (query: string) => (await call('GET', `/users/${id}/search?q=fruit&limit=2${query}`)).body;
  const subjects = (body: { results: { subject: string }[] }): string[] => body.results.map(({ subject }) => subject);
  const first = await page('');
  expect([subjects(first), first.total, first.previousCursor]).toEqual([['damson', 'banana'], 3, false]);
  const second = await page(`&next=${first.nextCursor}`);
  expect([subjects(second), second.nextCursor]).toEqual([['apple'], false]);
  expect(subjects(await page(`&previous=${second.previousCursor}`))).toEqual(['damson', 'banana']);
  expect((await call('GET', `/users/${id}/search?next=WzEsNV0`)).body.code).toBe('InputValidationError');
});

test('words are marked where they were found, and nothing else is a tag', async () => {
  const { call, store, id } = await openAnn();
  await store.append(id, 'INBOX', mail('x', '<b>Ünique</b> & fine'));
  const { body } = await call('GET', `/users/${id}/search?q=uniq&snippets=true`);
  expect(body.results[0].snippet).toBe('&#60;b&#62;<mark>Ünique</mark>&#60;/b&#62; &#38; fine');
});

test('what is found can be changed at once', async () => {
  const { call, store, id } = await openAnn();
  const { body } = await call('POST', `/users/${id}/search`, {
    q: 'fruit',
    searchable: true,
    action: { moveTo: 'archive', seen: true },
  });
  expect(body.updated).toBe(2);
  expect((await store.mailbox(id, 'Archive')).messages).toBe(3);
  expect((await store.mailbox(id, 'Trash')).messages).toBe(1);
  const bob = await store.accounts.create({ name: 'bob' });
  const wrong = await call('POST', `/users/${id}/search`, { q: 'red', action: { moveTo: mailboxObjectId(bob.id, 1) } });
  expect(wrong.body.code).toBe('NoSuchMailbox');
  expect((await call('POST', `/users/${id}/search`, { q: 'red', action: {} })).body.code).toBe('NothingChanged');
});

describe('the archive', () => {
  test('lists what was removed, and gives it back', async () => {
    const { call, store, id, idOf } = await openAnn();
    await store.expunge(id, 'INBOX', undefined, { any: true });
    await store.expunge(id, 'Archive', undefined, { any: true });
    const list = (await call('GET', `/users/${id}/archived/messages?limit=3`)).body;
    expect(list.total).toBe(4);
    const rest = (await call('GET', `/users/${id}/archived/messages?limit=3&next=${list.nextCursor}`)).body;
    const all = [...list.results, ...rest.results];
    expect(all.map(({ subject }) => subject).sort()).toEqual(['$where {$ne: 1}', 'apple', 'banana', 'cherry']);
    const apple = all.find(({ subject }) => subject === 'apple');
    expect(apple).toMatchObject({ mailbox: await idOf('INBOX'), seen: true, from: { name: 'Bob' } });
    const one = await call('POST', `/users/${id}/archived/messages/${apple.id}/restore`);
    expect(one.body).toMatchObject({ mailbox: await idOf('INBOX'), id: expect.any(Number) });
    expect((await call('POST', `/users/${id}/archived/messages/${apple.id}/restore`)).body.code).toBe(
      'MessageNotFound',
    );
    const { body } = await call('POST', `/users/${id}/archived/restore`, { start: '2020-01-01', end: '2099-01-01' });
    expect(body.restored).toBe(3);
    expect((await store.mailbox(id, 'INBOX')).messages).toBe(3);
  });

  test.each(['0'.repeat(24), 'f'.repeat(24)])('%s is not there', async (message) => {
    const { call, id } = await openAnn();
    expect((await call('POST', `/users/${id}/archived/messages/${message}/restore`)).body.code).toBe('MessageNotFound');
  });
});
