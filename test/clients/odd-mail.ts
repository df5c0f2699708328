/** Messages that a client easily brings over changed; each character is an octet. */

const ATTACHMENT = Array.from({ length: 2_000 }, (_, line) =>
  `${'QUJDREVGR0hJ'.repeat(6)}${(line % 10) * 1111}`.slice(0, 76),
);

/** By what is odd about them. All lines end in CRLF, so that a client that keeps LF can be compared too. */
export const ODD_MAIL: Readonly<Record<string, string>> = {
  plain: 'From: Ann <ann@example.org>\r\nSubject: plain\r\nMessage-ID: <plain@example.org>\r\n\r\nhello\r\n',
  dots: 'From: Ann <ann@example.org>\r\nSubject: dots\r\nMessage-ID: <dots@example.org>\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\n',
  separators:
    'From: Ann <ann@example.org>\r\nSubject: separators\r\nMessage-ID: <separators@example.org>\r\n\r\n' +
    'From here\r\n>From there\r\n\r\nFrom ann@example.org Mon Jan  1 00:00:00 2024\r\n)\r\na1 OK\r\n',
  octets:
    'From: Ann <ann@example.org>\r\nSubject: octets\r\nMessage-ID: <octets@example.org>\r\n' +
    'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nna\xefve \xff\xfe \xc3\xa9\r\n',
  empty: 'From: Ann <ann@example.org>\r\nSubject: empty\r\nMessage-ID: <empty@example.org>\r\n\r\n',
  wide: `From: Ann <ann@example.org>\r\nSubject: wide\r\nMessage-ID: <wide@example.org>\r\n\r\n${'0123456789'.repeat(500)}\r\n`,
  folded:
    'From: Ann <ann@example.org>\r\nSubject: a subject that goes on\r\n\tand on  \r\n and on\r\n' +
    'Message-ID: <folded@example.org>\r\n\r\n\r\n\r\n   \r\n\t\r\n',
  attachment:
    'From: Ann <ann@example.org>\r\nSubject: attachment\r\nMessage-ID: <attachment@example.org>\r\nMIME-Version: 1.0\r\n' +
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\n\r\ntext\r\n--b\r\n' +
    'Content-Type: application/octet-stream; name=data\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
    `${ATTACHMENT.join('\r\n')}\r\n--b--\r\nepilogue\r\n`,
};

/** Those that no client can keep whose own form is lines: bare CR and LF, no line end at the end. */
export const BARE_MAIL: Readonly<Record<string, string>> = {
  unended: 'From: Ann <ann@example.org>\r\nSubject: unended\r\nMessage-ID: <unended@example.org>\r\n\r\nno line end',
  bare: 'From: Ann <ann@example.org>\r\nSubject: bare\r\nMessage-ID: <bare@example.org>\r\n\r\none\ntwo\rthree\r\r\n\nfour\r\n',
};

/** A short message with a subject. */
export function letter(subject: string): string {
  return `From: Ann <ann@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '.')}@example.org>\r\n\r\n${subject}\r\n`;
}
