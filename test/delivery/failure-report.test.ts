/** Reports of what did not arrive. */

import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import { composeFailureReport, type DeliveryFailure } from '../../src/delivery/failure-report.ts';
import { NOW } from './reply-fixture.ts';

const FAILURE: DeliveryFailure = {
  from: 'bob@example.net',
  recipient: 'ann@example.org',
  to: 'ann@other.example',
  reply: '550 5.1.1 no such user',
  host: 'mx.example.org',
  postmaster: 'postmaster@example.org',
  header: Buffer.from('From: bob@example.net\r\nSubject: hello\r\n\r\nsecret text\r\n'),
  arrived: NOW - 60_000,
};

function report(more: Partial<DeliveryFailure> = {}) {
  const written = composeFailureReport({ ...FAILURE, ...more }, NOW);
  if (!written) throw new Error('nobody to tell');
  const text = written.message.toString('utf8');
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] as string;
  const parts = text.split(`--${boundary}`).slice(1, -1);
  return { ...written, text, parts: parts.map((part) => part.slice(2, -2)) };
}

test('a report says to whom, what and why, for people and for programs', async () => {
  const { to, text, parts, smtpUtf8, message } = report();
  expect([to, smtpUtf8]).toEqual(['bob@example.net', false]);
  expect(text).toMatch(
    /^From: Mail delivery <postmaster@example\.org>\r\nTo: <bob@example\.net>\r\nSubject: [^\r]+\r\nDate: [^\r]+\r\nMessage-ID: <[^@]+@example\.org>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1\.0\r\nContent-Type: multipart\/report; report-type=delivery-status;\r\n boundary=/,
  );
  expect(parts).toHaveLength(3);
  expect(parts[0]).toContain('\r\n    ann@other.example\r\n');
  expect(parts[1]).toBe(
    [
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example.org',
      'Arrival-Date: Thu, 26 Nov 2026 04:04:06 +0000',
      '',
      'Original-Recipient: rfc822; ann@example.org',
      'Final-Recipient: rfc822; ann@other.example',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: smtp; 550 5.1.1 no such user',
      'Last-Attempt-Date: Thu, 26 Nov 2026 04:05:06 +0000',
      '',
    ].join('\r\n'),
  );
  expect(parts[2]).toBe('Content-Type: text/rfc822-headers\r\n\r\nFrom: bob@example.net\r\nSubject: hello\r\n');
  expect(text).not.toContain('secret text');
  expect((await PostalMime.parse(message)).text).toContain('550 5.1.1 no such user');
});

test('nobody is told of what had no reverse path', () => {
  expect(composeFailureReport({ ...FAILURE, from: '' }, NOW)).toBeNull();
});

test.each([
  [null, '5.0.0'],
  ['550 no', '5.0.0'],
  ['550-5.7.26 no', '5.7.26'],
  ['450 4.2.2 full', '5.0.0'],
  ['550 4.2.2 odd', '5.0.0'],
])('the status of %j is %s', (reply, status) => {
  const { parts } = report({ reply });
  expect(parts[1]).toContain(`\r\nStatus: ${status}\r\n`);
  expect(parts[1]?.includes('Diagnostic-Code')).toBe(reply !== null);
});

test('addresses and headers of other scripts come over any relay', async () => {
  const header = Buffer.from('From: jürgen@bücher.example\nSubject: Grüße\n\nx');
  const eai = report({ to: 'jürgen+x=y@bücher.example', recipient: 'j@bücher.example', header });
  expect(eai.smtpUtf8).toBe(false);
  expect(eai.parts[1]).toContain('\r\nOriginal-Recipient: rfc822; j@xn--bcher-kva.example\r\n');
  expect(eai.parts[1]).toContain('\r\nFinal-Recipient: utf-8; j\\x{FC}rgen\\x{2B}x\\x{3D}y@b\\x{FC}cher.example\r\n');
  expect(eai.parts[2]).toMatch(
    /^Content-Type: message\/global-headers\r\nContent-Transfer-Encoding: quoted-printable\r\n/,
  );
  expect(eai.parts[2]).toContain('Subject: Gr=C3=BC=C3=9Fe');
  expect(eai.message.toString('latin1')).toMatch(/^[\t\r\n -~]*$/);
  expect(report({ from: 'jürgen@bücher.example' }).smtpUtf8).toBe(true);
});

test('what comes from outside stays in its place, and in its bounds', () => {
  const evil = report({
    reply: `550 5.1.1 a\r\n\r\nAction: delivered\r\n--x\r\n${'y'.repeat(5_000)}`,
    header: Buffer.concat([Buffer.from('Subject: a\r\n'), Buffer.alloc(200_000, 'X: y\r\n')]),
  });
  expect(evil.parts).toHaveLength(3);
  expect(evil.parts[1]?.match(/^Action: /gm)).toHaveLength(1);
  expect(Math.max(...evil.text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  expect(evil.message.length).toBeLessThan(80_000);
});
