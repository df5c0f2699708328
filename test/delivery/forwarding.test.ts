/** Forwards: what ends a circle, and what goes before a message. */

import { describe, expect, test } from 'vitest';
import { forwardFields, MAX_RECEIVED, requireNoLoop } from '../../src/delivery/forwarding.ts';
import { fieldsOf, NOW } from './reply-fixture.ts';

const RECEIVED = 'Received: from a.example by b.example; Thu, 26 Nov 2026 04:05:06 +0000';
const loops = (lines: readonly string[], recipient = 'ann@example.org'): string | null => {
  try {
    requireNoLoop(fieldsOf(...lines), recipient);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a loop', () => {
  test.each([
    'Delivered-To: ann@example.org',
    'delivered-to:\r\n <ANN@Example.ORG>',
    'Delivered-To: "ann"@example.org.',
  ])('is %s behind a hop', (line) => {
    expect(loops([RECEIVED, line])).toBe('MAIL_LOOP');
    expect(loops([RECEIVED, 'Delivered-To: bob@example.net', RECEIVED, line, 'To: x@example.net'])).toBe('MAIL_LOOP');
  });

  test('is not what the agent before us has just put there, nor another recipient', () => {
    expect(loops(['Delivered-To: ann@example.org', RECEIVED])).toBeNull();
    expect(loops([RECEIVED, 'Delivered-To: bob@example.org', 'X-Delivered-To: ann@example.org'])).toBeNull();
    expect(loops([RECEIVED, 'Delivered-To: ann+x@example.org', 'Delivered-To:', 'Delivered-To: \0'])).toBeNull();
    expect(loops([RECEIVED, 'Subject: x', '', 'Delivered-To: ann@example.org'])).toBeNull();
    expect(loops([RECEIVED, 'Delivered-To: jürgen@bücher.example'], 'Jürgen@xn--bcher-kva.example')).toBe('MAIL_LOOP');
  });

  test('is more than a hundred hops', () => {
    expect(loops(Array.from({ length: MAX_RECEIVED }, () => RECEIVED))).toBeNull();
    expect(loops(Array.from({ length: MAX_RECEIVED + 1 }, () => RECEIVED))).toBe('MAIL_LOOP');
  });
});

test('a message is known again when it comes back, whatever relays it went through', () => {
  const { text, smtpUtf8 } = forwardFields({
    recipient: 'Ann@Example.org',
    host: 'mx.example.org',
    id: 'abc-1',
    now: NOW,
  });
  expect(text).toBe(
    'Delivered-To: ann@example.org\r\nReceived: by mx.example.org id abc-1\r\n\tfor <ann@example.org>; Thu, 26 Nov 2026 04:05:06 +0000\r\n',
  );
  expect(smtpUtf8).toBe(false);
  const lines = text
    .replace(/\r\n\t/g, ' ')
    .trim()
    .split('\r\n');
  expect(loops([RECEIVED, ...lines, 'From: x@example.net'])).toBe('MAIL_LOOP');
  expect(loops(['Return-Path: <x@example.net>', 'Delivered-To: ann@example.org', RECEIVED, RECEIVED, ...lines])).toBe(
    'MAIL_LOOP',
  );
  expect(loops([RECEIVED, ...lines], 'bob@example.net')).toBeNull();
});

test('a circle of three stores ends where it began', () => {
  const circle = ['ann@a.example', 'bob@b.example', 'eve@c.example'];
  let header: string[] = ['From: x@example.net'];
  const visited: string[] = [];
  for (let at = 0; loops(header, circle[at % 3]) === null; at++) {
    const recipient = circle[at % 3] as string;
    visited.push(recipient);
    const { text } = forwardFields({ recipient, host: 'mx.example', id: `${at}`, now: NOW });
    header = [RECEIVED, ...text.trim().split(/\r\n(?!\t)/), ...header];
  }
  expect(visited).toEqual(circle);
});

test('what goes before a message is sound, or refused', () => {
  const fields = { recipient: 'ann@example.org', host: 'mx.example.org', id: 'x', now: NOW };
  for (const bad of [
    { host: 'a b' },
    { host: 'a\r\nBcc: x' },
    { host: '' },
    { id: 'a\nb' },
    { id: '' },
    { id: 'x'.repeat(65) },
  ]) {
    expect(() => forwardFields({ ...fields, ...bad })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
  expect(() => forwardFields({ ...fields, recipient: 'a@b\r\nBcc: x' })).toThrow(
    expect.objectContaining({ code: 'ADDRESS_INVALID' }),
  );
  expect(forwardFields({ ...fields, host: '[IPv6:2001:db8::1]' }).text).toContain('by [IPv6:2001:db8::1] id x');
  expect(forwardFields({ ...fields, recipient: 'j@bücher.example' })).toMatchObject({
    text: expect.stringContaining('Delivered-To: j@xn--bcher-kva.example\r\n'),
    smtpUtf8: false,
  });
  expect(forwardFields({ ...fields, recipient: 'jürgen@bücher.example' })).toMatchObject({
    text: expect.stringContaining('Delivered-To: jürgen@bücher.example\r\n'),
    smtpUtf8: true,
  });
});
