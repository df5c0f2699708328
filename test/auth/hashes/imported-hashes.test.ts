import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImportedHashes } from '../../../src/auth/hashes/imported-hashes.ts';
import { TaskLimit } from '../../../src/auth/task-limit.ts';
import { CRYPT_VECTORS } from './crypt-vectors.ts';

const hashes = new ImportedHashes(new TaskLimit(2, 1_000));
const GREEK = '\u0399\u03c9\u03b1\u03bd\u03bd\u03b7\u03c2';
const UMLAUTS = 'gr\u00fc\u00df';

/** What others publish: the vectors of their tests, or what their programs wrote. */
const PUBLISHED: readonly (readonly [from: string, password: string, hash: string])[] = [
  ['Drepper', 'Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  [
    'Drepper, salt cut',
    'Hello world!',
    '$6$rounds=10000$saltstringsaltstring$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    'Drepper, long password',
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
    '$6$rounds=1400$anotherlongsaltstring$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  ],
  [
    'Drepper, many rounds',
    'we have a short salt string but not a short password',
    '$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0',
  ],
  ['openssl passwd -1', 'secret', '$1$pepper$vsWMGvS39GiAw.p3o3YUW0'],
  ['openssl passwd -5', 'secret', '$5$pepper$2pAgbGpQiykh.M/nsGW0.I7Vms31DG4rMmvJxdszg10'],
  [
    'openssl passwd -6',
    'x'.repeat(100),
    '$6$pepper$j9/IykWrbxb0zLnv27ctM8qcAG9zdFHAGkf6sDzCoe6nhXstrt59HO5zzDtNwSqHd/ovQ5lwCsVliqdgn0bcH/',
  ],
  ['passlib', 'password', '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI'],
  ['passlib', GREEK, '$pbkdf2$1212$THDqatpidANpadlLeTeOEg$HV3oi1k5C5LQCgG1BMOL.BX4YZc'],
  ['passlib', 'password', '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ'],
  [
    'passlib',
    GREEK,
    '$pbkdf2-sha512$1212$KkbvoKGsAIcF8IslDR6skQ$8be/PRmd88Ps8fmPowCJttH9G3vgxpG.Krjt3KT.NP6cKJ0V4Prarqf.HBwz0dCkJ6xgWnSj2ynXSV7MlvMa8Q',
  ],
  ['OpenLDAP', 'apple123', '{PBKDF2}10000$uPfpfTXP3NX9tQ0a/p5VaQ$Ag4JdbL6t05DuprdvlkEQsrWo4k'],
  ['OpenLDAP', 'apple123', '{PBKDF2-SHA256}10000$xxOL0cKNcEfejM9hoWFBCA$gTSqXH8dHrh9AkV2To5S56NIPRh2G8XBQlb1MhcyeHM'],
  [
    'OpenLDAP',
    'apple123',
    '{PBKDF2-SHA512}10000$1hggvWEtcJ0AGI5lT57d9A$q1epGDAulI/5Dz426cvJW7GXGmEksiSQmZ3AnQ5fB3FyXkglyOoi1F5kcPeMVQK9RabR6T1T7ANjaEZCxMdpmA',
  ],
  ['Dovecot', 'test', '{PBKDF2}$1$bUnT4Pl7yFtYX0KU$5000$50a83cafdc517b9f46519415e53c6a858908680a'],
  [
    'Dovecot',
    'test',
    '{SCRAM-SHA-256}4096,LfNGSFqiFykEZ1xDAYlnKQ==,HACNf9CII7cMz3XjRy/Oh3Ae2LHApoDyNw74d3YtFws=,AQH0j7Hf8J12g8eNBadvzlNB2am3PxgNwFCFd3RxEaw=',
  ],
  ['Dovecot', 'test', '{MD5}$1$wmyrgRuV$kImF6.9MAFQNHe23kq5vI/'],
  ['Dovecot', 'test', '{MD5-CRYPT}$1$GgvxyNz8$OjZhLh4P.gF1lxYEbLZ3e/'],
  ['Dovecot', 'test', '{BLF-CRYPT}$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW'],
  [
    'Dovecot',
    'test',
    '{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$f2iuP4aUeNMrgu34fhOkkg$1XSZZMWlIs0zmE+snlUIcLADO3GXbA2O/hsQmmc317k',
  ],
  [
    'Dovecot',
    'test',
    '{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$vBb99oJ12p3WAdYlaMHz1A$jtFOtbo/sYV9OSlTxDo/nVNq3uArHd5GJSEx0ty85Cc',
  ],
  ['Dovecot', 'test', '{SHA1}qUqP5cyxm6YcTAhz05Hph5gvu9M='],
  ['Dovecot', 'test', '{SMD5}JTu1KRwptKZJg/RLd+6Vn5GUd0M='],
  ['Dovecot', 'test', '{LDAP-MD5}CY9rzUYh03PK3k6DJie09g=='],
  ['Dovecot', 'test', '{SHA256}n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='],
  [
    'Dovecot',
    'test',
    '{SHA512}7iaw3Ur350mqGo7jwQrpkj9hiYB3Lkc/iBml1JQODbJ6wYX4oOHV+E+IvIh/1nsUNzLDBMxfqa2Ob1f1ACio/w==',
  ],
  ['Dovecot', 'test', '{SSHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO'],
  ['Stalwart', 'test123', '{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a'],
  ['Stalwart', 'test123', '{SSHA256}czO44OTV17PcF1cRxWrLZLy9xHd7CWyVYplr1rOhuMlx/7IK'],
  [
    'uffd',
    'password',
    '{ssha512}dOeDLmVpHJThhHeag10Hm2g4T7s3SBE6rGHcXUolXJHVufY4qT782rwZ/0XE6cuLcBZ0KpnwmUzRpAEtZBdv+JYEEtZQs/uC',
  ],
  ['hashlib', 'secret', '{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69'],
  ['hashlib', UMLAUTS, '{SMD5}MVuqHoRbW19rAVgd8kuKyPr7/P3+/2Fi'],
  ['hashlib', UMLAUTS, '{SSHA}MlV1PIhejsaClaJIanl4G4nsfqr6+/z9/v9hYg=='],
  ['hashlib', UMLAUTS, '{SSHA256.b64}oVl3n8md6RBCj+0AW27Lrz5B+SAVeWcUhylSobvGlon6+/z9/v9hYg=='],
  [
    'hashlib, in hex',
    'secret',
    '{SSHA512}682bbb25173e90bb2e12616cd734d8f8088fec34869e38c6f9d1f6f03a7e139bacaa8022c5e4cf8a12aa6669166a5e2651fa7adedaaf0809055752ca4c3147e973616c7473616c74',
  ],
  [
    'hashlib, as a PHC string',
    'secret',
    '$pbkdf2-sha256$i=100000$MDEyMzQ1Njc4OWFiY2RlZg$plwZLotEAEMO707yToj/A2wZs5Moai9JwWz+JsVD+Cc',
  ],
  [
    'hashlib, as a PHC string',
    'secret',
    '$pbkdf2-sha512$i=25000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$m28yyWgXn4Qvd2fQ81e1S2A5xmuunG4E1Gf1486hu9kLDwIHy8F3YHrAgxGilxgKS5vWq9EwEkBqsTS2bxygZg',
  ],
];

describe('a hash from elsewhere', () => {
  test.each(PUBLISHED)('of %s: %s', async (_from, password, hash) => {
    expect(hashes.isKnown(hash)).toBe(true);
    expect(await hashes.verify(hash, password)).toBe(true);
    expect(await hashes.verify(hash, `${password}.`)).toBe(false);
    expect(await hashes.verify(hash, '')).toBe(false);
  });

  test('of crypt(3), with passwords of several lengths', async () => {
    expect(CRYPT_VECTORS).toHaveLength(50);
    for (const [password, hash] of CRYPT_VECTORS) {
      for (const form of [hash, `{CRYPT}${hash}`, `{crypt}${hash}`]) expect(hashes.isKnown(form)).toBe(true);
      expect([hash, await hashes.verify(hash, password)]).toEqual([hash, true]);
      expect([hash, await hashes.verify(hash, `b${password}`)]).toEqual([hash, false]);
    }
  });

  test('fits the password as it was typed, and in its normal form', async () => {
    // Made of the password in NFC; and of the decomposed one, by a server that hashes what comes.
    const composed = '{SSHA}MlV1PIhejsaClaJIanl4G4nsfqr6+/z9/v9hYg==';
    expect(await hashes.verify(composed, UMLAUTS.normalize('NFD'))).toBe(true);
    const decomposed = '{SHA}EwP9cMcdiRD6MfmzewtJPRYxJAE=';
    expect(await hashes.verify(decomposed, UMLAUTS.normalize('NFD'))).toBe(true);
    expect(await hashes.verify(decomposed, UMLAUTS)).toBe(false);
  });
});

describe('unknown hashes', () => {
  const key = 'hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ';

  test.each([
    ['nothing', ''],
    ['a password', 'secret'],
    ['a password that says so', '{PLAIN}secret'],
    ['DES crypt', 'abzlUXK5ed5rs'],
    ['DES crypt in braces', '{CRYPT}abzlUXK5ed5rs'],
    ['yescrypt', '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7'],
    ['an account that is locked', '!$6$saltsalt$8gzUrz5S2'],
    ['bcrypt before it was mended', '$2x$05$abcdefghijklmnopqrstuu8.veTXNDPV2eEsdpKNczMw2otgh5LnK'],
    ['bcrypt of cost 3', '$2b$03$abcdefghijklmnopqrstuu8.veTXNDPV2eEsdpKNczMw2otgh5LnK'],
    ['bcrypt of cost 16', '$2b$16$abcdefghijklmnopqrstuu8.veTXNDPV2eEsdpKNczMw2otgh5LnK'],
    ['bcrypt cut off', '$2b$05$abcdefghijklmnopqrstuu8.veTXNDPV2eEsdpKNczMw2otgh5Ln'],
    ['SHA-crypt of 999 rounds', '$5$rounds=999$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8'],
    ['SHA-crypt of 1,000,001 rounds', '$5$rounds=1000001$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8'],
    ['SHA-crypt cut off', '$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc'],
    ['PBKDF2 of 2,000,001 iterations', `$pbkdf2-sha256$2000001$c2FsdA$${key}`],
    ['PBKDF2 of no iterations', `$pbkdf2-sha256$0$c2FsdA$${key}`],
    ['PBKDF2 with a number in another form', `$pbkdf2-sha256$01212$c2FsdA$${key}`],
    ['PBKDF2 with a key of 15 octets', '$pbkdf2-sha256$1212$c2FsdA$AAAAAAAAAAAAAAAAAAAA'],
    ['PBKDF2 with a part too many', `$pbkdf2-sha256$1212$c2FsdA$${key}$`],
    ['Argon2 of more than 1 GiB', `$argon2id$v=19$m=1048577,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$${'A'.repeat(43)}`],
    ['Argon2 of too many passes', `$argon2id$v=19$m=65536,t=65,p=1$MDEyMzQ1Njc4OWFiY2RlZg$${'A'.repeat(43)}`],
    ['Argon2 with too many lanes', `$argon2id$v=19$m=1024,t=1,p=129$MDEyMzQ1Njc4OWFiY2RlZg$${'A'.repeat(43)}`],
    ['a digest without the salt of its name', '{SSHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='],
    ['a digest with a salt against its name', '{SHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO'],
    ['a short digest', '{SHA}qUqP5cyxm6YcTAhz05Hph5gv'],
    ['a digest that is no base64', '{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M!'],
    ['a scheme and nothing', '{SSHA}'],
    ['1,025 characters', `{SSHA256}${'A'.repeat(1016)}`],
  ])('%s', async (_what, hash) => {
    expect(hashes.isKnown(hash)).toBe(false);
    expect(await hashes.verify(hash, 'secret')).toBe(false);
  });

  test('any text is nobody’s hash, and never an error', async () => {
    const pieces = fc.constantFrom(
      '$',
      '{',
      '}',
      'SSHA',
      'CRYPT',
      '2b',
      '5',
      '6',
      '1',
      'rounds=',
      '05',
      ',',
      '=',
      'A',
      '.',
    );
    const text = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (hash) => {
        expect(await hashes.verify(hash, 'secret')).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the thread', () => {
  const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuMFdJu9yVgmagVAIC24fOZkaFqd3s9JC';
  const SLOW =
    '$6$rounds=100000$pepper$sMhNZU2sD33RDCUeKmBHPN9EH3XUtf5p5wNlYNn5Bk5Vz0ItPuh2d7MeDqAUpDNRXz1LgmeRR4sRbBnqVc9Eh/';

  test('leaves the event loop free', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    const begin = performance.now();
    expect(await hashes.verify(SLOW, 'secret')).toBe(false);
    const milliseconds = performance.now() - begin;
    clearInterval(ticking);
    expect(milliseconds).toBeGreaterThan(50);
    expect(turns).toBeGreaterThan(milliseconds / 50);
  });

  test('gives each caller its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => hashes.verify(BCRYPT, i % 2 === 0 ? 'a' : 'b')),
    );
    expect(answers).toEqual(Array.from({ length: 40 }, (_, i) => i % 2 === 0));
  });

  test('has a queue with an end', async () => {
    const busy = new ImportedHashes(new TaskLimit(2, 1_000));
    const all = Array.from({ length: 1_001 }, () => busy.verify(BCRYPT, 'b'));
    await expect(busy.verify(BCRYPT, 'a')).rejects.toMatchObject({ code: 'BUSY' });
    expect(new Set(await Promise.all(all))).toEqual(new Set([false]));
    expect(await busy.verify(BCRYPT, 'a')).toBe(true);
  }, 60_000);
});
