/** Cases of threads, of mentions of blobs, of usage, and of checking and repairing. */

import assert from 'node:assert/strict';
import type { BlobReference } from '../engine/records.ts';
import type { AccountId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { madeBlobId } from './make-content.ts';
import { ALL, type PlantedDamage, type Suite, type SuiteContext } from './suite.ts';

/** Registers the cases. */
export function referenceCases(suite: Suite): void {
  suite.group('threads', () => {
    suite.test('keys find the thread that they were bound to first', async (t) => {
      const { account } = await t.inbox();
      const [one, two] = await t.engine.write(account, async (tx) => {
        const ids = [await tx.newThread(), await tx.newThread()] as const;
        await tx.bindThread(ids[0], ['<a>', '<b>', 'x'.repeat(10_000)]);
        await tx.bindThread(ids[1], ['<b>', '<c>']);
        return ids;
      });
      assert.ok(two > one);
      const threads = (...keys: string[]) => t.engine.read(account, (tx) => tx.threads(keys));
      assert.deepEqual(await threads('<a>'), [one]);
      assert.deepEqual(await threads('<b>'), [one]);
      assert.deepEqual(await threads('<c>', '<b>', '<none>'), [one, two]);
      assert.deepEqual(await threads('x'.repeat(10_000)), [one]);
      assert.deepEqual(await threads('x'.repeat(9_999), '<A>', ''), []);
      assert.deepEqual(await threads(), []);
    });
  });

  suite.group('blobs', () => {
    suite.test('every mention is told, in order, in pages, until it is gone', async (t) => {
      const { account, inbox } = await t.inbox();
      const blobs = (index: number) => [
        { name: 'shared', size: 10, length: 14 },
        { name: `own${index}`, size: index, length: index + 2 },
      ];
      await t.add(
        account,
        inbox.id,
        Array.from({ length: 7 }, (_, index) => ({ blobs: blobs(index + 1) })),
      );
      await t.add(account, inbox.id, [{}]);
      const found: BlobReference[] = [];
      for (let after: number | null = null; ; ) {
        const position: number | null = after;
        const page: BlobReference[] = await t.engine.read(account, (tx) => tx.blobReferences(position, 3));
        if (page.length === 0) break;
        found.push(...page);
        after = page.at(-1)?.contentId ?? null;
      }
      assert.deepEqual(
        found.map(({ blobId, length, size }) => ({ blobId, length, size })),
        Array.from({ length: 7 }, (_, index) => blobs(index + 1))
          .flat()
          .map(({ name, size, length }) => ({ blobId: madeBlobId(name), length, size })),
      );
      const ids = found.map((reference) => reference.contentId);
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
      const asked = [madeBlobId('shared'), madeBlobId('own3'), madeBlobId('none')];
      const mentioned = () => t.engine.read(account, (tx) => tx.mentions(asked));
      assert.deepEqual(await mentioned(), new Set(asked.slice(0, 2)));
      if (t.engine.mentions) {
        const other = await t.inbox();
        await t.add(other.account, other.inbox.id, [{ blobs: [{ name: 'none', size: 1 }] }]);
        assert.deepEqual(await t.engine.mentions([...asked, madeBlobId('nobody')]), new Set(asked));
        await t.engine.write(other.account, (tx) => tx.expunge(other.inbox.id, ALL));
        assert.deepEqual(await t.engine.mentions(asked), new Set(asked.slice(0, 2)));
      }
      await t.engine.write(account, (tx) => tx.expunge(inbox.id, ALL));
      assert.deepEqual(await mentioned(), new Set());
    });

    suite.test('a message that mentions one blob twice mentions it twice', async (t) => {
      const { account, inbox } = await t.inbox();
      await t.add(account, inbox.id, [
        {
          blobs: [
            { name: 'same', size: 4 },
            { name: 'same', size: 4 },
          ],
        },
      ]);
      assert.equal((await t.engine.read(account, (tx) => tx.blobReferences(null, 10))).length, 2);
    });
  });

  suite.group('usage', () => {
    suite.test('tells text, metadata and search apart, and nothing of blobs', async (t) => {
      const { account, inbox } = await t.inbox();
      const before = await t.engine.read(account, (tx) => tx.usage());
      const noise = Array.from({ length: 20_000 }, (_, index) => ((index * 2_654_435_761) >>> 0).toString(36)).join(
        ' ',
      );
      await t.add(account, inbox.id, [{ body: noise, blobs: [{ name: 'big', size: 1e9 }] }]);
      await t.engine.read(account, (tx) => tx.search(inbox.id, { key: 'body', text: 'x' }));
      const usage = await t.engine.read(account, (tx) => tx.usage());
      const grown = usage.text - before.text;
      assert.ok(grown > noise.length / 10 && grown < noise.length * 1.2, `${grown} octets of text for ${noise.length}`);
      assert.ok(usage.search > before.search && usage.metadata > 0 && usage.free >= 0);
      assert.ok(usage.text + usage.metadata + usage.search + usage.free < 1e7);
    });
  });

  suite.group('check', () => {
    suite.test('finds nothing in a mailbox that was used hard', async (t) => {
      const { account, inbox } = await t.inbox();
      const other = await t.mailbox(account, 'Other');
      for (let round = 0; round < 5; round++) {
        await t.add(
          account,
          inbox.id,
          Array.from({ length: 10 }, (_, index) => ({ flags: index % 2 ? ['\\Seen'] : ['\\Deleted'] })),
        );
        await t.engine.write(account, (tx) => tx.copy(inbox.id, ALL, other.id, round % 2 ? 'label' : 'separate'));
        const deleted = await t.engine.read(account, (tx) => tx.search(inbox.id, { key: 'flag', mask: 16, set: true }));
        await t.engine.write(account, async (tx) => {
          for (const uid of deleted) await tx.expunge(inbox.id, UidSet.of(uid));
        });
      }
      assert.deepEqual(await t.engine.write(account, (tx) => tx.repair()), []);
      await t.assertClean();
    });

    for (const damage of ['mailboxCounter', 'accountCounter', 'nextId', 'uidNext'] as const) {
      suite.test(
        `finds and mends planted damage: ${damage}`,
        async (t) => {
          const { account, inbox } = await t.inbox();
          await t.add(account, inbox.id, [{}, {}, {}]);
          const before = await t.current(account, inbox.id);
          await plant(t, account, damage);
          const found = await t.engine.read(account, (tx) => tx.check());
          assert.ok(found.length > 0, 'the damage is found');
          for (const finding of found) assert.ok(finding.detail.length > 0);
          await t.engine.write(account, (tx) => tx.repair());
          await t.assertClean();
          const after = await t.current(account, inbox.id);
          assert.deepEqual({ ...after, highestModSeq: 0 }, { ...before, highestModSeq: 0 });
          assert.equal((await t.add(account, inbox.id, [{}]))[0]?.uid, 4);
        },
        'plant',
      );
    }

    suite.test(
      'finds a message that has lost its content, and says so again after a repair',
      async (t) => {
        const { account, inbox } = await t.inbox();
        await t.add(account, inbox.id, [{}, {}]);
        await plant(t, account, 'lostContent');
        for (let round = 0; round < 2; round++) {
          const found = await t.engine.read(account, (tx) => tx.check());
          assert.ok(
            found.some((finding) => finding.kind === 'content'),
            'no repair may hide that mail is lost',
          );
          await t.engine.write(account, (tx) => tx.repair());
        }
        t.accounts.delete(account);
      },
      'plant',
    );
  });
}

async function plant({ harness }: SuiteContext, account: AccountId, damage: PlantedDamage): Promise<void> {
  assert.ok(harness.plant, "the engine's test gives the suite a way to plant damage");
  await harness.plant(account, damage);
}
