/** Two stores on one place that want the same address at the same moment. */

import { expect, onTestFinished, test } from 'vitest';
import type { Directory } from '../../src/engine/engine.ts';
import { isEiderError } from '../../src/errors.ts';
import { StoreAccounts } from '../../src/store/accounts.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { StoreAddresses } from '../../src/store/store-addresses.ts';
import { emptyPlace, openTestedEngine, openTestedStore, runs } from '../engine-under-test.ts';
import { PASSWORDS, withMembers } from './transfer-fixture.ts';

const ROUNDS = runs(24);
const TARGETS = ['x@else.example'];

async function openTwo(): Promise<readonly [MessageStore, MessageStore]> {
  const place = await emptyPlace();
  const stores = [await openTestedStore(place), await openTestedStore(place)] as const;
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  return stores;
}

/** Which of them went well; all others were told that somebody was first. */
async function winners(work: readonly Promise<unknown>[]): Promise<number[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === 'fulfilled') return [index];
    if (!isEiderError(outcome.reason, 'ADDRESS_EXISTS')) throw outcome.reason;
    return [];
  });
}

test('of two accounts one gets an address, or a pattern', async () => {
  const [one, two] = await openTwo();
  const ann = (await one.accounts.create({ name: 'ann' })).id;
  const bob = (await two.accounts.create({ name: 'bob' })).id;
  for (let n = 0; n < ROUNDS; n++) {
    for (const address of [`n${n}@d.example`, `n${n}*@d.example`, `n${n}@*`]) {
      const won = await winners([one.addresses.add(ann, address), two.addresses.add(bob, address)]);
      expect(won).toHaveLength(1);
      const asked = address.replace('*@', 'x@').replace('@*', '@else.example');
      expect(await one.addresses.resolve(asked)).toMatchObject({ account: { id: won[0] === 0 ? ann : bob } });
    }
  }
  const listed = [...(await one.addresses.list(ann)), ...(await one.addresses.list(bob))];
  expect(listed).toHaveLength(3 * ROUNDS);
});

test('of what both want for one account, one addition says so, and none is lost', async () => {
  const [one, two] = await openTwo();
  const { id } = await one.accounts.create({ name: 'ann' });
  for (let n = 0; n < ROUNDS; n++) {
    for (const address of [`n${n}@d.example`, `n${n}*@d.example`]) {
      expect(await winners([one.addresses.add(id, address), two.addresses.add(id, address)])).toHaveLength(1);
    }
  }
  const names = Array.from({ length: 10 }, (_, n) => `both${n}@d.example`);
  await Promise.all(names.map((name, n) => (n % 2 ? one : two).addresses.add(id, name)));
  const { addresses } = await openedAgain(one, id);
  expect(addresses).toHaveLength(ROUNDS + names.length);
  expect(addresses).toEqual(expect.arrayContaining(names));
});

test('of two forwarding addresses one is made', async () => {
  const [one, two] = await openTwo();
  for (let n = 0; n < ROUNDS; n++) {
    for (const address of [`n${n}@d.example`, `n${n}*@d.example`]) {
      const make = (store: MessageStore, target: string) =>
        store.addresses.createForwardingAddress(address, { targets: [`${target}@else.example`] });
      const won = await winners([make(one, 'one'), make(two, 'two')]);
      expect(won).toHaveLength(1);
      const targets = [won[0] === 0 ? 'one@else.example' : 'two@else.example'];
      expect(await one.addresses.forwardingAddress(address)).toMatchObject({ targets });
    }
  }
});

test('of an account and a forwarding address at least one is made, and if both are the account gets the mail', async () => {
  const [one, two] = await openTwo();
  for (let n = 0; n < ROUNDS; n++) {
    const address = `n${n}@d.example`;
    const won = await winners([
      one.accounts.create({ name: `n${n}`, address }),
      two.addresses.createForwardingAddress(address, { targets: TARGETS }),
    ]);
    const route = await two.addresses.resolve(address);
    expect(route?.type ?? null).toBe(won.includes(0) ? 'account' : won.includes(1) ? 'forward' : null);
    const pattern = `p${n}*@d.example`;
    const { id } = await one.accounts.create({ name: `p${n}` });
    const wonPattern = await winners([
      one.addresses.add(id, pattern),
      two.addresses.createForwardingAddress(pattern, { targets: TARGETS }),
    ]);
    expect(wonPattern).toHaveLength(1);
    expect((await one.addresses.resolve(`p${n}x@d.example`))?.type).toBe(wonPattern[0] === 0 ? 'account' : 'forward');
  }
});

test('of two that are one without dots at most one is made, and nothing is left of the other', async () => {
  const [one, two] = await openTwo();
  await one.addresses.ignoreDots('d.example', true);
  for (let n = 0; n < ROUNDS; n++) {
    const won = await winners([
      one.accounts.create({ name: `one${n}`, address: `n.${n}@d.example` }),
      two.accounts.create({ name: `two${n}`, address: `n${n}@d.example` }),
      two.addresses.createForwardingAddress(`n${n}.@d.example`.replace('.@', '@').replace('n', 'n.'), {
        targets: TARGETS,
      }),
    ]);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const [index, name] of ['one', 'two'].entries()) {
      expect((await one.accounts.find(`${name}${n}`)) !== null).toBe(won.includes(index));
    }
    const route = await one.addresses.resolve(`n${n}@d.example`);
    expect(route !== null).toBe(won.length === 1);
  }
});

test('who is too late by a moment has the addresses back that he had', async () => {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const passwords = { ...PASSWORDS, isKnownHash: () => true, needsRehash: () => false };
  const rival = new StoreAccounts(engine, passwords);
  await new StoreAddresses(engine, (record) => rival.completed(record)).ignoreDots('d.example', true);
  const { id } = await rival.create({ name: 'ann', addresses: ['ann@d.example', 'second@d.example'] });
  // Somebody comes in between the directory and the note without dots.
  const slow = (names: readonly string[]): StoreAccounts => {
    const between = async (): Promise<void> => {
      const name = names[0] as string;
      await rival.create({ name, address: `${name}@d.example` });
    };
    const { directory } = engine;
    const update: Directory['update'] = async (...args) => {
      await directory.update(...args);
      if (!(await rival.find(names[0] as string))) await between();
    };
    const create: Directory['create'] = async (record) => {
      await directory.create(record);
      await between();
    };
    return new StoreAccounts(withMembers(engine, { directory: withMembers(directory, { update, create }) }), passwords);
  };
  const taken = { code: 'ADDRESS_EXISTS' };
  const change = slow(['bob']).update(id, { addresses: ['b.ob@d.example', 'ann@d.example'] });
  await expect(change).rejects.toMatchObject(taken);
  expect((await rival.get('ann')).addresses).toEqual(['ann@d.example', 'second@d.example']);
  await expect(slow(['carl']).create({ name: 'late', address: 'c.arl@d.example' })).rejects.toMatchObject(taken);
  expect(await rival.find('late')).toBeNull();
  expect(await rival.resolveRecipient('b.o.b@d.example')).toMatchObject({ name: 'bob' });
  expect(await rival.resolveRecipient('c.a.rl@d.example')).toMatchObject({ name: 'carl' });
});

test('whoever adds an address while dots cease to count, no two are one in the end', async () => {
  const [one, two] = await openTwo();
  const ann = (await one.accounts.create({ name: 'ann' })).id;
  for (let n = 0; n < ROUNDS; n++) {
    const domain = `d${n}.example`;
    await one.addresses.add(ann, `a.b@${domain}`);
    const [, added] = await Promise.allSettled([
      one.addresses.ignoreDots(domain, true),
      two.accounts.create({ name: `n${n}`, address: `ab@${domain}` }),
    ]);
    const ignored = await two.addresses.ignoresDots(domain);
    expect(ignored && added.status === 'fulfilled').toBe(false);
    if (ignored) expect(await two.addresses.resolve(`ab@${domain}`)).toMatchObject({ account: { id: ann } });
  }
});

test('of aliases that would make a chain or a circle no two are made', async () => {
  const [one, two] = await openTwo();
  const refused = async (work: Promise<unknown>) =>
    work.then(
      () => false,
      (error: unknown) => {
        if (isEiderError(error, 'DOMAIN_INVALID', 'ADDRESS_EXISTS')) return true;
        throw error;
      },
    );
  for (let n = 0; n < ROUNDS; n++) {
    for (const [from, to] of [
      [`b${n}.example`, `c${n}.example`],
      [`b${n}.example`, `a${n}.example`],
    ] as const) {
      const outcomes = await Promise.all([
        refused(one.addresses.createDomainAlias(`a${n}.example`, `b${n}.example`)),
        refused(two.addresses.createDomainAlias(from, to)),
      ]);
      expect(outcomes).toContain(true);
      for (const alias of [`a${n}.example`, `b${n}.example`]) await one.addresses.removeDomainAlias(alias);
    }
  }
  expect(await two.addresses.domainAliases()).toEqual([]);
});

/** The account as the directory has it, without what this process remembers. */
async function openedAgain(store: MessageStore, id: string): Promise<{ addresses: readonly string[] }> {
  for await (const account of store.accounts.list()) if (account.id === id) return account;
  throw new Error('the account is gone');
}
