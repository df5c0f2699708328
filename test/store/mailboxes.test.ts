/** Mailboxes through the store: names, children, INBOX, subscriptions. */

import { describe, expect, it } from 'vitest';
import { openTestedEngine } from '../engine-under-test.ts';
import { letter, openTestStore, readAll } from './store-fixture.ts';

const DEFAULTS = ['INBOX', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash'];

describe('mailboxes', () => {
  it('a new account has the usual ones, INBOX first', async () => {
    const { store, account } = await openTestStore();
    const mailboxes = await store.mailboxes(account);
    expect(mailboxes.map((mailbox) => mailbox.path)).toEqual(DEFAULTS);
    expect(mailboxes.map((mailbox) => mailbox.specialUse)).toEqual([
      null,
      '\\Archive',
      '\\Drafts',
      '\\Junk',
      '\\Sent',
      '\\Trash',
    ]);
    expect((await store.subscriptions(account)).sort()).toEqual([...DEFAULTS].sort());
  });

  it('makes those above it too', async () => {
    const { store, account } = await openTestStore();
    const made = await store.createMailbox(account, 'a/b/c/');
    expect(made.path).toBe('a/b/c');
    const paths = (await store.mailboxes(account)).map((mailbox) => mailbox.path);
    expect(paths).toEqual(expect.arrayContaining(['a', 'a/b', 'a/b/c']));
  });

  it('finds one by any spelling of its path, and by id', async () => {
    const { store, account } = await openTestStore();
    const { id } = await store.createMailbox(account, 'Cafe\u0301');
    expect((await store.mailbox(account, 'Café')).id).toBe(id);
    expect((await store.mailbox(account, id)).path).toBe('Café');
    expect((await store.mailbox(account, 'inbox')).path).toBe('INBOX');
    expect((await store.createMailbox(account, 'inBox/Sub')).path).toBe('INBOX/Sub');
    await expect(store.mailbox(account, 'CAFÉ')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await expect(store.mailbox(account, '')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await expect(store.mailbox(account, 99_999)).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
  });

  it.each([
    ['', 'MAILBOX_NAME_INVALID'],
    ['a//b', 'MAILBOX_NAME_INVALID'],
    ['/a', 'MAILBOX_NAME_INVALID'],
    ['a*', 'MAILBOX_NAME_INVALID'],
    ['a%', 'MAILBOX_NAME_INVALID'],
    ['a\nb', 'MAILBOX_NAME_INVALID'],
    ['\ud800', 'MAILBOX_NAME_INVALID'],
    ['x'.repeat(1001), 'MAILBOX_NAME_INVALID'],
    [Array(65).fill('x').join('/'), 'MAILBOX_LIMIT'],
    ['INBOX', 'MAILBOX_EXISTS'],
    ['iNbOx', 'MAILBOX_EXISTS'],
    ['Sent', 'MAILBOX_EXISTS'],
  ] as const)('refuses to make %j: %s', async (path, code) => {
    const { store, account } = await openTestStore();
    await expect(store.createMailbox(account, path)).rejects.toMatchObject({ code });
    expect(await store.mailboxes(account)).toHaveLength(6);
  });

  it('gives a special use to one mailbox at a time', async () => {
    const { store, account } = await openTestStore();
    expect((await store.createMailbox(account, 'All', { specialUse: '\\All' })).specialUse).toBe('\\All');
    await expect(store.createMailbox(account, 'More', { specialUse: '\\All' })).rejects.toMatchObject({
      code: 'MAILBOX_EXISTS',
    });
  });

  it('renames with all below, and keeps ids, UIDs and validity', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.createMailbox(account, 'a/b/c');
    await store.append(account, 'a/b', letter('x'));
    const before = await store.mailbox(account, 'a/b');
    await store.renameMailbox(account, 'a', 'New/Place');
    const paths = (await store.mailboxes(account)).map((mailbox) => mailbox.path);
    expect(paths).toEqual(expect.arrayContaining(['New', 'New/Place', 'New/Place/b', 'New/Place/b/c']));
    expect(paths.filter((path) => path.startsWith('a'))).toEqual([]);
    const after = await store.mailbox(account, 'New/Place/b');
    expect([after.id, after.uidValidity, after.uidNext, after.messages]).toEqual([before.id, before.uidValidity, 2, 1]);
    expect(await readAll(fixture, after.id)).toHaveLength(1);
  });

  it('renames a level that is only a name above others', async () => {
    const { store, account } = await openTestStore();
    await store.createMailbox(account, 'a/b');
    await store.deleteMailbox(account, 'a');
    await store.renameMailbox(account, 'a', 'z');
    expect((await store.mailbox(account, 'z/b')).path).toBe('z/b');
  });

  it('refuses a rename that cannot be, and then changes nothing', async () => {
    const { store, account } = await openTestStore();
    await store.createMailbox(account, 'a/b');
    const before = await store.mailboxes(account);
    const refused = [
      ['a', 'Sent', 'MAILBOX_EXISTS'],
      ['a', 'a/b', 'MAILBOX_EXISTS'],
      ['a', 'a/c', 'MAILBOX_NAME_INVALID'],
      ['a', 'x*', 'MAILBOX_NAME_INVALID'],
      ['Nowhere', 'x', 'MAILBOX_NOT_FOUND'],
      ['Sent', 'INBOX', 'MAILBOX_EXISTS'],
      ['a', `${'x/'.repeat(63)}x`, 'MAILBOX_LIMIT'],
      ['a', 'x'.repeat(999), 'MAILBOX_NAME_INVALID'],
    ] as const;
    for (const [from, to, code] of refused) {
      await expect(store.renameMailbox(account, from, to), `${from} to ${to}`).rejects.toMatchObject({ code });
    }
    expect(await store.mailboxes(account)).toEqual(before);
  });

  it('a rename of INBOX moves its messages and leaves it empty', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.createMailbox(account, 'INBOX/Sub');
    for (const subject of ['a', 'b']) await store.append(account, 'INBOX', letter(subject));
    const { uidNext, uidValidity } = await store.mailbox(account, 'INBOX');
    await store.renameMailbox(account, 'inbox', 'Old');
    // RFC 9051 section 6.3.6: inferior names of INBOX are unaffected.
    expect((await store.mailbox(account, 'INBOX/Sub')).path).toBe('INBOX/Sub');
    expect(await store.mailbox(account, 'INBOX')).toMatchObject({ messages: 0, uidNext, uidValidity });
    expect((await readAll(fixture, 'Old')).map((message) => message.raw.toString())).toEqual([
      letter('a'),
      letter('b'),
    ]);
  });

  it('deletes a mailbox with its mail, but not INBOX, nor those below', async () => {
    const { store, account } = await openTestStore();
    await store.createMailbox(account, 'a/b');
    await store.append(account, 'a', letter('x'));
    await store.deleteMailbox(account, 'a');
    expect((await store.mailbox(account, 'a/b')).path).toBe('a/b');
    expect((await store.quota(account)).usage).toEqual({ octets: 0, messages: 0 });
    await expect(store.deleteMailbox(account, 'a')).rejects.toMatchObject({ code: 'MAILBOX_HAS_CHILDREN' });
    await expect(store.deleteMailbox(account, 'inbox')).rejects.toMatchObject({ code: 'MAILBOX_PROTECTED' });
    await expect(store.deleteMailbox(account, 'Nowhere')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await store.createMailbox(account, 'a');
    expect((await store.mailbox(account, 'a')).uidNext).toBe(1);
  });

  it('a mailbox made again has a greater uidValidity', async () => {
    const { store, account } = await openTestStore();
    let last = 0;
    for (let round = 0; round < 5; round++) {
      const { uidValidity } = await store.createMailbox(account, 'again');
      expect(uidValidity).toBeGreaterThan(last);
      last = uidValidity;
      await store.deleteMailbox(account, 'again');
    }
  });

  it('subscriptions outlive their mailboxes', async () => {
    const { store, account } = await openTestStore();
    await store.createMailbox(account, 'a');
    await store.subscribe(account, 'a/', true);
    const modSeq = await store.modSeq(account);
    await store.subscribe(account, 'a', true);
    expect(await store.modSeq(account)).toBe(modSeq);
    await store.deleteMailbox(account, 'a');
    expect(await store.subscriptions(account)).toContain('a');
    await store.subscribe(account, 'a', false);
    expect(await store.subscriptions(account)).not.toContain('a');
  });

  it('a name is subscribed before there is such a mailbox', async () => {
    const { store, account } = await openTestStore();
    await store.subscribe(account, 'lists/news', true);
    expect(await store.subscriptions(account)).toContain('lists/news');
    await expect(store.mailbox(account, 'lists/news')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await expect(store.subscribe(account, 'no//name', true)).rejects.toMatchObject({ code: 'MAILBOX_NAME_INVALID' });
  });

  it('ten thousand subscriptions are enough', { timeout: 60_000 }, async () => {
    const engine = await openTestedEngine();
    const { store, account } = await openTestStore({ engine, unchecked: true });
    const subscribed = (await store.subscriptions(account)).length;
    await engine.write(account, async (tx) => {
      for (let at = subscribed; at < 9_999; at++) await tx.setSubscribed(`m${at}`, true);
    });
    await store.subscribe(account, 'last', true);
    await store.subscribe(account, 'last', true);
    await expect(store.subscribe(account, 'more', true)).rejects.toMatchObject({ code: 'MAILBOX_LIMIT' });
    await store.subscribe(account, 'last', false);
    await store.subscribe(account, 'more', true);
    expect(await store.subscriptions(account)).toHaveLength(10_000);
  });

  it('ten thousand are enough', { timeout: 60_000 }, async () => {
    const engine = await openTestedEngine();
    const { store, account } = await openTestStore({ engine, unchecked: true });
    const made = (await store.mailboxes(account)).length;
    await engine.write(account, async (tx) => {
      for (let at = made; at < 9_990; at++) await tx.createMailbox(`m${at}`, null);
    });
    const more = Array.from({ length: 20 }, (_, index) => store.createMailbox(account, `more${index}`));
    const outcomes = await Promise.allSettled(more);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(refused).toEqual(Array.from({ length: 10 }, () => 'MAILBOX_LIMIT'));
    expect(await store.mailboxes(account)).toHaveLength(10_000);
  });
});
