import { describe, expect, test } from 'vitest';
import { PasswordVerifier } from '../../src/auth/password.ts';

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

describe('PasswordVerifier', () => {
  test('makes PHC strings of Argon2id with 19 MiB, two passes, one lane, and a salt each time', async () => {
    const passwords = new PasswordVerifier();
    const [one, two] = await Promise.all([passwords.hash('secret'), passwords.hash('secret')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
  });

  test('tells the right password from others', async () => {
    const passwords = new PasswordVerifier();
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify(hash, 'correct horse')).toBe(true);
    expect(await passwords.verify(hash, 'correct horse')).toBe(true);
    expect(await passwords.verify(hash, 'Correct horse')).toBe(false);
    expect(await passwords.verify(hash, '')).toBe(false);
    expect(await passwords.verify(null, 'correct horse')).toBe(false);
    expect(await passwords.verify('no hash at all', 'correct horse')).toBe(false);
  });

  test('compares one guess that comes many times at once as often for nobody as for an account: once', async () => {
    const passwords = new PasswordVerifier();
    const hash = await passwords.hash('correct horse');
    // More than wait in a row.
    const guesses = (of: string | null, who: string): Promise<boolean>[] =>
      Array.from({ length: 1_200 }, () => passwords.verify(of, 'guess', who));
    for (const [of, who] of [
      [hash, 'ann'],
      [null, 'bob'],
    ] as const) {
      expect(new Set(await Promise.all(guesses(of, who)))).toEqual(new Set([false]));
    }
    // Of several names that nobody has each is compared, as of several accounts.
    const busy = Array.from({ length: 1_200 }, (_, n) => passwords.verify(null, 'guess', `nobody${n}`));
    expect((await Promise.allSettled(busy)).filter(({ status }) => status === 'rejected')).toHaveLength(198);
  }, 60_000);

  test('takes the same password however it was typed', async () => {
    const passwords = new PasswordVerifier();
    const hash = await passwords.hash('gr\u00fc\u00df dich');
    expect(await passwords.verify(hash, 'gru\u0308\u00df\u00a0dich')).toBe(true);
    expect(await passwords.verify(hash, 'gruss dich')).toBe(false);
  });

  test('refuses passwords of 0 or over 1,024 octets', async () => {
    const passwords = new PasswordVerifier();
    for (const bad of ['', 'x'.repeat(1025), '\u20ac'.repeat(342)]) {
      await expect(passwords.hash(bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    const hash = await passwords.hash('x'.repeat(1024));
    expect(await passwords.verify(hash, 'x'.repeat(1024))).toBe(true);
    expect(await passwords.verify(hash, 'x'.repeat(1025))).toBe(false);
  });

  test('fifty sessions with one password cost one Argon2; wrong ones cost one each', async () => {
    const passwords = new PasswordVerifier();
    const hash = await passwords.hash('secret');
    const one = await milliseconds(() => passwords.verify(hash, 'wrong'));
    const fifty = await milliseconds(() =>
      Promise.all(Array.from({ length: 50 }, () => passwords.verify(hash, 'secret'))),
    );
    expect(fifty).toBeLessThan(one * 10);
    const again = await milliseconds(() => passwords.verify(hash, 'secret'));
    expect(again).toBeLessThan(one / 2);
    // Never less than half of one: nothing is remembered of a wrong password.
    expect(await milliseconds(() => passwords.verify(hash, 'wrong'))).toBeGreaterThan(one / 5);
  });

  test('no account takes as long as a wrong password', async () => {
    const passwords = new PasswordVerifier();
    const hash = await passwords.hash('secret');
    const times = { wrong: Infinity, nobody: Infinity };
    for (let i = 0; i < 5; i++) {
      times.wrong = Math.min(times.wrong, await milliseconds(() => passwords.verify(hash, 'guess')));
      times.nobody = Math.min(times.nobody, await milliseconds(() => passwords.verify(null, 'guess')));
    }
    expect(times.nobody).toBeGreaterThan(times.wrong / 3);
    expect(times.nobody).toBeLessThan(times.wrong * 3);
  });

  test('forgets after ten minutes', async () => {
    let now = 0;
    const passwords = new PasswordVerifier({ now: () => now });
    const hash = await passwords.hash('secret');
    const first = await milliseconds(() => passwords.verify(hash, 'secret'));
    now = 599_999;
    expect(await milliseconds(() => passwords.verify(hash, 'secret'))).toBeLessThan(first / 2);
    now = 600_001;
    expect(await milliseconds(() => passwords.verify(hash, 'secret'))).toBeGreaterThan(first / 5);
  });

  test('a new hash makes the old password wrong at once', async () => {
    const passwords = new PasswordVerifier();
    const old = await passwords.hash('old');
    expect(await passwords.verify(old, 'old')).toBe(true);
    const fresh = await passwords.hash('new');
    expect(await passwords.verify(fresh, 'old')).toBe(false);
    expect(await passwords.verify(fresh, 'new')).toBe(true);
  });

  describe('with a hash from elsewhere', () => {
    const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuMFdJu9yVgmagVAIC24fOZkaFqd3s9JC';
    const SSHA = '{SSHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO';
    const LIGHT = '$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$M4074Iv3KwOnKN2ICtqv1H2ChAW7ustvRd8aCfT7DJw';

    test('tells the right password from others, and remembers it', async () => {
      const passwords = new PasswordVerifier();
      for (const [hash, password] of [
        [BCRYPT, 'a'],
        [SSHA, 'test'],
        [LIGHT, 'secret'],
      ] as const) {
        expect(passwords.isKnownHash(hash)).toBe(true);
        expect(await passwords.verify(hash, 'wrong')).toBe(false);
        expect(passwords.recalls(hash, password)).toBe(false);
        expect(await passwords.verify(hash, password)).toBe(true);
        expect(passwords.recalls(hash, password)).toBe(true);
        expect(await passwords.verify(hash, '')).toBe(false);
      }
    });

    test('wants all hashes but its own made anew', async () => {
      const passwords = new PasswordVerifier();
      const own = await passwords.hash('secret');
      expect([passwords.isKnownHash(own), passwords.needsRehash(own)]).toEqual([true, false]);
      for (const hash of [BCRYPT, SSHA, LIGHT, own.replace('t=2', 't=3'), own.replace('argon2id', 'argon2i')]) {
        expect([passwords.isKnownHash(hash), passwords.needsRehash(hash)]).toEqual([true, true]);
      }
      expect(passwords.isKnownHash('secret')).toBe(false);
    });

    test('a cheap one does not show by a fast answer that there is an account', async () => {
      const passwords = new PasswordVerifier();
      const times = { cheap: Infinity, nobody: Infinity };
      for (let i = 0; i < 5; i++) {
        times.cheap = Math.min(times.cheap, await milliseconds(() => passwords.verify(SSHA, 'guess')));
        times.nobody = Math.min(times.nobody, await milliseconds(() => passwords.verify(null, 'guess')));
      }
      expect(times.cheap).toBeGreaterThan(times.nobody / 3);
      expect(times.cheap).toBeLessThan(times.nobody * 3);
    });
  });
});
