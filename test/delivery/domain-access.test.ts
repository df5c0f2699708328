/** Domains that are allowed or blocked by tag: who gets their mail, and what it costs to ask. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Vault } from '../../src/engine/vault.ts';
import { MAX_TAG_DOMAINS } from '../../src/model/domain-access.ts';
import { openStore } from '../../src/open-store.ts';
import { StoreDomainAccess } from '../../src/store/domain-access.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace, type StorePlace } from '../engine-under-test.ts';

let place: StorePlace;
let store: MessageStore;
let ann: string;
let bob: string;

beforeEach(async () => {
  place = await emptyPlace();
  store = await openStore({ ...place, spamTrust: { overrideField: 'X-Mta-Says' } });
  ann = (await store.accounts.create({ name: 'ann', address: 'ann@example.org' })).id;
  bob = (await store.accounts.create({ name: 'bob', address: 'bob@example.org' })).id;
  await store.profiles.update(ann, { tags: ['Team'] });
});
afterEach(() => store.close());

const MESSAGE = 'From: eve@bad.example\r\nSubject: x\r\n\r\nx\r\n';
const SPAM = `X-Spam-Flag: YES\r\nReceived: from a by b; Fri, 27 Nov 2026 10:00:00 +0000\r\n${MESSAGE}`;

const send = (from: string, message = MESSAGE) =>
  store.deliver(message, { from, recipients: ['ann@example.org', 'bob@example.org'] });

const countIn = async (account: string, mailbox: string) => (await store.uids(account, mailbox)).length;

test('mail of a blocked domain is refused for who has the tag, and for nobody else', async () => {
  await store.domainAccess.set('team', 'bad.example', 'block');
  const [refused, stored] = await send('eve@BAD.example');
  expect(refused).toMatchObject({ result: 'failed', stored: null, error: { code: 'DELIVERY_REFUSED' } });
  expect(stored).toMatchObject({ result: 'stored', account: bob });
  expect(await countIn(ann, 'INBOX')).toBe(0);
  for (const from of ['eve@sub.bad.example', 'eve@bad.example.org', '', 'eve']) {
    expect((await send(from))[0]).toMatchObject({ result: 'stored', account: ann });
  }
  expect((await send('eve@bad.example', `X-Mta-Says: ham\r\nReceived: from a by b; x\r\n${MESSAGE}`))[0]?.result).toBe(
    'stored',
  );
});

test('mail of an allowed domain is no junk, unless somebody who knows better says so', async () => {
  await send('eve@bad.example', SPAM);
  expect([await countIn(ann, 'Junk'), await countIn(bob, 'Junk')]).toEqual([1, 1]);
  await store.domainAccess.set('TEAM', 'bad.example', 'allow');
  await send('eve@bad.example', SPAM);
  expect([await countIn(ann, 'INBOX'), await countIn(bob, 'Junk')]).toEqual([1, 2]);
  await send('eve@bad.example', `X-Mta-Says: spam\r\n${SPAM}`);
  await store.spam.configure(ann, { block: ['bad.example'] });
  await send('eve@bad.example', SPAM);
  expect([await countIn(ann, 'INBOX'), await countIn(ann, 'Junk')]).toEqual([1, 3]);
});

test('a domain is on one list of a tag, in one spelling, and can be taken off', async () => {
  const { domainAccess } = store;
  const made = await domainAccess.set(' Team ', 'XN--80ADI8AAF6A.xn--p1ai.', 'allow');
  const moved = await domainAccess.set('team', made.domain, 'block');
  expect(moved).toEqual({ ...made, action: 'block' });
  expect(await domainAccess.list('TEAM')).toEqual([moved]);
  expect(await domainAccess.list('team', 'allow')).toEqual([]);
  expect(await domainAccess.list('other')).toEqual([]);
  expect(await domainAccess.get(made.id)).toEqual(moved);
  expect((await send(`eve@xn--80adi8aaf6a.xn--p1ai`))[0]?.error?.code).toBe('DELIVERY_REFUSED');
  expect([await domainAccess.remove(made.id), await domainAccess.remove(made.id)]).toEqual([true, false]);
  expect(await domainAccess.get(made.id)).toBeNull();
  expect((await send(`eve@xn--80adi8aaf6a.xn--p1ai`))[0]?.result).toBe('stored');
});

test('of two tags that differ, the one that blocks holds', async () => {
  await store.profiles.update(ann, { tags: ['team', 'other'] });
  await store.domainAccess.set('team', 'bad.example', 'allow');
  await store.domainAccess.set('other', 'bad.example', 'block');
  expect((await send('eve@bad.example'))[0]?.error?.code).toBe('DELIVERY_REFUSED');
});

test('what is no tag, no domain or no action is refused', async () => {
  const { domainAccess } = store;
  for (const tag of ['', ' ', 'x'.repeat(129), 'a\nb']) {
    await expect(domainAccess.set(tag, 'a.example', 'block')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(domainAccess.list(tag)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  for (const domain of ['', 'a b', '[192.0.2.1]', 'a@b.example', `${'x'.repeat(64)}.example`]) {
    await expect(domainAccess.set('team', domain, 'block')).rejects.toMatchObject({ code: 'DOMAIN_INVALID' });
  }
  await expect(domainAccess.set('team', 'a.example', 'drop' as 'block')).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  expect(await domainAccess.list('team')).toEqual([]);
});

test('another process sees a list at once when the tag had one, and after ten seconds when it had none', async () => {
  let now = 0;
  const { vault, reads } = countingVault();
  const [one, other] = [new StoreDomainAccess(vault, () => now), new StoreDomainAccess(vault, () => now)];
  expect(await other.decide(['team'], 'a.example')).toBeNull();
  await one.set('team', 'a.example', 'block');
  expect(await other.decide(['team'], 'a.example')).toBeNull();
  now = 10_000;
  expect(await other.decide(['team'], 'a.example')).toBe('block');
  await one.set('team', 'b.example', 'allow');
  expect(await other.decide(['team'], 'b.example')).toBe('allow');
  // Nothing is read for an account without tags, nor for a tag that is known to have no list.
  await other.decide(['none'], 'a.example');
  reads.count = 0;
  await other.decide([], 'a.example');
  await other.decide(['none'], 'a.example');
  expect(reads.count).toBe(0);
});

test('a tag has no more domains than it may', async () => {
  const { vault } = countingVault();
  const access = new StoreDomainAccess({
    ...vault,
    list: async (_, { after }) =>
      after === 'end'
        ? []
        : Array.from({ length: MAX_TAG_DOMAINS }, () => ({
            key: 'end',
            value: '{"tag":"team","action":"block"}',
            version: 1,
            expires: null,
          })),
  });
  await expect(access.set('team', 'a.example', 'block')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});

/** Records in memory, and how often they were asked for. */
function countingVault(): { vault: Vault; reads: { count: number } } {
  const records = new Map<string, { key: string; value: string; version: number; expires: null }>();
  const reads = { count: 0 };
  const nameOf = ({ owner, kind, key }: { owner: string; kind: string; key: string }) => `${owner}\t${kind}\t${key}`;
  const vault = {
    async get(at: { owner: string; kind: string; key: string }) {
      reads.count++;
      return records.get(nameOf(at)) ?? null;
    },
    async list({ owner, kind }: { owner: string; kind: string }) {
      reads.count++;
      return [...records].filter(([name]) => name.startsWith(`${owner}\t${kind}\t`)).map(([, entry]) => entry);
    },
    async create(at: { owner: string; kind: string; key: string }, { value }: { value: string }) {
      if (records.has(nameOf(at))) return false;
      records.set(nameOf(at), { key: at.key, value, version: 1, expires: null });
      return true;
    },
  };
  return { vault: vault as unknown as Vault, reads };
}
