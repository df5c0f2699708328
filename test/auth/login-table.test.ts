/** Who is let in: every credential with every protocol and every state of the account, as one table says. */

import { generate } from 'otplib';
import { describe, expect, it } from 'vitest';
import { SCOPES, type Scope } from '../../src/model/authentication.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import { ENGINE } from '../engine-under-test.ts';
import { type AuthFixture, openAuth, PASSWORD, wordOf } from './auth-fixture.ts';

/** What is done to the account before. */
const STATES: Readonly<Record<string, (fixture: AuthFixture) => Promise<unknown>>> = {
  usual: async () => {},
  disabled: ({ store, account }) => store.auth.setStatus(account, { disabled: true }),
  suspended: ({ store, account }) => store.auth.setStatus(account, { suspended: true }),
  mustChange: ({ store, account }) => store.auth.setStatus(account, { mustChange: true }),
  passwordExpired: ({ store, account, clock }) => store.auth.setStatus(account, { passwordExpires: clock.now }),
  secondFactor: (fixture) => switchTotpOn(fixture),
  secondFactorAndMustChange: async (fixture) => {
    await switchTotpOn(fixture);
    await fixture.store.auth.setStatus(fixture.account, { mustChange: true });
  },
};

async function switchTotpOn({ store, account, clock }: AuthFixture): Promise<string> {
  const { secret } = await store.auth.beginTotp(account, 'Example');
  const code = await generate({ secret, epoch: Math.floor(clock.now / 1000) });
  expect(await store.auth.confirmTotp(account, code)).toBe(true);
  return secret;
}

const asks = (scope: Scope): boolean => scope === 'rest' || scope === 'jmap';

/** What the password comes to. */
function expected(state: string, scope: Scope): string {
  switch (state) {
    case 'disabled':
    case 'suspended':
      return state;
    case 'passwordExpired':
      return 'expired';
    case 'mustChange':
      return asks(scope) ? 'granted' : 'mustChange';
    case 'secondFactor':
    case 'secondFactorAndMustChange':
      return asks(scope) ? 'needsSecondFactor' : 'appPasswordRequired';
    default:
      return 'granted';
  }
}

/** Limits on guessing have tests of their own; here they would make who guesses wait. */
const openTable = (options: Partial<OpenStoreOptions> = {}): Promise<AuthFixture> =>
  openAuth({ authentication: { limits: { trusted: ['0.0.0.0/0', '::/0'] } }, ...options });

// What is decided of a state does not depend on where it is kept.
const STATES_HERE = Object.entries(STATES).slice(0, ENGINE === 'sqlite' ? undefined : 2);

describe.each(STATES_HERE)('an account that is %s', (state, prepare) => {
  it('by its password, and by a wrong one', async () => {
    const fixture = await openTable();
    await prepare(fixture);
    for (const scope of SCOPES) {
      expect([scope, await fixture.outcome(PASSWORD, { scope })]).toEqual([scope, expected(state, scope)]);
      // Whatever the state, who has no right credential learns nothing of it.
      expect(await fixture.outcome('wrong', { scope, address: `198.51.100.${SCOPES.indexOf(scope)}` })).toBe(
        'credentials',
      );
    }
    expect(await fixture.outcome(PASSWORD, {}, 'nobody')).toBe('credentials');
    expect(await fixture.outcome(PASSWORD, { scope: 'rest' }, 'ANN@Example.org')).toBe(expected(state, 'rest'));
    expect(await fixture.outcome(PASSWORD, {}, fixture.account)).toBe('credentials');
  });

  it('by app passwords: of each scope, expired, of other networks, removed', async () => {
    const fixture = await openTable();
    await prepare(fixture);
    const { store, account, clock } = fixture;
    const off = state === 'disabled' || state === 'suspended' ? state : null;
    for (const scope of SCOPES) {
      const { password, id } = await store.auth.createAppPassword(account, { scopes: [scope] });
      expect(password).toMatch(/^[a-z]{4} [a-z]{4} [a-z]{4} [a-z]{4}$/);
      for (const other of SCOPES) {
        expect(await fixture.outcome(password, { scope: other })).toBe(off ?? (other === scope ? 'granted' : 'scope'));
      }
      expect(await fixture.outcome(password.replaceAll(' ', ''), { scope })).toBe(off ?? 'granted');
      expect(await store.auth.removeAppPassword(account, id)).toBe(true);
      expect(await fixture.outcome(password, { scope })).toBe('credentials');
    }
    const old = await store.auth.createAppPassword(account, { scopes: ['imap'], expires: new Date(clock.now) });
    expect(await fixture.outcome(old.password)).toBe(off ?? 'expired');
    const home = await store.auth.createAppPassword(account, {
      scopes: ['imap'],
      networks: ['192.0.2.0/24', '2001:db8::/32'],
    });
    expect(await fixture.outcome(home.password)).toBe(off ?? 'granted');
    expect(await fixture.outcome(home.password, { address: '::ffff:192.0.2.9' })).toBe(off ?? 'granted');
    expect(await fixture.outcome(home.password, { address: '2001:db8:1::1' })).toBe(off ?? 'granted');
    expect(await fixture.outcome(home.password, { address: '203.0.113.1' })).toBe(off ?? 'network');
  });

  it('by tokens', async () => {
    const fixture = await openTable();
    await prepare(fixture);
    const { store, account, clock } = fixture;
    const off = state === 'disabled' || state === 'suspended';
    const { token, id } = await store.auth.createToken({ role: 'account', account });
    expect(await store.auth.verifyToken(token)).toEqual(
      off ? null : expect.objectContaining({ id, account, role: 'account' }),
    );
    const root = await store.auth.createToken({ role: 'root', description: 'admin' });
    expect(await store.auth.verifyToken(root.token)).toMatchObject({
      role: 'root',
      account: null,
      description: 'admin',
    });
    for (const wrong of [
      '',
      'x',
      token.slice(0, -1),
      `${token}x`,
      token.replace(account, 'other'),
      `eider__${token.slice(-43)}`,
    ]) {
      expect(await store.auth.verifyToken(wrong)).toBeNull();
    }
    const old = await store.auth.createToken({ role: 'account', account, expires: new Date(clock.now - 1) });
    expect(await store.auth.verifyToken(old.token)).toBeNull();
    await store.accounts.setPassword(account, 'another one');
    expect(await store.auth.verifyToken(token)).toBeNull();
    expect(await store.auth.removeToken(null, root.id)).toBe(true);
    expect(await store.auth.verifyToken(root.token)).toBeNull();
  });
});

describe('a login with a second factor', () => {
  const REST = { scope: 'rest', address: '192.0.2.1' } as const;

  async function begin(): Promise<
    AuthFixture & { secret: string; ticket: () => Promise<string>; code: () => Promise<string> }
  > {
    const fixture = await openTable();
    const secret = await switchTotpOn(fixture);
    return {
      ...fixture,
      secret,
      code: () => generate({ secret, epoch: Math.floor(fixture.clock.now / 1000) }),
      ticket: async () => {
        const outcome = await fixture.login(PASSWORD, REST);
        if (outcome.kind !== 'needsSecondFactor') throw new Error(wordOf(outcome));
        expect(outcome.methods).toContain('totp');
        return outcome.ticket;
      },
    };
  }

  it('ends with a code of the app, once', async () => {
    const { store, clock, ticket, code, account } = await begin();
    // The code that switched it on is used.
    const first = await ticket();
    const used = { method: 'totp', code: await code() } as const;
    expect(wordOf(await store.auth.completeLogin(first, used, REST))).toBe('secondFactor');
    clock.now += 30_000;
    const fresh = { method: 'totp', code: await code() } as const;
    expect(await store.auth.completeLogin(first, fresh, REST)).toMatchObject({
      kind: 'granted',
      account: { id: account },
      credential: { kind: 'password' },
    });
    // Neither the ticket nor the code is good again.
    expect(wordOf(await store.auth.completeLogin(first, fresh, REST))).toBe('ticket');
    expect(wordOf(await store.auth.completeLogin(await ticket(), fresh, REST))).toBe('secondFactor');
  });

  it('takes a code of one step before or after, and no other', async () => {
    const { store, clock, ticket, secret } = await begin();
    const at = async (seconds: number) => ({
      method: 'totp' as const,
      code: await generate({ secret, epoch: Math.floor(clock.now / 1000) + seconds }),
    });
    clock.now += 600_000;
    for (const [seconds, word] of [
      [-60, 'secondFactor'],
      [60, 'secondFactor'],
      [-30, 'granted'],
      [30, 'granted'],
      // Steps behind one that was used are over.
      [0, 'secondFactor'],
    ] as const) {
      expect([seconds, wordOf(await store.auth.completeLogin(await ticket(), await at(seconds), REST))]).toEqual([
        seconds,
        word,
      ]);
    }
  });

  it('ends with a recovery code, once', async () => {
    const { store, account, ticket } = await begin();
    const codes = await store.auth.createRecoveryCodes(account);
    expect(codes).toHaveLength(10);
    expect(new Set(codes).size).toBe(10);
    const factor = { method: 'recoveryCode', code: (codes[3] as string).toUpperCase().replaceAll('-', ' ') } as const;
    expect(wordOf(await store.auth.completeLogin(await ticket(), factor, REST))).toBe('granted');
    expect(wordOf(await store.auth.completeLogin(await ticket(), factor, REST))).toBe('secondFactor');
    expect(await store.auth.recoveryCodes(account)).toBe(9);
    const fresh = await store.auth.createRecoveryCodes(account);
    expect(
      wordOf(
        await store.auth.completeLogin(await ticket(), { method: 'recoveryCode', code: codes[4] as string }, REST),
      ),
    ).toBe('secondFactor');
    expect(
      wordOf(
        await store.auth.completeLogin(await ticket(), { method: 'recoveryCode', code: fresh[0] as string }, REST),
      ),
    ).toBe('granted');
  });

  it('is granted once, also when many bring the same code at the same time', async () => {
    const { store, clock, ticket, code } = await begin();
    clock.now += 30_000;
    const factor = { method: 'totp', code: await code() } as const;
    const tickets = await Promise.all(Array.from({ length: 5 }, ticket));
    const words = await Promise.all(
      tickets.map(async (one) => wordOf(await store.auth.completeLogin(one, factor, REST))),
    );
    expect(words.filter((word) => word === 'granted')).toHaveLength(1);
  });

  it('has five tries and five minutes', async () => {
    const { store, clock, ticket, code } = await begin();
    const one = await ticket();
    const wrong = { method: 'totp', code: '000000' } as const;
    for (let tries = 0; tries < 5; tries++)
      expect(wordOf(await store.auth.completeLogin(one, wrong, REST))).toBe('secondFactor');
    expect(wordOf(await store.auth.completeLogin(one, wrong, REST))).toBe('ticket');
    clock.now -= 301_000;
    const old = await ticket();
    clock.now += 331_000;
    expect(wordOf(await store.auth.completeLogin(old, { method: 'totp', code: await code() }, REST))).toBe('ticket');
    for (const rubbish of ['', 'x', '\0', 'a'.repeat(100_000), `${'a'.repeat(16)}_${'b'.repeat(43)}`]) {
      expect(wordOf(await store.auth.completeLogin(rubbish, wrong, REST))).toBe('ticket');
    }
  });

  it('is no more when the factor was removed', async () => {
    const { store, account, outcome } = await begin();
    await store.auth.createRecoveryCodes(account);
    await store.auth.removeTotp(account);
    // Recovery codes alone protect nothing.
    expect(await outcome(PASSWORD)).toBe('granted');
    expect((await store.auth.status(account)).secondFactors).toEqual(['recoveryCode']);
  });

  it('cannot be switched on by a wrong code, or without a secret', async () => {
    const { store, account, outcome } = await openTable();
    const { uri, qr, secret } = await store.auth.beginTotp(account, 'Ex & Co');
    expect(uri).toBe(`otpauth://totp/Ex%20%26%20Co:ann?secret=${secret}&issuer=Ex%20%26%20Co`);
    expect(qr).toMatch(/^<svg .*<\/svg>$/s);
    for (const code of ['', '12345', '1234567', 'abcdef', '000000'])
      expect(await store.auth.confirmTotp(account, code)).toBe(false);
    expect(await outcome(PASSWORD)).toBe('granted');
    const bare = await openTable({ secret: undefined as never });
    await expect(bare.store.auth.beginTotp(bare.account, 'x')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
