import { describe, expect, test } from 'vitest';
import { parseAddresses } from '../../src/mime/addresses.ts';
import { formatEnvelope } from '../../src/mime/envelope.ts';
import { parseHeaderFields } from '../../src/mime/header-fields.ts';

const envelope = (header: string): string => formatEnvelope(parseHeaderFields(header));
/** Addresses as `name|route|mailbox|host`, `-` for nothing. */
const addresses = (text: string): string[] =>
  parseAddresses(text).map(({ name, route, mailbox, host }) =>
    [name, route, mailbox, host].map((part) => part ?? '-').join('|'),
  );

describe('envelope', () => {
  test('of a plain message', () => {
    expect(
      envelope(
        'Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n' +
          'Subject: IMAP4rev2 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n' +
          'cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\nMessage-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n',
      ),
    ).toBe(
      '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.edu>")',
    );
  });

  test('absent is NIL, empty is an empty string, an empty list is NIL', () => {
    expect(envelope('\r\n')).toBe('(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)');
    expect(envelope('Date:\r\nSubject: \r\nIn-Reply-To:\r\nMessage-ID:\r\nTo:\r\nCc: ,\r\n\r\n')).toBe(
      '("" "" NIL NIL NIL NIL NIL NIL "" "")',
    );
  });

  test('Sender and Reply-To default to From, also when empty', () => {
    expect(envelope('From: a@b\r\nSender:\r\nReply-To: c@d\r\n\r\n')).toBe(
      '(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) NIL NIL NIL NIL NIL)',
    );
  });

  test('fields are unfolded, encoded words stay', () => {
    expect(envelope('Subject: =?utf-8?Q?a?=\r\n\t=?utf-8?Q?b?=\r\n\r\n')).toContain('"=?utf-8?Q?a?=\t=?utf-8?Q?b?="');
  });

  test('quoting, literals, no NUL', () => {
    expect(envelope('Subject: say "hi" \\o/\r\n\r\n')).toContain('"say \\"hi\\" \\\\o/"');
    expect(envelope('Subject: gr\xfc\xdfe\r\n\r\n')).toContain('{5}\r\ngr\xfc\xdfe');
    expect(envelope('Subject: a\0b\r\n\r\n')).toContain('"ab"');
  });

  test('addresses of repeated fields go together, of repeated strings the last counts', () => {
    const text = envelope('To: a@b\r\nSubject: one\r\nTo: c@d\r\nSubject: two\r\n\r\n');
    expect(text).toContain('((NIL NIL "a" "b")(NIL NIL "c" "d"))');
    expect(text).toContain('"two"');
  });
});

describe('addresses', () => {
  test.each<[string, string[]]>([
    ['a@b.c', ['-|-|a|b.c']],
    ['<a@b.c>', ['-|-|a|b.c']],
    ['John <a@b>', ['John|-|a|b']],
    ['"Doe, John" <a@b>', ['Doe, John|-|a|b']],
    ['"a \\"b\\" c" <a@b>', ['a "b" c|-|a|b']],
    ['John Q. Public <a@b>', ['John Q. Public|-|a|b']],
    ['a@b (John (Q.) Public)', ['John (Q.) Public|-|a|b']],
    ['(before) a@b', ['before|-|a|b']],
    ['a . b @ c . d', ['-|-|a.b|c.d']],
    ['"a b"@c', ['-|-|a b|c']],
    ['a@[192.0.2.1]', ['-|-|a|[192.0.2.1]']],
    ['<@x,@y:a@b>', ['-|@x,@y|a|b']],
    ['a@b, c@d', ['-|-|a|b', '-|-|c|d']],
    [',a@b,,c@d,', ['-|-|a|b', '-|-|c|d']],
    ['team: a@b, C <c@d>; e@f', ['-|-|team|-', '-|-|a|b', 'C|-|c|d', '-|-|-|-', '-|-|e|f']],
    ['undisclosed-recipients:;', ['-|-|undisclosed-recipients|-', '-|-|-|-']],
    ['open group: a@b', ['-|-|open group|-', '-|-|a|b', '-|-|-|-']],
    ['a@b <a@b>', ['a@b|-|a|b']],
    ['=?utf-8?Q?Doe,_John?= <a@b>', ['=?utf-8?Q?Doe,_John?=|-|a|b']],
    ['root', ['-|-|root|MISSING_DOMAIN']],
    ['System Administrator', ['System Administrator|-|MISSING_MAILBOX|MISSING_DOMAIN']],
    ['Name <>', ['Name|-|MISSING_MAILBOX|MISSING_DOMAIN']],
    ['<a@b', ['-|-|a|b']],
    ['a@b>', ['-|-|a|b']],
    ['a@b; c@d', ['-|-|a|b', '-|-|c|d']],
    ['@b', ['-|-|MISSING_MAILBOX|b']],
    ['gr\xfc\xdfe <a@b>', ['gr\xfc\xdfe|-|a|b']],
    ['(unclosed a@b', ['unclosed|-|a|b']],
    ['John Doe a.b@c', ['John Doe|-|a.b|c']],
    ['"unclosed <a@b>', ['-|-|unclosed <a@b>|MISSING_DOMAIN']],
    ['a@b c@d', ['-|-|a|b', '-|-|c|d']],
    ['a@b@c', ['-|-|a|b']],
    ['a@b:', ['-|-|a|b']],
    [': a@b', ['-|-|a|b']],
    ['Name <a@b> of the team', ['Name|-|a|b']],
    ['a@b and others, c@d', ['-|-|a|b', '-|-|c|d']],
    ['A <a@b> B <c@d>', ['A|-|a|b', 'B|-|c|d']],
    ['one, two', ['-|-|one|MISSING_DOMAIN', '-|-|two|MISSING_DOMAIN']],
    ['a@b; root', ['-|-|a|b', '-|-|root|MISSING_DOMAIN']],
    ['team: root', ['-|-|team|-', '-|-|root|MISSING_DOMAIN', '-|-|-|-']],
    ['', []],
    [' , ;', []],
  ])('%s', (text, expected) => {
    expect(addresses(text)).toEqual(expected);
  });

  test('no more than 4096 of one field', () => {
    expect(parseAddresses('a,'.repeat(10_000)).length).toBe(4096);
  });
});
