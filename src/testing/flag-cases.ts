/** Cases of changing flags: modes, keywords, conditions, and messages in several mailboxes. */

import assert from 'node:assert/strict';
import type { FlagMode } from '../model/flags.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId, MailboxId, ModSeq } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { ALL, rejects, type Suite, type SuiteContext } from './suite.ts';

/** Registers the cases. */
export function flagCases(suite: Suite): void {
  suite.group('setFlags', () => {
    suite.test('adds, removes and replaces', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{ flags: ['\\Seen', 'a'] }]);
      const steps: [FlagMode, string[], string][] = [
        ['add', ['\\Flagged', 'b'], '5 a b'],
        ['add', ['\\Flagged', 'A'], '5 a b'],
        ['remove', ['\\Seen', 'B', 'never'], '4 a'],
        ['replace', ['\\Draft', 'c'], '8 c'],
        ['replace', ['\\Draft'], '8 '],
        ['remove', ['\\Draft'], '0 '],
        ['add', ['Zeta', 'alpha', '\\Answered'], '2 alpha Zeta'],
        ['replace', [], '0 '],
      ];
      for (const [mode, flags, wanted] of steps) {
        await change(t, account, inbox.id, '1', mode, flags);
        const [record] = await t.all(account, inbox.id);
        assert.equal(`${record?.mask} ${record?.keywords}`, wanted, `after ${mode} ${flags}`);
      }
    });

    suite.test('answers with what differs, and stamps nothing else', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{ flags: ['\\Seen'] }, {}, {}, { flags: ['\\Seen', 'x'] }]);
      const before = await t.modSeq(account);
      const result = await change(t, account, inbox.id, '1:3,9', 'add', ['\\Seen']);
      const modSeq = before + 1;
      assert.deepEqual(
        result.changed,
        [2, 3].map((uid) => ({ uid, modSeq, mask: 1, keywords: '' })),
      );
      assert.ok(result.modified.isEmpty);
      assert.deepEqual(
        (await t.all(account, inbox.id)).map((record) => record.modSeq),
        [before, modSeq, modSeq, before],
      );
      const { items } = (await t.engine.read(account, (tx) => tx.changes(before, 10)))[0] ?? { items: [] };
      assert.deepEqual(items, [{ type: 'flags', mailboxId: inbox.id, uids: UidSet.range(2, 3) }]);
    });

    suite.test('that changes nothing raises no counter', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{ flags: ['\\Seen', 'Word'] }]);
      const before = await t.current(account, inbox.id);
      const modSeq = await t.modSeq(account);
      for (const [mode, flags] of [
        ['add', ['\\Seen', 'word']],
        ['remove', ['\\Draft']],
        ['replace', ['Word', '\\Seen']],
      ] as const) {
        assert.deepEqual((await change(t, account, inbox.id, '1:*', mode, flags)).changed, [], mode);
      }
      assert.deepEqual(await t.current(account, inbox.id), before);
      assert.equal(await t.modSeq(account), modSeq);
    });

    suite.test('keeps the counters of unseen and deleted', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 10 }, (_, index) => ({ flags: index < 4 ? ['\\Seen'] : [] })),
      );
      const steps: [string, FlagMode, string[], number, number][] = [
        ['1:6', 'add', ['\\Seen', '\\Deleted'], 4, 6],
        ['6:8', 'remove', ['\\Seen', '\\Deleted'], 5, 5],
        ['1:10', 'replace', ['\\Deleted'], 10, 10],
        ['2', 'replace', ['\\Seen', 'k'], 9, 9],
      ];
      for (const [uids, mode, flags, unseen, deleted] of steps) {
        await change(t, account, inbox.id, uids, mode, flags);
        const mailbox = await t.current(account, inbox.id);
        assert.deepEqual([mailbox.unseen, mailbox.deleted, mailbox.messages], [unseen, deleted, 10]);
      }
    });

    suite.test('leaves alone what changed after unchangedSince', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{}, {}, {}]);
      const since = await t.modSeq(account);
      await change(t, account, inbox.id, '2', 'add', ['\\Flagged']);
      const result = await change(t, account, inbox.id, '1:3', 'add', ['\\Seen'], since);
      assert.deepEqual(
        result.changed.map((item) => item.uid),
        [1, 3],
      );
      assert.equal(result.modified.toString(), '2');
      const none = await change(t, account, inbox.id, '1:3', 'add', ['\\Draft'], 0);
      assert.deepEqual([none.changed, none.modified.toString()], [[], '1:3']);
    });

    suite.test('works on scattered UIDs and on 2,000 at once', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 2000 }, (_, index) => ({ flags: index % 3 ? [] : ['x'] })),
      );
      const odd = UidSet.from(Array.from({ length: 1000 }, (_, index) => 2 * index + 1));
      const flags = parseFlags(['\\Seen', 'k']);
      const result = await t.engine.write(account, (tx) => tx.setFlags(inbox.id, odd, { mode: 'add', flags }));
      assert.equal(result.changed.length, 1000);
      const columns = await t.engine.read(account, (tx) => tx.flags(inbox.id));
      for (const [index, uid] of columns.uids.entries()) {
        const words = [...(uid % 2 ? ['k'] : []), ...((uid - 1) % 3 ? [] : ['x'])].join(' ');
        assert.equal(columns.masks[index], uid % 2);
        assert.equal(columns.keywords.get(uid) ?? '', words);
      }
    });

    suite.test('refuses more keywords than a message can have, and then changes nothing', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [{ flags: Array.from({ length: 199 }, (_, index) => `k${index}`) }, {}]);
      const before = await t.modSeq(account);
      await rejects(change(t, account, inbox.id, '1:2', 'add', ['more', 'evenMore']), 'FLAG_LIMIT');
      assert.equal(await t.modSeq(account), before);
      assert.equal((await t.all(account, inbox.id))[1]?.keywords, '');
    });

    suite.test('shows in every mailbox of a message, \\Deleted only in its own', async (t) => {
      const { account, inbox } = await t.inbox();
      const label = await t.mailbox(account, 'Label');
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{}, {}]);
      await t.engine.write(account, async (tx) => {
        await tx.copy(inbox.id, ALL, label.id, 'label');
        await tx.copy(label.id, UidSet.of(1), other.id, 'label');
      });
      const before = await t.modSeq(account);
      await change(t, account, label.id, '1', 'add', ['\\Seen', '\\Deleted', 'Word']);
      const masks = async (): Promise<string[]> => {
        const found: string[] = [];
        for (const { id } of [inbox, label, other]) {
          for (const record of await t.all(account, id)) found.push(`${record.mask} ${record.keywords}`.trim());
        }
        return found;
      };
      assert.deepEqual(await masks(), ['1 Word', '0', '17 Word', '0', '1 Word']);
      assert.deepEqual([...(await t.engine.read(account, (tx) => tx.changedSince(inbox.id, before)))], [1]);
      assert.equal((await t.current(account, inbox.id)).unseen, 1);
      assert.equal((await t.current(account, inbox.id)).highestModSeq, before + 1);
      const [changes] = await t.engine.read(account, (tx) => tx.changes(before, 10));
      assert.deepEqual(
        new Set(changes?.items.map((item) => 'mailboxId' in item && item.mailboxId)),
        new Set([inbox.id, label.id, other.id]),
      );
      await change(t, account, inbox.id, '1', 'replace', ['\\Draft']);
      assert.deepEqual(await masks(), ['8', '0', '24', '0', '8']);
    });

    suite.test('of a separate copy are its own', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      await t.add(account, inbox.id, [{ flags: ['a'] }]);
      await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, other.id, 'separate'));
      await change(t, account, inbox.id, '1', 'replace', ['\\Seen']);
      const [copy] = await t.all(account, other.id);
      assert.deepEqual([copy?.mask, copy?.keywords], [0, 'a']);
    });
  });
}

function change(
  t: SuiteContext,
  account: AccountId,
  mailbox: MailboxId,
  uids: string,
  mode: FlagMode,
  flags: readonly string[],
  unchangedSince?: ModSeq,
) {
  const set = uids === '1:*' ? ALL : UidSet.parse(uids);
  const change = { mode, flags: parseFlags(flags), ...(unchangedSince !== undefined && { unchangedSince }) };
  return t.engine.write(account, (tx) => tx.setFlags(mailbox, set, change));
}
