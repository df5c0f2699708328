/** Cases of mailboxes and subscriptions. */

import assert from 'node:assert/strict';
import { ALL, type Suite } from './suite.ts';

/** Registers the cases. */
export function mailboxCases(suite: Suite): void {
  suite.group('mailboxes', () => {
    suite.test('a new mailbox is empty and found by id and by path', async (t) => {
      const account = await t.account();
      const made = await t.engine.write(account, (tx) => tx.createMailbox('Sent', '\\Sent'));
      assert.deepEqual(
        { ...made, id: 0, uidValidity: 0, createdModSeq: 0, highestModSeq: 0 },
        {
          id: 0,
          path: 'Sent',
          uidValidity: 0,
          uidNext: 1,
          specialUse: '\\Sent',
          messages: 0,
          unseen: 0,
          deleted: 0,
          octets: 0,
          createdModSeq: 0,
          highestModSeq: 0,
        },
      );
      assert.ok(made.uidValidity >= 1 && made.uidValidity <= 0xffffffff, 'RFC 9051: a nonzero number of 32 bits');
      assert.equal(made.createdModSeq, await t.modSeq(account));
      assert.deepEqual(await t.current(account, made.id), made);
      assert.deepEqual(await t.engine.read(account, (tx) => tx.mailboxByPath('Sent')), made);
      assert.equal(await t.engine.read(account, (tx) => tx.mailboxByPath('sent')), null);
      assert.equal(await t.engine.read(account, (tx) => tx.mailbox(made.id + 1000)), null);
    });

    suite.test('lists by path in code unit order', async (t) => {
      const account = await t.account();
      const paths = ['Z', 'a', 'A/b', 'A', 'ä', 'A b', '邮件'];
      await t.engine.write(account, async (tx) => {
        for (const path of paths) await tx.createMailbox(path, null);
      });
      const listed = await t.engine.read(account, (tx) => tx.mailboxes());
      assert.deepEqual(
        listed.map((mailbox) => mailbox.path),
        [...paths].sort(),
      );
    });

    suite.test('a rename keeps everything but the path', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}]);
      const before = await t.current(account, inbox.id);
      await t.engine.write(account, (tx) => tx.renameMailbox(inbox.id, 'Old/Mail'));
      const after = await t.current(account, inbox.id);
      assert.deepEqual({ ...after, path: 'INBOX', highestModSeq: before.highestModSeq }, { ...before });
      assert.equal(await t.engine.read(account, (tx) => tx.mailboxByPath('INBOX')), null);
      assert.equal((await t.all(account, inbox.id)).length, 2);
    });

    suite.test('a special use comes and goes', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.engine.write(account, (tx) => tx.setSpecialUse(inbox.id, '\\Archive'));
      assert.equal((await t.current(account, inbox.id)).specialUse, '\\Archive');
      await t.engine.write(account, (tx) => tx.setSpecialUse(inbox.id, null));
      assert.equal((await t.current(account, inbox.id)).specialUse, null);
    });

    suite.test('a deleted mailbox takes its messages along', async (t) => {
      const { account, inbox } = await t.inbox();
      const kept = await t.mailbox(account, 'Kept');
      await t.add(account, inbox.id, [{ blobs: [{ name: 'gone', size: 10 }] }, { flags: ['\\Deleted'] }]);
      await t.add(account, kept.id, [{}]);
      await t.engine.write(account, (tx) => tx.deleteMailbox(inbox.id));
      assert.equal(await t.engine.read(account, (tx) => tx.mailbox(inbox.id)), null);
      assert.equal(await t.engine.read(account, (tx) => tx.mailboxByPath('INBOX')), null);
      assert.equal((await t.all(account, inbox.id)).length, 0);
      const state = await t.engine.read(account, (tx) => tx.state());
      const left = await t.current(account, kept.id);
      assert.deepEqual([state.messages, state.octets], [1, left.octets]);
      assert.deepEqual(await t.engine.read(account, (tx) => tx.blobReferences(null, 10)), []);
    });

    suite.test('a mailbox of the same name is another one', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}]);
      await t.engine.write(account, (tx) => tx.deleteMailbox(inbox.id));
      const again = await t.mailbox(account, 'INBOX');
      assert.ok(again.id > inbox.id, 'ids rise');
      assert.ok(again.uidValidity > inbox.uidValidity, 'RFC 9051 section 2.3.1.1: greater than the old one');
      assert.deepEqual([again.messages, again.uidNext], [0, 1]);
    });

    suite.test('subscriptions are of names, there or not', async (t) => {
      const { account } = await t.inbox();
      await t.engine.write(account, async (tx) => {
        for (const path of ['Not/There', 'INBOX', 'a', 'INBOX']) await tx.setSubscribed(path, true);
      });
      assert.deepEqual(await t.engine.read(account, (tx) => tx.subscriptions()), ['INBOX', 'Not/There', 'a']);
      await t.engine.write(account, async (tx) => {
        await tx.setSubscribed('a', false);
        await tx.setSubscribed('never', false);
      });
      assert.deepEqual(await t.engine.read(account, (tx) => tx.subscriptions()), ['INBOX', 'Not/There']);
    });

    suite.test('what is done to mailboxes stands in the change feed', async (t) => {
      const account = await t.account();
      const start = await t.modSeq(account);
      const { id } = await t.mailbox(account, 'One');
      await t.engine.write(account, (tx) => tx.renameMailbox(id, 'Two'));
      await t.engine.write(account, (tx) => tx.setSpecialUse(id, '\\Junk'));
      await t.engine.write(account, (tx) => tx.deleteMailbox(id));
      const changes = await t.engine.read(account, (tx) => tx.changes(start, 10));
      assert.deepEqual(
        changes.map(({ items }) => items),
        [
          [{ type: 'mailboxCreated', mailboxId: id, path: 'One' }],
          [{ type: 'mailboxRenamed', mailboxId: id, path: 'Two' }],
          [{ type: 'mailboxChanged', mailboxId: id }],
          [{ type: 'mailboxDeleted', mailboxId: id, path: 'Two' }],
        ],
      );
    });

    suite.test('a deleted mailbox with messages tells of them too, or of itself alone', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}]);
      const before = await t.modSeq(account);
      await t.engine.write(account, (tx) => tx.deleteMailbox(inbox.id));
      const [change] = await t.engine.read(account, (tx) => tx.changes(before, 10));
      assert.ok(change?.items.some((item) => item.type === 'mailboxDeleted' && item.path === 'INBOX'));
      for (const item of change?.items ?? []) {
        if (item.type === 'expunged') assert.equal(item.uids.toString(), '1:2');
        else assert.equal(item.type, 'mailboxDeleted');
      }
    });

    suite.test('nothing is found in a mailbox that is not there', async (t) => {
      const { account } = await t.inbox();
      const [uids, flags, found, keywords] = await t.engine.read(
        account,
        async (tx) =>
          [
            await tx.uids(99_999),
            await tx.flags(99_999),
            await tx.fetch(99_999, ALL, { limit: 10 }),
            await tx.keywords(99_999),
          ] as const,
      );
      assert.deepEqual([uids.length, flags.uids.length, found, keywords], [0, 0, [], []]);
    });
  });
}
