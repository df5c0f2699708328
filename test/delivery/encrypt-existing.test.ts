/** The job that encrypts what an account has already. */

import { decrypt, generateKey, readMessage, readPrivateKey } from 'openpgp';
import { expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { letter, noise, openTestStore, readAll, withFile } from '../store/store-fixture.ts';

test('gives every message but drafts its encrypted form, in all its places, with flags, dates and threads', async () => {
  const fixture = await openTestStore();
  const { store, account } = fixture;
  const { publicKey, privateKey } = await generateKey({ type: 'curve25519', userIDs: [{ email: 'a@example.org' }] });
  const raws = [Buffer.from(letter('quicksilver')), withFile('file', noise(400_000)), Buffer.from(letter('expunged'))];
  const internalDate = new Date('2020-01-02T03:04:05Z');
  for (const raw of raws) await store.append(account, 'INBOX', raw, { flags: ['\\Seen', '$Work'], internalDate });
  await store.append(account, 'Drafts', letter('draft'), { flags: ['\\Draft'] });
  await store.changeLabels(account, 'INBOX', UidSet.of(1), { mode: 'add', labels: ['Work'] });
  await store.expunge(account, 'INBOX', UidSet.of(3), { any: true });
  const before = await readAll(fixture, 'INBOX');

  const early = await store.jobs.add('encryptMail', account);
  await store.jobs.runDue();
  expect(await store.jobs.get(early.id)).toMatchObject({ state: 'waiting', error: 'encryption is off' });
  await store.jobs.cancel(early.id);
  await store.encryption.addKey(account, publicKey);
  await store.encryption.configure(account, { enabled: true, subject: 'hidden' });
  const { id } = await store.jobs.add('encryptMail', account);
  await store.jobs.runDue();
  expect(await store.jobs.get(id)).toMatchObject({ state: 'done', done: 3 });

  const after = await readAll(fixture, 'INBOX');
  expect(after.map(({ uid }) => uid)).toEqual([4, 5]);
  for (const [index, message] of after.entries()) {
    const { mask, keywords, internalDate, threadId } = before[index]!;
    expect(message).toMatchObject({ mask, keywords, internalDate, threadId });
    const armoredMessage = /-----BEGIN[\s\S]*END PGP MESSAGE-----/.exec(message.raw.toString())![0];
    const decryptionKeys = await readPrivateKey({ armoredKey: privateKey });
    const { data } = await decrypt({
      message: await readMessage({ armoredMessage }),
      decryptionKeys,
      format: 'binary',
    });
    expect(Buffer.from(data as Uint8Array).equals(raws[index]!)).toBe(true);
  }
  expect((await readAll(fixture, 'Work')).map(({ emailId }) => emailId)).toEqual([after[0]!.emailId]);
  expect((await readAll(fixture, 'Drafts'))[0]?.raw.toString()).toBe(letter('draft'));
  expect(await store.search(account, 'INBOX', { key: 'text', text: 'quicksilver' })).toEqual(new Uint32Array());
  const [gone] = await store.recovery.mailboxes(account);
  await store.recovery.restore(account, gone!.mailboxId);
  expect((await readAll(fixture, 'INBOX')).at(-1)?.raw.toString()).toMatch(/BEGIN PGP MESSAGE/);
  // Once more does nothing.
  const again = await store.jobs.add('encryptMail', account);
  await store.jobs.runDue();
  expect(await store.jobs.get(again.id)).toMatchObject({ state: 'done', done: 0 });
  expect((await store.maintenance.sweep({ graceMs: 0 })).blobs).toBeGreaterThan(0);
});
