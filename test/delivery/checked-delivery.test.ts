/** What a check of the sender finds decides where a message goes, and stands before it. */

import { expect, test } from 'vitest';
import type { ResolveDns } from '../../src/delivery/bounded-resolver.ts';
import { openTestStore, readAll } from '../store/store-fixture.ts';

const RECORDS: Readonly<Record<string, readonly unknown[]>> = {
  'TXT bank.example': [['v=spf1 ip4:192.0.2.10 -all']],
  'TXT _dmarc.bank.example': [['v=DMARC1; p=reject']],
};
const resolve: ResolveDns = async (name, type) => {
  const records = RECORDS[`${type} ${name}`];
  if (!records) throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' });
  return [...records];
};

const MESSAGE = 'From: Bank <info@bank.example>\r\nTo: ann@example.org\r\nSubject: Your account\r\n\r\nHello.\r\n';

async function checkingStore(encrypted: boolean) {
  const fixture = await openTestStore({
    account: { addresses: ['ann@example.org'] },
    delivery: { checkSender: { authservId: 'mx.example.org', resolve } },
    spamTrust: { authservIds: ['mx.example.org'] },
  });
  const { store, account } = fixture;
  if (encrypted) {
    const { generateKey } = await import('openpgp');
    const { publicKey } = await generateKey({ type: 'curve25519', userIDs: [{ email: 'ann@example.org' }] });
    await store.encryption.addKey(account, publicKey);
    await store.encryption.configure(account, { enabled: true });
  }
  const deliver = (address?: string) =>
    store.deliver(MESSAGE, {
      from: 'info@bank.example',
      recipients: ['ann@example.org'],
      origin: { protocol: 'lmtp', ...(address !== undefined && { address, helo: 'client.example' }) },
    });
  const texts = async (mailbox: string) => (await readAll(fixture, mailbox)).map(({ raw }) => raw.toString());
  return { store, account, deliver, texts };
}

test('a message whose sender is forged goes to Junk, all others to INBOX', async () => {
  const { store, account, deliver, texts } = await checkingStore(false);
  for (const address of ['203.0.113.9', '192.0.2.10', undefined]) {
    expect(await deliver(address)).toMatchObject([{ result: 'stored' }]);
  }
  const prefix = 'Return-Path: <info@bank.example>\r\nDelivered-To: ann@example.org\r\n';
  const results = (spf: string, dmarc: string): string =>
    `Authentication-Results: mx.example.org;\r\n spf=${spf} smtp.mailfrom=bank.example;\r\n dkim=none;\r\n arc=none;\r\n dmarc=${dmarc} (p=reject) header.from=bank.example\r\n`;
  expect(await texts('Junk')).toEqual([`${results('fail', 'fail')}${prefix}${MESSAGE}`]);
  expect(await texts('INBOX')).toEqual([`${results('pass', 'pass')}${prefix}${MESSAGE}`, `${prefix}${MESSAGE}`]);
  // Nobody is who he says he is, so nobody is on the list.
  await store.spam.configure(account, { allow: ['bank.example'] });
  await deliver('203.0.113.9');
  expect(await texts('Junk')).toHaveLength(2);
});

test('also of an account whose mail is encrypted', async () => {
  const { deliver, texts } = await checkingStore(true);
  await deliver('203.0.113.9');
  await deliver('192.0.2.10');
  const [junk] = await texts('Junk');
  expect(junk).toContain('multipart/encrypted');
  expect(await texts('INBOX')).toHaveLength(1);
});
