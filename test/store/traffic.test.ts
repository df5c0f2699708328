/** Traffic and sessions of accounts, counted by several processes on one store. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace, openTestedStore } from '../engine-under-test.ts';

const DAY_MS = 86_400_000;

async function openTwo(options: Partial<OpenStoreOptions> = {}): Promise<readonly [MessageStore, MessageStore]> {
  const place = await emptyPlace();
  return [await openTestedStore({ ...place, ...options }), await openTestedStore({ ...place, ...options })];
}

const stores: MessageStore[] = [];
async function open(options?: Partial<OpenStoreOptions>): Promise<readonly [MessageStore, MessageStore]> {
  const two = await openTwo(options);
  stores.push(...two);
  return two;
}
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

describe('octets', () => {
  test('are added up over processes, each way and protocol for itself', async () => {
    const [here, there] = await open();
    const account = await here.accounts.create({ name: 'ann' });
    expect(await here.traffic.use(account.id, 'imap')).toEqual({
      download: { used: 0, until: null },
      upload: { used: 0, until: null },
      sessions: 0,
    });
    const first = await here.traffic.begin(account, 'imap', 15);
    const second = await there.traffic.begin(account, 'imap', 15);
    const pop3 = await there.traffic.begin(account, 'pop3', 15);
    first.add('download', 1_000);
    second.add('download', 20);
    second.add('upload', 3);
    pop3.add('download', 7);
    expect((await there.traffic.use(account.id, 'pop3')).download.used).toBe(7);
    expect((await there.traffic.use(account.id, 'imap')).download.used).toBe(20);
    const { download, upload, sessions } = await here.traffic.use(account.id, 'imap');
    expect([download.used, upload.used, sessions]).toEqual([1_020, 3, 1]);
    expect(Math.abs((download.until as number) - Date.now() - DAY_MS)).toBeLessThan(60_000);
    // What was not written yet is when the process ends.
    second.add('upload', 39);
    second.end();
    await there.close();
    expect((await here.traffic.use(account.id, 'imap')).upload.used).toBe(42);
  });

  test('without a limit are never refused; with one as soon as it is reached', async () => {
    const [here] = await open();
    const account = await here.accounts.create({ name: 'ann' });
    const free = await here.traffic.begin(account, 'imap', 15);
    free.add('download', 1e12);
    expect([free.isOver('download'), await free.waitMs('download', 1e12)]).toEqual([false, 0]);
    const limits = { imapDownloadOctetsPerDay: 100, imapUploadOctetsPerDay: 100 };
    const bob = await here.accounts.create({ name: 'bob', limits });
    const session = await here.traffic.begin(bob, 'imap', 15);
    session.add('download', 99);
    expect([session.isOver('download'), await session.waitMs('download')]).toEqual([false, 0]);
    session.add('download', 1);
    expect(session.isOver('download')).toBe(true);
    expect(await session.waitMs('download')).toBeGreaterThan(DAY_MS - 60_000);
    expect([await session.waitMs('upload', 100), await session.waitMs('upload', 101)]).toEqual([0, DAY_MS]);
  });

  test('of other processes, and of those before, are known when a session begins', async () => {
    const [here, there] = await open({ limits: { imapDownloadOctetsPerDay: 1_000 } });
    const account = await here.accounts.create({ name: 'ann' });
    const session = await here.traffic.begin(account, 'imap', 15);
    session.add('download', 1_000);
    session.end();
    await here.close();
    const later = await there.traffic.begin(account, 'imap', 15);
    expect(await later.waitMs('download')).toBeGreaterThan(DAY_MS - 60_000);
  });

  test('are written when they come to 16 MiB, and one write is enough for many', async () => {
    const [here, there] = await open({ limits: { imapDownloadOctetsPerDay: 1e9 } });
    const account = await here.accounts.create({ name: 'ann' });
    const session = await here.traffic.begin(account, 'imap', 15);
    for (let i = 0; i < 15; i++) session.add('download', 1_048_576);
    expect((await there.traffic.use(account.id, 'imap')).download.used).toBe(0);
    session.add('download', 1_048_576);
    await expect.poll(async () => (await there.traffic.use(account.id, 'imap')).download.used).toBe(16_777_216);
  });
});

describe('sessions', () => {
  test('in all processes together are no more than the account may have', async () => {
    const [here, there] = await open();
    const account = await here.accounts.create({ name: 'ann', limits: { imapSessions: 3 } });
    const [one, two, three] = await Promise.all([
      here.traffic.begin(account, 'imap', 1),
      here.traffic.begin(account, 'imap', 1),
      there.traffic.begin(account, 'imap', 1),
    ]);
    for (const store of [here, there]) {
      await expect(store.traffic.begin(account, 'imap', 100)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
      expect((await store.traffic.use(account.id, 'imap')).sessions).toBe(3);
    }
    one.end();
    one.end();
    await expect.poll(async () => (await there.traffic.use(account.id, 'imap')).sessions).toBe(2);
    const again = await there.traffic.begin(account, 'imap', 1);
    for (const session of [two, three, again]) session.end();
    await expect.poll(async () => (await here.traffic.use(account.id, 'imap')).sessions).toBe(0);
  });

  test('of a process that closes its store count no more', async () => {
    const [here, there] = await open();
    const account = await here.accounts.create({ name: 'ann', limits: { imapSessions: 1 } });
    await here.traffic.begin(account, 'imap', 1);
    await expect(there.traffic.begin(account, 'imap', 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await here.close();
    await there.traffic.begin(account, 'imap', 1);
  });

  test('that race in two processes are never too many', async () => {
    const [here, there] = await open();
    const account = await here.accounts.create({ name: 'ann', limits: { imapSessions: 4 } });
    const begun = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? here : there).traffic.begin(account, 'imap', 100)),
    );
    const letIn = begun.filter(({ status }) => status === 'fulfilled');
    expect(letIn.length).toBeLessThanOrEqual(4);
    await expect.poll(async () => (await here.traffic.use(account.id, 'imap')).sessions).toBe(letIn.length);
  });

  test('without a limit are what the server allows in the process', async () => {
    const [here, there] = await open();
    const account = await here.accounts.create({ name: 'ann' });
    await here.traffic.begin(account, 'imap', 1);
    await expect(here.traffic.begin(account, 'imap', 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await there.traffic.begin(account, 'imap', 1);
  });
});

describe('as time goes by', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('what was counted is written every 30 seconds, and a limit that was raised lets go on', async () => {
    const [here, there] = await open();
    const account = await here.accounts.create({ name: 'ann', limits: { imapDownloadOctetsPerDay: 100 } });
    const session = await here.traffic.begin(account, 'imap', 15);
    session.add('download', 100);
    expect(await session.waitMs('download')).toBeGreaterThan(0);
    session.add('download', 11);
    await here.accounts.update(account.id, { limits: { imapDownloadOctetsPerDay: 200 } });
    await vi.advanceTimersByTimeAsync(30_000);
    await expect.poll(async () => (await there.traffic.use(account.id, 'imap')).download.used).toBe(111);
    expect(await session.waitMs('download', 89)).toBe(0);
    expect(await session.waitMs('download', 90)).toBeGreaterThan(0);
  });
});
