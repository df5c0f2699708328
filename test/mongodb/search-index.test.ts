/** The search index on the cluster: it follows, merges, heals, and never answers otherwise than a look at each message. */

import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import type { IndexManifest } from '../../src/mongodb/index-manifest.ts';
import { manifestKey } from '../../src/mongodb/keys.ts';
import { makeContent } from '../../src/testing/make-content.ts';
import { accountRecord } from '../../src/testing/suite.ts';
import { MONGODB_URI } from './mongo-test.ts';
import { testDatabase } from './open-test-engine.ts';

describe.skipIf(MONGODB_URI === null)('search index', () => {
  const database = testDatabase();

  async function inbox(engine: Engine): Promise<{ account: string; mailbox: number }> {
    const { id: account } = accountRecord();
    await engine.directory.create(accountRecord({ id: account }));
    const { id } = await engine.write(account, (tx) => tx.createMailbox('INBOX', null));
    return { account, mailbox: id };
  }

  const add = (
    engine: Engine,
    { account, mailbox }: { account: string; mailbox: number },
    from: number,
    count: number,
  ) =>
    engine.write(account, (tx) =>
      tx.add(
        mailbox,
        Array.from({ length: count }, (_, index) => ({
          content: makeContent(from + index, { body: `number${from + index} parity${(from + index) % 2}` }),
          flags: { mask: 0, keywords: '' },
          internalDate: 1_700_000_000_000,
          threadId: 0,
        })),
      ),
    );

  const find = async (engine: Engine, { account, mailbox }: { account: string; mailbox: number }, text: string) => [
    ...(await engine.read(account, (tx) => tx.search(mailbox, { key: 'body', text }))),
  ];

  const manifestOf = (account: string): Promise<IndexManifest | null> =>
    database.db
      .collection<{ _id: string }>('mail')
      .findOne({ _id: manifestKey(account), account } as object) as Promise<IndexManifest | null>;

  const settled = async (account: string, done: (manifest: IndexManifest) => boolean): Promise<IndexManifest> => {
    for (let left = 300; ; left--) {
      const manifest = await manifestOf(account);
      if (manifest && done(manifest)) return manifest;
      if (left === 0) throw new Error(`the index does not get there: ${JSON.stringify(manifest).slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  test('follows after some commits, and merges what is small', async () => {
    const engine = await database.open();
    const place = await inbox(engine);
    for (let round = 0; round < 140; round++) await add(engine, place, round * 10, 10);
    const manifest = await settled(place.account, ({ indexed, segments }) => indexed > 1200 && segments.length <= 7);
    expect(manifest.segments.reduce((sum, segment) => sum + segment.contents, 0)).toBeGreaterThan(1200);
    expect(await find(engine, place, 'number1399')).toEqual([1400]);
    expect(await find(engine, place, 'number77')).toEqual([78, 771, 772, 773, 774, 775, 776, 777, 778, 779, 780]);
    expect((await find(engine, place, 'parity1')).length).toBe(700);
    expect(await find(engine, place, 'parity1 number2')).toEqual(
      Array.from({ length: 1400 }, (_, n) => n).flatMap((n) => (n % 2 && `${n}`.startsWith('2') ? [n + 1] : [])),
    );
    const sender = await engine.read(place.account, (tx) =>
      tx.search(place.mailbox, { key: 'from', text: 'SENDER3@' }),
    );
    expect(sender.length).toBe(280);
    expect(await engine.read(place.account, (tx) => tx.check())).toEqual([]);
    await engine.close();
  }, 120_000);

  test('a search first has everything indexed that is too much to read', async () => {
    const engine = await database.open();
    const place = await inbox(engine);
    await add(engine, place, 0, 900);
    expect((await manifestOf(place.account))?.segments).toEqual([]);
    expect(await find(engine, place, 'number899')).toEqual([900]);
    const manifest = await manifestOf(place.account);
    expect(manifest?.segments.map((segment) => segment.contents)).toEqual([256, 256, 256, 132]);
    await engine.write(place.account, (tx) => tx.expunge(place.mailbox, UidSet.range(1, 600)));
    expect(await find(engine, place, 'number5')).toEqual([]);
    expect((await find(engine, place, 'parity0')).length).toBe(150);
    await engine.close();
  }, 120_000);

  test('a block that is lost is noticed, the index made anew, and a repair mends it too', async () => {
    const engine = await database.open();
    const place = await inbox(engine);
    await add(engine, place, 0, 900);
    await find(engine, place, 'number1');
    const { terms } = { terms: database.db.collection('terms') };
    await terms.deleteMany({ account: place.account, _id: { $regex: 'word' } } as object);
    const findings = await engine.read(place.account, (tx) => tx.check());
    expect(findings.map((finding) => finding.kind)).toEqual(Array(findings.length).fill('search'));
    expect(findings.length).toBeGreaterThan(0);
    expect(await find(engine, place, 'number899')).toEqual([900]);
    expect(await engine.read(place.account, (tx) => tx.check())).toEqual([]);
    await terms.deleteMany({ account: place.account } as object);
    await engine.write(place.account, (tx) => tx.repair());
    expect(await engine.read(place.account, (tx) => tx.check())).toEqual([]);
    expect(await find(engine, place, 'number899')).toEqual([900]);
    await engine.close();
  }, 120_000);

  test('damaged octets of a block are no answer', async () => {
    const engine = await database.open();
    const place = await inbox(engine);
    await add(engine, place, 0, 900);
    await find(engine, place, 'number1');
    await database.db
      .collection('terms')
      .updateMany({ account: place.account } as object, { $set: { data: Buffer.from('no block') } });
    expect(await find(engine, place, 'number899')).toEqual([900]);
    expect((await find(engine, place, 'parity1')).length).toBe(450);
    await engine.close();
  }, 120_000);

  test('two processes index one account at once, and searches meanwhile are right', async () => {
    const engine = await database.open();
    const other = await database.open();
    const place = await inbox(engine);
    await add(engine, place, 0, 1500);
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => find(engine, place, 'number1499')),
      ...Array.from({ length: 4 }, () => find(other, place, 'number1499')),
    ]);
    for (const answer of answers) expect(answer).toEqual([1500]);
    expect(await engine.read(place.account, (tx) => tx.check())).toEqual([]);
    await Promise.all([engine.close(), other.close()]);
  }, 120_000);
});
