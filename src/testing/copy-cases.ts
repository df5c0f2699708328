/** Cases of copying, moving and expunging. */

import assert from 'node:assert/strict';
import { UidSet } from '../model/uid-set.ts';
import { ALL, type Suite } from './suite.ts';

/** Registers the cases. */
export function copyCases(suite: Suite): void {
  suite.group('copy', () => {
    suite.test('as a label gives the same message another place', async (t) => {
      const { account, inbox } = await t.inbox();
      const label = await t.mailbox(account, 'Label');
      await t.add(account, label.id, [{}]);
      await t.add(account, inbox.id, [{ flags: ['\\Seen', 'k'] }, {}, { flags: ['\\Deleted'] }]);
      const before = await t.modSeq(account);
      const copied = await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('1,3,7'), label.id, 'label'));
      assert.deepEqual(copied, [
        { from: 1, to: 2 },
        { from: 3, to: 3 },
      ]);
      const source = await t.all(account, inbox.id);
      const target = await t.all(account, label.id);
      for (const [from, to] of [
        [0, 1],
        [2, 2],
      ] as const) {
        assert.deepEqual(
          { ...target[to], uid: 0, modSeq: 0, saveDate: 0 },
          { ...source[from], uid: 0, modSeq: 0, saveDate: 0 },
        );
        assert.equal(target[to]?.modSeq, before + 1);
      }
      assert.deepEqual(
        source.map((record) => record.modSeq),
        [before, before, before],
      );
      const state = await t.engine.read(account, (tx) => tx.state());
      assert.equal(state.messages, 6);
      assert.equal(
        state.octets,
        [...source, ...target].reduce((sum, record) => sum + record.size, 0),
      );
    });

    suite.test('as a label of a message that is there already makes a new message', async (t) => {
      const { account, inbox } = await t.inbox();
      const label = await t.mailbox(account, 'Label');
      await t.add(account, inbox.id, [{}]);
      for (let round = 1; round <= 2; round++) {
        const copied = await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, label.id, 'label'));
        assert.deepEqual(copied, [{ from: 1, to: round }]);
      }
      const [original] = await t.all(account, inbox.id);
      const [first, second] = await t.all(account, label.id);
      assert.equal(first?.emailId, original?.emailId);
      assert.notEqual(second?.emailId, original?.emailId);
      assert.equal(second?.contentId, original?.contentId);
    });

    suite.test('as a label tells where else a message is', async (t) => {
      const { account, inbox } = await t.inbox();
      const [a, b] = [await t.mailbox(account, 'A'), await t.mailbox(account, 'B')];
      const places = (mailboxId: number, uids: UidSet) =>
        t.engine.read(account, (tx) => tx.otherPlaces(mailboxId, uids));
      await t.add(account, inbox.id, [{}, {}, {}]);
      assert.deepEqual(await places(inbox.id, ALL), []);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('2:3'), a.id, 'label'));
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('1,3'), b.id, 'label'));
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.parse('1'), a.id, 'separate'));
      assert.deepEqual(await places(inbox.id, ALL), [
        { uid: 1, mailboxId: b.id, at: 1 },
        { uid: 2, mailboxId: a.id, at: 1 },
        { uid: 3, mailboxId: a.id, at: 2 },
        { uid: 3, mailboxId: b.id, at: 2 },
      ]);
      assert.deepEqual(await places(inbox.id, UidSet.parse('1:2')), [
        { uid: 1, mailboxId: b.id, at: 1 },
        { uid: 2, mailboxId: a.id, at: 1 },
      ]);
      assert.deepEqual(await places(a.id, ALL), [
        { uid: 1, mailboxId: inbox.id, at: 2 },
        { uid: 2, mailboxId: inbox.id, at: 3 },
        { uid: 2, mailboxId: b.id, at: 2 },
      ]);
      await t.engine.write(account, (tx) => tx.expunge(b.id, UidSet.of(2)));
      assert.deepEqual(await places(inbox.id, UidSet.of(3)), [{ uid: 3, mailboxId: a.id, at: 2 }]);
    });

    suite.test('into its own mailbox makes new messages with UIDs above', async (t) => {
      for (const mode of ['label', 'separate'] as const) {
        const { account, inbox } = await t.inbox();
        await t.add(account, inbox.id, [{ flags: ['k'] }, {}]);
        const copied = await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, inbox.id, mode));
        assert.deepEqual(copied, [
          { from: 1, to: 3 },
          { from: 2, to: 4 },
        ]);
        const records = await t.all(account, inbox.id);
        assert.equal(new Set(records.map((record) => record.emailId)).size, 4);
        assert.deepEqual(
          records.map((record) => record.keywords),
          ['k', '', 'k', ''],
        );
        assert.equal(records[0]?.contentId, records[2]?.contentId);
      }
    });

    suite.test('separate shares the content and nothing else', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{ blobs: [{ name: 'file', size: 9 }] }]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, other.id, 'separate'));
      const [from] = await t.all(account, inbox.id);
      const [to] = await t.all(account, other.id);
      assert.notEqual(to?.emailId, from?.emailId);
      assert.equal(to?.contentId, from?.contentId);
      assert.equal(to?.threadId, from?.threadId);
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, ALL));
      assert.equal((await t.all(account, other.id, { body: true }))[0]?.body?.segments.length, 2);
      assert.equal((await t.engine.read(account, (tx) => tx.blobReferences(null, 10))).length, 1);
    });

    suite.test('of nothing changes nothing', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{}]);
      const before = await t.modSeq(account);
      for (const set of [UidSet.empty, UidSet.of(2, 77)]) {
        assert.deepEqual(await t.engine.write(account, (tx) => tx.copy(inbox.id, set, other.id, 'label')), []);
        assert.deepEqual(await t.engine.write(account, (tx) => tx.move(inbox.id, set, other.id)), []);
      }
      assert.equal(await t.modSeq(account), before);
      assert.equal((await t.current(account, other.id)).uidNext, 1);
    });
  });

  suite.group('move', () => {
    suite.test('keeps the message, its flags and dates', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{ flags: ['\\Flagged', 'k'] }, {}, {}]);
      const before = await t.all(account, inbox.id);
      const since = await t.modSeq(account);
      const moved = await t.engine.write(account, (tx) => tx.move(inbox.id, UidSet.parse('1,3'), other.id));
      assert.deepEqual(moved, [
        { from: 1, to: 1 },
        { from: 3, to: 2 },
      ]);
      assert.deepEqual(
        (await t.all(account, inbox.id)).map((record) => record.uid),
        [2],
      );
      const [first] = await t.all(account, other.id);
      assert.deepEqual({ ...first, modSeq: 0, saveDate: 0 }, { ...before[0], modSeq: 0, saveDate: 0 });
      assert.equal((await t.engine.read(account, (tx) => tx.vanished(inbox.id, since)))?.toString(), '1,3');
      const state = await t.engine.read(account, (tx) => tx.state());
      assert.deepEqual([state.messages, state.modSeq], [3, since + 1]);
    });

    suite.test('within a mailbox gives new UIDs to the same messages', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}]);
      const before = await t.all(account, inbox.id);
      assert.deepEqual(await t.engine.write(account, (tx) => tx.move(inbox.id, UidSet.of(1), inbox.id)), [
        { from: 1, to: 3 },
      ]);
      const after = await t.all(account, inbox.id);
      assert.deepEqual(
        after.map((record) => record.uid),
        [2, 3],
      );
      assert.equal(after[1]?.emailId, before[0]?.emailId);
    });

    suite.test('out of one label leaves the others', async (t) => {
      const { account, inbox } = await t.inbox();
      const [one, two] = [await t.mailbox(account, 'One'), await t.mailbox(account, 'Two')];
      await t.add(account, inbox.id, [{}]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, one.id, 'label'));
      await t.engine.write(account, (tx) => tx.move(one.id, ALL, two.id));
      const [from] = await t.all(account, inbox.id);
      assert.equal((await t.all(account, one.id)).length, 0);
      assert.equal((await t.all(account, two.id))[0]?.emailId, from?.emailId);
    });

    suite.test('to where a copy is already keeps both', async (t) => {
      const { account, inbox } = await t.inbox();
      const label = await t.mailbox(account, 'Label');
      await t.add(account, inbox.id, [{}]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, label.id, 'label'));
      assert.deepEqual(await t.engine.write(account, (tx) => tx.move(inbox.id, ALL, label.id)), [{ from: 1, to: 2 }]);
      const records = await t.all(account, label.id);
      assert.equal(new Set(records.map((record) => record.emailId)).size, 2);
    });
  });

  suite.group('expunge', () => {
    suite.test('removes what is there, and tells what it was', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{ flags: ['\\Seen'] }, {}, { flags: ['\\Deleted'] }, {}, {}]);
      const gone = await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.parse('2:3,5:9')));
      assert.equal(gone.toString(), '2:3,5');
      const mailbox = await t.current(account, inbox.id);
      assert.deepEqual([mailbox.messages, mailbox.unseen, mailbox.deleted, mailbox.uidNext], [2, 1, 0, 6]);
      assert.deepEqual([...(await t.engine.read(account, (tx) => tx.uids(inbox.id)))], [1, 4]);
    });

    suite.test('of what is not there changes nothing', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}]);
      const before = await t.modSeq(account);
      assert.ok((await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(2, 3)))).isEmpty);
      assert.equal(await t.modSeq(account), before);
    });

    suite.test('never lets a UID be given again', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}, {}]);
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, ALL));
      assert.deepEqual(
        (await t.add(account, inbox.id, [{}])).map((added) => added.uid),
        [4],
      );
    });

    suite.test('of one place of a message leaves the others whole', async (t) => {
      const { account, inbox } = await t.inbox();
      const label = await t.mailbox(account, 'Label');
      await t.add(account, inbox.id, [{ body: 'findme', blobs: [{ name: 'x', size: 3 }] }]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, label.id, 'label'));
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, ALL));
      const [left] = await t.all(account, label.id, { body: true });
      assert.equal(Buffer.from(left?.body?.text ?? []).toString(), 'findme\r\n');
      const query = { key: 'body', text: 'findme' } as const;
      assert.deepEqual([...(await t.engine.read(account, (tx) => tx.search(label.id, query)))], [1]);
      assert.equal((await t.engine.read(account, (tx) => tx.blobReferences(null, 10))).length, 1);
      await t.engine.write(account, (tx) => tx.expunge(label.id, ALL));
      assert.equal((await t.engine.read(account, (tx) => tx.blobReferences(null, 10))).length, 0);
      assert.equal((await t.engine.read(account, (tx) => tx.contents(null, 10))).length, 0);
    });

    suite.test('takes 2,000 at once', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 2000 }, () => ({})),
      );
      const odd = UidSet.from(Array.from({ length: 1000 }, (_, index) => 2 * index + 1));
      assert.equal((await t.engine.write(account, (tx) => tx.expunge(inbox.id, odd))).size, 1000);
      assert.equal((await t.engine.read(account, (tx) => tx.uids(inbox.id))).length, 1000);
    });
  });
}
