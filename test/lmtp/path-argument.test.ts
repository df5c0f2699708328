import { expect, test } from 'vitest';
import { parsePathArgument } from '../../src/lmtp/path-argument.ts';

test.each([
  ['RCPT TO:<bench1>', 'bench1'],
  ['rcpt to:<ann@example.org>', 'ann@example.org'],
  ['RCPT TO: <ann@example.org>', 'ann@example.org'],
  ['RCPT TO :<ann@example.org>', 'ann@example.org'],
  ['RCPT TO:<"a b"@example.org>', '"a b"@example.org'],
  ['RCPT TO:<"a>b"@example.org>', '"a>b"@example.org'],
  ['RCPT TO:<"a\\"b@c"@example.org>', '"a\\"b@c"@example.org'],
  ['RCPT TO:<jörg@bücher.example>', 'jörg@bücher.example'],
  ['RCPT TO:<@relay.example,@other.example:ann@example.org>', 'ann@example.org'],
  ['RCPT TO:<ann@[IPv6:2001:db8::1]>', 'ann@[IPv6:2001:db8::1]'],
  ['RCPT TO:<a..b.@example.org>', 'a..b.@example.org'],
  ['RCPT TO:<>', ''],
])('%s is for %j', (line, address) => {
  expect(parsePathArgument('rcpt to', line)).toEqual({ address, args: false });
});

test.each([
  'RCPT TO:ann',
  'RCPT TO:<ann',
  'RCPT TO:ann>',
  'RCPT <ann>',
  'RCPT TO:<a<b>>',
  'RCPT TO:<ann>x',
  'RCPT TO:<a\u0007b>',
  'MAIL FROM:<ann>',
  'RCPT TO:<ann> =x',
  'RCPT TO:<ann> A=\u0007',
  'RCPT TO:<"ann>',
])('%j is none', (line) => {
  expect(parsePathArgument('rcpt to', line)).toBeNull();
});

test('reads parameters', () => {
  expect(parsePathArgument('mail from', 'MAIL FROM:<> size=12 BODY=8BITMIME  SMTPUTF8')).toEqual({
    address: '',
    args: { SIZE: '12', BODY: '8BITMIME', SMTPUTF8: true },
  });
  expect(parsePathArgument('mail from', 'MAIL FROM:<> SIZE=1 size=2')?.duplicate).toBe('SIZE');
  expect(parsePathArgument('mail from', 'MAIL FROM:<> __proto__=1')).toBeNull();
});

test('takes no time for a line made to take it', () => {
  const begin = performance.now();
  for (const evil of ['"', '\\', '@a:', '"\\', '@a,', ' A=', '<'])
    parsePathArgument('rcpt to', `RCPT TO:<${evil.repeat(4_096)}`);
  expect(performance.now() - begin).toBeLessThan(10_000);
});
