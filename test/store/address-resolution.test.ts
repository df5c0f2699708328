/** Which of all that match an address gets the mail: an example of each step, and any mixture against a model. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEiderError } from '../../src/errors.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore, runs } from '../engine-under-test.ts';
import { AddressModel, isMatch } from './address-model.ts';

/** Who gets the mail, by what, with which detail. */
async function told(store: MessageStore, address: string): Promise<string | null> {
  const route = await store.addresses.resolve(address);
  const account = await store.accounts.resolveRecipient(address);
  expect(account).toEqual(route?.type === 'account' ? route.account : null);
  if (route?.type === 'forward') return `${route.targets.join(' ')} by ${route.matched}`;
  if (!route) return null;
  return `${route.account.name} by ${route.matched}${route.detail === null ? '' : ` with ${route.detail}`}`;
}

describe('in the order that is promised', () => {
  let store: MessageStore;

  beforeAll(async () => {
    store = await openTestedStore();
    const { accounts, addresses } = store;
    for (const [name, ...own] of [
      ['exact', 'exact@d.example'],
      ['vip', 'exact+vip@d.example'],
      ['named@d.example'],
      ['own', 'own@alias.example', 'head*@alias.example'],
      ['head', 'head*@d.example', 'headl*@d.example', 'e*@d.example'],
      ['tail', '*-tail@d.example'],
      ['all', '*@d.example'],
      ['post', 'postmaster@*'],
      ['ab', 'a.b@dots.example', 'pre.*@dots.example'],
    ] as const) {
      const { id } = await accounts.create({ name });
      for (const address of own) await addresses.add(id, address);
    }
    await addresses.createDomainAlias('alias.example', 'd.example');
    await addresses.createDomainAlias('dotalias.example', 'dots.example');
    await addresses.ignoreDots('dots.example', true);
    for (const [address, target] of [
      ['goes+on@d.example', 'on@else.example'],
      ['goes@d.example', 'off@else.example'],
      ['abuse@*', 'to@abuse.example'],
      ['fwd@dots.example', 'to@dots.example'],
      ['news-*@d.example', 'news@else.example'],
    ] as const) {
      await addresses.createForwardingAddress(address, { targets: [target] });
    }
  });
  afterAll(() => store.close());

  test.each([
    ['exact@d.example', 'exact by exact@d.example'],
    [' EXACT@D.example. ', 'exact by exact@d.example'],
    ['exact+Some.Detail+x@d.example', 'exact by exact@d.example with Some.Detail+x'],
    ['exact+@d.example', 'exact by exact@d.example'],
    ['"exact+Q"@d.example', 'exact by exact@d.example with Q'],
    ['exact+vip@d.example', 'vip by exact+vip@d.example with vip'],
    ['exact+vip+x@d.example', 'exact by exact@d.example with vip+x'],
    ['goes+on@d.example', 'on@else.example by goes+on@d.example'],
    ['goes+off@d.example', 'off@else.example by goes@d.example'],
    ['news-today@d.example', 'news@else.example by news-*@d.example'],
    ['ex.act@d.example', 'head by e*@d.example'],
    ['anybody@d.example', 'all by *@d.example'],
    ['any+Thing@d.example', 'all by *@d.example with Thing'],
    ['"any body"@d.example', 'all by *@d.example'],
    ['"any+body "@d.example', 'all by *@d.example'],
    ['headline@d.example', 'head by headl*@d.example'],
    ['her-tail@d.example', 'tail by *-tail@d.example'],
    ['her-tail+x@d.example', 'tail by *-tail@d.example with x'],
    ['headl-tail@d.example', 'head by headl*@d.example'],
    ['head-tail@d.example', 'tail by *-tail@d.example'],
    ['postmaster@d.example', 'all by *@d.example'],
    ['Postmaster@unknown.example', 'post by postmaster@*'],
    ['postmaster+x@unknown.example', 'post by postmaster@* with x'],
    ['abuse@unknown.example', 'to@abuse.example by abuse@*'],
    ['nobody@unknown.example', null],
    ['exact@alias.example', 'exact by exact@d.example'],
    ['exact+x@alias.example', 'exact by exact@d.example with x'],
    ['own@alias.example', 'own by own@alias.example'],
    ['own+x@alias.example', 'own by own@alias.example with x'],
    ['own@d.example', 'all by *@d.example'],
    ['goes@alias.example', 'off@else.example by goes@d.example'],
    ['headline@alias.example', 'head by headl*@d.example'],
    ['headless@alias.example', 'head by headl*@d.example'],
    ['header@alias.example', 'own by head*@alias.example'],
    ['postmaster@alias.example', 'all by *@d.example'],
    ['a.b@dots.example', 'ab by a.b@dots.example'],
    ['ab@dots.example', 'ab by a.b@dots.example'],
    ['A.B+c.D@dots.example', 'ab by a.b@dots.example with c.D'],
    ['AB+c.D@dots.example', 'ab by a.b@dots.example with c.D'],
    ['a..b@dots.example', null],
    ['"a..b"@dots.example', null],
    ['f.w.d@dots.example', 'to@dots.example by fwd@dots.example'],
    ['p.r.efix@dots.example', 'ab by pre.*@dots.example'],
    ['a.b@dotalias.example', 'ab by a.b@dots.example'],
    ['ab+x@dotalias.example', 'ab by a.b@dots.example with x'],
    ['exact', 'exact by exact'],
    ['Exact+X', 'exact by exact with X'],
    ['"exact"', 'exact by exact'],
    ['ex.act', null],
    ['named@d.example', 'named@d.example by named@d.example'],
    ['named+x@d.example', 'named@d.example by named@d.example with x'],
    ['named@alias.example', 'named@d.example by named@d.example'],
    ['*@d.example', 'all by *@d.example'],
    ['head*@d.example', 'head by head*@d.example'],
    ['x@*', null],
    ['', null],
    ['@d.example', null],
    ['exact@', null],
    ['ex\u202eact@d.example', null],
    ['exact@d.example\u0000', null],
    [`${'x'.repeat(230)}@d.example`, 'all by *@d.example'],
    [`${'x'.repeat(240)}@u.example`, null],
    [`${'x'.repeat(300)}@d.example`, null],
    [`x@${'a'.repeat(1_000)}.example`, null],
    [`${'x@'.repeat(100_000)}d.example`, null],
  ])('%j: %s', async (address, expected) => {
    expect(await told(store, address)).toBe(expected);
  });

  test.each([
    ['exact@alias.example', 'exact'],
    ['EXACT@Alias.example', 'exact'],
    ['named@alias.example', 'named@d.example'],
    ['ab@dots.example', 'ab'],
    ['ab@dotalias.example', 'ab'],
    ['own@alias.example', 'own'],
    ['exact+x@alias.example', null],
    ['exact+x@d.example', null],
    ['anybody@d.example', null],
    ['headline@d.example', null],
    ['postmaster@unknown.example', null],
    ['fwd@dots.example', null],
    ['f.wd@dots.example', null],
    ['own@d.example', null],
    ['exact@unknown.example', null],
  ])('a login as %s is one of %s', async (login, name) => {
    expect((await store.accounts.find(login))?.name ?? null).toBe(name);
  });
});

test('passwords open accounts by the alias of a domain', async () => {
  await using store = await openTestedStore();
  const { id } = await store.accounts.create({ name: 'ann', address: 'ann@d.example', password: 'correct horse' });
  await store.addresses.createDomainAlias('alias.example', 'd.example');
  const source = { scope: 'imap', address: '192.0.2.1' } as const;
  const outcome = await store.auth.authenticate('Ann@alias.example', 'correct horse', source);
  expect(outcome).toMatchObject({ kind: 'granted', account: { id } });
  expect(await store.accounts.authenticate('ann@alias.example', 'correct horse')).toMatchObject({ id });
  await store.addresses.removeDomainAlias('alias.example');
  expect(await store.auth.authenticate('ann@alias.example', 'correct horse', source)).toMatchObject({
    kind: 'refused',
  });
});

test('any mixture of addresses answers as the model does', { timeout: 300_000 }, async () => {
  const local = fc.constantFrom('a', 'ab', 'a.b', 'abc', 'a.bc', 'ab.c', 'ab+x', 'a.b+x');
  const domain = fc.constantFrom('d.example', 'e.example');
  const fixed = fc.constantFrom('', 'a', 'ab', 'a.b', 'b', 'bc', 'b+');
  const exact = fc.tuple(local, domain).map(([one, at]) => `${one}@${at}`);
  const asked = fc
    .tuple(local, fc.constantFrom('d.example', 'e.example', 'f.example'))
    .map(([one, at]) => `${one}@${at}`);
  const pattern = fc.oneof(
    fc.tuple(fixed, domain).map(([text, at]) => `${text}*@${at}`),
    fc.tuple(fixed, domain).map(([text, at]) => `*${text}@${at}`),
    fc.constantFrom('a', 'ab', 'abc').map((text) => `${text}@*`),
  );
  const who = fc.constantFrom('ann', 'bob', 'forward' as const);
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), address: fc.oneof(exact, pattern), who }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('remove' as const), address: fc.oneof(exact, pattern), who }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('alias' as const),
        alias: fc.constantFrom('d.example', 'e.example', 'f.example'),
        domain,
        on: fc.constantFrom(true, true, false),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('dots' as const), domain, on: fc.constantFrom(true, true, false) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 24 }),
      fc.array(asked, { minLength: 6, maxLength: 12 }),
      async (steps, wanted) => {
        await using store = await openTestedStore();
        const ids = new Map<string, string>();
        // Main addresses of another domain, so that all others can be removed.
        for (const name of ['ann', 'bob']) {
          ids.set(name, (await store.accounts.create({ name, address: `${name}@main.example` })).id);
        }
        const model = new AddressModel();
        for (const one of steps) {
          const expected = model.apply(one);
          const done = await applied(store, ids, one);
          expect([JSON.stringify(one), done]).toEqual([JSON.stringify(one), expected]);
        }
        for (const address of [...wanted, ...wanted.map((one) => one.replace('@', '+detail@'))]) {
          const route = await store.addresses.resolve(address);
          const found = route === null ? null : route.type === 'account' ? route.account.name : 'forward';
          expect([address, found]).toEqual([address, model.resolve(address)]);
          if (route?.type === 'account') expect(isMatch(route.matched, address, model)).toBe(true);
        }
      },
    ),
    { numRuns: runs(150) },
  );
});

type Step = Parameters<AddressModel['apply']>[0];

/** Whether the store takes it. */
async function applied(store: MessageStore, ids: ReadonlyMap<string, string>, step: Step): Promise<boolean> {
  const { addresses } = store;
  try {
    if (step.kind === 'alias') {
      if (!step.on) return await addresses.removeDomainAlias(step.alias);
      await addresses.createDomainAlias(step.alias, step.domain);
    } else if (step.kind === 'dots') await addresses.ignoreDots(step.domain, step.on);
    else if (step.who === 'forward') {
      if (step.kind === 'remove') return await addresses.removeForwardingAddress(step.address);
      await addresses.createForwardingAddress(step.address, { targets: ['else@else.example'] });
    } else {
      const id = ids.get(step.who) as string;
      if (step.kind === 'remove') return await addresses.remove(id, step.address);
      await addresses.add(id, step.address);
    }
    return true;
  } catch (error) {
    if (isEiderError(error, 'ADDRESS_EXISTS', 'DOMAIN_INVALID')) return false;
    throw error;
  }
}
