/** One mailbox that is encrypted: what is delivered into it, by whatever way. */

import { expect, test, vi } from 'vitest';
import { type Fixture, readAll } from '../store/store-fixture.ts';
import { ADDRESS, afterTheKey, openEncrypted } from './encrypted-fixture.ts';

const mail = (subject: string, more = ''): string =>
  `From: Eve <eve@example.net>\r\nTo: ${ADDRESS}\r\nSubject: ${subject}\r\n${more}\r\nAbout quicksilver.\r\n`;

const deliver = ({ store }: Fixture, source: string, recipient = ADDRESS) =>
  store.deliver(source, { from: 'eve@example.net', recipients: [recipient] });

test('what goes there by a tag or a hook is encrypted, and nothing else is', async () => {
  const fixture = await openEncrypted({
    delivery: { onAccept: ({ header }) => (/X-Hook/.test(header.toString()) ? { mailbox: 'Secret' } : undefined) },
  });
  const { store, account, decrypted } = fixture;
  await deliver(fixture, mail('open'));
  await deliver(fixture, mail('by tag'), 'ann+secret@example.org');
  await deliver(fixture, mail('by hook', 'X-Hook: yes\r\n'));
  const [open1, ...none] = await readAll(fixture, 'INBOX');
  expect(none).toEqual([]);
  expect(open1?.raw.toString()).toContain(mail('open'));
  const secret = await readAll(fixture, 'Secret');
  expect(secret).toHaveLength(2);
  for (const { raw } of secret) expect(raw.toString()).not.toMatch(/quicksilver|by tag|by hook/);
  expect((await decrypted(secret[0]!.raw)).toString()).toBe(mail('by tag'));
  expect(await store.search(account, 'Secret', { key: 'text', text: 'quicksilver' })).toEqual(new Uint32Array());
  expect(await store.search(account, 'INBOX', { key: 'text', text: 'quicksilver' })).toEqual(Uint32Array.of(1));
});

test('a message is encrypted in all its mailboxes when one of them wants it, and so is what goes on', async () => {
  const sent: string[] = [];
  const fixture = await openEncrypted({
    outgoing: {
      send: async ({ read }) => {
        for await (const octets of read()) sent.push(Buffer.from(octets).toString());
      },
    },
  });
  const { store, account } = fixture;
  await store.filters.create(account, {
    conditions: { test: 'subject', contains: 'label' },
    actions: { labels: ['Secret'], forward: ['ann@elsewhere.example'] },
  });
  await deliver(fixture, mail('label'));
  const [one] = await readAll(fixture, 'INBOX');
  expect((await readAll(fixture, 'Secret')).map(({ emailId }) => emailId)).toEqual([one?.emailId]);
  expect(one?.raw.toString()).toMatch(/BEGIN PGP MESSAGE/);
  await store.outgoing.runDue();
  expect(sent.join('')).toMatch(/BEGIN PGP MESSAGE/);
  expect(sent.join('')).not.toMatch(/quicksilver|Subject: label/);
});

test('without a key that can be used nothing is stored, and other mailboxes take their mail', async () => {
  const fixture = await openEncrypted();
  const later = vi.spyOn(Date, 'now').mockReturnValue(afterTheKey());
  const [refused] = await deliver(fixture, mail('late'), 'ann+secret@example.org');
  const [taken] = await deliver(fixture, mail('open')).finally(() => later.mockRestore());
  expect(refused).toMatchObject({ result: 'failed', error: { code: 'ENCRYPTION_FAILED' } });
  expect(taken?.result).toBe('stored');
  expect(await readAll(fixture, 'Secret')).toEqual([]);
  expect(await readAll(fixture, 'INBOX')).toHaveLength(1);
});

test('the setting stays with the mailbox when its name changes, and ends with it', async () => {
  const fixture = await openEncrypted();
  const { store, account } = fixture;
  await store.renameMailbox(account, 'Secret', 'Other');
  await deliver(fixture, mail('one'), 'ann+secret@example.org');
  expect((await readAll(fixture, 'Other'))[0]?.raw.toString()).toMatch(/BEGIN PGP MESSAGE/);
  await store.deleteMailbox(account, 'Other');
  expect(await store.encryption.mailboxes(account)).toEqual([]);
  // To INBOX, as its mailbox is gone.
  await deliver(fixture, mail('two'), 'ann+secret@example.org');
  expect((await readAll(fixture, 'INBOX')).at(-1)?.raw.toString()).toContain(mail('two'));
});

test('the job encrypts what such a mailbox has already, and nothing else', async () => {
  const fixture = await openEncrypted();
  const { store, account } = fixture;
  await store.encryption.configureMailbox(account, 'Secret', false);
  await deliver(fixture, mail('old'), 'ann+secret@example.org');
  await deliver(fixture, mail('open'));
  await store.encryption.configureMailbox(account, 'Secret', true);
  const { id } = await store.jobs.add('encryptMail', account);
  await store.jobs.runDue();
  expect(await store.jobs.get(id)).toMatchObject({ state: 'done', done: 1 });
  expect((await readAll(fixture, 'Secret'))[0]?.raw.toString()).toMatch(/BEGIN PGP MESSAGE/);
  expect((await readAll(fixture, 'INBOX'))[0]?.raw.toString()).toMatch(/quicksilver/);
});
