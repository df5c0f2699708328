/** Automatic replies as they are written, read again by a parser of others. */

import fc from 'fast-check';
import PostalMime, { type Email } from 'postal-mime';
import { describe, expect, test } from 'vitest';
import { composeAutoReply } from '../../src/delivery/auto-reply-message.ts';
import { AUTO_REPLY_DEFAULTS, type AutoReply } from '../../src/model/auto-reply.ts';
import { AWAY, fieldsOf, NOW } from './reply-fixture.ts';

const WAY = { from: 'ann@example.org', to: 'Bob@example.net' };

function compose(reply: Partial<AutoReply> = {}, lines: readonly string[] = [], way: Partial<typeof WAY> = {}) {
  const written = composeAutoReply({ ...AWAY, ...reply }, fieldsOf(...lines), { ...WAY, ...way }, NOW);
  const text = written.message.toString('utf8');
  const header = text.slice(0, text.indexOf('\r\n\r\n'));
  return { ...written, text, header, fields: header.split(/\r\n(?![ \t])/).map((field) => field.replace(/\r\n/g, '')) };
}

const parse = (message: Buffer): Promise<Email> => PostalMime.parse(message);
const names = (fields: readonly string[]): string[] => fields.map((field) => field.slice(0, field.indexOf(':')));

test('a plain reply, octet by octet', () => {
  const { text, to, smtpUtf8 } = compose({ name: 'Ann Example' }, ['Subject: Lunch?', 'Message-ID: <1@example.net>']);
  expect([to, smtpUtf8]).toEqual(['Bob@example.net', false]);
  expect(text.replace(/[0-9a-f-]{36}/, 'ID')).toBe(
    [
      'From: Ann Example <ann@example.org>',
      'To: Bob@example.net',
      'Subject: Auto: Lunch?',
      'Date: Thu, 26 Nov 2026 04:05:06 +0000',
      'Message-ID: <ID@example.org>',
      'In-Reply-To: <1@example.net>',
      'References: <1@example.net>',
      'Auto-Submitted: auto-replied',
      'X-Auto-Response-Suppress: All',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii',
      'Content-Transfer-Encoding: 7bit',
      '',
      'I am away.',
      '',
    ].join('\r\n'),
  );
});

describe('the subject', () => {
  test.each([
    [[], 'Automated reply'],
    [['Subject:'], 'Automated reply'],
    [['Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?iso-8859-1?q?_=FC?='], 'Auto: Grüße ü'],
    [['Subject: rohes Ü'], 'Auto: rohes Ü'],
    [['Subject: =?utf-8?q?a=0D=0ABcc:_eve@example.net?='], 'Auto: a Bcc: eve@example.net'],
    [[`Subject: ${'x'.repeat(500)}`], `Auto: ${'x'.repeat(200)}…`],
    [[`Subject: ${'😀'.repeat(300)}`], `Auto: ${'😀'.repeat(200)}…`],
  ])('of %j', async (lines, subject) => {
    expect((await parse(compose({}, lines).message)).subject).toBe(subject);
  });

  test('is the one that was set, also when it looks encoded', async () => {
    for (const subject of ['Fort', 'Ünterwegs', '=?utf-8?q?x?=', `${'lang '.repeat(39)}ü`]) {
      const { message } = compose({ subject }, ['Subject: hello']);
      expect((await parse(message)).subject).toBe(subject);
    }
  });
});

describe('the body', () => {
  test('is read again as it was written', async () => {
    const text = fc.array(
      fc.constantFrom('a', ' ', '\n', '\r\n', '\t', '.', '=', 'From ', 'ü', '😀', 'x'.repeat(90), '--', '\u0001'),
      {
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(text, text, async (words, tags) => {
        const [plain, html] = [`t${words.join('')}`, `<p>${tags.join('')}</p>`];
        const { message } = compose({ text: plain, html });
        expect(message.toString('latin1')).toMatch(/^(?:[\t -~]{0,78}\r\n)+$/);
        const read = await parse(message);
        const ends = (value = ''): string => value.replace(/\r\n|\r|\n/g, '\n').replace(/\n*$/, '');
        expect(ends(read.text)).toBe(ends(plain));
        expect(ends(read.html)).toBe(ends(html));
      }),
      { numRuns: 300 },
    );
  });

  test('of HTML alone has its text beside it', async () => {
    const { message, text } = compose({
      text: '',
      html: '<h1>Fort</h1><p>bis <b>Montag</b><br/>oder\n Dienstag</p><script>x</script>',
    });
    expect(text).toMatch(/Content-Type: multipart\/alternative;\s+boundary="=_[0-9a-f-]{36}"/);
    const read = await parse(message);
    expect(read.text?.trimEnd()).toBe('Fort\nbis Montag\noder Dienstag');
    expect(read.html).toContain('<b>Montag</b>');
  });
});

describe('the thread', () => {
  const id = (n: number): string => `<${n}@example.net>`;
  const threadOf = (...lines: string[]): string[] =>
    compose({}, lines).fields.filter((field) => /^(?:In-Reply-To|References):/.test(field));

  test('is that of the message', () => {
    expect(threadOf(`Message-ID: ${id(3)}`, `References: ${id(1)}\r\n ${id(2)}`)).toEqual([
      `In-Reply-To: ${id(3)}`,
      `References: ${id(1)} ${id(2)} ${id(3)}`,
    ]);
    expect(threadOf(`Message-ID: ${id(3)}`, `In-Reply-To: ${id(2)}`)[1]).toBe(`References: ${id(2)} ${id(3)}`);
    expect(threadOf(`Message-ID: ${id(3)}`, `In-Reply-To: ${id(1)} ${id(2)}`)[1]).toBe(`References: ${id(3)}`);
    expect(threadOf(`References: ${id(1)}`)).toEqual([]);
  });

  test('is bounded, with its beginning', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => id(n));
    const [, references = ''] = threadOf(`Message-ID: ${id(9_999)}`, `References: ${many.join('\r\n ')}`);
    const kept = references.slice('References: '.length).split(' ');
    expect(kept).toHaveLength(20);
    expect([kept[0], kept[1], kept.at(-2), kept.at(-1)]).toEqual([id(0), id(4_982), id(4_999), id(9_999)]);
  });

  test('has no ids that are none', () => {
    expect(threadOf('Message-ID: <a\u0001b@c>')).toEqual([]);
    expect(threadOf('Message-ID: <ü@c>')).toEqual([]);
    expect(threadOf(`Message-ID: <${'x'.repeat(400)}@c>`)).toEqual([]);
    expect(threadOf('Message-ID: <a@b>', 'References: <ok@x> <ü@c> garbage')[1]).toBe('References: <ok@x> <a@b>');
  });
});

test('addresses and names of any script', async () => {
  const ascii = compose({ name: 'Jürgen "J" Müller' }, [], { from: 'j@bücher.example', to: 'b@xn--bcher-kva.example' });
  expect(ascii.smtpUtf8).toBe(false);
  expect(ascii.message.toString('latin1')).toMatch(/^[\t\r\n -~]*$/);
  expect((await parse(ascii.message)).from).toEqual({ address: 'j@xn--bcher-kva.example', name: 'Jürgen "J" Müller' });
  const eai = compose({ name: 'Jürgen' }, [], { from: 'jürgen@bücher.example', to: 'δ@example.net' });
  expect([eai.smtpUtf8, eai.to]).toEqual([true, 'δ@example.net']);
  expect(eai.fields[0]).toMatch(/ <jürgen@bücher\.example>$/);
  expect(eai.fields[1]).toBe('To: δ@example.net');
  const quoted = compose({ name: 'A "B" \\ C' }, [], { to: '"a b"@example.net', from: 'ann@[192.0.2.1]' });
  expect(quoted.fields[0]).toBe('From: "A \\"B\\" \\\\ C" <ann@[192.0.2.1]>');
  expect(quoted.fields[1]).toBe('To: <"a b"@example.net>');
  expect(quoted.header).toMatch(/Message-ID: <[0-9a-f-]{36}@\[192\.0\.2\.1\]>/);
});

test('nothing that comes from outside becomes a field, whatever it is', async () => {
  const evil = fc.array(
    fc.constantFrom('\r', '\n', '\r\n', '\0', 'Bcc: x@y', '=?utf-8?q?=0D=0ABcc:x?=', '<', '>', '"', ' ', 'ü', 'a'),
    {
      maxLength: 8,
    },
  );
  const expected = names(compose({}, ['Message-ID: <1@x>']).fields);
  await fc.assert(
    fc.property(evil, evil, evil, (subject, id, references) => {
      const fields = [
        { name: 'subject', value: subject.join('') },
        { name: 'message-id', value: `<1@x> ${id.join('')}` },
        { name: 'references', value: references.join('') },
      ];
      const { message } = composeAutoReply({ ...AUTO_REPLY_DEFAULTS, text: 'x' }, fields, WAY, NOW);
      const text = message.toString('utf8');
      const header = text.slice(0, text.indexOf('\r\n\r\n'));
      expect(header).toMatch(/^(?:[\t -~]+(?:\r\n|$))+$/);
      expect(names(header.split(/\r\n(?![ \t])/))).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});
