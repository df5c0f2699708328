/** Annotations through the store: names, limits, special uses, what becomes of them with their mailboxes. */

import { describe, expect, it } from 'vitest';
import type { AnnotationQuery } from '../../src/model/annotation.ts';
import type { MailboxRef } from '../../src/store/message-store.ts';
import { type Fixture, letter, openTestStore } from './store-fixture.ts';

async function told({ store, account }: Fixture, ref: MailboxRef | null, query?: AnnotationQuery) {
  const found = await store.annotations(account, ref, query);
  return Object.fromEntries(found.map(({ name, value }) => [name, Buffer.from(value).toString()]));
}

describe('annotations', () => {
  it('are of the account or of a mailbox, and the same in any case', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.setAnnotations(account, null, { '/Shared/Comment': 'all', '/private/x': 'y' });
    await store.setAnnotations(account, 'inbox', { '/shared/comment': 'Grüße' });
    expect(await told(fixture, null)).toEqual({ '/shared/comment': 'all', '/private/x': 'y' });
    expect(await told(fixture, 'INBOX')).toEqual({ '/shared/comment': 'Grüße' });
    expect(await told(fixture, 'INBOX', { names: ['/SHARED/comment', '/shared/COMMENT'] })).toEqual({
      '/shared/comment': 'Grüße',
    });
    await store.setAnnotations(account, 'INBOX', { '/SHARED/COMMENT': null });
    expect(await told(fixture, 'INBOX')).toEqual({});
    await expect(store.annotations(account, 'Nowhere')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    await expect(store.setAnnotations(account, 'Nowhere', { '/private/a': 'x' })).rejects.toMatchObject({
      code: 'MAILBOX_NOT_FOUND',
    });
  });

  it('are found by depth', async () => {
    const fixture = await openTestStore();
    const names = ['/private/a', '/private/a/b', '/private/a/b/c', '/private/ab', '/shared/a'];
    await fixture.store.setAnnotations(fixture.account, 'INBOX', Object.fromEntries(names.map((name) => [name, ''])));
    const found = async (name: string, depth: AnnotationQuery['depth']) =>
      Object.keys(await told(fixture, 'INBOX', { names: [name], ...(depth !== undefined && { depth }) }));
    expect(await found('/private/a', undefined)).toEqual(['/private/a']);
    expect(await found('/private/a', 0)).toEqual(['/private/a']);
    expect(await found('/private/a', 1)).toEqual(['/private/a', '/private/a/b']);
    expect(await found('/private/A', 'infinity')).toEqual(['/private/a', '/private/a/b', '/private/a/b/c']);
    expect(await found('/private', 1)).toEqual(['/private/a', '/private/ab']);
    expect(await found('/private', 'infinity')).toEqual(names.slice(0, 4));
  });

  it.each([
    '',
    '/',
    'private/a',
    '/private',
    '/shared',
    '/private/',
    '/private//a',
    '/private/a/',
    '/private/a*',
    '/private/a%b',
    '/private/ä',
    '/private/a\n',
    '/other/a',
    '/privateer/a',
    '/private/vendor',
    '/shared/vendor/cmu',
    `/private/${'x'.repeat(248)}`,
  ])('refuses %j as a name, and changes nothing', async (name) => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    const values = { '/private/good': 'x', [name]: 'y' };
    await expect(store.setAnnotations(account, null, values)).rejects.toMatchObject({ code: 'ANNOTATION_INVALID' });
    expect(await told(fixture, null)).toEqual({});
  });

  it('asks by a name above others, though none can have it', async () => {
    const fixture = await openTestStore();
    await fixture.store.setAnnotations(fixture.account, null, { '/shared/vendor/cmu/x': 'y' });
    const depth = 'infinity';
    expect(await told(fixture, null, { names: ['/shared/vendor'], depth })).toEqual({ '/shared/vendor/cmu/x': 'y' });
    for (const name of ['shared', '/', '/a//b', '/shared/*']) {
      await expect(fixture.store.annotations(fixture.account, null, { names: [name] })).rejects.toMatchObject({
        code: 'ANNOTATION_INVALID',
      });
    }
  });

  it('a value has 65,536 octets at most', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.setAnnotations(account, null, { '/private/a': 'x'.repeat(65_536) });
    const refused = store.setAnnotations(account, null, { '/private/a': 'y', '/private/b': 'ü'.repeat(32_769) });
    await expect(refused).rejects.toMatchObject({ code: 'ANNOTATION_TOO_LARGE' });
    expect(await told(fixture, null)).toEqual({ '/private/a': 'x'.repeat(65_536) });
  });

  it('a mailbox has 100 at most', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    const many = (first: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`/private/${first + n}`, 'x']));
    await expect(store.setAnnotations(account, 'INBOX', many(0, 101))).rejects.toMatchObject({
      code: 'ANNOTATION_LIMIT',
    });
    await store.setAnnotations(account, 'INBOX', many(0, 100));
    await expect(store.setAnnotations(account, 'INBOX', many(100, 1))).rejects.toMatchObject({
      code: 'ANNOTATION_LIMIT',
    });
    // In place of another, or in another place, there is room.
    await store.setAnnotations(account, 'INBOX', { '/private/0': null, '/private/100': 'y', '/private/1': 'z' });
    await store.setAnnotations(account, null, many(0, 100));
    await store.setAnnotations(account, 'Sent', many(0, 100));
    expect(Object.keys(await told(fixture, 'INBOX'))).toHaveLength(100);
  });

  it('an account has 16 MB at most', async () => {
    const { store, account } = await openTestStore();
    const large = Buffer.alloc(65_536, 'x');
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`/private/${n}`, large]));
    await store.setAnnotations(account, 'INBOX', many(100));
    await store.setAnnotations(account, 'Sent', many(100));
    await expect(store.setAnnotations(account, null, many(60))).rejects.toMatchObject({ code: 'ANNOTATION_LIMIT' });
    await store.setAnnotations(account, null, many(55));
    await expect(store.renameMailbox(account, 'INBOX', 'Copy')).rejects.toMatchObject({ code: 'ANNOTATION_LIMIT' });
    await store.setAnnotations(account, 'Sent', { '/private/0': 'small' });
  });

  it('a change that is none takes no number, others one', async () => {
    const { store, account } = await openTestStore();
    await store.append(account, 'INBOX', letter('x'));
    const { highestModSeq } = await store.mailbox(account, 'INBOX');
    const start = await store.modSeq(account);
    const set = await store.setAnnotations(account, 'INBOX', { '/private/A': 'x', '/private/none': null });
    expect(set).toEqual({ names: ['/private/a'], modSeq: start + 1 });
    expect(await store.setAnnotations(account, 'INBOX', { '/private/a': Buffer.from('x') })).toEqual({
      names: [],
      modSeq: start + 1,
    });
    expect(await store.setAnnotations(account, null, {})).toEqual({ names: [], modSeq: start + 1 });
    expect(await store.modSeq(account)).toBe(start + 1);
    expect((await store.mailbox(account, 'INBOX')).highestModSeq).toBe(highestModSeq);
    const news = await store.mailboxChanges(account, 'INBOX', start);
    expect([news.changed.uids.length, news.vanished?.isEmpty]).toEqual([0, true]);
    for await (const { items } of store.changes(account, { since: start })) {
      expect(items).toEqual([
        { type: 'metadata', mailboxId: (await store.mailbox(account, 'INBOX')).id, names: ['/private/a'] },
      ]);
      break;
    }
  });

  it('follow a rename, and are copied by that of INBOX', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.createMailbox(account, 'a/b');
    for (const path of ['a', 'a/b', 'INBOX']) await store.setAnnotations(account, path, { '/shared/comment': path });
    await store.renameMailbox(account, 'a', 'z');
    await store.renameMailbox(account, 'INBOX', 'Old');
    expect(await told(fixture, 'z/b')).toEqual({ '/shared/comment': 'a/b' });
    for (const path of ['INBOX', 'Old']) expect(await told(fixture, path)).toEqual({ '/shared/comment': 'INBOX' });
    await store.deleteMailbox(account, 'z/b');
    await store.createMailbox(account, 'z/b');
    expect(await told(fixture, 'z/b')).toEqual({});
  });

  it('of all mailboxes come by one read', async () => {
    const { store, account } = await openTestStore();
    await store.setAnnotations(account, null, { '/shared/comment': 'not of a mailbox' });
    await store.setAnnotations(account, 'Sent', { '/shared/comment': 'sent', '/private/a': 'x' });
    const found = await store.mailboxAnnotations(account, { names: ['/shared/comment', '/private/specialuse'] });
    const byPath = new Map((await store.mailboxes(account)).map(({ id, path }) => [path, found.get(id)]));
    expect(byPath.get('INBOX')).toEqual([]);
    expect(byPath.get('Sent')?.map(({ name, value }) => `${name} ${Buffer.from(value)}`)).toEqual([
      '/private/specialuse \\Sent',
      '/shared/comment sent',
    ]);
    expect(found.size).toBe(6);
  });
});

describe('the annotation that is the special use', () => {
  const SPECIAL = '/private/specialuse';

  it('is read and set', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    expect(await told(fixture, 'Sent')).toEqual({ [SPECIAL]: '\\Sent' });
    const start = await store.modSeq(account);
    await store.setAnnotations(account, 'Sent', { [SPECIAL]: null, '/private/a': 'x' });
    expect(await told(fixture, 'Sent', { names: ['/private'], depth: 1 })).toEqual({ '/private/a': 'x' });
    await store.createMailbox(account, 'Gesendet');
    const { names } = await store.setAnnotations(account, 'Gesendet', { '/Private/SpecialUse': '\\sent' });
    expect(names).toEqual([SPECIAL]);
    expect((await store.mailbox(account, 'Gesendet')).specialUse).toBe('\\Sent');
    expect((await store.mailbox(account, 'Sent')).specialUse).toBeNull();
    expect((await store.setAnnotations(account, 'Gesendet', { [SPECIAL]: '\\Sent' })).names).toEqual([]);
    const told2 = [];
    for await (const { modSeq, items } of store.changes(account, { since: start })) {
      told2.push(...items.flatMap((item) => (item.type === 'metadata' ? item.names : [])));
      if (modSeq === (await store.modSeq(account))) break;
    }
    expect(told2).toEqual(['/private/a', SPECIAL, SPECIAL]);
  });

  it('is refused as CREATE refuses it', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    for (const [value, code] of [
      ['\\Sent', 'MAILBOX_EXISTS'],
      ['\\Nothing', 'INVALID_ARGUMENT'],
      ['', 'INVALID_ARGUMENT'],
      ['\\All \\Important', 'INVALID_ARGUMENT'],
    ] as const) {
      const values = { '/private/a': 'x', [SPECIAL]: value };
      await expect(store.setAnnotations(account, 'Trash', values)).rejects.toMatchObject({ code });
    }
    expect(await told(fixture, 'Trash')).toEqual({ [SPECIAL]: '\\Trash' });
  });
});
