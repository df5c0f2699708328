/** How often a password may be guessed, what is kept of it, and what is never kept. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'otplib';
import { describe, expect, it, vi } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory-blob-store.ts';
import { ENGINE, emptyPlace, openTestedEngine } from '../engine-under-test.ts';
import { openAuth, PASSWORD, SECRET, wordOf } from './auth-fixture.ts';

const LIMITS = {
  addressAndAccount: { failures: 3, windowMs: 60_000 },
  address: { failures: 6, windowMs: 60_000 },
  account: { failures: 8, windowMs: 60_000 },
};
const limited = { authentication: { limits: LIMITS } };

describe('guessing', () => {
  it('ends after some failures from one address, for one account', async () => {
    const { outcome, login, store } = await openAuth(limited);
    await store.accounts.create({ name: 'bob', password: 'b' });
    for (let tries = 0; tries < 3; tries++) expect(await outcome('wrong')).toBe('credentials');
    expect(await login('wrong')).toMatchObject({ reason: 'rateLimited', retryAfterMs: expect.any(Number) });
    // The right one does not get through either, or guessing on would pay.
    expect(await outcome(PASSWORD)).toBe('rateLimited');
    expect(await outcome('b', {}, 'bob')).toBe('granted');
    expect(await outcome(PASSWORD, { address: '192.0.2.2' })).toBe('granted');
  });

  it('ends after some failures from one network, whatever the account', async () => {
    const { outcome } = await openAuth(limited);
    const address = (last: number) => ({ address: `2001:db8:0:1::${last}` });
    for (let tries = 0; tries < 6; tries++)
      expect(await outcome('wrong', address(tries), `nobody${tries}`)).toBe('credentials');
    expect(await outcome(PASSWORD, address(9))).toBe('rateLimited');
    expect(await outcome(PASSWORD, { address: '2001:db8:0:2::1' })).toBe('granted');
  });

  it('from many addresses ends too, and locks out neither the owner at home nor his programs', async () => {
    const limits = { ...LIMITS, account: { failures: 5, windowMs: 60_000 } };
    const { outcome, store, account } = await openAuth({ authentication: { limits } });
    const { password } = await store.auth.createAppPassword(account, { scopes: ['imap'] });
    expect(await outcome(PASSWORD, { address: '192.0.2.77' })).toBe('granted');
    for (let tries = 0; tries < 5; tries++) await outcome(`wrong${tries}`, { address: `198.51.100.${tries}` });
    expect(await outcome('wrong', { address: '198.51.100.99' })).toBe('rateLimited');
    expect(await outcome('wrong', { address: '192.0.2.77' })).toBe('credentials');
    expect(await outcome(PASSWORD, { address: '192.0.2.77' })).toBe('granted');
    expect(await outcome(password, { address: '198.51.100.99' })).toBe('granted');
  });

  it('that goes on where it was refused locks nobody else out, and leaves no trace of the names it tries', async () => {
    const { outcome, store, account } = await openAuth(limited);
    for (let tries = 0; tries < 20; tries++) await outcome(`wrong${tries}`);
    expect(await outcome('wrong')).toBe('rateLimited');
    // Six of one address, three of one address and the account: neither is the eight of all addresses.
    expect(await outcome(PASSWORD, { address: '203.0.113.9' })).toBe('granted');
    const engine = await openTestedEngine();
    const counted = vi.spyOn(engine.vault, 'count');
    const other = await openAuth({ ...limited, engine, blobs: new MemoryBlobStore() });
    for (let tries = 0; tries < 50; tries++) await other.outcome('wrong', {}, `nobody${tries}`);
    const owners = new Set(counted.mock.calls.map(([{ owner }]) => owner).filter((owner) => owner !== 'nobody:'));
    // Those of six names, and the address itself.
    expect(owners.size).toBe(7);
    expect(await store.auth.log(account)).not.toHaveLength(0);
  });

  it('from one site of IPv6 ends, however many networks it has', async () => {
    const { outcome } = await openAuth(limited);
    const from = (site: number, network: number) =>
      outcome('wrong', { address: `2001:db8:${site}:${network.toString(16)}::1` }, `nobody${network}`);
    const words = [];
    for (let network = 0; network < 65; network++) words.push(await from(1, network));
    // Ten times what one network may.
    expect(words.filter((word) => word === 'credentials')).toHaveLength(60);
    expect([await from(1, 999), await from(2, 1)]).toEqual(['rateLimited', 'credentials']);
  });

  it('codes of a second factor, with a password that is known, ends from many addresses too', async () => {
    const { store, account, login, clock } = await openAuth(limited);
    const { secret } = await store.auth.beginTotp(account, 'eider');
    const code = () => generate({ secret, epoch: Math.floor(clock.now / 1000) });
    expect(await store.auth.confirmTotp(account, await code())).toBe(true);
    const guess = async (n: number): Promise<string> => {
      const source = { scope: 'rest', address: `198.51.100.${n}` } as const;
      const first = await login(PASSWORD, source);
      if (first.kind !== 'needsSecondFactor') return wordOf(first);
      return wordOf(await store.auth.completeLogin(first.ticket, { method: 'totp', code: '000000' }, source));
    };
    const words = [];
    for (let n = 1; n <= 12; n++) words.push(await guess(n));
    expect(words.filter((word) => word === 'secondFactor')).toHaveLength(8);
    expect(words.slice(8)).toEqual(Array(4).fill('rateLimited'));
  }, 60_000);

  it('is not forgotten because somebody else succeeds', async () => {
    const { outcome } = await openAuth(limited);
    for (let tries = 0; tries < 3; tries++) await outcome('wrong');
    expect(await outcome(PASSWORD, { address: '192.0.2.2' })).toBe('granted');
    expect(await outcome(PASSWORD)).toBe('rateLimited');
  });

  it('by many at once is not more than was allowed', async () => {
    const { outcome } = await openAuth(limited);
    const words = await Promise.all(Array.from({ length: 20 }, (_, index) => outcome(`wrong${index}`)));
    expect(words.filter((word) => word === 'credentials')).toHaveLength(3);
  });

  it('is refused of a name that nobody has as it is of an account, however the name is written', async () => {
    const limits = { ...LIMITS, account: { failures: 5, windowMs: 60_000 } };
    const { login, outcome } = await openAuth({ authentication: { limits } });
    const names = ['Bob@Example.org', 'bob@example.org', ' bob@EXAMPLE.org '];
    for (const name of names) expect(await outcome('wrong', {}, name)).toBe('credentials');
    expect(await login('wrong', {}, 'bob@example.org')).toMatchObject({ reason: 'rateLimited' });
    // From elsewhere twice more, and then from nowhere.
    const from = (last: number) => outcome('wrong', { address: `198.51.100.${last}` }, 'bob@example.org');
    expect([await from(1), await from(2), await from(3)]).toEqual(['credentials', 'credentials', 'rateLimited']);
    expect(await outcome('wrong', { address: '198.51.100.2' }, 'carl@example.org')).toBe('credentials');
  });

  it('is answered later and later, also of a name that nobody has', async () => {
    const { outcome } = await openAuth();
    const took = async (name: string): Promise<number> => {
      const begun = performance.now();
      expect(await outcome('wrong', {}, name)).toBe('credentials');
      return performance.now() - begun;
    };
    for (const name of ['ann', 'nobody']) {
      for (let tries = 0; tries < 3; tries++) await took(name);
      expect(await took(name), name).toBeGreaterThan(240);
    }
  });

  it('does not so much as open the account', async () => {
    const engine = await openTestedEngine();
    const first = await openAuth({ engine, blobs: new MemoryBlobStore() });
    const read = vi.spyOn(engine, 'read');
    const { openStore } = await import('../../src/open-store.ts');
    const again = await openStore({ engine, blobs: new MemoryBlobStore() });
    const source = { scope: 'imap', address: '192.0.2.1' } as const;
    expect(await again.auth.authenticate('ann', 'wrong', source)).toMatchObject({ reason: 'credentials' });
    expect(read).not.toHaveBeenCalled();
    expect(await again.auth.authenticate('ann', PASSWORD, source)).toMatchObject({ kind: 'granted' });
    expect(read).toHaveBeenCalledTimes(1);
    expect(await first.outcome(PASSWORD)).toBe('granted');
  });

  it('is not limited from trusted networks', async () => {
    const { outcome } = await openAuth({ authentication: { limits: { ...LIMITS, trusted: ['192.0.2.0/28'] } } });
    for (let tries = 0; tries < 10; tries++) expect(await outcome('wrong')).toBe('credentials');
    expect(await outcome(PASSWORD)).toBe('granted');
    const wrong = { authentication: { limits: { trusted: ['everybody'] } } };
    await expect(openAuth(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is not passed on to an authority outside once it is limited', async () => {
    let asked = 0;
    const external = async (): Promise<null> => {
      asked++;
      return null;
    };
    const { outcome } = await openAuth({ authentication: { limits: LIMITS, external } });
    for (let tries = 0; tries < 10; tries++) await outcome('wrong');
    expect(asked).toBe(3);
  });

  it('is counted for all processes together', async () => {
    const place = await emptyPlace();
    const first = await openAuth({ ...place, ...limited });
    const { openStore } = await import('../../src/open-store.ts');
    const second = await openStore({ ...place, ...limited, secret: SECRET });
    try {
      for (let tries = 0; tries < 3; tries++) await first.outcome('wrong');
      const source = { scope: 'imap', address: '192.0.2.1' } as const;
      expect(await second.auth.authenticate('ann', 'wrong', source)).toMatchObject({ reason: 'rateLimited' });
    } finally {
      await second.close();
    }
  });
});

describe('the log', () => {
  it('has each attempt, what is alike counted together, the latest first', async () => {
    const { store, account, outcome, clock } = await openAuth();
    const { password, id } = await store.auth.createAppPassword(account, { scopes: ['imap'], description: 'phone' });
    await outcome(PASSWORD, { client: 'Mail 1.0' });
    clock.now += 1000;
    for (let tries = 0; tries < 3; tries++) await outcome('wrong', { address: '198.51.100.1', scope: 'submission' });
    clock.now += 3_600_000;
    await outcome(password);
    await outcome('any', {}, 'nobody');
    expect(await store.auth.log(account)).toMatchObject([
      { outcome: 'granted', credential: { kind: 'appPassword', id }, address: '192.0.2.1', scope: 'imap', count: 1 },
      { outcome: 'credentials', credential: null, address: '198.51.100.1', scope: 'submission', count: 3 },
      { outcome: 'granted', credential: { kind: 'password' }, client: 'Mail 1.0', count: 1 },
    ]);
    expect(await store.auth.log(null)).toMatchObject([{ outcome: 'credentials', address: '192.0.2.1' }]);
    const [latest] = await store.auth.log(account, { limit: 1 });
    expect(await store.auth.log(account, { before: latest?.time as number })).toHaveLength(2);
    expect((await store.auth.appPasswords(account))[0]?.lastUse).toEqual({
      time: clock.now,
      address: '192.0.2.1',
      scope: 'imap',
    });
  });

  it('names where attempts come from however many they are, as long as they are alike', async () => {
    const { store, account, outcome, clock } = await openAuth({
      authentication: { limits: { trusted: ['0.0.0.0/0'] } },
    });
    for (let tries = 0; tries < 205; tries++) await outcome(PASSWORD);
    clock.now += 1000;
    await outcome('wrong');
    expect(await store.auth.log(account)).toMatchObject([
      { outcome: 'credentials', address: '192.0.2.1', count: 1 },
      { outcome: 'granted', count: 205 },
    ]);
  });

  it('does not grow with a flood', async () => {
    const { store, account, outcome } = await openAuth({ authentication: { limits: { trusted: ['0.0.0.0/0'] } } });
    await Promise.all(
      Array.from({ length: 260 }, (_, index) => outcome('x', { address: `10.0.${index >> 8}.${index & 255}` })),
    );
    const records = await store.auth.log(account, { limit: 1000 });
    expect(records.length).toBeLessThanOrEqual(202);
    expect(records.reduce((sum, { count }) => sum + count, 0)).toBe(260);
  });
});

describe('app passwords', () => {
  it('are listed without the password, at most 100, and refused with sense', async () => {
    const { store, account } = await openAuth();
    const made = await store.auth.createAppPassword(account, { scopes: ['imap', 'submission'], description: 'Löwe' });
    const [listed] = await store.auth.appPasswords(account);
    expect(listed).toEqual({
      id: made.id,
      description: 'Löwe',
      scopes: ['imap', 'submission'],
      networks: [],
      created: made.created,
      expires: null,
      lastUse: null,
    });
    for (const wrong of [
      { scopes: [] },
      { scopes: ['ftp'] },
      { scopes: ['imap'], networks: ['example.org'] },
      { scopes: ['imap'], networks: ['192.0.2.0/33'] },
      { scopes: ['imap'], networks: ['fe80::1%eth0'] },
      { scopes: ['imap'], description: 'x'.repeat(256) },
      { scopes: ['imap'], expires: new Date(Number.NaN) },
    ]) {
      await expect(store.auth.createAppPassword(account, wrong as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await expect(store.auth.createAppPassword('nobody', { scopes: ['imap'] })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    for (let count = 1; count < 100; count++) await store.auth.createAppPassword(account, { scopes: ['imap'] });
    await expect(store.auth.createAppPassword(account, { scopes: ['imap'] })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});

describe('a password', () => {
  it('that is temporary ends, one that must be changed opens no mail program', async () => {
    const { store, account, outcome, clock } = await openAuth();
    await store.accounts.setPassword(account, 'temporary', { expires: new Date(clock.now + 60_000), mustChange: true });
    expect(await outcome('temporary')).toBe('mustChange');
    expect(await outcome('temporary', { scope: 'rest' })).toBe('granted');
    clock.now += 60_000;
    expect(await outcome('temporary', { scope: 'rest' })).toBe('expired');
    await store.accounts.setPassword(account, 'chosen by the owner');
    expect(await outcome('chosen by the owner')).toBe('granted');
    await expect(store.accounts.setPassword(account, 'x', { expires: new Date(Number.NaN) })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('is what the policy allows', async () => {
    const passwordPolicy = async (password: string) => (password.length < 6 ? 'at least six characters' : null);
    const { store, account, outcome } = await openAuth({ passwordPolicy });
    const refused = { code: 'PASSWORD_REFUSED', message: 'at least six characters' };
    await expect(store.accounts.setPassword(account, 'short')).rejects.toMatchObject(refused);
    await expect(store.accounts.create({ name: 'bob', password: 'short' })).rejects.toMatchObject(refused);
    expect(await store.accounts.find('bob')).toBeNull();
    expect(await outcome(PASSWORD)).toBe('granted');
  });
});

it.runIf(ENGINE === 'sqlite')('no secret can be read from the disk', async () => {
  const place = await emptyPlace();
  const { store, account, outcome } = await openAuth(place);
  const app = await store.auth.createAppPassword(account, { scopes: ['imap'] });
  const { secret } = await store.auth.beginTotp(account, 'x');
  const codes = await store.auth.createRecoveryCodes(account);
  const { token } = await store.auth.createToken({ role: 'account', account });
  await outcome(PASSWORD);
  await outcome('a wrong guess that was nearly right');
  await store.close();
  const folder = (place as { path: string }).path;
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const octets = Buffer.concat(
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name)))),
  );
  expect(octets.includes(account)).toBe(true);
  const letters = app.password.replaceAll(' ', '');
  const code = (codes[0] as string).replaceAll('-', '');
  for (const text of [
    PASSWORD,
    app.password,
    letters,
    secret,
    codes[0] as string,
    code,
    token,
    token.slice(-43),
    'nearly right',
  ]) {
    expect([text, octets.includes(text)]).toEqual([text, false]);
  }
});
