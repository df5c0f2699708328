/** What is answered automatically, and what is not. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { autoReplyTo, type ReplyContext, takeReply } from '../../src/delivery/auto-reply.ts';
import { takeDaily } from '../../src/delivery/daily-limit.ts';
import type { AutoReply } from '../../src/model/auto-reply.ts';
import { openTestedEngine } from '../engine-under-test.ts';
import { AWAY, fieldsOf, NOW } from './reply-fixture.ts';

const TO = 'To: Ann <Ann@Example.org>';
const CONTEXT: ReplyContext = {
  from: 'Bob@example.net',
  recipient: 'ann@example.org',
  addresses: ['main@example.org', 'ann@example.org', 'jürgen@bücher.example'],
  spam: false,
  now: NOW,
};

/** `to < from`, or why not. */
function decide(
  lines: readonly string[] = [TO],
  context: Partial<ReplyContext> = {},
  reply: Partial<AutoReply> = {},
): string {
  const decision = autoReplyTo({ ...AWAY, ...reply }, fieldsOf(...lines), { ...CONTEXT, ...context });
  return decision.send ? `${decision.to} < ${decision.from}` : decision.because;
}

describe('a reply is sent', () => {
  test('to the reverse path, from the address that was written to', () => {
    expect(decide()).toBe('Bob@example.net < ann@example.org');
    expect(decide(['From: eve@example.net', 'Reply-To: eve@example.net', TO])).toBe(
      'Bob@example.net < ann@example.org',
    );
  });

  test.each([
    ['Cc: x@example.org,\r\n  "Ann, again" <ann@example.org>', 'ann@example.org'],
    ['To: friends: x@example.org, main@EXAMPLE.ORG.;', 'main@example.org'],
    ['To: ann+shop@example.org', 'ann@example.org'],
    ['Resent-To: main@example.org', 'main@example.org'],
    ['Bcc: jürgen@bücher.example', 'jürgen@bücher.example'],
    ['To: jürgen@xn--bcher-kva.example', 'jürgen@bücher.example'],
    ['To: "ann"@example.org', 'ann@example.org'],
  ])('for %s', (line, from) => {
    expect(decide([line])).toBe(`Bob@example.net < ${from}`);
  });

  test('for an address that a pattern has brought here', () => {
    expect(decide(['To: any@wild.example'], { recipient: 'any@wild.example' })).toBe(
      'Bob@example.net < any@wild.example',
    );
    expect(decide(['To: any+x@wild.example'], { recipient: 'any+x@wild.example' })).toMatch(/< any\+x@wild\.example$/);
  });

  test.each([
    'Auto-Submitted: no',
    'Auto-Submitted: (by hand) No (really); x=y',
    'Precedence: first-class',
    'X-Auto-Response-Suppress: DR, RN, NRN',
    'Content-Type: multipart/mixed; boundary=report',
    'Subject: List-Id: x',
  ])('in spite of %s', (line) => {
    expect(decide([TO, line])).toBe('Bob@example.net < ann@example.org');
  });

  test.each([
    'postmaster',
    'norbert',
    'replyall',
    'noreplacement',
    'requester',
    'owner',
    'bouncer',
    'daemon',
    'o-request-x',
  ])('to %s', (localpart) => {
    expect(decide([TO], { from: `${localpart}@example.net` })).toBe(`${localpart}@example.net < ann@example.org`);
  });

  test('within its time', () => {
    expect(decide([TO], {}, { start: NOW, end: NOW + 1 })).toContain('Bob');
    expect(decide([TO], {}, { start: NOW + 1 })).toBe('off');
    expect(decide([TO], {}, { end: NOW })).toBe('off');
    expect(decide([TO], {}, { enabled: false })).toBe('off');
  });
});

describe('no reply is sent', () => {
  test('for spam, to nobody, to what is no address, to the account itself', () => {
    expect(decide([TO], { spam: true })).toBe('spam');
    for (const from of ['', ' ']) expect(decide([TO], { from })).toBe('nullSender');
    for (const from of [
      '<>',
      'bob',
      'bob@',
      '@example.net',
      'a b@c.example',
      'x@\r\nBcc: y@z',
      'a@b\0.example',
      'x@y@z..',
    ]) {
      expect(decide([TO], { from })).toBe('invalidSender');
    }
    for (const from of ['ANN@example.org', 'main+x@example.org', 'jürgen@xn--bcher-kva.example']) {
      expect(decide([TO], { from })).toBe('ownAddress');
    }
  });

  test.each([
    'MAILER-DAEMON',
    'mailerdaemon',
    'owner-list',
    'list-owner',
    'list-request',
    'list-bounces+ann=example.org',
    'bounce-123-ann=example.org',
    'bounces',
    'bounces+7-ann',
    'no-reply',
    'noreply',
    'NoReply+tag',
    'shop.no_reply',
    'do-not-reply',
    'DoNotReply',
    'noreply-shop',
    'listserv',
    'majordomo',
  ])('to %s', (localpart) => {
    expect(decide([TO], { from: `${localpart}@example.net` })).toBe('machine');
  });

  test.each([
    ['Auto-Submitted: auto-replied', 'autoSubmitted'],
    ['AUTO-SUBMITTED : Auto-Generated; owner-email="x@y"', 'autoSubmitted'],
    ['Auto-Submitted:', 'autoSubmitted'],
    ['Auto-Submitted: nothing', 'autoSubmitted'],
    ['Precedence: Bulk', 'bulk'],
    ['Precedence: list', 'bulk'],
    ['Precedence:\r\n junk', 'bulk'],
    ['List-Id: <x.example.net>', 'list'],
    ['List-Unsubscribe: <mailto:x@example.net>', 'list'],
    ['List-Post: NO', 'list'],
    ['X-Auto-Response-Suppress: OOF', 'suppressed'],
    ['X-Auto-Response-Suppress: DR,RN,NRN,AutoReply', 'suppressed'],
    ['X-Auto-Response-Suppress: All', 'suppressed'],
    ['X-Loop: x', 'loop'],
    ['X-Autoreply: yes', 'loop'],
    ['Content-Type: multipart/report; report-type=delivery-status', 'report'],
  ])('for %s', (line, because) => {
    expect(decide([line, TO])).toBe(because);
    expect(decide([TO, 'Auto-Submitted: no', 'Precedence: normal', line])).toBe(because);
  });

  test('when no address of the account is named', () => {
    for (const lines of [
      [],
      ['To: undisclosed-recipients:;'],
      ['To: list@example.net', 'Cc:'],
      ['X-To: ann@example.org'],
    ]) {
      expect(decide(lines)).toBe('notAddressed');
    }
    expect(decide(['To: ann@example.org.example.net', 'Cc: "ann@example.org" <x@example.net>'])).toBe('notAddressed');
  });
});

test('of very many recipients the first thousand are looked at', () => {
  const others = (count: number): string => Array.from({ length: count }, (_, n) => `x${n}@example.net`).join(', ');
  expect(decide([`To: ${others(999)}`, 'Cc: ann@example.org'])).toContain('< ann@example.org');
  expect(decide([`To: ${others(1_000)}`, 'Cc: ann@example.org'])).toBe('notAddressed');
  expect(decide([`To: ${others(5_000)}, ann@example.org`])).toBe('notAddressed');
});

test('two stores that answer each other say one thing each at most', () => {
  // What ann's store sends comes to bob's with an empty reverse path and as a reply; even with another reverse path it stays.
  const answer = fieldsOf('From: ann@example.org', 'To: bob@example.net', 'Auto-Submitted: auto-replied');
  const context = { ...CONTEXT, addresses: ['bob@example.net'], recipient: 'bob@example.net' };
  expect(autoReplyTo(AWAY, answer, { ...context, from: '' })).toEqual({ send: false, because: 'nullSender' });
  expect(autoReplyTo(AWAY, answer, { ...context, from: 'ann@example.org' })).toEqual({
    send: false,
    because: 'autoSubmitted',
  });
});

test('a sender gets a reply once in its interval, whoever asks, and one of other words again', async () => {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const now = Date.now();
  const take = (to: string, reply: Partial<AutoReply> = {}, account = 'ann', at = now) =>
    takeReply(engine.vault, account, to, { ...AWAY, ...reply }, at);
  const taken = await Promise.all(Array.from({ length: 5 }, () => take('Bob@example.net')));
  expect(taken.filter(Boolean)).toHaveLength(1);
  for (const same of ['bob@EXAMPLE.net', 'bob+x@example.net', 'prvs=1234abcdef=bob@example.net']) {
    expect([same, await take(same)]).toEqual([same, false]);
  }
  expect(await take('eve@example.net')).toBe(true);
  expect(await take('bob@example.net', {}, 'eve')).toBe(true);
  for (const other of [{ text: 'Other.' }, { subject: 'I am away.\n', text: '' }, { html: 'x' }, { name: 'Ann' }]) {
    expect(await take('bob@example.net', other)).toBe(true);
    expect(await take('bob@example.net', other)).toBe(false);
  }
  // What does not change its words does not count.
  expect(await take('bob@example.net', { end: now + 1_000, intervalDays: 7 })).toBe(false);
  // A reply of four days ago.
  expect(await take('old@example.net', {}, 'ann', now - 4 * 86_400_000 - 1)).toBe(true);
  expect(await take('old@example.net')).toBe(true);
  expect(await take('old@example.net')).toBe(false);
});

test('an account sends so many replies in a day, and remembers no more of them', async () => {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const now = Date.now();
  const take = (n: number) => takeReply(engine.vault, 'ann', `x${n}@example.net`, AWAY, now, 3);
  const taken: boolean[] = [];
  for (let n = 0; n < 8; n++) taken.push(await take(n % 6));
  expect(taken).toEqual([true, true, true, false, false, false, false, false]);
  expect(await engine.vault.all('ann', { limit: 100 })).toHaveLength(3);
});

test('a day has its limit, and what does not fit is not taken', async () => {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const now = Date.now();
  const take = (amount: number, limit = 10, what = 'forwards', at = now) =>
    takeDaily(engine.vault, 'ann', what, amount, limit, at);
  expect(await take(4)).toBe(true);
  expect(await take(7)).toBe(false);
  expect(await take(6)).toBe(true);
  expect(await take(1)).toBe(false);
  expect(await take(0)).toBe(true);
  expect(await take(11, 10, 'more')).toBe(false);
  expect(await take(1, 0, 'none')).toBe(false);
  expect(await take(1e9, Number.POSITIVE_INFINITY)).toBe(true);
  expect(await take(10, 10, 'replies')).toBe(true);
  expect(await take(1, 11)).toBe(true);
  const rush = await Promise.all(Array.from({ length: 20 }, () => take(1, 5, 'rush')));
  expect(rush.filter(Boolean).length).toBeLessThanOrEqual(5);
  expect(rush.filter(Boolean).length).toBeGreaterThan(0);
  expect(await take(10, 10, 'yesterday', now - 86_400_001)).toBe(true);
  expect(await take(10, 10, 'yesterday')).toBe(true);
});
