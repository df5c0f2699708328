/** Cases of threads: where their messages are. */

import assert from 'node:assert/strict';
import type { ThreadPlace } from '../engine/records.ts';
import type { AccountId, ThreadId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { Suite, SuiteContext } from './suite.ts';

/** Registers the cases. */
export function threadCases(suite: Suite): void {
  suite.group('threads', () => {
    suite.test('tell all places of their messages, in order', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      const [first, second, third] = await newThreads(t, account);
      await t.add(account, inbox.id, [
        { threadId: first },
        { threadId: second, flags: ['\\Draft'] },
        { threadId: first, flags: ['\\Seen'] },
      ]);
      await t.add(account, other.id, [{ threadId: second }, { threadId: third }]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, UidSet.of(3), other.id, 'label'));
      const places = (...ids: number[]): Promise<ThreadPlace[]> => t.engine.read(account, (tx) => tx.threadPlaces(ids));
      const told = async (...ids: number[]): Promise<number[][]> =>
        (await places(...ids)).map(({ threadId, mailboxId, uid, mask }) => [threadId, mailboxId, uid, mask]);
      assert.deepEqual(await told(second, first, second), [
        [first, inbox.id, 1, 0],
        [first, inbox.id, 3, 1],
        [first, other.id, 3, 1],
        [second, inbox.id, 2, 8],
        [second, other.id, 1, 0],
      ]);
      const [, original, label] = await places(first);
      assert.equal(original?.emailId, label?.emailId);
      assert.deepEqual(await told(), []);
      assert.deepEqual(await told(third + 4_000), []);
      await t.engine.write(account, async (tx) => {
        await tx.expunge(inbox.id, UidSet.of(1));
        // What the transaction did, it sees.
        assert.equal((await tx.threadPlaces([first])).length, 2);
      });
      assert.equal((await told(first)).length, 2);
    });

    suite.test('are counted, all and those with unseen messages', async (t) => {
      const { account, inbox } = await t.inbox();
      const counts = (): Promise<number[]> =>
        t.engine.read(account, async (tx) => [
          await tx.countThreads(inbox.id),
          await tx.countThreads(inbox.id, { unseen: true }),
        ]);
      assert.deepEqual(await counts(), [0, 0]);
      const [first, second, third] = await newThreads(t, account);
      await t.add(account, inbox.id, [
        { threadId: first },
        { threadId: second, flags: ['\\Seen'] },
        { threadId: first, flags: ['\\Seen'] },
        { threadId: third },
      ]);
      assert.deepEqual(await counts(), [3, 2]);
      await t.engine.write(account, async (tx) => {
        await tx.expunge(inbox.id, UidSet.of(4));
        assert.equal(await tx.countThreads(inbox.id), 2);
      });
      assert.deepEqual(await counts(), [2, 1]);
    });
  });
}

/** Three threads, ascending. */
function newThreads(t: SuiteContext, account: AccountId): Promise<[ThreadId, ThreadId, ThreadId]> {
  return t.engine.write(account, async (tx) => [await tx.newThread(), await tx.newThread(), await tx.newThread()]);
}
