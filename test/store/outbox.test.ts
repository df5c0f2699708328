/** What waits to be sent is neither in the way of the account, nor lost when the account moves. */

import { expect, test } from 'vitest';
import { MAX_ACCOUNT_ANNOTATION_OCTETS, MAX_ANNOTATION_OCTETS } from '../../src/model/annotation.ts';
import { openParts } from '../../src/open-store.ts';
import { setAnnotations } from '../../src/store/annotations.ts';
import { outboxMailbox } from '../../src/store/hidden-mailboxes.ts';
import { transferAccount } from '../../src/store/transfer-account.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { openTestStore } from './store-fixture.ts';

const FORWARDING = { targets: ['ann@elsewhere.example'], keepCopy: false };

test('the envelopes of what waits do not count among the annotations of the account', async () => {
  await using parts = await opened();
  await parts.engine.write('a234567890123456', async (tx) => {
    const { id } = await outboxMailbox(tx);
    const value = Buffer.alloc(MAX_ANNOTATION_OCTETS);
    const count = Math.ceil(MAX_ACCOUNT_ANNOTATION_OCTETS / MAX_ANNOTATION_OCTETS);
    const values = Array.from({ length: count }, (_, index) => [`/private/outgoing/${index}/0`, value] as const);
    await tx.setAnnotations(id, new Map(values));
  });
  const set = await setAnnotations(parts, 'a234567890123456', null, { '/private/comment': 'mine' });
  expect(set.names).toEqual(['/private/comment']);
});

test('what waits is sent from where the account has moved to', async () => {
  const from = await emptyPlace();
  const { store, account } = await openTestStore({ ...from, account: { addresses: ['ann@example.org'] } });
  await store.forwardings.set(account, FORWARDING);
  const [outcome] = await store.deliver('Subject: x\r\n\r\nx\r\n', { recipients: ['ann@example.org'] });
  expect(outcome?.result).toBe('forwarded');
  const to = await emptyPlace();
  {
    await using source = await opened(from, false);
    await using target = await opened(to, false);
    await transferAccount({ from: source, to: target, account });
  }
  const sent: string[] = [];
  const outgoing = { send: async ({ to }: { to: string }) => void sent.push(to) };
  const { store: moved } = await openTestStore({ ...to, outgoing, account: { name: 'other' } });
  expect(await moved.outgoing.runDue()).toBe(1);
  expect(sent).toEqual(['ann@elsewhere.example']);
});

async function opened(place?: Awaited<ReturnType<typeof emptyPlace>>, create = true) {
  const parts = await openParts(place ?? (await emptyPlace()));
  if (create) {
    const record = { id: 'a234567890123456', name: 'ann', addresses: [], limits: { octets: null, messages: null } };
    await parts.engine.directory.create({ ...record, copies: 'label', created: 0, passwordHash: null });
  }
  return Object.assign(parts, {
    async [Symbol.asyncDispose]() {
      await parts.engine.close();
      await parts.blobs.close();
    },
  });
}
