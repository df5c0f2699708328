/** What accounts say of their mail: automatic replies and forwarding, as they are kept. */

import { expect, test } from 'vitest';
import { readAutoReply } from '../../src/delivery/auto-reply-settings.ts';
import { readForwarding } from '../../src/delivery/forwarding-settings.ts';
import { AUTO_REPLY_DEFAULTS, MAX_AUTO_REPLY_OCTETS } from '../../src/model/auto-reply.ts';
import { openTestStore } from '../store/store-fixture.ts';

const ADDRESSES = { account: { addresses: ['ann@example.org', 'annie@example.org'] } };

test('an automatic reply is set piece by piece, read, and removed', async () => {
  const { store, account } = await openTestStore(ADDRESSES);
  const { autoReplies } = store;
  expect(await autoReplies.get(account)).toBeNull();
  const first = await autoReplies.set(account, { text: 'Away.', enabled: true, end: undefined as never });
  expect(first).toEqual({ ...AUTO_REPLY_DEFAULTS, enabled: true, text: 'Away.' });
  const second = await autoReplies.set(account, {
    subject: 'Fort',
    start: 1_000,
    end: 2_000,
    intervalDays: 7,
    other: 1,
  } as object);
  expect(second).toEqual({ ...first, subject: 'Fort', start: 1_000, end: 2_000, intervalDays: 7 });
  expect(await autoReplies.get(account)).toEqual(second);
  expect(await autoReplies.remove(account)).toBe(true);
  expect(await autoReplies.remove(account)).toBe(false);
  expect(await autoReplies.get(account)).toBeNull();
});

test('texts of any octets that fit are kept as they are', async () => {
  const { store, account } = await openTestStore(ADDRESSES);
  for (const letter of ['"', '\n', '\u0001', 'ü', '😀']) {
    const text = letter.repeat(MAX_AUTO_REPLY_OCTETS / Buffer.byteLength(letter));
    const longest = { text, html: text, subject: '😀'.repeat(200), name: '"'.repeat(100) };
    await store.autoReplies.set(account, longest);
    expect(await store.autoReplies.get(account)).toEqual({ ...AUTO_REPLY_DEFAULTS, ...longest });
  }
});

test('an automatic reply that cannot be is refused, and what was there stays', async () => {
  const { store, account } = await openTestStore(ADDRESSES);
  const before = await store.autoReplies.set(account, { text: 'Away.', start: 10 });
  for (const change of [
    { subject: 'a\r\nBcc: eve@example.net' },
    { subject: 'x'.repeat(201) },
    { subject: 'x'.repeat(1e7) },
    { name: 'a\u2028b' },
    { name: '\ud800' },
    { name: 'x'.repeat(101) },
    { text: 'x'.repeat(MAX_AUTO_REPLY_OCTETS + 1) },
    { html: `${'ü'.repeat(MAX_AUTO_REPLY_OCTETS / 2)}x` },
    { html: 'a\0b' },
    { text: '', enabled: true },
    { text: ' \n', enabled: true },
    { end: 10 },
    { start: 1.5 },
    { end: Number.NaN },
    { intervalDays: 0 },
    { intervalDays: 366 },
    { intervalDays: 1.5 },
    { enabled: 'yes' as never },
    { text: 5 as never },
    { subject: null as never },
  ]) {
    await expect(store.autoReplies.set(account, change)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  expect(await store.autoReplies.get(account)).toEqual(before);
  for (const unknown of ['none', 'ann', 'ann@example.org']) {
    await expect(store.autoReplies.set(unknown, { text: 'x' })).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
    await expect(store.forwardings.set(unknown, { targets: ['x@example.net'] })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
  }
});

test('forwarding is set piece by piece in normal form, read, and removed', async () => {
  const { store, account } = await openTestStore(ADDRESSES);
  const { forwardings } = store;
  expect(await forwardings.get(account)).toBeNull();
  const targets = ['Bob@Example.NET', 'bob@example.net', 'J@xn--bcher-kva.example'];
  expect(await forwardings.set(account, { targets })).toEqual({
    targets: ['bob@example.net', 'j@bücher.example'],
    keepCopy: true,
  });
  const now = await forwardings.set(account, { keepCopy: false });
  expect(now).toEqual({ targets: ['bob@example.net', 'j@bücher.example'], keepCopy: false });
  expect(await forwardings.get(account)).toEqual(now);
  const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `x${n}@example.net`);
  for (const [change, code] of [
    [{ targets: [] }, 'INVALID_ARGUMENT'],
    [{ targets: 'x@example.net' as never }, 'INVALID_ARGUMENT'],
    [{ keepCopy: 1 as never }, 'INVALID_ARGUMENT'],
    [{ targets: ['annie@example.org'] }, 'INVALID_ARGUMENT'],
    [{ targets: ['x@example.net', 'Ann+x@EXAMPLE.org'] }, 'INVALID_ARGUMENT'],
    [{ targets: ['nobody'] }, 'ADDRESS_INVALID'],
    [{ targets: ['a@b.example\r\nx'] }, 'ADDRESS_INVALID'],
    [{ targets: [null as never] }, 'ADDRESS_INVALID'],
    [{ targets: many(21) }, 'LIMIT_EXCEEDED'],
  ] as const) {
    await expect(forwardings.set(account, change)).rejects.toMatchObject({ code });
  }
  expect(await forwardings.get(account)).toEqual(now);
  expect((await forwardings.set(account, { targets: many(20) })).targets).toHaveLength(20);
  expect(await forwardings.remove(account)).toBe(true);
  expect(await forwardings.remove(account)).toBe(false);
  const bob = await store.accounts.create({ name: 'bob' });
  await expect(forwardings.set(bob.id, { keepCopy: false })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('changes at the same time are all there in the end', async () => {
  const { store, account } = await openTestStore(ADDRESSES);
  await Promise.all([
    store.autoReplies.set(account, { text: 'Away.' }),
    store.autoReplies.set(account, { subject: 'Fort' }),
    store.autoReplies.set(account, { name: 'Ann' }),
  ]);
  expect(await store.autoReplies.get(account)).toMatchObject({ text: 'Away.', subject: 'Fort', name: 'Ann' });
});

test('a delivery reads its part out of all that an account has, and nothing else', () => {
  const entry = (key: string, value: string) => ({ key, value, version: 1, expires: null });
  const others = [entry('filter 1', '{'), entry('spam', 'x')];
  expect(readAutoReply(others)).toBeNull();
  expect(readForwarding(others)).toBeNull();
  const forwarding = { targets: ['x@example.net'], keepCopy: true };
  expect(readForwarding([...others, entry('forwarding', JSON.stringify(forwarding))])).toEqual(forwarding);
});
