/** Cases of adding and fetching messages. */

import assert from 'node:assert/strict';
import type { StoredContent } from '../engine/engine.ts';
import { UidSet } from '../model/uid-set.ts';
import { ALL, type Suite } from './suite.ts';

const FIELDS = { envelope: true, bodyStructure: true, header: true, body: true, tree: true, preview: true } as const;

/** Registers the cases. */
export function addCases(suite: Suite): void {
  suite.group('add', () => {
    suite.test('gives UIDs from 1 up, in order, and one modSeq to all', async (t) => {
      const { account, inbox } = await t.inbox();
      const before = await t.modSeq(account);
      const first = await t.add(account, inbox.id, [{}, {}, {}]);
      const second = await t.add(account, inbox.id, [{}]);
      assert.deepEqual(
        [...first, ...second].map((added) => added.uid),
        [1, 2, 3, 4],
      );
      assert.equal(new Set([...first, ...second].map((added) => added.emailId)).size, 4);
      const modSeqs = (await t.all(account, inbox.id)).map((record) => record.modSeq);
      assert.deepEqual(modSeqs, [before + 1, before + 1, before + 1, before + 2]);
      assert.equal(await t.modSeq(account), before + 2);
    });

    suite.test('of nothing changes nothing', async (t) => {
      const { account, inbox } = await t.inbox();
      const before = await t.modSeq(account);
      assert.deepEqual(await t.add(account, inbox.id, []), []);
      assert.equal(await t.modSeq(account), before);
    });

    suite.test('counts messages, unseen, deleted and octets', async (t) => {
      const { account, inbox } = await t.inbox();
      const messages = [{ flags: ['\\Seen'] }, {}, { flags: ['\\Deleted', 'Word'] }].map((made) => t.message(made));
      await t.engine.write(account, (tx) => tx.add(inbox.id, messages));
      const octets = messages.reduce((sum, message) => sum + message.content.size, 0);
      const mailbox = await t.current(account, inbox.id);
      assert.deepEqual([mailbox.messages, mailbox.unseen, mailbox.deleted, mailbox.octets], [3, 2, 1, octets]);
      assert.equal(mailbox.uidNext, 4);
      assert.equal(mailbox.highestModSeq, await t.modSeq(account));
      const state = await t.engine.read(account, (tx) => tx.state());
      assert.deepEqual([state.messages, state.octets], [3, octets]);
    });

    suite.test('is seen by its own transaction', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.engine.write(account, async (tx) => {
        await tx.add(inbox.id, [t.message()]);
        assert.equal((await tx.fetch(inbox.id, ALL, { limit: 10 })).length, 1);
        assert.equal((await tx.state()).messages, 1);
        assert.equal((await tx.state()).modSeq, tx.modSeq);
        assert.deepEqual([...(await tx.uids(inbox.id))], [1]);
      });
    });

    suite.test('takes 2,000 at once', async (t) => {
      const { account, inbox } = await t.inbox();
      const added = await t.add(
        account,
        inbox.id,
        Array.from({ length: 2000 }, () => ({})),
      );
      assert.deepEqual(
        added.map(({ uid }) => uid),
        Array.from({ length: 2000 }, (_, index) => index + 1),
      );
      assert.equal((await t.engine.read(account, (tx) => tx.uids(inbox.id))).length, 2000);
    });
  });

  suite.group('fetch', () => {
    suite.test('gives back every field as it came', async (t) => {
      const { account, inbox } = await t.inbox();
      const message = t.message({
        body: 'Grüße, 世界 \u0000 and the rest',
        flags: ['\\Seen', '\\Answered', '$Forwarded'],
        blobs: [
          { name: 'one', size: 100, length: 137 },
          { name: 'two', size: 5 },
        ],
        internalDate: 1_600_000_000_123,
        threadId: 5,
      });
      const started = Date.now();
      await t.engine.write(account, async (tx) => {
        const threadId = await tx.newThread();
        await tx.add(inbox.id, [{ ...message, threadId }]);
      });
      const [record] = await t.all(account, inbox.id, FIELDS);
      const { content } = message;
      assert.ok(record?.body);
      assert.deepEqual(Buffer.from(record.body.header), Buffer.from(content.header));
      assert.deepEqual(Buffer.from(record.body.text), Buffer.from(content.text));
      assert.deepEqual(record.body.segments, content.segments);
      assert.equal(record.body.size, content.size);
      assert.deepEqual(Buffer.from(record.header ?? []), Buffer.from(content.header));
      assert.deepEqual(record.tree, content.tree);
      assert.equal(record.envelope, content.envelope);
      assert.equal(record.bodyStructure, content.bodyStructure);
      assert.equal(record.preview, content.summary.preview);
      assert.deepEqual([record.mask, record.keywords, record.size], [3, '$Forwarded', content.size]);
      assert.equal(record.internalDate, 1_600_000_000_123);
      assert.ok(record.saveDate >= started - 1000 && record.saveDate <= Date.now() + 1000);
    });

    suite.test('brings only what was asked for', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}]);
      for (const field of ['envelope', 'bodyStructure', 'header', 'preview', 'tree'] as const) {
        const [record] = await t.all(account, inbox.id, { [field]: true });
        const there = Object.keys(FIELDS).filter((name) => record?.[name as keyof typeof FIELDS] !== undefined);
        assert.deepEqual(there, [field]);
      }
      const [bare] = await t.all(account, inbox.id);
      assert.deepEqual(
        Object.keys(FIELDS).filter((name) => name in (bare ?? {})),
        [],
      );
      const [whole] = await t.all(account, inbox.id, { body: true });
      assert.ok(whole?.body && whole.tree, 'octets come with the tree that names their parts');
    });

    suite.test('keeps long and short texts, and those that compress badly', async (t) => {
      const { account, inbox } = await t.inbox();
      const noise = Array.from({ length: 3000 }, (_, index) => ((index * 2_654_435_761) >>> 0).toString(36)).join('');
      const bodies = ['', 'x', 'long line '.repeat(10_000), noise];
      await t.add(
        account,
        inbox.id,
        bodies.map((body) => ({ body })),
      );
      const records = await t.all(account, inbox.id, { body: true });
      assert.deepEqual(
        records.map(({ body }) => Buffer.from(body?.text ?? []).toString()),
        bodies.map((body) => `${body}\r\n`),
      );
    });

    suite.test('leaves out what is not there, and keeps to ascending UIDs', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 10 }, () => ({})),
      );
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(3, 7)));
      const wanted = UidSet.parse('2:4,7,9:20,4000000000');
      const found = await t.engine.read(account, (tx) => tx.fetch(inbox.id, wanted, { limit: 100, envelope: true }));
      assert.deepEqual(
        found.map((record) => record.uid),
        [2, 4, 9, 10],
      );
      assert.deepEqual(await t.engine.read(account, (tx) => tx.fetch(inbox.id, UidSet.empty, { limit: 100 })), []);
    });

    suite.test('stops at its limits and can be continued', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 30 }, () => ({ body: 'x'.repeat(1000) })),
      );
      const seven = await t.engine.read(account, (tx) => tx.fetch(inbox.id, UidSet.parse('1:5,8:30'), { limit: 7 }));
      assert.deepEqual(
        seven.map((record) => record.uid),
        [1, 2, 3, 4, 5, 8, 9],
      );
      const one = await t.engine.read(account, (tx) =>
        tx.fetch(inbox.id, ALL, { limit: 100, body: true, bodyLimit: 1 }),
      );
      assert.deepEqual(
        one.map((record) => record.uid),
        [1],
      );
      const few = await t.engine.read(account, (tx) =>
        tx.fetch(inbox.id, ALL, { limit: 100, body: true, bodyLimit: 5000 }),
      );
      assert.ok(few.length >= 2 && few.length <= 10, `${few.length} messages of 1,000 octets under a limit of 5,000`);
    });

    suite.test('reads flags as columns', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{ flags: ['\\Seen'] }, { flags: ['a', 'B'] }, {}, { flags: ['\\Deleted', 'a'] }]);
      const modSeq = await t.modSeq(account);
      const all = await t.engine.read(account, (tx) => tx.flags(inbox.id));
      assert.deepEqual(
        [[...all.uids], [...all.masks], [...all.modSeqs]],
        [[1, 2, 3, 4], [1, 0, 0, 16], Array(4).fill(modSeq)],
      );
      assert.deepEqual(
        [...all.keywords],
        [
          [2, 'a B'],
          [4, 'a'],
        ],
      );
      const some = await t.engine.read(account, (tx) => tx.flags(inbox.id, UidSet.parse('2,4:9')));
      assert.deepEqual(
        [[...some.uids], [...some.masks], [...some.keywords]],
        [
          [2, 4],
          [0, 16],
          [
            [2, 'a B'],
            [4, 'a'],
          ],
        ],
      );
      assert.deepEqual(await t.engine.read(account, (tx) => tx.keywords(inbox.id)), ['B', 'a']);
    });

    suite.test('gives contents for re-hashing, in pages', async (t) => {
      const { account, inbox } = await t.inbox();
      const messages = Array.from({ length: 45 }, () => t.message({ body: 'some text\n'.repeat(600) }));
      await t.engine.write(account, (tx) => tx.add(inbox.id, messages));
      const digests: string[] = [];
      for (let after: number | null = null; ; ) {
        const position: number | null = after;
        const page: StoredContent[] = await t.engine.read(account, (tx) => tx.contents(position, 20));
        if (page.length === 0) break;
        assert.ok(page.length <= 20);
        for (const content of page) {
          digests.push(content.digest);
          assert.equal(content.body.size, messages[digests.length - 1]?.content.size);
          assert.equal(content.tree.type, 'text');
        }
        after = page.at(-1)?.contentId ?? null;
      }
      assert.deepEqual(
        digests,
        messages.map((message) => message.content.digest),
      );
    });
  });
}
