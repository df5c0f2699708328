/** Mailboxes by the API. */

import { generateKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { mailboxObjectId } from '../../src/model/object-ids.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

async function openAnn(): Promise<RestFixture & { id: string; base: string; idOf(path: string): Promise<string> }> {
  const fixture = await openRest();
  const { id } = await fixture.account('ann');
  return {
    ...fixture,
    id,
    base: `/users/${id}/mailboxes`,
    idOf: async (path) => mailboxObjectId(id, (await fixture.store.mailbox(id, path)).id),
  };
}

test('the list has paths, uses, and counters where they are asked for', async () => {
  const { call, store, id, base } = await openAnn();
  await store.append(id, 'INBOX', 'Subject: x\r\n\r\ny\r\n');
  const { body } = await call('GET', base);
  expect(body.results.map(({ path }: { path: string }) => path)).toEqual([
    'INBOX',
    'Archive',
    'Drafts',
    'Junk',
    'Sent',
    'Trash',
  ]);
  expect(body.results[0]).not.toHaveProperty('total');
  const counted = await call('GET', `${base}?counters=true&sizes=1&specialUse=yes`);
  expect(counted.body.results[0]).toMatchObject({ path: 'INBOX', total: 1, unseen: 1, size: 17 });
});

test('a mailbox is made, told of by id and by path, renamed, kept for days, and deleted', async () => {
  const { call, store, id, base } = await openAnn();
  const { body: made } = await call('POST', base, { path: 'Work/Bills 2026 ❄', retention: 864e5 * 30 });
  expect((await call('GET', `${base}/${made.id}`)).body).toMatchObject({
    name: 'Bills 2026 ❄',
    retention: 864e5 * 30,
    subscribed: true,
  });
  expect((await call('GET', `${base}/resolve?path=${encodeURIComponent('Work/Bills 2026 ❄')}`)).body.id).toBe(made.id);
  expect((await call('GET', `${base}/sent`)).body).toMatchObject({ path: 'Sent', specialUse: '\\Sent' });
  await call('PUT', `${base}/${made.id}`, { path: 'Bills', subscribed: false, retention: 0 });
  expect((await call('GET', `${base}/${made.id}`)).body).toMatchObject({ path: 'Bills', subscribed: false });
  expect((await call('GET', `${base}/${made.id}`)).body).not.toHaveProperty('retention');
  await call('DELETE', `${base}/${made.id}`);
  expect((await call('GET', `${base}/${made.id}`)).body.code).toBe('NoSuchMailbox');
  await expect(store.mailbox(id, 'Bills')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
});

test('what comes into a mailbox is encrypted where that is wanted, and a key is there', async () => {
  const { call, fetch, store, id, base, idOf } = await openAnn();
  const refused = await call('POST', base, { path: 'Secret', encryptMessages: true });
  expect(refused.body).toMatchObject({ code: 'InputValidationError', error: expect.stringContaining('no key') });
  await expect(store.mailbox(id, 'Secret')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
  const inbox = await idOf('INBOX');
  expect((await call('PUT', `${base}/${inbox}`, { encryptMessages: true })).body.code).toBe('InputValidationError');
  const { publicKey } = await generateKey({ type: 'curve25519', userIDs: [{ email: 'ann@example.org' }] });
  await store.encryption.addKey(id, publicKey);
  const { body: made } = await call('POST', base, { path: 'Secret', encryptMessages: true });
  expect((await call('GET', `${base}/${made.id}`)).body).toMatchObject({ path: 'Secret', encryptMessages: true });
  expect((await call('GET', `${base}/${inbox}`)).body.encryptMessages).toBe(false);
  const { body: added } = await call('POST', `${base}/${inbox}/messages`, { subject: 'open', text: 'quicksilver' });
  const messages = `${base}/${inbox}/messages`;
  const { body: moved } = await call('PUT', messages, { message: `${added.message.id}`, moveTo: made.id });
  expect(moved).toMatchObject({ id: [[added.message.id, 1]], mailbox: made.id });
  const { body: sent } = await call('POST', `/users/${id}/submit`, {
    mailbox: made.id,
    uploadOnly: true,
    subject: 'kept',
    text: 'quicksilver',
  });
  for (const uid of [1, sent.message.id]) {
    const source = await (await fetch('GET', `${base}/${made.id}/messages/${uid}/message.eml`)).text();
    expect(source).toMatch(/BEGIN PGP MESSAGE/);
    expect(source).not.toMatch(/quicksilver/);
  }
  await call('PUT', `${base}/${made.id}`, { path: 'Secret 2', encryptMessages: true });
  const { body: list } = await call('GET', base);
  const encrypted = list.results.filter((one: { encryptMessages: boolean }) => one.encryptMessages);
  expect(encrypted.map(({ path }: { path: string }) => path)).toEqual(['Secret 2']);
  await call('PUT', `${base}/${made.id}`, { encryptMessages: false });
  expect((await call('GET', `${base}/${made.id}`)).body.encryptMessages).toBe(false);
});

test('a hidden mailbox is told of on request, and keeps being hidden when it is renamed', async () => {
  const { call, base, store, id } = await openAnn();
  const made = (await call('POST', base, { path: 'Secret/Plans', hidden: true })).body;
  const paths = async (query: string): Promise<string[]> =>
    (await call('GET', `${base}${query}`)).body.results.map((one: { path: string }) => one.path);
  expect(await paths('')).not.toContain('Secret/Plans');
  expect(await paths('?showHidden=true')).toContain('Secret/Plans');
  await call('PUT', `${base}/${made.id}`, { path: 'Plans' });
  expect((await call('GET', `${base}/${made.id}`)).body).toMatchObject({ path: 'Plans', hidden: true });
  await call('PUT', `${base}/${made.id}`, { hidden: false });
  expect(await paths('')).toContain('Plans');
  expect((await call('GET', `${base}/${made.id}`)).body.hidden).toBe(false);
  await call('PUT', `${base}/${made.id}`, { hidden: true });
  await call('DELETE', `${base}/${made.id}`);
  expect(await paths('?showHidden=true')).not.toContain('Plans');
  const inbox = await call('PUT', `${base}/inbox`, { hidden: true });
  expect([inbox.status, inbox.body.code]).toEqual([400, 'DisallowedMailboxMethod']);
  expect((await store.mailboxes(id)).filter(({ hidden }) => hidden)).toEqual([]);
});

describe('what is refused', () => {
  test.each([
    [{ path: 'a//b' }, 'InputValidationError'],
    [{ path: 'a/' }, 'InputValidationError'],
    [{}, 'InputValidationError'],
    [{ path: 'INBOX' }, 'MailboxExistsError'],
    [{ path: 'Sent' }, 'MailboxExistsError'],
    [{ path: 'x', encryptMessages: true }, 'InputValidationError'],
    [{ path: 'x', retention: 1000 }, 'InputValidationError'],
    [{ path: 'a*' }, 'InputValidationError'],
  ])('making %j', async (input, code) => {
    const { fetch, base } = await openAnn();
    const answer = await fetch('POST', base, JSON.stringify(input), {
      headers: { 'content-type': 'application/json' },
    });
    expect(await answer.json()).toMatchObject({ code });
  });

  test('those of a special use are neither renamed nor deleted', async () => {
    const { call, base, idOf } = await openAnn();
    for (const path of ['INBOX', 'Sent', 'Trash']) {
      const id = await idOf(path);
      expect((await call('DELETE', `${base}/${id}`)).body.code).toBe('DisallowedMailboxMethod');
      expect((await call('PUT', `${base}/${id}`, { path: 'Else' })).body.code).toBe('DisallowedMailboxMethod');
    }
    expect((await call('PUT', `${base}/${await idOf('INBOX')}`, {})).body.code).toBe('NothingChanged');
  });

  test('a mailbox of another user, and those of the store itself, are not there', async () => {
    const { call, account, base, store, id } = await openAnn();
    const bob = await account('bob');
    expect((await call('GET', `${base}/${mailboxObjectId(bob.id, 1)}`)).body.code).toBe('NoSuchMailbox');
    await store.append(id, 'INBOX', 'Subject: x\r\n\r\ny\r\n');
    await store.expunge(id, 'INBOX', undefined, { any: true });
    for (let number = 1; number < 20; number++) {
      const { status, body } = await call('GET', `${base}/${mailboxObjectId(id, number)}`);
      if (status === 200) expect(body.path).toMatch(/^[A-Z]/);
    }
    for (const wrong of ['0'.repeat(24), 'nowhere', 'resolve', '%2e%2e', 'a%2fb', '1', '%ff']) {
      expect((await call('GET', `${base}/${wrong}`)).status).toBe(404);
    }
  });
});
