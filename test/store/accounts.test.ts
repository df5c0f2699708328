import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { EiderError } from '../../src/errors.ts';
import { ensureDefaultMailboxes, StoreAccounts } from '../../src/store/accounts.ts';
import { openTestedEngine } from '../engine-under-test.ts';

/** Hashes that can be read, and a count of comparisons. */
class PlainPasswords {
  compared: (string | null)[] = [];

  async hash(password: string): Promise<string> {
    return `plain:${password}`;
  }

  async verify(hash: string | null, password: string): Promise<boolean> {
    this.compared.push(hash);
    return hash === `plain:${password}` || hash === `foreign:${password}`;
  }

  isKnownHash(hash: string): boolean {
    return /^(?:plain|foreign):/.test(hash);
  }

  needsRehash(hash: string): boolean {
    return hash.startsWith('foreign:');
  }
}

let engine: Engine;
let passwords: PlainPasswords;
let accounts: StoreAccounts;

beforeEach(async () => {
  engine = await openTestedEngine();
  passwords = new PlainPasswords();
  accounts = new StoreAccounts(engine, passwords);
});
afterEach(async () => {
  await engine.close();
});

const mailboxesOf = (id: string) =>
  engine.read(id, async (tx) => (await tx.mailboxes()).map((mailbox) => mailbox.path));

/** The engine, whose writes fail as long as `failing` says so. */
function faulty(failing: () => boolean): Engine {
  return {
    name: engine.name,
    supports: engine.supports,
    directory: engine.directory,
    read: (account, work) => engine.read(account, work),
    write: (account, work) => (failing() ? Promise.reject(new Error('write failed')) : engine.write(account, work)),
    subscribe: (account, listener) => engine.subscribe(account, listener),
    close: () => engine.close(),
  };
}

describe('create', () => {
  test('makes an account with its mailboxes, subscribed', async () => {
    const account = await accounts.create({
      name: ' Ann ',
      address: 'Ann@Example.org',
      addresses: ['a@example.org', 'ann@example.org'],
    });
    expect(account).toEqual({
      id: expect.stringMatching(/^[a-f][0-9a-f]{23}$/),
      name: 'ann',
      addresses: ['ann@example.org', 'a@example.org'],
      limits: { octets: null, messages: null },
      copies: 'label',
      created: expect.any(Number),
    });
    const paths = ['Archive', 'Drafts', 'INBOX', 'Junk', 'Sent', 'Trash'];
    expect((await mailboxesOf(account.id)).sort()).toEqual(paths);
    expect((await engine.read(account.id, (tx) => tx.subscriptions())).sort()).toEqual(paths);
    const sent = await engine.read(account.id, (tx) => tx.mailboxByPath('Sent'));
    expect(sent?.specialUse).toBe('\\Sent');
  });

  test('never gives the password away', async () => {
    const account = await accounts.create({ name: 'ann', password: 'secret' });
    expect(JSON.stringify(account)).not.toContain('secret');
    expect(JSON.stringify(await accounts.get('ann'))).not.toContain('secret');
    for await (const listed of accounts.list()) expect(JSON.stringify(listed)).not.toContain('secret');
  });

  test('keeps limits and copies', async () => {
    const { id } = await accounts.create({ name: 'ann', limits: { octets: 1000 }, copies: 'separate' });
    expect(await accounts.get(id)).toMatchObject({ limits: { octets: 1000, messages: null }, copies: 'separate' });
  });

  test.each([
    [{ name: 'ANN' }, 'ACCOUNT_EXISTS'],
    [{ name: 'ann@example.org' }, 'ACCOUNT_EXISTS'],
    [{ name: 'bob', address: 'ANN@example.org' }, 'ADDRESS_EXISTS'],
    [{ name: 'b b' }, 'ACCOUNT_NAME_INVALID'],
    [{ name: 'bob', address: 'nobody' }, 'ADDRESS_INVALID'],
    [{ name: 'bob', limits: { octets: -1 } }, 'INVALID_ARGUMENT'],
    [{ name: 'bob', limits: { messages: 1.5 } }, 'INVALID_ARGUMENT'],
    [{ name: 'bob', addresses: Array.from({ length: 1001 }, (_, i) => `b${i}@example.org`) }, 'LIMIT_EXCEEDED'],
  ])('refuses %j', async (options, code) => {
    await accounts.create({ name: 'ann', address: 'ann@example.org' });
    await expect(accounts.create(options)).rejects.toMatchObject({ code });
    const names = [];
    for await (const { name } of accounts.list()) names.push(name);
    expect(names).toEqual(['ann']);
  });

  test('of two at once, one gets the name, and all of its mailboxes', async () => {
    const outcomes = await Promise.allSettled([accounts.create({ name: 'ann' }), accounts.create({ name: 'ann' })]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await mailboxesOf((await accounts.get('ann')).id)).toHaveLength(6);
  });

  test('leaves no account behind when its mailboxes cannot be made', async () => {
    let failing = true;
    const broken = new StoreAccounts(
      faulty(() => failing),
      passwords,
    );
    await expect(broken.create({ name: 'ann' })).rejects.toThrow('write failed');
    expect(await accounts.find('ann')).toBeNull();
    failing = false;
    expect(await broken.create({ name: 'ann' })).toMatchObject({ name: 'ann' });
  });

  test('an account that a crash left without mailboxes gets them when it is used', async () => {
    const record = {
      id: 'acrash',
      name: 'ann',
      addresses: ['ann@example.org'],
      created: 1,
      passwordHash: 'plain:secret',
    };
    await engine.directory.create({ ...record, limits: { octets: null, messages: null }, copies: 'label' });
    expect(await mailboxesOf('acrash')).toEqual([]);
    expect(await accounts.resolveRecipient('ann@example.org')).toMatchObject({ id: 'acrash' });
    expect(await mailboxesOf('acrash')).toHaveLength(6);
  });
});

test('ensureDefaultMailboxes does not bring back what was deleted, and changes nothing twice', async () => {
  const { id } = await accounts.create({ name: 'ann' });
  await engine.write(id, async (tx) => tx.deleteMailbox((await tx.mailboxByPath('Archive'))!.id));
  const { modSeq } = await engine.read(id, (tx) => tx.state());
  await Promise.all([ensureDefaultMailboxes(engine, id), ensureDefaultMailboxes(engine, id)]);
  expect(await mailboxesOf(id)).not.toContain('Archive');
  expect((await engine.read(id, (tx) => tx.state())).modSeq).toBe(modSeq);
});

test('find and get take an id, a name or an address', async () => {
  const account = await accounts.create({ name: 'Ann', address: 'ann@bücher.example' });
  for (const ref of [
    account.id,
    'ann',
    'ANN',
    'ann@bücher.example',
    'Ann@XN--BCHER-KVA.example',
    '"ann"@bücher.example',
  ]) {
    expect(await accounts.find(ref)).toEqual(account);
  }
  for (const ref of ['', 'bob', 'ann@', 'a b', '%', 'ann+x@bücher.example'])
    expect(await accounts.find(ref)).toBeNull();
  await expect(accounts.get('bob')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
});

test('list gives all, ordered by id', async () => {
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push((await accounts.create({ name: `n${i}` })).id);
  const listed = [];
  for await (const { id } of accounts.list()) listed.push(id);
  expect(listed).toEqual(ids.sort());
});

test('update changes what it names', async () => {
  const { id } = await accounts.create({ name: 'ann', address: 'ann@example.org', limits: { octets: 5, messages: 6 } });
  await accounts.create({ name: 'bob', address: 'bob@example.org' });
  const updated = await accounts.update(id, {
    addresses: ['A@example.org', 'ann@example.org'],
    limits: { octets: null },
  });
  expect(updated).toMatchObject({
    addresses: ['a@example.org', 'ann@example.org'],
    limits: { octets: null, messages: 6 },
    copies: 'label',
  });
  expect(await accounts.update(id, { copies: 'separate' })).toMatchObject({
    copies: 'separate',
    addresses: updated.addresses,
  });
  expect(await accounts.resolveRecipient('a@example.org')).toMatchObject({ id });
  await expect(accounts.update(id, { addresses: ['bob@example.org'] })).rejects.toMatchObject({
    code: 'ADDRESS_EXISTS',
  });
  await expect(accounts.update(id, { addresses: ['x'] })).rejects.toMatchObject({ code: 'ADDRESS_INVALID' });
  await expect(accounts.update(id, { limits: { octets: Number.NaN } })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  await expect(accounts.update('nobody', {})).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  expect(await accounts.get(id)).toMatchObject({ addresses: updated.addresses });
});

describe('authenticate', () => {
  test('takes name or address, and the right password', async () => {
    const { id } = await accounts.create({ name: 'ann', address: 'ann@example.org', password: 'secret' });
    expect(await accounts.authenticate('Ann', 'secret')).toMatchObject({ id });
    expect(await accounts.authenticate('ANN@example.org', 'secret')).toMatchObject({ id });
    await expect(accounts.authenticate(id, 'secret')).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    await expect(accounts.authenticate('ann+x@example.org', 'secret')).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
  });

  test('says the same, and does the same work, for a wrong password, an unknown name and an account without one', async () => {
    await accounts.create({ name: 'ann', password: 'secret' });
    await accounts.create({ name: 'bob' });
    const messages = new Set<string>();
    for (const [name, password] of [
      ['ann', 'wrong'],
      ['carl', 'secret'],
      ['bob', 'x'],
      ['a b', 'x'],
      ['', ''],
    ] as const) {
      const error = await accounts.authenticate(name, password).catch((caught: Error) => caught);
      expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
      messages.add((error as Error).message);
    }
    expect(messages.size).toBe(1);
    expect(passwords.compared).toEqual(['plain:secret', null, null, null, null]);
  });

  test('follows setPassword', async () => {
    const { id } = await accounts.create({ name: 'ann', password: 'old' });
    await accounts.setPassword(id, 'new');
    await expect(accounts.authenticate('ann', 'old')).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(await accounts.authenticate('ann', 'new')).toMatchObject({ id });
    await accounts.setPassword(id, null);
    await expect(accounts.authenticate('ann', 'new')).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    await expect(accounts.setPassword('nobody', 'x')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});

describe('a hash from elsewhere', () => {
  const hashOf = async (id: string) => (await engine.directory.get(id))?.passwordHash;

  test('opens the account, and the first login replaces it', async () => {
    const { id } = await accounts.create({ name: 'ann', passwordHash: 'foreign:secret' });
    await expect(accounts.authenticate('ann', 'wrong')).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(await hashOf(id)).toBe('foreign:secret');
    expect(await accounts.authenticate('ann', 'secret')).toMatchObject({ id });
    expect(await hashOf(id)).toBe('plain:secret');
    expect(await accounts.authenticate('ann', 'secret')).toMatchObject({ id });
    await accounts.setPasswordHash(id, 'foreign:other');
    await expect(accounts.authenticate('ann', 'secret')).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(await accounts.authenticate('ann', 'other')).toMatchObject({ id });
    expect(await hashOf(id)).toBe('plain:other');
  });

  test('a password that is set during the login stays', async () => {
    const { id } = await accounts.create({ name: 'ann', passwordHash: 'foreign:secret' });
    const hash = passwords.hash;
    passwords.hash = async (password) => {
      passwords.hash = hash;
      await accounts.setPassword(id, 'new');
      return hash(password);
    };
    expect(await accounts.authenticate('ann', 'secret')).toMatchObject({ id });
    expect(await hashOf(id)).toBe('plain:new');
  });

  test('a login goes well where there is no time to hash anew; the next one does it', async () => {
    const { id } = await accounts.create({ name: 'ann', passwordHash: 'foreign:secret' });
    const hash = passwords.hash;
    passwords.hash = () => Promise.reject(new EiderError('BUSY', 'too many tasks wait'));
    expect(await accounts.authenticate('ann', 'secret')).toMatchObject({ id });
    expect(await hashOf(id)).toBe('foreign:secret');
    passwords.hash = hash;
    await accounts.authenticate('ann', 'secret');
    expect(await hashOf(id)).toBe('plain:secret');
  });

  test('is refused when it is of no known form, or beside a password', async () => {
    const refused = { code: 'INVALID_ARGUMENT' };
    await expect(accounts.create({ name: 'ann', passwordHash: 'secret' })).rejects.toMatchObject(refused);
    await expect(
      accounts.create({ name: 'ann', password: 'secret', passwordHash: 'foreign:secret' }),
    ).rejects.toMatchObject(refused);
    expect(await accounts.find('ann')).toBeNull();
    const { id } = await accounts.create({ name: 'ann', password: 'secret' });
    await expect(accounts.setPasswordHash(id, 'secret')).rejects.toMatchObject(refused);
    expect(await hashOf(id)).toBe('plain:secret');
    await expect(accounts.setPasswordHash('nobody', 'foreign:x')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});

describe('resolveRecipient', () => {
  test.each([
    ['ann@example.org', 'ann'],
    ['ANN@EXAMPLE.ORG', 'ann'],
    ['"Ann"@example.org', 'ann'],
    ['ann+lists@example.org', 'ann'],
    ['ann+vip@example.org', 'vip'],
    ['ann+vip+x@example.org', 'ann'],
    ['ann', 'ann'],
    ['Ann', 'ann'],
    ['"ann"', 'ann'],
    ['ann+lists', 'ann'],
    ['named@example.org', 'named@example.org'],
    ['named+x@example.org', 'named@example.org'],
    ['jörg@bücher.example', 'jörg'],
    ['jo\u0308rg@xn--bcher-kva.example', 'jörg'],
    ['ann@example.com', null],
    ['ann@', null],
    ['@example.org', null],
    ['', null],
    ['nobody@example.org', null],
    ['a\u0000nn@example.org', null],
    ['vip@example.org', null],
    ['%', null],
  ])('%j is %j', async (address, name) => {
    await accounts.create({ name: 'ann', address: 'ann@example.org' });
    await accounts.create({ name: 'vip', address: 'ann+vip@example.org' });
    await accounts.create({ name: 'named@example.org' });
    await accounts.create({ name: 'jörg', address: 'jörg@bücher.example' });
    expect((await accounts.resolveRecipient(address))?.name ?? null).toBe(name);
  });
});

test('remove forgets the account and frees its names', async () => {
  const telling = new StoreAccounts(engine, passwords);
  const { id } = await telling.create({ name: 'ann', address: 'ann@example.org' });
  await telling.remove(id);
  expect(await telling.find('ann')).toBeNull();
  expect(await telling.resolveRecipient('ann@example.org')).toBeNull();
  await expect(telling.remove(id)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  const again = await telling.create({ name: 'ann', address: 'ann@example.org' });
  expect(again.id).not.toBe(id);
  expect(await mailboxesOf(again.id)).toHaveLength(6);
});
