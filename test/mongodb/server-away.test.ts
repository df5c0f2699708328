/** A server that is not there: told soon, waited for a while, and found again without help. */

import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { letter } from '../store/store-fixture.ts';
import { takeDatabase } from './databases.ts';
import { MONGODB_URI } from './mongo-test.ts';
import { startProxy, type TcpProxy } from './tcp-proxy.ts';

async function start(): Promise<{ store: MessageStore; account: string; proxy: TcpProxy }> {
  // For nobody else: transactions that were cut off may be open in it.
  const { uri } = await takeDatabase();
  const proxy = await startProxy(new URL(uri));
  onTestFinished(() => proxy.close());
  const store = await openStore({ mongodb: proxy.uri });
  onTestFinished(() => store.close());
  const { id } = await store.accounts.create({ name: 'ann' });
  await store.append(id, 'INBOX', letter('first'));
  return { store, account: id, proxy };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The error's code, and how long it took to be told, in milliseconds. */
async function refusal(work: Promise<unknown>): Promise<{ code: string; ms: number }> {
  const begun = Date.now();
  const code = await work.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );
  return { code, ms: Date.now() - begun };
}

describe.concurrent('at the start', () => {
  test.for(['refuses', 'says nothing'])(
    'a server that %s is UNAVAILABLE within five seconds',
    async (how, { expect, onTestFinished }) => {
      const silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      if (how === 'refuses') silent.close();
      else onTestFinished(() => void silent.close());
      const { code, ms } = await refusal(openStore({ mongodb: `mongodb://127.0.0.1:${port}/x` }));
      expect(code).toBe('UNAVAILABLE');
      expect(ms).toBeLessThan(10_000);
    },
  );
});

describe.skipIf(MONGODB_URI === null)('later', { timeout: 90_000 }, () => {
  test('what is begun while it is away succeeds when it is back within ten seconds', async () => {
    const { store, account, proxy } = await start();
    proxy.refuse();
    const appended = store.append(account, 'INBOX', letter('second'));
    const read = store.mailbox(account, 'INBOX');
    await pause(3_000);
    proxy.resume();
    expect((await appended).uid).toBe(2);
    expect((await read).messages).toBeGreaterThan(0);
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(2);
  });

  test.each(['refuse', 'stall'] as const)('%s: UNAVAILABLE, and all goes on when it is back', async (how) => {
    const { store, account, proxy } = await start();
    proxy[how]();
    const [written, read] = await Promise.all([
      refusal(store.append(account, 'INBOX', letter('lost'))),
      refusal(store.flags(account, 'INBOX')),
    ]);
    for (const { code, ms } of [written, read]) {
      expect(code).toBe('UNAVAILABLE');
      expect(ms).toBeLessThan(30_000);
    }
    proxy.resume();
    const { uid } = await store.append(account, 'INBOX', letter('second'));
    expect((await store.uids(account, 'INBOX')).at(-1)).toBe(uid);
  });
});
