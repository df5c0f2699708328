/** Cases of transactions: all or nothing, one after the other, durable. */

import assert from 'node:assert/strict';
import { parseFlags } from '../model/flags.ts';
import { UidSet } from '../model/uid-set.ts';
import { ALL, eventually, rejects, type Suite } from './suite.ts';

/** Registers the cases. */
export function transactionCases(suite: Suite): void {
  suite.group('transactions', () => {
    suite.test('a rejected one never happened', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{ flags: ['a'] }, {}]);
      const snapshot = async () => ({
        records: await t.all(account, inbox.id, { body: true }),
        mailboxes: await t.engine.read(account, (tx) => tx.mailboxes()),
        state: await t.engine.read(account, (tx) => tx.state()),
        changes: await t.engine.read(account, (tx) => tx.changes(0, 100)),
        subscriptions: await t.engine.read(account, (tx) => tx.subscriptions()),
        threads: await t.engine.read(account, (tx) => tx.threads(['key'])),
      });
      const before = await snapshot();
      const heard: number[] = [];
      const end = t.engine.subscribe(account, (modSeq) => heard.push(modSeq));
      const reason = new Error('the work says no');
      const work = t.engine.write(account, async (tx) => {
        await tx.add(inbox.id, [t.message({ body: 'ghost', blobs: [{ name: 'ghost', size: 1 }] })]);
        await tx.setFlags(inbox.id, ALL, { mode: 'replace', flags: parseFlags(['\\Seen', 'b']) });
        await tx.copy(inbox.id, ALL, other.id, 'label');
        await tx.move(inbox.id, UidSet.of(1), other.id);
        await tx.expunge(inbox.id, UidSet.of(2));
        await tx.createMailbox('Ghost', null);
        await tx.setSubscribed('Ghost', true);
        await tx.bindThread(await tx.newThread(), ['key']);
        await tx.deleteMailbox(other.id);
        throw reason;
      });
      await assert.rejects(work, (error) => error === reason);
      assert.deepEqual(await snapshot(), before);
      assert.deepEqual(
        [...(await t.engine.read(account, (tx) => tx.search(inbox.id, { key: 'body', text: 'ghost' })))],
        [],
      );
      assert.equal(
        (await t.engine.read(account, (tx) => tx.mentions(before.records.map(() => '00'.repeat(32))))).size,
        0,
      );
      end();
      assert.ok(heard.every((modSeq) => modSeq <= before.state.modSeq));
      assert.deepEqual(
        (await t.add(account, inbox.id, [{}])).map((added) => added.uid),
        [3],
      );
    });

    suite.test('one that reads only raises no counter', async (t) => {
      const { account } = await t.inbox();
      const before = await t.modSeq(account);
      assert.equal(await t.engine.write(account, async (tx) => (await tx.mailboxes()).length), 1);
      assert.equal(await t.modSeq(account), before);
      assert.deepEqual(await t.engine.read(account, (tx) => tx.changes(before, 10)), []);
    });

    suite.test('its number is one above the last, and one for all it does', async (t) => {
      const { account, inbox } = await t.inbox();
      const before = await t.modSeq(account);
      const stamped = await t.engine.write(account, async (tx) => {
        await tx.add(inbox.id, [t.message()]);
        await tx.add(inbox.id, [t.message()]);
        await tx.setFlags(inbox.id, UidSet.of(1), { mode: 'add', flags: parseFlags(['x']) });
        const { id } = await tx.createMailbox('Other', null);
        await tx.copy(inbox.id, ALL, id, 'label');
        return tx.modSeq;
      });
      assert.equal(stamped, before + 1);
      assert.equal(await t.modSeq(account), stamped);
      for (const mailbox of await t.engine.read(account, (tx) => tx.mailboxes())) {
        assert.equal(mailbox.highestModSeq, stamped);
        for (const record of await t.all(account, mailbox.id)) assert.equal(record.modSeq, stamped);
      }
      assert.equal((await t.engine.read(account, (tx) => tx.changes(before, 10))).length, 1);
    });

    suite.test('100 writers at once each get their turn', async (t) => {
      const { account, inbox } = await t.inbox();
      const start = await t.modSeq(account);
      const writes = Array.from({ length: 100 }, () =>
        t.engine.write(account, async (tx) => ({
          modSeq: tx.modSeq,
          uid: (await tx.add(inbox.id, [t.message()]))[0]?.uid,
        })),
      );
      const reads = Array.from({ length: 30 }, () =>
        t.engine.read(account, async (tx) => {
          const mailbox = await tx.mailbox(inbox.id);
          const uids = await tx.uids(inbox.id);
          assert.equal(mailbox?.messages, uids.length);
          assert.equal((await tx.state()).modSeq, start + uids.length);
        }),
      );
      const done = await Promise.all(writes);
      await Promise.all(reads);
      const byUid = done.sort((a, b) => (a.uid ?? 0) - (b.uid ?? 0));
      assert.deepEqual(
        byUid,
        Array.from({ length: 100 }, (_, index) => ({ uid: index + 1, modSeq: start + index + 1 })),
      );
    });

    suite.test('100 changes of one message lose none', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}]);
      const words = Array.from({ length: 100 }, (_, index) => `k${index}`);
      await Promise.all(
        words.map((word) =>
          t.engine.write(account, (tx) => tx.setFlags(inbox.id, ALL, { mode: 'add', flags: parseFlags([word]) })),
        ),
      );
      assert.deepEqual((await t.all(account, inbox.id))[0]?.keywords.split(' '), words.sort());
    });

    suite.test('writers of many accounts do not mix', async (t) => {
      const places = await Promise.all(Array.from({ length: 8 }, () => t.inbox()));
      await Promise.all(
        places.flatMap(({ account, inbox }, index) =>
          Array.from({ length: 5 }, () => t.add(account, inbox.id, [{ flags: [`k${index}`] }])),
        ),
      );
      for (const [index, { account, inbox }] of places.entries()) {
        const records = await t.all(account, inbox.id);
        assert.deepEqual(
          records.map((record) => record.keywords),
          Array(5).fill(`k${index}`),
        );
      }
    });

    suite.test('an unknown account is an error of its own', async ({ engine }) => {
      await rejects(
        engine.read('nobody', (tx) => tx.state()),
        'ACCOUNT_NOT_FOUND',
      );
      await rejects(
        engine.write('nobody', (tx) => tx.createMailbox('x', null)),
        'ACCOUNT_NOT_FOUND',
      );
    });

    suite.test('close waits for what runs, and refuses what comes after', async (t) => {
      const { account, inbox } = await t.inbox();
      t.accounts.clear();
      const adding = t.add(account, inbox.id, [{}]);
      await Promise.resolve();
      const [outcome] = await Promise.allSettled([adding, t.engine.close(), t.engine.close()]);
      if (outcome.status === 'rejected') await rejects(adding, 'STORE_CLOSED');
      await rejects(
        t.engine.read(account, (tx) => tx.state()),
        'STORE_CLOSED',
      );
      await rejects(
        t.engine.write(account, (tx) => tx.createMailbox('x', null)),
        'STORE_CLOSED',
      );
    });

    suite.test(
      'what was answered is there after opening again',
      async (t) => {
        const { account, inbox } = await t.inbox();
        await t.add(account, inbox.id, [{ flags: ['\\Seen', 'Word'], body: 'kept words' }, {}]);
        await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(2)));
        await t.engine.write(account, (tx) => tx.setSubscribed('INBOX', true));
        const before = await t.all(account, inbox.id, { body: true, envelope: true });
        const record = await t.engine.directory.get(account);
        const mailboxes = await t.engine.read(account, (tx) => tx.mailboxes());
        await t.engine.close();
        t.accounts.clear();
        const engine = await t.reopen();
        assert.deepEqual(await engine.directory.get(account), record);
        assert.deepEqual(await engine.read(account, (tx) => tx.mailboxes()), mailboxes);
        const after = await engine.read(account, (tx) =>
          tx.fetch(inbox.id, ALL, { limit: 10, body: true, envelope: true }),
        );
        assert.deepEqual(after, before);
        assert.deepEqual(
          [...(await engine.read(account, (tx) => tx.search(inbox.id, { key: 'body', text: 'kept' })))],
          [1],
        );
        assert.deepEqual(await engine.read(account, (tx) => tx.check()), []);
        const [added] = await engine.write(account, (tx) => tx.add(inbox.id, [t.message()]));
        assert.equal(added?.uid, 3);
      },
      'persistence',
    );

    suite.test(
      'two processes write to one account in turn',
      async (t) => {
        const { account, inbox } = await t.inbox();
        const other = await t.reopen();
        const start = await t.modSeq(account);
        const write = (index: number) =>
          (index % 2 ? t.engine : other).write(account, async (tx) => ({
            modSeq: tx.modSeq,
            uid: (await tx.add(inbox.id, [t.message()]))[0]?.uid ?? 0,
          }));
        const done = await Promise.all(Array.from({ length: 60 }, (_, index) => write(index)));
        done.sort((a, b) => a.uid - b.uid);
        assert.deepEqual(
          done,
          Array.from({ length: 60 }, (_, index) => ({ uid: index + 1, modSeq: start + index + 1 })),
        );
        assert.equal((await t.all(account, inbox.id)).length, 60);
      },
      'processes',
    );

    suite.test(
      'an account that another process removed is gone here too',
      async (t) => {
        const { account, inbox } = await t.inbox();
        const other = await t.reopen();
        await other.read(account, (tx) => tx.state());
        t.accounts.delete(account);
        await t.engine.directory.delete(account);
        await rejects(
          other.write(account, (tx) => tx.add(inbox.id, [t.message()])),
          'ACCOUNT_NOT_FOUND',
        );
        await rejects(
          other.read(account, (tx) => tx.uids(inbox.id)),
          'ACCOUNT_NOT_FOUND',
        );
        assert.equal(await other.directory.get(account), null);
      },
      'processes',
    );

    suite.test('a search sees what was added a moment ago, by whomever', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = t.engine.supports.processes ? await t.reopen() : t.engine;
      for (let round = 0; round < 10; round++) {
        const engine = round % 2 ? other : t.engine;
        await engine.write(account, (tx) => tx.add(inbox.id, [t.message({ body: `needle${round}` })]));
        const reader = round % 2 ? t.engine : other;
        const found = await reader.read(account, (tx) => tx.search(inbox.id, { key: 'body', text: `needle${round}` }));
        assert.deepEqual([...found], [round + 1]);
      }
      let last = 0;
      const end = other.subscribe(account, (modSeq) => {
        last = modSeq;
      });
      await t.add(account, inbox.id, [{}]);
      const modSeq = await t.modSeq(account);
      await eventually(() => last === modSeq);
      end();
    });
  });
}
