/** Cases of the directory: unique names, lists, updates, removal. */

import assert from 'node:assert/strict';
import { EiderError } from '../errors.ts';
import { accountRecord, rejects, type Suite } from './suite.ts';

/** Registers the cases. */
export function directoryCases(suite: Suite): void {
  suite.group('directory', () => {
    suite.test('gives back what was put in, by id, name and address', async ({ engine }) => {
      const record = accountRecord({
        addresses: ['main@made.example', 'other@made.example'],
        limits: { octets: 1_000_000_000_000, messages: 7, filters: 3, deliveriesPerHour: 0 },
        copies: 'separate',
        passwordHash: '$argon2id$made',
      });
      await engine.directory.create(record);
      assert.deepEqual(await engine.directory.get(record.id), record);
      for (const name of [record.name, 'main@made.example', 'other@made.example']) {
        assert.deepEqual(await engine.directory.find(name), record);
      }
      assert.equal(await engine.directory.get('nobody'), null);
      assert.equal(await engine.directory.find('nobody@made.example'), null);
    });

    suite.test('keeps the order of addresses, also when one is the name', async ({ engine }) => {
      const record = accountRecord({
        name: 'b@made.example',
        addresses: ['c@made.example', 'b@made.example', 'a@made.example'],
      });
      await engine.directory.create(record);
      assert.deepEqual(await engine.directory.get(record.id), record);
      await engine.directory.update(record.id, { addresses: ['b@made.example'] });
      assert.deepEqual((await engine.directory.find('b@made.example'))?.addresses, ['b@made.example']);
      await engine.directory.update(record.id, { addresses: [] });
      assert.deepEqual((await engine.directory.find('b@made.example'))?.addresses, []);
    });

    suite.test('refuses a name that is taken as a name or as an address', async ({ engine }) => {
      await engine.directory.create(accountRecord({ name: 'ann', addresses: ['ann@made.example'] }));
      const taken = accountRecord({ name: 'ann' });
      await rejects(engine.directory.create(taken), 'ACCOUNT_EXISTS');
      await rejects(engine.directory.create(accountRecord({ name: 'ann@made.example' })), 'ACCOUNT_EXISTS');
      assert.equal(await engine.directory.get(taken.id), null);
      await rejects(
        engine.read(taken.id, (tx) => tx.state()),
        'ACCOUNT_NOT_FOUND',
      );
    });

    suite.test(
      'refuses an address that is taken as an address or as a name, and then changes nothing',
      async ({ engine }) => {
        const ann = accountRecord({ name: 'ann@made.example', addresses: ['second@made.example'] });
        await engine.directory.create(ann);
        for (const address of ['ann@made.example', 'second@made.example']) {
          const refused = accountRecord({ addresses: ['free@made.example', address] });
          await rejects(engine.directory.create(refused), 'ADDRESS_EXISTS');
          assert.equal(await engine.directory.find(refused.name), null);
          assert.equal(await engine.directory.find('free@made.example'), null);
        }
        const bob = accountRecord();
        await engine.directory.create(bob);
        const patch = { addresses: ['second@made.example'], copies: 'separate' } as const;
        await rejects(engine.directory.update(bob.id, patch), 'ADDRESS_EXISTS');
        assert.deepEqual(await engine.directory.get(bob.id), bob);
      },
    );

    suite.test('of many that want one name one gets it', async ({ engine }) => {
      const records = Array.from({ length: 10 }, () => accountRecord({ name: 'wanted' }));
      const outcomes = await Promise.allSettled(records.map((record) => engine.directory.create(record)));
      assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
    });

    suite.test('updates only what is named', async ({ engine }) => {
      const record = accountRecord({ passwordHash: 'hash' });
      await engine.directory.create(record);
      await engine.directory.update(record.id, { limits: { octets: 5, messages: null } });
      assert.deepEqual(await engine.directory.get(record.id), { ...record, limits: { octets: 5, messages: null } });
      await engine.directory.update(record.id, { passwordHash: null, copies: 'separate' });
      const now = await engine.directory.get(record.id);
      assert.deepEqual([now?.passwordHash, now?.copies, now?.addresses], [null, 'separate', record.addresses]);
      await rejects(engine.directory.update('nobody', { copies: 'label' }), 'ACCOUNT_NOT_FOUND');
    });

    suite.test('makes new addresses of those that are there, one change after the other', async ({ engine }) => {
      const record = accountRecord({ addresses: ['first@made.example'] });
      await engine.directory.create(record);
      const names = Array.from({ length: 8 }, (_, n) => `n${n}@made.example`);
      await Promise.all(
        names.map((name) => engine.directory.update(record.id, { addresses: (current) => [...current, name] })),
      );
      const { addresses = [] } = (await engine.directory.get(record.id)) ?? {};
      assert.equal(addresses[0], 'first@made.example');
      assert.deepEqual([...addresses].sort(), ['first@made.example', ...names]);
      const fail = (): never => {
        throw new EiderError('LIMIT_EXCEEDED', 'made to fail');
      };
      await rejects(engine.directory.update(record.id, { addresses: fail, copies: 'separate' }), 'LIMIT_EXCEEDED');
      assert.deepEqual(await engine.directory.get(record.id), { ...record, addresses });
      await engine.directory.update(record.id, { addresses: (current) => current.slice(1) });
      assert.equal(await engine.directory.find('first@made.example'), null);
    });

    suite.test('replaces a hash of the password only while it is there', async ({ engine }) => {
      const record = accountRecord({ passwordHash: 'old' });
      await engine.directory.create(record);
      const replace = (from: string, to: string) => engine.directory.replacePasswordHash(record.id, from, to);
      assert.equal(await replace('other', 'new'), false);
      assert.deepEqual(await engine.directory.get(record.id), record);
      const outcomes = await Promise.all(['one', 'two', 'three'].map((to) => replace('old', to)));
      assert.equal(outcomes.filter((replaced) => replaced).length, 1);
      const now = await engine.directory.get(record.id);
      assert.deepEqual(now, { ...record, passwordHash: ['one', 'two', 'three'][outcomes.indexOf(true)] });
      assert.deepEqual(await engine.directory.find(record.name), now);
      await engine.directory.update(record.id, { passwordHash: null });
      assert.equal(await replace('one', 'new'), false);
      assert.equal((await engine.directory.get(record.id))?.passwordHash, null);
      assert.equal(await engine.directory.replacePasswordHash('nobody', 'old', 'new'), false);
    });

    suite.test('lists by id, in pages', async ({ engine }) => {
      const ids = ['a1', 'a10', 'a2', 'b', 'c-9'];
      for (const id of [...ids].reverse()) await engine.directory.create(accountRecord({ id }));
      const first = await engine.directory.list({ limit: 3 });
      const rest = await engine.directory.list({ after: first.at(-1)?.id ?? '', limit: 100 });
      assert.deepEqual(
        [...first, ...rest].map((record) => record.id),
        ids,
      );
    });

    suite.test('forgets an account with its mail, and frees its names', async (t) => {
      const { account, inbox } = await t.inbox();
      const record = await t.engine.directory.get(account);
      await t.add(account, inbox.id, [{}]);
      assert.equal(await t.engine.directory.delete(account), true);
      assert.equal(await t.engine.directory.delete(account), false);
      t.accounts.delete(account);
      assert.equal(await t.engine.directory.find(record?.name ?? ''), null);
      await rejects(
        t.engine.read(account, (tx) => tx.state()),
        'ACCOUNT_NOT_FOUND',
      );
      await rejects(
        t.engine.write(account, (tx) => tx.createMailbox('x', null)),
        'ACCOUNT_NOT_FOUND',
      );
      const again = await t.account({ name: record?.name ?? '', addresses: record?.addresses ?? [] });
      assert.deepEqual(await t.engine.read(again, (tx) => tx.mailboxes()), []);
    });

    suite.test('keeps accounts apart', async (t) => {
      const one = await t.inbox();
      const two = await t.inbox();
      await t.add(one.account, one.inbox.id, [{ subject: 'mine' }]);
      assert.equal((await t.all(one.account, one.inbox.id)).length, 1);
      assert.equal((await t.all(two.account, two.inbox.id)).length, 0);
      assert.equal((await t.engine.read(two.account, (tx) => tx.state())).messages, 0);
    });
  });
}
