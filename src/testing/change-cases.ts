/** Cases of what readers catch up by: changedSince, vanished, the change feed, its expiry, and subscriptions. */

import assert from 'node:assert/strict';
import { parseFlags } from '../model/flags.ts';
import { UidSet } from '../model/uid-set.ts';
import { ALL, eventually, rejects, type Suite } from './suite.ts';

/** Registers the cases. */
export function changeCases(suite: Suite): void {
  suite.group('changes', () => {
    suite.test('changedSince names what is newer, and not what is gone', async (t) => {
      const { account, inbox } = await t.inbox();
      const start = await t.modSeq(account);
      await t.add(account, inbox.id, [{}, {}, {}, {}]);
      const added = await t.modSeq(account);
      const flags = parseFlags(['\\Seen']);
      await t.engine.write(account, (tx) => tx.setFlags(inbox.id, UidSet.of(2, 3), { mode: 'add', flags }));
      const flagged = await t.modSeq(account);
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(3)));
      const changed = (since: number) => t.engine.read(account, (tx) => tx.changedSince(inbox.id, since));
      assert.deepEqual([...(await changed(start))], [1, 2, 4]);
      assert.deepEqual([...(await changed(added))], [2]);
      assert.deepEqual([...(await changed(flagged))], []);
      assert.deepEqual([...(await changed(0))], [1, 2, 4]);
      assert.deepEqual([...(await changed(flagged + 1000))], []);
    });

    suite.test('changedSince is right after a thousand transactions, and after expiry', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 50 }, () => ({})),
      );
      const start = await t.modSeq(account);
      for (let round = 0; round < 1000; round++) {
        const mailbox = round % 50 === 0 ? inbox : other;
        if (mailbox === other) await t.engine.write(account, (tx) => tx.setSubscribed('x', round % 2 === 0));
        else
          await t.engine.write(account, (tx) =>
            tx.setFlags(inbox.id, UidSet.of(round / 50 + 1), { mode: 'add', flags: parseFlags(['k']) }),
          );
      }
      const wanted = Array.from({ length: 20 }, (_, index) => index + 1);
      assert.deepEqual([...(await t.engine.read(account, (tx) => tx.changedSince(inbox.id, start)))], wanted);
      const now = await t.modSeq(account);
      await t.engine.write(account, (tx) => tx.expireChanges(now));
      assert.deepEqual([...(await t.engine.read(account, (tx) => tx.changedSince(inbox.id, start)))], wanted);
    });

    suite.test('vanished names what went after a position, from wherever', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 9 }, () => ({})),
      );
      const start = await t.modSeq(account);
      await t.engine.write(account, async (tx) => {
        await tx.expunge(inbox.id, UidSet.of(1));
        await tx.expunge(inbox.id, UidSet.of(5, 6));
      });
      const middle = await t.modSeq(account);
      await t.engine.write(account, (tx) => tx.move(inbox.id, UidSet.of(2, 9), other.id));
      const vanished = (mailbox: number, since: number) => t.engine.read(account, (tx) => tx.vanished(mailbox, since));
      assert.equal((await vanished(inbox.id, start))?.toString(), '1:2,5:6,9');
      assert.equal((await vanished(inbox.id, middle))?.toString(), '2,9');
      assert.equal((await vanished(inbox.id, await t.modSeq(account)))?.toString(), '');
      assert.equal((await vanished(other.id, start))?.toString(), '');
    });

    suite.test('the feed tells each transaction once, in order, in pages', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      const start = await t.modSeq(account);
      const began = Date.now();
      await t.add(account, inbox.id, [{}, {}]);
      await t.engine.write(account, (tx) => tx.setFlags(inbox.id, ALL, { mode: 'add', flags: parseFlags(['\\Seen']) }));
      await t.engine.write(account, async (tx) => {
        await tx.copy(inbox.id, UidSet.of(2), other.id, 'label');
        await tx.expunge(inbox.id, UidSet.of(1));
      });
      const changes = await t.engine.read(account, (tx) => tx.changes(start, 100));
      assert.deepEqual(
        changes.map(({ items }) => items),
        [
          [{ type: 'added', mailboxId: inbox.id, uids: UidSet.range(1, 2) }],
          [{ type: 'flags', mailboxId: inbox.id, uids: UidSet.range(1, 2) }],
          [
            { type: 'added', mailboxId: other.id, uids: UidSet.of(1) },
            { type: 'expunged', mailboxId: inbox.id, uids: UidSet.of(1) },
          ],
        ],
      );
      const modSeqs = changes.map((change) => change.modSeq);
      assert.deepEqual(modSeqs, [start + 1, start + 2, start + 3]);
      for (const change of changes) assert.ok(change.time >= began - 1000 && change.time <= Date.now() + 1000);
      const second = await t.engine.read(account, (tx) => tx.changes(start + 1, 1));
      assert.deepEqual(second, [changes[1]]);
    });

    suite.test('the feed also tells what a transaction adds to it', async (t) => {
      const { account, inbox } = await t.inbox();
      const start = await t.modSeq(account);
      await t.engine.write(account, async (tx) => tx.record({ type: 'mailboxChanged', mailboxId: inbox.id }));
      const [change] = await t.engine.read(account, (tx) => tx.changes(start, 10));
      assert.deepEqual(change?.items, [{ type: 'mailboxChanged', mailboxId: inbox.id }]);
    });

    suite.test('after expiry the past cannot be told, and says so', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}, {}]);
      const old = await t.modSeq(account);
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(1)));
      const upTo = await t.modSeq(account);
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, UidSet.of(2)));
      const before = await t.engine.read(account, (tx) => tx.state());
      assert.ok(before.changesExpired < old);
      await t.engine.write(account, (tx) => tx.expireChanges(upTo));
      const state = await t.engine.read(account, (tx) => tx.state());
      assert.equal(state.changesExpired, upTo);
      assert.equal(await t.engine.read(account, (tx) => tx.vanished(inbox.id, old)), null);
      assert.equal((await t.engine.read(account, (tx) => tx.vanished(inbox.id, upTo)))?.toString(), '2');
      const left = await t.engine.read(account, (tx) => tx.changes(0, 100));
      assert.ok(left.every((change) => change.modSeq > upTo) && left.length > 0);
      await t.engine.write(account, (tx) => tx.expireChanges(1));
      assert.equal((await t.engine.read(account, (tx) => tx.state())).changesExpired, upTo, 'never goes back');
    });

    suite.test('a subscriber hears of each change, and of none after it has ended', async (t) => {
      const { account, inbox } = await t.inbox();
      const heard: number[] = [];
      const end = t.engine.subscribe(account, (modSeq) => heard.push(modSeq));
      await t.add(account, inbox.id, [{}]);
      const first = await t.modSeq(account);
      await eventually(() => heard.includes(first));
      await t.add(account, inbox.id, [{}]);
      const second = await t.modSeq(account);
      await eventually(() => heard.includes(second));
      end();
      end();
      const count = heard.length;
      await t.add(account, inbox.id, [{}]);
      await new Promise((resolve) => setTimeout(resolve, 250));
      assert.equal(heard.length, count);
    });

    suite.test('a subscriber of one account does not hear of another', async (t) => {
      const { account } = await t.inbox();
      const other = await t.inbox();
      const heard: number[] = [];
      await t.engine.read(account, (tx) => tx.state());
      const end = t.engine.subscribe(account, (modSeq) => heard.push(modSeq));
      await new Promise((resolve) => setTimeout(resolve, 250));
      const before = heard.length;
      await t.add(other.account, other.inbox.id, [{}]);
      await new Promise((resolve) => setTimeout(resolve, 250));
      end();
      assert.equal(heard.length, before);
    });

    suite.test(
      'a subscriber hears what another process did',
      async (t) => {
        const { account, inbox } = await t.inbox();
        const other = await t.reopen();
        const heard: number[] = [];
        const end = t.engine.subscribe(account, (modSeq) => heard.push(modSeq));
        await other.write(account, (tx) => tx.add(inbox.id, [t.message()]));
        const modSeq = await t.modSeq(account, other);
        await eventually(() => heard.includes(modSeq));
        end();
      },
      'processes',
    );

    suite.test('a subscriber to nobody hears nothing and harms nothing', async (t) => {
      const end = t.engine.subscribe('nobody', () => assert.fail('called'));
      await rejects(
        t.engine.read('nobody', (tx) => tx.state()),
        'ACCOUNT_NOT_FOUND',
      );
      end();
    });
  });
}
