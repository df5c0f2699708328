/** Patterns of LIST. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MailboxPattern } from '../../../src/imap/wire/mailbox-pattern.ts';

/** By definition, with exponential time. */
function naive(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] === '*' || pattern[0] === '%') {
    if (naive(pattern.slice(1), name)) return true;
    return name !== '' && (pattern[0] === '*' || name[0] !== '/') && naive(pattern, name.slice(1));
  }
  return name !== '' && pattern[0] === name[0] && naive(pattern.slice(1), name.slice(1));
}

test.each([
  ['*', 'a/b/c', true],
  ['%', 'a', true],
  ['%', 'a/b', false],
  ['a/%', 'a/b', true],
  ['a/%', 'a/b/c', false],
  ['a/*', 'a/b/c', true],
  ['a%/c', 'ab/c', true],
  ['a%/c', 'a/b/c', false],
  ['%/%', 'a/b', true],
  ['*%', 'a/b', true],
  ['%*', 'a/b', true],
  ['inbox', 'INBOX', true],
  ['in%', 'INBOX', true],
  // Its first level is INBOX in any case, as in other commands.
  ['inbox/x', 'INBOX/x', true],
  ['inbox/X', 'INBOX/x', false],
  ['Inbox/%', 'INBOX/x', true],
  ['inb*', 'INBOX/x', true],
  ['%box/x', 'INBOX/x', true],
  ['inbox', 'INBOXES', false],
  ['inbox%', 'INBOXES', false],
  ['a/inbox', 'a/INBOX', false],
  ['sent', 'Sent', false],
  ['', '', true],
])('%j on %j: %s', (pattern, name, expected) => {
  expect(new MailboxPattern(pattern).matches(name)).toBe(expected);
});

test('is a name without wildcards', () => {
  expect(new MailboxPattern('a/b').isName).toBe(true);
  expect(new MailboxPattern('a/%').isName).toBe(false);
});

test('matches what the definition says', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '%'), maxLength: 9 });
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 10 });
  fc.assert(
    fc.property(pattern, name, (p, n) => {
      expect(new MailboxPattern(p).matches(n)).toBe(naive(p, n));
    }),
    { numRuns: 5000 },
  );
});

test('has no pattern that takes long', () => {
  const name = 'a'.repeat(1000);
  const started = performance.now();
  for (const wildcard of ['*', '%']) {
    expect(new MailboxPattern(`${`a${wildcard}`.repeat(400)}b`).matches(name)).toBe(false);
    expect(new MailboxPattern(`${wildcard}${'a'.repeat(500)}b`).matches(name)).toBe(false);
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
