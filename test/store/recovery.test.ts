/** What is expunged or deleted comes back as it was, as long as it may. */

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { ALL, type Fixture, letter, noise, openTestStore, readAll, withFile } from './store-fixture.ts';

const DAY_MS = 86_400_000;
const idOf = async ({ store, account }: Fixture, path: string): Promise<number> =>
  (await store.mailbox(account, path)).id;

/** Runs what is due as if so many days had gone by. */
async function afterDays(store: MessageStore, days: number): Promise<void> {
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + days * DAY_MS);
  try {
    await store.jobs.runDue();
  } finally {
    now.mockRestore();
  }
}

describe('an expunged message', () => {
  test('is nowhere, counts nowhere, and comes back with its flags, dates, thread and octets', async () => {
    const fixture = await openTestStore({ account: { limits: { messages: 2 } } });
    const { store, account } = fixture;
    const raw = withFile('first', noise(20_000));
    const internalDate = new Date('2020-02-03T04:05:06Z');
    await store.append(account, 'INBOX', raw, { flags: ['\\Seen', '$Work', '\\Deleted'], internalDate });
    await store.append(account, 'INBOX', letter('second'));
    const before = await readAll(fixture, 'INBOX');
    const modSeq = await store.modSeq(account);
    await store.expunge(account, 'INBOX');

    expect((await store.mailboxes(account)).map(({ path }) => path)).toHaveLength(6);
    expect(await store.quota(account)).toMatchObject({ usage: { messages: 1 } });
    expect(await store.search(account, 'INBOX', { key: 'subject', text: 'first' })).toEqual(new Uint32Array());
    const { changes } = await store.changesSince(account, modSeq);
    expect(changes.flatMap(({ items }) => items.map(({ type }) => type))).toEqual(['expunged']);
    // There is room for another one: what can be brought back is in no quota.
    await store.append(account, 'INBOX', letter('third'));

    const inbox = await idOf(fixture, 'INBOX');
    expect(await store.recovery.mailboxes(account)).toEqual([
      { mailboxId: inbox, path: 'INBOX', deleted: false, messages: 1, octets: raw.length },
    ]);
    const [kept] = await store.recovery.messages(account, inbox);
    expect(kept).toMatchObject({ key: 1, size: raw.length, flags: ['\\Seen', '$Work'] });
    expect(kept?.internalDate).toBe(internalDate.getTime());
    expect(kept?.envelope).toContain('"first"');

    await expect(store.recovery.restore(account, inbox)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await store.recovery.mailboxes(account)).toHaveLength(1);
    await store.accounts.update(account, { limits: { messages: 3 } });
    const restored = await store.recovery.restore(account, inbox);
    expect(restored).toMatchObject({ path: 'INBOX', uids: UidSet.of(4) });
    const back = (await readAll(fixture, 'INBOX')).find(({ uid }) => uid === 4);
    expect(back).toMatchObject({
      emailId: before[0]!.emailId,
      threadId: before[0]!.threadId,
      mask: 1,
      keywords: '$Work',
    });
    expect(back?.raw.equals(raw)).toBe(true);
    expect(await store.recovery.mailboxes(account)).toEqual([]);
  });

  test('cannot be reached by the id of what keeps it', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.append(account, 'INBOX', letter('gone'));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    const last = Math.max(...(await store.mailboxes(account)).map(({ id }) => id));
    for (let id = last + 1; id < last + 20; id++) {
      await expect(store.mailbox(account, id)).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
      await expect(store.copy(account, id, ALL, 'INBOX')).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
    }
  });

  test('of a chosen time or key comes back, and the others stay', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    for (const name of ['a', 'b', 'c']) await store.append(account, 'INBOX', letter(name));
    await store.expunge(account, 'INBOX', UidSet.of(2), { any: true });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    const inbox = await idOf(fixture, 'INBOX');
    expect((await store.recovery.restore(account, inbox, { before: between })).uids.size).toBe(1);
    expect((await store.recovery.restore(account, inbox, { keys: UidSet.of(3) })).uids.size).toBe(1);
    const subjects = (await readAll(fixture, 'INBOX')).map(({ raw }) => /Subject: (.)/.exec(raw.toString())?.[1]);
    expect(subjects).toEqual(['b', 'c']);
    expect(await store.recovery.mailboxes(account)).toMatchObject([{ messages: 1 }]);
    expect(await store.recovery.restore(account, inbox, {}, 'Archive')).toMatchObject({ path: 'Archive' });
  });

  test('leaves other labels of the message alone', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.append(account, 'INBOX', letter('labelled'));
    await store.changeLabels(account, 'INBOX', UidSet.of(1), { mode: 'add', labels: ['Work'] });
    await store.expunge(account, 'INBOX', ALL, { any: true });
    expect(await store.labels(account, 'Work', ALL)).toEqual(new Map());
    // To the trash it goes alone: from what can be seen.
    await store.changeLabels(account, 'Work', UidSet.of(1), { mode: 'add', labels: ['Trash'] });
    expect((await store.mailbox(account, 'Trash')).messages).toBe(1);
    await store.recovery.restore(account, await idOf(fixture, 'INBOX'));
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(1);
  });

  test('is gone for good after its days, or when that is wanted, and its blob with it', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.append(account, 'INBOX', withFile('x', noise(20_000)));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    await afterDays(store, 25);
    expect(await store.recovery.mailboxes(account)).toHaveLength(1);
    await afterDays(store, 27);
    expect(await store.recovery.mailboxes(account)).toEqual([]);
    // The sweep of the same day has taken the blob, too.
    expect(await store.maintenance.stats()).toMatchObject({ messages: 0, blobs: 0 });

    await store.append(account, 'INBOX', letter('y'));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    expect(await store.recovery.purge(account)).toBe(1);
    expect(await store.recovery.mailboxes(account)).toEqual([]);
  });

  test('is gone at once where nothing is kept', async () => {
    const { store, account } = await openTestStore({ restorableDays: 0 });
    await store.append(account, 'INBOX', letter('gone'));
    await store.expunge(account, 'INBOX', ALL, { any: true });
    expect(await store.recovery.mailboxes(account)).toEqual([]);
  });

  test.each([-1, Number.NaN, 36_501])('cannot be kept for %s days', async (restorableDays) => {
    await expect(openStore({ ...(await emptyPlace()), restorableDays })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('a deleted mailbox', () => {
  test('comes back with what was in it, and what had been expunged from it', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.createMailbox(account, 'Work/2024');
    for (const name of ['a', 'b', 'c'])
      await store.append(account, 'Work/2024', letter(name), { flags: ['\\Flagged'] });
    await store.expunge(account, 'Work/2024', UidSet.of(2), { any: true });
    const id = await idOf(fixture, 'Work/2024');
    await store.deleteMailbox(account, 'Work/2024');
    await store.deleteMailbox(account, 'Work');
    expect(await store.recovery.mailboxes(account)).toMatchObject([
      { mailboxId: id, path: 'Work/2024', deleted: true, messages: 3 },
    ]);
    expect(await store.recovery.restore(account, id)).toMatchObject({ path: 'Work/2024', uids: UidSet.range(1, 3) });
    expect((await readAll(fixture, 'Work/2024')).map(({ mask }) => mask)).toEqual([4, 4, 4]);
    expect((await store.mailbox(account, 'Work')).messages).toBe(0);
  });

  test('that has another in its place gives its messages to that one', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.createMailbox(account, 'Work');
    await store.append(account, 'Work', letter('old'));
    const id = await idOf(fixture, 'Work');
    await store.deleteMailbox(account, 'Work');
    await store.createMailbox(account, 'Work');
    await store.append(account, 'Work', letter('new'));
    await store.recovery.restore(account, id);
    expect(await readAll(fixture, 'Work')).toHaveLength(2);
    await expect(store.recovery.restore(account, id)).rejects.toMatchObject({ code: 'MAILBOX_NOT_FOUND' });
  });

  test('leaves nothing when it was empty, nor when its time is over', async () => {
    const { store, account } = await openTestStore();
    await store.createMailbox(account, 'Empty');
    await store.createMailbox(account, 'Full');
    await store.append(account, 'Full', letter('x'));
    await store.deleteMailbox(account, 'Empty');
    await store.deleteMailbox(account, 'Full');
    expect(await store.recovery.mailboxes(account)).toHaveLength(1);
    await afterDays(store, 27);
    expect(await store.recovery.mailboxes(account)).toEqual([]);
  });
});

test('deleting and restoring in any order gives back the same messages, flags and mailboxes', async () => {
  const paths = ['INBOX', 'A', 'A/B', 'C'];
  const step = fc.record({
    what: fc.constantFrom('expunge', 'delete', 'restore', 'restoreSome', 'move'),
    path: fc.constantFrom(...paths),
    other: fc.constantFrom(...paths),
    uid: fc.integer({ min: 1, max: 6 }),
  });
  const fixture = await openTestStore();
  const { store } = fixture;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { id: account } = await store.accounts.create({ name: `r${Math.random().toString(36).slice(2)}` });
      const here = { store, account };
      const expected = new Map<string, string>();
      for (const path of paths) {
        if (path !== 'INBOX') await store.createMailbox(account, path);
        for (const n of [1, 2, 3]) {
          const flags = n === 2 ? ['\\Seen', `$${path.replace('/', '')}`] : [];
          await store.append(account, path, letter(`${path} ${n}`), { flags });
          expected.set(`${path} ${n}`, flags.join(' '));
        }
      }
      const ids = new Map(await Promise.all(paths.map(async (path) => [path, await idOf(here, path)] as const)));
      for (const { what, path, other, uid } of steps) {
        const there = await store.mailbox(account, path).catch(() => null);
        const target = await store.mailbox(account, other).catch(() => null);
        if (what === 'expunge' && there) await store.expunge(account, path, UidSet.of(uid), { any: true });
        if (what === 'delete' && there && path !== 'INBOX') await store.deleteMailbox(account, path).catch(() => {});
        if (what === 'move' && there && target && path !== other)
          await store.move(account, path, UidSet.of(uid), other);
        if (what === 'restore') await store.recovery.restore(account, ids.get(path)!).catch(() => {});
        if (what === 'restoreSome') {
          await store.recovery.restore(account, ids.get(path)!, { keys: UidSet.of(uid) }).catch(() => {});
        }
      }
      for (const { mailboxId } of await store.recovery.mailboxes(account)) {
        await store.recovery.restore(account, mailboxId);
      }
      const found = new Map<string, string>();
      for (const { path } of await store.mailboxes(account)) {
        for (const { raw, mask, keywords } of await readAll(here, path)) {
          const name = /Subject: (.*)\r/.exec(raw.toString())?.[1] as string;
          expect(found.has(name), `${name} is there twice`).toBe(false);
          found.set(name, [mask & 1 ? '\\Seen' : '', keywords].filter((one) => one !== '').join(' '));
        }
      }
      expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
      await store.accounts.remove(account, { forGood: true });
    }),
    { numRuns: 15 },
  );
});

describe('what can be brought back', () => {
  test('is no more than the quota, and the oldest go first, from whichever mailbox', async () => {
    const fixture = await openTestStore({ account: { limits: { octets: 3_000 } } });
    const { store, account } = fixture;
    for (let n = 0; n < 12; n++) {
      const mailbox = n % 3 === 2 ? 'Archive' : 'INBOX';
      await store.append(account, mailbox, letter(`number ${n}`, 'x'.repeat(600)));
      await store.expunge(account, mailbox, undefined, { any: true });
      // One after the other, as a save date tells no more than a millisecond.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await store.jobs.runDue();
    const left: string[] = [];
    let octets = 0;
    for (const one of await store.recovery.mailboxes(account)) {
      octets += one.octets;
      for (const { envelope } of await store.recovery.messages(account, one.mailboxId)) {
        left.push(/number (\d+)/.exec(envelope)?.[1] ?? '');
      }
    }
    expect(octets).toBeLessThanOrEqual(3_000);
    expect(left.map(Number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: left.length }, (_, n) => 12 - left.length + n),
    );
    expect(left.length).toBeGreaterThan(1);
  });

  test('is as much as the account may, and all of it during a legal hold', async () => {
    const fixture = await openTestStore({ account: { limits: { octets: 3_000, restorableOctets: 1_000 } } });
    const { store, account } = fixture;
    const { id } = await store.recovery.addHold(account, {});
    for (let n = 0; n < 4; n++) await store.append(account, 'INBOX', letter(`number ${n}`, 'x'.repeat(600)));
    await store.expunge(account, 'INBOX', undefined, { any: true });
    await afterDays(store, 1);
    expect((await store.recovery.mailboxes(account))[0]?.messages).toBe(4);
    await store.recovery.removeHold(account, id);
    await afterDays(store, 2);
    expect((await store.recovery.mailboxes(account))[0]?.messages).toBe(1);
  });
});

describe('retention', () => {
  test('empties trash and junk after 30 days, what was moved there lately excepted', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.append(account, 'INBOX', letter('old'), { internalDate: new Date('2020-01-01') });
    await store.append(account, 'INBOX', letter('kept'));
    await store.move(account, 'INBOX', UidSet.of(1), 'Trash');
    await afterDays(store, 29);
    expect((await store.mailbox(account, 'Trash')).messages).toBe(1);
    await afterDays(store, 32);
    expect((await store.mailbox(account, 'Trash')).messages).toBe(0);
    expect((await store.mailbox(account, 'INBOX')).messages).toBe(1);
    expect(await store.recovery.mailboxes(account)).toMatchObject([{ path: 'Trash', messages: 1 }]);
  });

  test('is chosen for a mailbox, and left to the store again', async () => {
    const fixture = await openTestStore();
    const { store, account } = fixture;
    await store.append(account, 'Archive', letter('a'));
    await store.append(account, 'Trash', letter('t'));
    await store.recovery.setRetention(account, 'Archive', 7);
    await store.recovery.setRetention(account, 'Trash', null);
    const chosen = new Map((await store.recovery.retention(account)).map((one) => [one.path, one]));
    expect(chosen.get('Archive')).toMatchObject({ days: 7, isDefault: false });
    expect(chosen.get('Trash')).toMatchObject({ days: null, isDefault: false });
    expect(chosen.get('Junk')).toMatchObject({ days: 30, isDefault: true });
    expect(chosen.get('INBOX')).toMatchObject({ days: null, isDefault: true });
    await afterDays(store, 40);
    expect((await store.mailbox(account, 'Archive')).messages).toBe(0);
    expect((await store.mailbox(account, 'Trash')).messages).toBe(1);
    await store.recovery.setRetention(account, 'Trash', undefined);
    await afterDays(store, 41);
    expect((await store.mailbox(account, 'Trash')).messages).toBe(0);
    for (const days of [0, -1, 1.5, Number.NaN, 36_501]) {
      const refused = store.recovery.setRetention(account, 'INBOX', days);
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});

describe('a legal hold', () => {
  test('keeps what is expunged, also where nothing else would be kept, and gives it all', async () => {
    const fixture = await openTestStore({ restorableDays: 0 });
    const { store, account } = fixture;
    const dates = ['2024-01-10', '2024-02-10', '2024-03-10'];
    for (const date of dates) await store.append(account, 'INBOX', letter(date), { internalDate: new Date(date) });
    const window = { from: Date.parse('2024-02-01'), before: Date.parse('2024-03-01'), note: 'case 7' };
    const hold = await store.recovery.addHold(account, window);
    expect(await store.recovery.holds(account)).toEqual([hold]);
    await store.append(account, 'INBOX', letter('late'), { internalDate: new Date('2024-02-20') });
    await store.expunge(account, 'INBOX', UidSet.range(1, 3), { any: true });
    await expect(store.recovery.purge(account)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await afterDays(store, 400);
    const held: string[] = [];
    for await (const message of store.recovery.held(account, hold.id)) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of message.read()) chunks.push(chunk);
      const subject = /Subject: (.*)\r/.exec(Buffer.concat(chunks).toString())?.[1];
      held.push(`${message.path} ${subject} ${message.expunged !== null}`);
    }
    expect(held).toEqual(['INBOX late false', 'INBOX 2024-02-10 true']);
    expect(await store.recovery.mailboxes(account)).toMatchObject([{ messages: 1 }]);

    expect(await store.recovery.removeHold(account, hold.id)).toBe(true);
    expect(await store.recovery.removeHold(account, hold.id)).toBe(false);
    await afterDays(store, 401);
    expect(await store.recovery.mailboxes(account)).toEqual([]);
    await store.expunge(account, 'INBOX', ALL, { any: true });
    expect(await store.recovery.mailboxes(account)).toEqual([]);
  });

  test('keeps what is replaced', async () => {
    const { store, account } = await openTestStore({ restorableDays: 0 });
    await store.recovery.addHold(account);
    const { uid } = await store.append(account, 'Drafts', letter('first thoughts'));
    const message = await store.prepare(letter('second thoughts'));
    await store.replace(account, { mailbox: 'Drafts', uid }, 'Drafts', { message });
    const drafts = await idOf({ store, account }, 'Drafts');
    expect(await store.recovery.messages(account, drafts)).toMatchObject([
      { envelope: expect.stringContaining('first thoughts') },
    ]);
  });

  test('keeps the account itself, until it has ended', async () => {
    const fixture = await openTestStore({ restorableDays: 0, unchecked: true });
    const { store, account } = fixture;
    await store.append(account, 'INBOX', letter('evidence'));
    const { id } = await store.recovery.addHold(account);
    const forGood = store.accounts.remove(account, { forGood: true });
    await expect(forGood).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await store.accounts.remove(account);
    expect(await store.accounts.find(account)).toBeNull();
    await afterDays(store, 400);
    await store.recovery.restoreAccount(account);
    expect(await readAll(fixture, 'INBOX')).toHaveLength(1);
    await store.accounts.remove(account);
    await store.recovery.removeHold(account, id);
    await afterDays(store, 401);
    await expect(store.recovery.restoreAccount(account)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  test.each([{ from: 2, before: 1 }, { from: 0.5 }, { expires: Number.NaN }, { note: 'x'.repeat(1_001) }])(
    '%j is none',
    async (options) => {
      const { store, account } = await openTestStore();
      await expect(store.recovery.addHold(account, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );
});

describe('a removed account', () => {
  test('is nobody, frees its names, and comes back with all it had', async () => {
    const fixture = await openTestStore({ account: { addresses: ['ann@example.org'], password: 'correct horse' } });
    const { store, account } = fixture;
    await store.append(account, 'INBOX', letter('kept'));
    const source = { scope: 'imap', address: '192.0.2.1' } as const;
    await store.accounts.remove(account);
    expect(await store.accounts.find('ann')).toBeNull();
    expect(await store.accounts.find(account)).toBeNull();
    const listed = [];
    for await (const { name } of store.accounts.list()) listed.push(name);
    expect(listed).toEqual([]);
    expect((await store.deliver('x', { recipients: ['ann@example.org'] }))[0]?.error?.code).toBe('RECIPIENT_UNKNOWN');
    await expect(store.accounts.authenticate('ann', 'correct horse')).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
    await expect(store.accounts.remove(account)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });

    const other = await store.accounts.create({ name: 'ann' });
    await expect(store.recovery.restoreAccount('ann')).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
    await store.accounts.remove(other.id, { forGood: true });
    const removed = [];
    for await (const one of store.recovery.accounts()) removed.push(one.account);
    expect(removed).toMatchObject([{ id: account, name: 'ann', addresses: ['ann@example.org'] }]);

    await store.recovery.restoreAccount('ann@example.org');
    expect(await readAll(fixture, 'INBOX')).toHaveLength(1);
    const granted = await store.auth.authenticate('ann', 'correct horse', source);
    expect(granted).toMatchObject({ kind: 'granted' });
    await expect(store.recovery.restoreAccount('ann')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  test('is gone for good after its days', async () => {
    const { store, account } = await openTestStore({ unchecked: true });
    await store.append(account, 'INBOX', letter('x'));
    await store.accounts.remove(account);
    await afterDays(store, 27);
    await expect(store.recovery.restoreAccount(account)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});
