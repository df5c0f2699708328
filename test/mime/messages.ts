/** Odd messages, made here. */

/** Octets of a message; line ends as written, or all CRLF with `crlf`. */
export const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Lines with CRLF between and after. */
export const lines = (...list: string[]): Buffer => octets(list.map((line) => `${line}\r\n`).join(''));

/** Deterministic octets that do not compress or repeat. */
export function noise(length: number, seed = 1): Buffer {
  const out = Buffer.alloc(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state >>> 24;
  }
  return out;
}

/** Base64 in lines, without an ending after the last. */
export function base64Lines(data: Buffer, lineLength = 76, eol = '\r\n'): string {
  const text = data.toString('base64');
  const list: string[] = [];
  for (let at = 0; at < text.length; at += lineLength) list.push(text.slice(at, at + lineLength));
  return list.join(eol);
}

/** A message with a base64 attachment, in lines of a length. */
export function withAttachment(data: Buffer, lineLength = 76, eol = '\r\n', after = eol): Buffer {
  return octets(
    [
      'From: a@example.com',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'see attachment',
      '--b',
      'Content-Type: application/octet-stream; name="a.bin"',
      'Content-Disposition: attachment; filename="a.bin"',
      'Content-Transfer-Encoding: base64',
      '',
      `${base64Lines(data, lineLength, eol)}${after}--b--`,
      '',
    ].join(eol),
  );
}

/** Messages that break something somewhere. */
export const ODD_MESSAGES: Readonly<Record<string, Buffer>> = {
  empty: octets(''),
  'one octet': octets('x'),
  'one line feed': octets('\n'),
  'only an empty line': octets('\r\n'),
  'header only': lines('Subject: x', 'From: a@b'),
  'header without an end': octets('Subject: x'),
  'no header': octets('\r\nbody'),
  'body without final newline': octets('A: b\r\n\r\nbody'),
  'bare line feeds': octets(
    'A: b\nContent-Type: multipart/mixed; boundary=x\n\npre\n--x\n\none\n--x\n\ntwo\n--x--\npost',
  ),
  'mixed line ends': octets(
    'A: b\r\nContent-Type: multipart/mixed; boundary=x\n\r\n--x\r\n\none\n--x\n\r\ntwo\r\n--x--',
  ),
  'carriage returns': octets('A: b\r\rC: d\r\n\r\r\na\rb\r'),
  'NUL octets': octets('A: b\0c\r\n\r\n\0\0\r\n\0'),
  '8-bit header': octets('Subject: gr\xfc\xdfe\r\nFrom: \xc3\xa9 <a@b>\r\n\r\n\xff\xfe'),
  'a boundary that never comes': lines('Content-Type: multipart/mixed; boundary=x', '', 'body', '--y', 'z'),
  'no boundary parameter': lines('Content-Type: multipart/mixed', '', '--x', '', 'a', '--x--'),
  'empty boundary': lines('Content-Type: multipart/mixed; boundary=""', '', '--', '', 'a', '----'),
  'closing line without parts': lines('Content-Type: multipart/mixed; boundary=x', '', '--x--', 'after'),
  'parts without octets': lines('Content-Type: multipart/mixed; boundary=x', '', '--x', '--x', '--x--'),
  'part without an empty line': lines(
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'A: b',
    '--x',
    '',
    'c',
    '--x--',
  ),
  'part that ends in its header': octets(
    'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/ht',
  ),
  'unclosed inner multipart': lines(
    'Content-Type: multipart/mixed; boundary=out',
    '',
    '--out',
    'Content-Type: multipart/alternative; boundary=in',
    '',
    '--in',
    '',
    'a',
    '--out',
    '',
    'b',
    '--out--',
    'epilogue',
  ),
  'the same boundary twice': lines(
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    '',
    'a',
    '--x--',
    '--x--',
  ),
  'boundary with spaces behind': lines('Content-Type: multipart/mixed; boundary="x "', '', '--x  ', '', 'a', '--x-- '),
  'attached message': lines(
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: message/rfc822',
    'Content-Disposition: attachment; filename=m.eml',
    '',
    'Subject: inner',
    'Content-Type: multipart/alternative; boundary=y',
    '',
    '--y',
    '',
    'a',
    '--y--',
    '--x--',
  ),
  'message in base64': lines(
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('Subject: hidden\r\n\r\nx').toString('base64'),
  ),
  'empty attached message': lines(
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: message/rfc822',
    '',
    '--x--',
  ),
  'message that ends before it begins': octets('Content-Type: message/rfc822\r\n\r\n'),
  digest: lines(
    'Content-Type: multipart/digest; boundary=x',
    '',
    '--x',
    '',
    'Subject: one',
    '',
    'a',
    '--x',
    'Content-Type: text/plain',
    '',
    'b',
    '--x--',
  ),
  'folded header': lines('Subject: a', ' b', '\tc', 'To: x@y,', ' z@w', '', 'body'),
  'mbox separator': lines('From a@b Mon Jan  1 00:00:00 2024', 'Subject: x', '', 'body'),
  'line of 200,000 octets': octets(`A: b\r\n\r\n${'x'.repeat(200_000)}\r\n--x`),
  'broken content type': lines('Content-Type: text', 'Content-Disposition: ;;=', 'Content-Transfer-Encoding:', '', 'x'),
};
