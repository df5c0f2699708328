/** IMAP URLs of messages: which are understood, and as what. */

import { expect, test } from 'vitest';
import { parseMessageUrl } from '../../../src/imap/wire/message-url.ts';

const whole = { path: [], kind: 'all' };

test.each([
  ['/INBOX/;UID=20', { mailbox: 'INBOX', absolute: true, uidValidity: null, uid: 20, section: whole, partial: null }],
  ['/a/b%20c;UIDVALIDITY=3/;UID=20', { mailbox: 'a/b c', uidValidity: 3, uid: 20 }],
  ['/INBOX/;uid=4294967295/', { uid: 4_294_967_295 }],
  ['/%C3%BC/;UID=1/;section=1.2', { mailbox: 'ü', section: { path: [1, 2], kind: 'all' } }],
  ['/x/;UID=1/;SECTION=HEADER.FIELDS%20(FROM)', { section: { path: [], kind: 'headerFields', fields: ['FROM'] } }],
  [
    '/x/;UID=1/;Section=1.MIME/;PARTIAL=5.10',
    { section: { path: [1], kind: 'mime' }, partial: { start: 5, count: 10 } },
  ],
  ['/x/;UID=1/;PARTIAL=5', { partial: { start: 5, count: Infinity } }],
  ['x/;UID=1', { mailbox: 'x', absolute: false }],
  [';UID=7/;SECTION=TEXT', { mailbox: null, uid: 7, section: { path: [], kind: 'text' } }],
])('%s', (url, expected) => {
  expect(parseMessageUrl(url)).toMatchObject(expected);
});

test.each([
  '',
  '/',
  '/INBOX',
  'INBOX',
  '/INBOX/;UID=0',
  '/INBOX/;UID=x',
  '/INBOX;UID=1',
  '/INBOX;UIDVALIDITY=0/;UID=1',
  'imap://host/INBOX/;UID=1',
  '//host/INBOX/;UID=1',
  'http://host/;UID=1',
  '/INBOX/;UID=1/;SECTION=',
  '/INBOX/;UID=1/;SECTION=MIME',
  '/INBOX/;UID=1/;SECTION=HEADER%0',
  '/INBOX/;UID=1/;SECTION=1]x[',
  '/%FF/;UID=1',
  '/%zz/;UID=1',
  '/INBOX/;UID=1/;PARTIAL=1.0',
  '/INBOX/;UID=1;URLAUTH=anonymous',
  '/INBOX?TEXT%20x',
])('%j names no message', (url) => {
  expect(parseMessageUrl(url)).toBeNull();
});
