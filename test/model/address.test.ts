import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  normalizeAccountName,
  normalizeAddress,
  normalizeDomain,
  splitAddress,
  withoutDetail,
} from '../../src/model/address.ts';

const refused = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('normalizeAddress', () => {
  test.each([
    ['Ann@Example.ORG', 'ann@example.org'],
    [' ann@example.org ', 'ann@example.org'],
    ['ann@example.org.', 'ann@example.org'],
    ['"ann"@example.org', 'ann@example.org'],
    ['"a\\nn"@example.org', 'ann@example.org'],
    ['"Ann Lee"@example.org', '"ann lee"@example.org'],
    ['"a@b"@example.org', '"a@b"@example.org'],
    ['"a\\"b\\\\"@example.org', '"a\\"b\\\\"@example.org'],
    ['"a..b"@example.org', '"a..b"@example.org'],
    ['""@example.org', '""@example.org'],
    ["o'neil+box=/{|}~#!$%&*-_?^`@example.org", "o'neil+box=/{|}~#!$%&*-_?^`@example.org"],
    ['ann@localhost', 'ann@localhost'],
    ['ann@xn--bcher-kva.example', 'ann@bücher.example'],
    ['ann@BÜCHER.example', 'ann@bücher.example'],
    ['ann@bu\u0308cher.example', 'ann@bücher.example'],
    ['ann@stra\u00dfe.example', 'ann@straße.example'],
    ['ann@\uff45xample.org', 'ann@example.org'],
    ['ann@例え。テスト', 'ann@例え.テスト'],
    ['Jo\u0308rg@example.org', 'jörg@example.org'],
    ['用户@例子.中国', '用户@例子.中国'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['ann@[ipv6:2001:DB8:0:0::1]', 'ann@[IPv6:2001:db8::1]'],
    ['ann@a-b.example', 'ann@a-b.example'],
  ])('%s is %s', (address, normal) => {
    expect(normalizeAddress(address)).toBe(normal);
    expect(normalizeAddress(normal)).toBe(normal);
  });

  test.each([
    '',
    'ann',
    '@example.org',
    'ann@',
    'a b@example.org',
    'ann@@example.org',
    '.ann@example.org',
    'ann.@example.org',
    'a..n@example.org',
    'a"b@example.org',
    '"a"b"@example.org',
    'a,b@example.org',
    'ann@a..b',
    'ann@.example.org',
    'ann@-a.example',
    'ann@a-.example',
    'ann@exa mple.org',
    'ann@ex%41mple.org',
    'ann@ex_ample.org',
    'ann@1.2.3',
    'ann@192.0.2.1',
    'ann@0x7f.1',
    'ann@example.org:25',
    'ann@example.org/x',
    'ann@[example.org]',
    'ann@[192.0.2.256]',
    'ann@[IPv6:::1%eth0]',
    'ann@[IPv6:nonsense]',
    'ann@[192.0.2.1',
    'ann@xn--\u0000.example',
    'ann@xn--a.example',
    'a\u0000n@example.org',
    'a\r\nn@example.org',
    '"a\nn"@example.org',
    'a\u202en@example.org',
    'a\u200bn@example.org',
    'a\ufffdn@example.org',
    'a\ud800n@example.org',
    'ann@ex\u00adample.org',
    `ann@${'a'.repeat(64)}.example`,
    `ann@${'ü'.repeat(60)}.example`,
    `ann@${'a.'.repeat(127)}a`,
    `${'a'.repeat(243)}@example.org`,
    `${'a'.repeat(100_000)}@example.org`,
  ])('%j is refused', (address) => {
    expect(refused(() => normalizeAddress(address))).toBe('ADDRESS_INVALID');
  });

  test('takes 254 octets', () => {
    const longest = `${'a'.repeat(242)}@example.org`;
    expect(normalizeAddress(longest)).toBe(longest);
  });

  test('gives its own form back, whatever it is given, and throws nothing else', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('"', '\\', '.', 'xn--', 'ü', '@', '+'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 6 }), (local, domain) => {
        const address = `${local.join('')}@${domain.join('')}`;
        const normal = refused(() => normalizeAddress(address));
        if (normal !== 'ADDRESS_INVALID') expect(normalizeAddress(normal as string)).toBe(normal);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('normalizeDomain gives one form to each spelling of a domain', () => {
  expect(new Set(['BÜCHER.example', 'bücher.example.', 'xn--bcher-kva.EXAMPLE'].map(normalizeDomain))).toEqual(
    new Set(['bücher.example']),
  );
});

describe('normalizeAccountName', () => {
  test.each([
    ['Ann', 'ann'],
    ['  ann  ', 'ann'],
    ['bench1', 'bench1'],
    ['JO\u0308RG', 'jörg'],
    ['Ann@Example.ORG', 'ann@example.org'],
    ['ann@xn--bcher-kva.example', 'ann@bücher.example'],
    ['ann@not a domain'.replaceAll(' ', '_'), 'ann@not_a_domain'],
    ['пользователь', 'пользователь'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['😀'.repeat(128), '😀'.repeat(128)],
  ])('%s is %s', (name, normal) => {
    expect(normalizeAccountName(name)).toBe(normal);
    expect(normalizeAccountName(normal)).toBe(normal);
  });

  test.each([
    '',
    '   ',
    'a b',
    'a\tb',
    'a\u00a0b',
    'a*',
    '%',
    'a\u0000',
    'a\u007fb',
    'a\u200bb',
    '\ud800',
    'x'.repeat(129),
  ])('%j is refused', (name) => {
    expect(refused(() => normalizeAccountName(name))).toBe('ACCOUNT_NAME_INVALID');
  });
});

test('withoutDetail drops what follows the plus sign', () => {
  expect(withoutDetail('ann+lists@example.org')).toBe('ann@example.org');
  expect(withoutDetail('ann+a+b@example.org')).toBe('ann@example.org');
  expect(withoutDetail('ann+lists')).toBe('ann');
  expect(withoutDetail('ann@exa+mple.org')).toBeNull();
  expect(withoutDetail('ann@example.org')).toBeNull();
  expect(withoutDetail('+ann@example.org')).toBeNull();
  expect(withoutDetail('"a b+c"@example.org')).toBeNull();
});

test('splitAddress splits outside of quotes', () => {
  expect(splitAddress('"a@b"@c')).toEqual({ localpart: '"a@b"', domain: 'c' });
  expect(splitAddress('"a\\"@b"@c')).toEqual({ localpart: '"a\\"@b"', domain: 'c' });
  expect(splitAddress('a@b@c')).toEqual({ localpart: 'a@b', domain: 'c' });
  expect(splitAddress('ann')).toBeNull();
  expect(splitAddress('@c')).toBeNull();
  expect(splitAddress('a@')).toBeNull();
});
