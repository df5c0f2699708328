import { describe, expect, test } from 'vitest';
import { formatScramKeys, makeScramKeys, parseScramKeys } from '../../../src/auth/sasl/scram-keys.ts';

describe('makeScramKeys', () => {
  test('makes the keys that belong to RFC 7677 section 3', async () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(formatScramKeys(await makeScramKeys('pencil', { salt, iterations: 4096 }))).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  test('takes 16 octets of salt, new each time, and 100,000 iterations', async () => {
    const [one, two] = await Promise.all([makeScramKeys('secret'), makeScramKeys('secret')]);
    expect([one.salt.length, one.iterations, one.storedKey.length, one.serverKey.length]).toEqual([
      16, 100_000, 32, 32,
    ]);
    expect(one.salt.equals(two.salt)).toBe(false);
  });

  test('makes the same of a password however it was typed', async () => {
    const options = { salt: Buffer.alloc(16), iterations: 4096 };
    const one = await makeScramKeys('gr\u00fc\u00df dich', options);
    expect(await makeScramKeys('gru\u0308\u00df\u00a0dich', options)).toEqual(one);
  });

  test.each([
    ['no password', '', {}],
    ['1,025 octets', 'x'.repeat(1025), {}],
    ['few iterations', 'secret', { iterations: 4095 }],
    ['many iterations', 'secret', { iterations: 2_000_001 }],
  ])('refuses %s', async (_what, password, options) => {
    await expect(makeScramKeys(password, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('parseScramKeys', () => {
  test('reads what was written', async () => {
    const keys = await makeScramKeys('secret', { iterations: 4096 });
    expect(parseScramKeys(formatScramKeys(keys))).toEqual(keys);
  });

  test.each([
    '',
    '$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA',
    'SCRAM-SHA-256$4095:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    'SCRAM-SHA-256$9999999:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3Oo=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  ])('no keys: %s', (text) => {
    expect(parseScramKeys(text)).toBeNull();
  });
});
