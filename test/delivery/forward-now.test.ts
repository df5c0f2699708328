/** Addresses that only forward: each target gets the message, whatever becomes of the others, or of a process. */

import { expect, test, vi } from 'vitest';
import { openTestStore } from '../store/store-fixture.ts';

const MESSAGE = 'From: eve@example.net\r\nSubject: x\r\n\r\nquicksilver\r\n';
const TEAM = { from: 'eve@example.net', recipients: ['team@example.org'], transactionId: 'q1' };

/** A store with the address, over a way to send. */
async function team(send: (to: string) => Promise<void>) {
  const { store } = await openTestStore({ outgoing: { host: 'mx.example.org', send: ({ to }) => send(to) } });
  const targets = ['a@x.example', 'b@x.example', 'c@x.example'];
  await store.addresses.createForwardingAddress('team@example.org', { targets });
  return store;
}

test('a target that refuses keeps the message from none of the others', async () => {
  const sent: string[] = [];
  let reason = { permanent: true };
  const store = await team(async (to) => {
    if (to === 'a@x.example') throw Object.assign(new Error('no'), reason);
    sent.push(to);
  });
  expect((await store.deliver(MESSAGE, TEAM))[0]?.error?.code).toBe('DELIVERY_REFUSED');
  expect(sent).toEqual(['b@x.example', 'c@x.example']);
  reason = { permanent: false };
  expect((await store.deliver(MESSAGE, TEAM))[0]?.error?.code).toBe('UNAVAILABLE');
  expect(sent).toHaveLength(2);
});

test('a mixture of refusals is for another try', async () => {
  const store = await team(async (to) => {
    throw Object.assign(new Error('no'), { permanent: to !== 'b@x.example' });
  });
  expect((await store.deliver(MESSAGE, TEAM))[0]?.error?.code).toBe('UNAVAILABLE');
});

test('what a process was sending when it died is sent when the transaction comes again', async () => {
  let tries = 0;
  const sent: string[] = [];
  const store = await team(async (to) => {
    if (tries++ === 0) await new Promise(() => {});
    sent.push(to);
  });
  void store.deliver(MESSAGE, TEAM);
  await vi.waitFor(() => expect(tries).toBe(1));
  // Another may be at it still.
  expect((await store.deliver(MESSAGE, TEAM))[0]?.error?.code).toBe('UNAVAILABLE');
  expect(sent).toEqual(['b@x.example', 'c@x.example']);
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000);
  try {
    expect((await store.deliver(MESSAGE, TEAM))[0]?.result).toBe('forwarded');
  } finally {
    now.mockRestore();
  }
  expect(sent).toEqual(['b@x.example', 'c@x.example', 'a@x.example']);
});
