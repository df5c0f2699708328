/** Filters of accounts: kept, changed, ordered, tried on mail that is there, and applied to it. */

import { describe, expect, test } from 'vitest';
import { applyFilterJob } from '../../src/delivery/filter-apply.ts';
import { missingMailboxes } from '../../src/delivery/filter-placement.ts';
import type { FilterCondition } from '../../src/model/filter.ts';
import type { JobRun } from '../../src/model/job.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import type { StoreJobs } from '../../src/store/jobs.ts';
import { ALL, type Fixture, letter, openTestStore, readAll, withFile } from '../store/store-fixture.ts';

const INVOICE: FilterCondition = { test: 'subject', contains: 'invoice' };

async function subjectsIn(fixture: Fixture, mailbox: string): Promise<string[]> {
  const messages = await readAll(fixture, mailbox);
  return messages.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw.toString())?.[1] ?? '').sort();
}

async function flagsIn({ store, account }: Fixture, mailbox: string): Promise<string[]> {
  const flags: string[] = [];
  for await (const { mask, keywords } of store.fetch(account, mailbox, ALL)) flags.push(`${mask} ${keywords}`.trim());
  return flags;
}

describe('filters', () => {
  test('are made, read, changed and removed', async () => {
    const { store, account } = await openTestStore();
    const { filters } = store;
    expect(await filters.list(account)).toEqual([]);
    const made = await filters
      .create(account, {
        name: 'bills',
        conditions: INVOICE,
        actions: { mailbox: 'archive/', seen: null, flag: true },
        metadata: { color: 'red' },
      })
      .catch((error: unknown) => error);
    expect(made).toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    const archive = await store.mailbox(account, 'Archive');
    const filter = await filters.create(account, {
      name: 'bills',
      conditions: INVOICE,
      actions: { mailbox: 'Archive', seen: null, flag: true },
      metadata: { color: 'red' },
    });
    expect(filter).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'bills',
      enabled: true,
      conditions: INVOICE,
      actions: { mailbox: archive.id, flag: true },
      created: expect.any(Number),
      metadata: { color: 'red' },
    });
    expect(await filters.get(account, filter.id)).toEqual(filter);
    const changed = await filters.update(account, filter.id, {
      enabled: false,
      actions: { mailbox: null, junk: false },
      metadata: null,
    });
    expect(changed).toEqual({ ...filter, enabled: false, actions: { flag: true, junk: false }, metadata: null });
    expect(await filters.list(account)).toEqual([changed]);
    await expect(filters.update(account, filter.id, { actions: { flag: null, junk: null } })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
    });
    expect(await filters.get(account, filter.id)).toEqual(changed);
    expect(await filters.remove(account, filter.id)).toBe(true);
    expect(await filters.remove(account, filter.id)).toBe(false);
    expect(await filters.get(account, filter.id)).toBeNull();
    expect(await filters.update(account, filter.id, { name: 'x' })).toBeNull();
  });

  test('of no account are refused, and an id that names something else finds nothing', async () => {
    const { store, account } = await openTestStore();
    await expect(
      store.filters.create('nobody', { conditions: INVOICE, actions: { seen: true } }),
    ).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
    await store.spam.configure(account, { level: 10 });
    for (const id of ['', 'spam', '../x', '\0', 'x'.repeat(300)]) {
      expect(await store.filters.get(account, id)).toBeNull();
      expect(await store.filters.remove(account, id)).toBe(false);
    }
    expect((await store.spam.settings(account)).level).toBe(10);
  });

  test('stand in the order in which they were made, until they are put in another', async () => {
    const { store, account } = await openTestStore();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.push((await store.filters.create(account, { conditions: INVOICE, actions: { seen: true } })).id);
    }
    const order = async () => (await store.filters.list(account)).map(({ id }) => id);
    expect(await order()).toEqual(ids);
    const [a, b, c, d, e] = ids as [string, string, string, string, string];
    await store.filters.reorder(account, [e, b]);
    expect(await order()).toEqual([e, b, a, c, d]);
    await store.filters.reorder(account, [d]);
    expect(await order()).toEqual([d, e, b, a, c]);
    await store.filters.remove(account, e);
    const added = await store.filters.create(account, { conditions: INVOICE, actions: { seen: true } });
    expect(await order()).toEqual([d, b, a, c, added.id]);
    for (const wrong of [[a, a], ['x'], [e]]) {
      await expect(store.filters.reorder(account, wrong)).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    }
    expect(await order()).toEqual([d, b, a, c, added.id]);
  });

  test('have a limit of number, that a store may lower, and one of size', async () => {
    const { store, account } = await openTestStore({ limits: { filters: 5 } });
    const make = () => store.filters.create(account, { conditions: INVOICE, actions: { seen: true } });
    await Promise.allSettled(Array.from({ length: 12 }, make));
    // Those that ran at once may have kept each other out, but never are there too many.
    const there = (await store.filters.list(account)).length;
    expect(there).toBeLessThanOrEqual(5);
    for (let more = there; more < 5; more++) await make();
    await expect(make()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const [first] = await store.filters.list(account);
    await store.accounts.update(account, { limits: { filters: 1 } });
    expect(await store.filters.update(account, first?.id ?? '', { name: 'still' })).toMatchObject({ name: 'still' });
    await store.accounts.update(account, { limits: { filters: 7 } });
    await make();
  });

  test('of an account have 512 KB together', async () => {
    const { store, account } = await openTestStore();
    const conditions = {
      any: Array.from({ length: 30 }, () => ({ test: 'subject', contains: 'x'.repeat(1_000) }) as const),
    };
    const make = () => store.filters.create(account, { conditions, actions: { seen: true } });
    for (let count = 0; count < 16; count++) await make();
    await expect(make()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await store.filters.list(account)).toHaveLength(16);
  });

  test('changed by several at once lose no change', async () => {
    const { store, account } = await openTestStore();
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions: { seen: true } });
    const keys = ['flag', 'junk', 'delete', 'stop'] as const;
    await Promise.all(keys.map((key) => store.filters.update(account, id, { actions: { [key]: true } })));
    expect((await store.filters.get(account, id))?.actions).toEqual({
      seen: true,
      flag: true,
      junk: true,
      delete: true,
      stop: true,
    });
  });

  test('follow a mailbox that is renamed, and tell one that was deleted', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    const { id } = await store.createMailbox(account, 'Bills');
    const filter = await store.filters.create(account, { conditions: INVOICE, actions: { labels: ['Bills'] } });
    await store.renameMailbox(account, 'Bills', 'Old/Bills');
    expect(missingMailboxes([filter], await store.mailboxes(account))).toEqual([]);
    await store.deleteMailbox(account, 'Old/Bills');
    expect(missingMailboxes([filter], await store.mailboxes(account))).toEqual([{ filter: filter.id, mailbox: id }]);
    expect(await store.filters.dryRun(account, filter.id)).toMatchObject({ missing: [id] });
    await expect(store.filters.apply(account, filter.id)).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    // What is there no more may stay, but not come.
    expect(await store.filters.update(account, filter.id, { name: 'x' })).toMatchObject({ actions: { labels: [id] } });
    await expect(store.filters.update(account, filter.id, { actions: { mailbox: id + 1_000 } })).rejects.toMatchObject({
      code: 'MAILBOX_NOT_FOUND',
    });
  });

  test('go when their account goes', async () => {
    const { store, account } = await openTestStore({ restorableDays: 0 });
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions: { seen: true } });
    await store.accounts.remove(account);
    expect(await store.filters.get(account, id)).toBeNull();
  });
});

describe('a dry run', () => {
  test('tells which messages match, newest first, and changes nothing', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.append(account, 'INBOX', letter('=?utf-8?q?invoice_=E2=82=AC?='));
    await store.append(account, 'INBOX', letter('news'), { internalDate: new Date('2026-07-01T10:00:00Z') });
    await store.append(account, 'INBOX', letter('My Invoice', 'of July'));
    const before = await store.modSeq(account);
    const actions = { delete: true, labels: ['Archive'] };
    const archive = (await store.mailbox(account, 'Archive')).id;
    expect(await store.filters.dryRun(account, { conditions: INVOICE, actions })).toEqual({
      examined: 3,
      more: false,
      matches: [
        { uid: 3, from: 'ann@made.example', subject: 'My Invoice', internalDate: expect.any(Number) },
        { uid: 1, from: 'ann@made.example', subject: 'invoice €', internalDate: expect.any(Number) },
      ],
      actions: { delete: true, labels: [archive] },
      missing: [],
    });
    const matching = async (conditions: FilterCondition, options = {}) =>
      (await store.filters.dryRun(account, { conditions, actions }, options)).matches.map(({ uid }) => uid);
    expect(await matching({ test: 'text', query: 'july' })).toEqual([3]);
    expect(await matching({ test: 'time', since: '2026-07-01', before: '2026-07-02' })).toEqual([2]);
    expect(await matching({ all: [] }, { limit: 2 })).toEqual([3, 2]);
    expect(await matching({ all: [] }, { mailbox: 'Archive' })).toEqual([]);
    expect(await store.filters.dryRun(account, { conditions: { all: [] }, actions }, { limit: 1 })).toMatchObject({
      examined: 1,
      more: true,
    });
    expect(await store.modSeq(account)).toBe(before);
    expect(await store.filters.list(account)).toEqual([]);
  });

  test('knows what only who delivers knows from the message', async () => {
    const { store, account } = await openTestStore({ spamTrust: { anywhere: ['X-Spam-Flag'] } });
    const fields = { 'Delivered-To': 'ann+shop@made.example', 'X-Spam-Flag': 'YES' };
    await store.append(account, 'INBOX', letter('tagged', 'x', fields));
    await store.append(account, 'INBOX', letter('bare', 'x', { 'Delivered-To': 'ann@made.example' }));
    for (const conditions of [
      { test: 'tag', is: 'shop' },
      { test: 'spam', verdict: 'spam' },
      { test: 'to', is: 'ann+shop@made.example' },
    ] as const) {
      const { matches } = await store.filters.dryRun(account, { conditions, actions: { seen: true } });
      expect(matches.map(({ subject }) => subject)).toEqual(['tagged']);
    }
  });

  test('goes over many messages in pages, and reads text in blobs', async () => {
    const { store, account } = await openTestStore();
    const message = await store.prepare(letter('many'));
    await store.appendPrepared(account, 'INBOX', new Array(250).fill({ message }));
    await store.append(account, 'INBOX', letter('long', `${'filling '.repeat(80_000)}needle`));
    await store.append(account, 'INBOX', withFile('file', Buffer.alloc(9_000)));
    const { examined, matches } = await store.filters.dryRun(account, {
      conditions: { test: 'text', query: 'needle' },
      actions: { seen: true },
    });
    expect([examined, matches.map(({ subject }) => subject)]).toEqual([252, ['long']]);
    const all = await store.filters.dryRun(account, { conditions: { all: [] }, actions: { seen: true } });
    expect(all.matches.map(({ uid }) => uid)).toEqual(Array.from({ length: 252 }, (_, index) => 252 - index));
  });

  test('refuses what is none', async () => {
    const { store, account } = await openTestStore();
    const draft = { conditions: INVOICE, actions: { seen: true } };
    await expect(store.filters.dryRun(account, 'x')).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    await expect(store.filters.dryRun(account, draft, { mailbox: 'No' })).rejects.toMatchObject({
      code: 'MAILBOX_NOT_FOUND',
    });
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
      await expect(store.filters.dryRun(account, draft, { limit })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await store.append(account, 'INBOX', letter('a'));
    await expect(store.filters.dryRun(account, draft, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

/** A run by hand, that is cut off at the point of progress with that number. */
function handMadeRun(account: string, params: unknown, state: unknown = null, cutAt = Infinity) {
  const points: { done: number; total: number | null; state: unknown }[] = [];
  const stop = new AbortController();
  const run: JobRun = {
    account,
    params,
    state,
    signal: stop.signal,
    progress: async (done, total, kept) => {
      points.push({ done, total, state: JSON.parse(JSON.stringify(kept)) });
      if (points.length >= cutAt) stop.abort();
    },
  };
  return { run, points };
}

describe('applied to mail that is there, a filter', () => {
  const make = async (copies: 'label' | 'separate' = 'label') => {
    const fixture = await openTestStore({ account: { copies } });
    const { store, account } = fixture;
    for (const subject of ['invoice 1', 'news 1', 'invoice 2', 'news 2', 'invoice 3']) {
      await store.append(account, 'INBOX', letter(subject));
    }
    await store.createMailbox(account, 'Bills');
    await store.createMailbox(account, 'Money');
    return fixture;
  };

  test('sets flags and keywords, labels and moves, and done again does nothing', async () => {
    const fixture = await make();
    const { store, account } = fixture;
    const { id } = await store.filters.create(account, {
      conditions: INVOICE,
      enabled: false,
      actions: { seen: true, flag: true, keywords: ['$Bill'], labels: ['Money', 'Bills'], mailbox: 'Bills' },
    });
    const points: number[] = [];
    const onProgress = (done: number, total: number) => void points.push(done, total);
    expect(await store.filters.apply(account, id, { onProgress })).toEqual({ examined: 5, matched: 3 });
    expect(points).toEqual([5, 5]);
    const invoices = ['invoice 1', 'invoice 2', 'invoice 3'];
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['news 1', 'news 2']);
    expect(await subjectsIn(fixture, 'Bills')).toEqual(invoices);
    expect(await subjectsIn(fixture, 'Money')).toEqual(invoices);
    expect(await flagsIn(fixture, 'Bills')).toEqual(new Array(3).fill('5 $Bill'));
    const before = await store.modSeq(account);
    expect(await store.filters.apply(account, id)).toEqual({ examined: 2, matched: 0 });
    // Where they are, they are in the right place.
    expect(await store.filters.apply(account, id, { mailbox: 'Bills' })).toEqual({ examined: 3, matched: 3 });
    expect(await store.modSeq(account)).toBe(before);
  });

  test('leaves a message where a label says that it is too', async () => {
    const fixture = await make();
    const { store, account } = fixture;
    const actions = { labels: ['INBOX', 'Money'], mailbox: 'Bills' };
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions });
    for (let again = 0; again < 2; again++) {
      await store.filters.apply(account, id);
      expect(await subjectsIn(fixture, 'INBOX')).toHaveLength(5);
      expect(await subjectsIn(fixture, 'Bills')).toEqual(['invoice 1', 'invoice 2', 'invoice 3']);
      expect(await subjectsIn(fixture, 'Money')).toEqual(['invoice 1', 'invoice 2', 'invoice 3']);
    }
  });

  test.each(['label', 'separate'] as const)('copies each message once (%s)', async (copies) => {
    const fixture = await make(copies);
    const { store, account } = fixture;
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions: { labels: ['Money'] } });
    await store.filters.apply(account, id);
    await store.append(account, 'INBOX', letter('invoice 4'));
    await store.filters.apply(account, id);
    expect(await subjectsIn(fixture, 'Money')).toEqual(['invoice 1', 'invoice 2', 'invoice 3', 'invoice 4']);
    expect(await subjectsIn(fixture, 'INBOX')).toHaveLength(6);
  });

  test.each([
    ['label', { delete: true }, 'Trash'],
    ['separate', { delete: true }, 'Trash'],
    ['label', { junk: true }, 'Junk'],
    ['separate', { junk: true }, 'Junk'],
    ['label', { mailbox: 'Bills', junk: true }, 'Bills'],
  ] as const)('moves (%s) by %j to %s', async (copies, actions, target) => {
    const fixture = await make(copies);
    const { store, account } = fixture;
    if (copies === 'label') await store.copy(account, 'INBOX', UidSet.of(1), 'Money');
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions });
    for (let again = 0; again < 2; again++) {
      await store.filters.apply(account, id);
      expect(await subjectsIn(fixture, target)).toEqual(['invoice 1', 'invoice 2', 'invoice 3']);
      expect(await subjectsIn(fixture, 'INBOX')).toEqual(['news 1', 'news 2']);
      expect(await subjectsIn(fixture, 'Money')).toEqual(target === 'Bills' ? ['invoice 1'] : []);
    }
  });

  test('takes what is never junk out of Junk, and only from there', async () => {
    const fixture = await make();
    const { store, account } = fixture;
    await store.move(account, 'INBOX', UidSet.of(1, 2), 'Junk');
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions: { junk: false } });
    await store.filters.apply(account, id, { mailbox: 'Junk' });
    expect(await subjectsIn(fixture, 'Junk')).toEqual(['news 1']);
    await store.filters.apply(account, id);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['invoice 1', 'invoice 2', 'invoice 3', 'news 2']);
  });

  test('cut off anywhere, the job goes on where it was, and leaves alone what came meanwhile', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    const message = await store.prepare(letter('invoice'));
    await store.appendPrepared(account, 'INBOX', new Array(350).fill({ message }));
    await store.createMailbox(account, 'Bills');
    const filter = await store.filters.create(account, {
      conditions: INVOICE,
      actions: { flag: true, mailbox: 'Bills' },
    });
    const inbox = (await store.mailbox(account, 'INBOX')).id;
    const params = { filter: filter.id, mailbox: inbox };
    const job = applyFilterJob({ store, filters: store.filters, trust: {} });
    expect([job.kind, job.everyMs]).toEqual(['applyFilter', null]);
    const first = handMadeRun(account, params, null, 2);
    await expect(job.run(first.run)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(first.points.map(({ done, total }) => [done, total])).toEqual([
      [100, 350],
      [200, 350],
    ]);
    await store.append(account, 'INBOX', letter('invoice of later'));
    // The last point that was kept is one before the last page: that page is done twice.
    const second = handMadeRun(account, params, first.points[0]?.state);
    await job.run(second.run);
    expect(second.points.at(-1)?.total).toBe(350);
    expect((await store.mailbox(account, 'Bills')).messages).toBe(350);
    expect(await subjectsIn(fixture, 'INBOX')).toEqual(['invoice of later']);
    expect(new Set(await flagsIn(fixture, 'Bills'))).toEqual(new Set(['4']));
  });

  test('is a job of the store', async () => {
    const fixture = await make();
    const { store, account } = fixture;
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions: { mailbox: 'Bills' } });
    const params = { filter: id, mailbox: (await store.mailbox(account, 'INBOX')).id };
    const job = await (store.jobs as StoreJobs).add('applyFilter', account, params);
    await store.jobs.runDue();
    expect(await store.jobs.get(job.id)).toMatchObject({ state: 'done', done: 5, total: 5, error: null });
    expect(await subjectsIn(fixture, 'Bills')).toEqual(['invoice 1', 'invoice 2', 'invoice 3']);
  });

  test('needs the filter and the mailbox', async () => {
    const { store, account } = await make();
    const job = applyFilterJob({ store, filters: store.filters, trust: {} });
    const inbox = (await store.mailbox(account, 'INBOX')).id;
    for (const [params, code] of [
      [{ filter: '2'.repeat(16), mailbox: inbox }, 'FILTER_INVALID'],
      [{ filter: 5 }, 'INVALID_ARGUMENT'],
      [null, 'INVALID_ARGUMENT'],
    ] as const) {
      await expect(job.run(handMadeRun(account, params).run)).rejects.toMatchObject({ code });
    }
    const { id } = await store.filters.create(account, { conditions: INVOICE, actions: { seen: true } });
    await expect(job.run(handMadeRun(account, { filter: id, mailbox: 999 }).run)).rejects.toMatchObject({
      code: 'MAILBOX_NOT_FOUND',
    });
  });
});
