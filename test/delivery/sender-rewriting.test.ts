/** Reverse paths of forwards: they lead back, to those alone whom this store has rewritten. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SenderRewriter } from '../../src/delivery/sender-rewriting.ts';
import { normalizeAddress } from '../../src/model/address.ts';
import { NOW } from './reply-fixture.ts';

const DAY = 86_400_000;
const at = (domain: string, secret = 'a', now = NOW) => new SenderRewriter(domain, Buffer.alloc(16, secret), () => now);
const first = at('fwd.example');

describe('an address', () => {
  test.each([
    ['bob@example.net', 'bob@example.net'],
    ['Bob.B+x=y@EXAMPLE.net', 'Bob.B+x=y@example.net'],
    ['j@bücher.example', 'j@xn--bcher-kva.example'],
    ['jürgen@bücher.example', 'jürgen@xn--bcher-kva.example'],
    ['"a \\"b\\" @c"@example.net', '"a \\"b\\" @c"@example.net'],
    ['"ann"@example.net', 'ann@example.net'],
    ['x@[192.0.2.1]', 'x@[192.0.2.1]'],
    ['prvs=1234abcdef=x@example.net', 'prvs=1234abcdef=x@example.net'],
    ['srs@example.net', 'srs@example.net'],
  ])('%s is rewritten and found again', (from, back) => {
    const rewritten = first.rewrite(from);
    expect(rewritten).toMatch(/^"?SRS0=[a-z2-7]{8}=[a-z2-7]{2}=.+@fwd\.example$/s);
    expect(normalizeAddress(rewritten)).toBeTruthy();
    expect(first.restore(rewritten)).toBe(back);
    // Some agents change the case of it.
    expect(first.restore(rewritten.toUpperCase().replace(/@[^@]*$/, '@FWD.example'))?.toLowerCase()).toBe(
      back.toLowerCase(),
    );
  });

  test('of this domain, and none, stay as they are; what is none becomes none', () => {
    expect(first.rewrite('ann@FWD.example')).toBe('ann@FWD.example');
    for (const from of ['', 'nobody', 'a@b@', 'a@b\r\nc', `${'x'.repeat(300)}@example.net`])
      expect(first.rewrite(from)).toBe('');
    expect(first.rewrite(`${'x'.repeat(60)}@${'a.'.repeat(90)}example`)).toBe('');
  });
});

test('a path through three forwarders leads back by the first one', () => {
  const [second, third] = [at('second.example', 'b'), at('third.example', 'c')];
  const one = first.rewrite('bob@example.net');
  const two = second.rewrite(one);
  const three = third.rewrite(two);
  expect(two).toMatch(/^SRS1=[a-z2-7]{8}=fwd\.example==[a-z2-7]{8}=[a-z2-7]{2}=example\.net=bob@second\.example$/);
  expect(three.replace(/^SRS1=.{8}/, '')).toBe(two.replace(/^SRS1=.{8}/, '').replace('second', 'third'));
  expect(third.restore(three)).toBe(one);
  expect(second.restore(two)).toBe(one);
  expect(first.restore(one)).toBe('bob@example.net');
  // Those of other programs: other codes, and other separators.
  const foreign = first.rewrite('SRS0+Xx4+=ab=example.net=bob@other.example');
  expect(foreign).toMatch(/^SRS1=[a-z2-7]{8}=other\.example=\+Xx4\+=ab=example\.net=bob@fwd\.example$/);
  expect(first.restore(foreign)).toBe('SRS0+Xx4+=ab=example.net=bob@other.example');
});

test('nobody else makes addresses that lead through here', () => {
  const good = first.rewrite('bob@example.net');
  expect(first.restore(good.replace('bob', 'eve'))).toBeNull();
  expect(first.restore(good.replace('example.net', 'example.com'))).toBeNull();
  expect(first.restore(good.replace('fwd.example', 'other.example'))).toBeNull();
  expect(at('fwd.example', 'z').restore(good)).toBeNull();
  for (const code of ['aaaaaaaa', '', 'a', 'aaaaaaaaa', 'ÄÄÄÄÄÄÄÄ']) {
    expect(first.restore(good.replace(/=.{8}=/, `=${code}=`))).toBeNull();
  }
  const chained = first.rewrite(at('second.example', 'b').rewrite('bob@example.net'));
  expect(first.restore(chained.replace('second.example', 'third.example'))).toBeNull();
  for (const text of [
    '',
    'x',
    'ann@fwd.example',
    'SRS0=@fwd.example',
    'SRS0@fwd.example',
    'SRS1=aaaaaaaa=x=@fwd.example',
    '\0@fwd.example',
  ]) {
    expect(first.restore(text)).toBeNull();
  }
});

test('an address is good for 21 days, also where the count begins anew', () => {
  for (const day of [0, 5, 1_000, 1_023, 1_024, 20_000]) {
    const made = at('fwd.example', 'a', day * DAY).rewrite('bob@example.net');
    for (const [later, good] of [
      [0, true],
      [21, true],
      [22, false],
      [1_000, false],
    ] as const) {
      expect([day, later, at('fwd.example', 'a', (day + later) * DAY).restore(made) !== null]).toEqual([
        day,
        later,
        good,
      ]);
    }
  }
});

test('whatever is rewritten is an address that leads back, or none', () => {
  const local = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('SRS0=x', 'srs1-a=b=', 'srs0+a', 'a.b', '"a"', '"\\""', '""'),
  );
  fc.assert(
    fc.property(local, (localpart) => {
      const from = `${localpart}@example.net`;
      const rewritten = first.rewrite(from);
      if (rewritten === '') return;
      expect(normalizeAddress(first.restore(rewritten) as string)).toBe(normalizeAddress(from));
    }),
    { numRuns: 2_000 },
  );
});

test('it needs a domain and a secret', () => {
  expect(() => at('[192.0.2.1]')).toThrow(expect.objectContaining({ code: 'DOMAIN_INVALID' }));
  expect(() => at('a b')).toThrow(expect.objectContaining({ code: 'DOMAIN_INVALID' }));
  expect(() => new SenderRewriter('fwd.example', Buffer.alloc(15))).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});
