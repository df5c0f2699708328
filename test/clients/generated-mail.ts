/** Mail at random, for two servers that should see the same in it: real headers and parts, and much that is nearly right. */

import fc from 'fast-check';

// Of all these words none is the beginning or a part of another, so that whole words and parts of words find the same.
/** Words of a message's header fields. */
export const FIELD_WORDS: readonly string[] = ['anchor', 'bridge', 'candle', 'donkey', 'export', 'fiddle', 'garlic'];
/** Words of text parts. */
export const TEXT_WORDS: readonly string[] = ['hollow', 'island', 'jungle', 'kettle', 'lumber', 'mirror', 'napkin'];
/** Words of the header fields of parts. */
const PART_WORDS: readonly string[] = ['rocket', 'saddle', 'tunnel'];
/** Words of parts that are no text. */
const FILE_WORDS: readonly string[] = ['orchid', 'pepper', 'quiver'];

const word = fc.constantFrom(...FIELD_WORDS);
const wordsOf = (list: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...list), { minLength: 1, maxLength }).map((chosen) => chosen.join(' '));
const words = (maxLength: number): fc.Arbitrary<string> => wordsOf(FIELD_WORDS, maxLength);
const oneOf = fc.constantFrom<string[]>;
const withWord = (...forms: string[]): fc.Arbitrary<string> =>
  fc.tuple(oneOf(...forms), word, word).map(([form, a, b]) => form.replaceAll('%', a).replaceAll('&', b));

const mailbox = withWord(
  '%@example.org',
  '<%@example.org>',
  '% <%@example.org>',
  '"% &" <%@example.org>',
  '"%, \\"& \\\\" <&@example.com>',
  '=?utf-8?Q?J=C3=BCrgen_%?= <%@example.net>',
  '=?iso-8859-1?B?SvxyZ2Vu?= & <&@example.net>',
  '(a comment) %@example.org (%)',
  '% & <"% &"@example.org>',
  '%',
  '<>',
  'J\u00c3\u00bcrgen <%@example.org>',
);
const addresses = fc.oneof(
  { weight: 6, arbitrary: fc.array(mailbox, { minLength: 1, maxLength: 4 }).map((list) => list.join(', ')) },
  {
    weight: 1,
    arbitrary: withWord('undisclosed-recipients:;', '%: &@example.org, <%@example.com>;', '%:;, &@example.org', ''),
  },
);

const subject = fc
  .tuple(
    oneOf('', '', '', 'Re: ', 'Fwd: ', 'RE : ', 're[2]: ', '[list] ', '[list] Re: [list] ', 'Fw: Re: ', 'AW: '),
    withWord(
      '%',
      '% &',
      '% & (fwd)',
      '[Fwd: % &]',
      '=?utf-8?Q?=C3=A9t=C3=A9_%?=',
      '=?utf-8?Q?%?= =?utf-8?Q?=20&?=',
      '%\r\n &',
      '%  &',
      ' ',
      '',
    ),
  )
  .map(([prefix, text]) => prefix + text);

const id = fc.integer({ min: 0, max: 40 }).map((n) => `<m${n}@example.org>`);
const day = fc.tuple(fc.integer({ min: 1, max: 28 }), oneOf('Jan', 'Feb', 'Mar'), fc.integer({ min: 0, max: 23 }));
const zone = oneOf('+0000', '-0000', '+0200', '-0830', 'GMT', 'EST', '+0000 (UTC)');
const date = fc.tuple(oneOf('Mon, ', ''), day, zone).map(([weekday, [d, month, hour], z]) => {
  const time = `${String(hour).padStart(2, '0')}:30:15`;
  return `${weekday}${d} ${month} 2024 ${time} ${z}`;
});

const field = (name: string, value: fc.Arbitrary<string>, presence: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: presence, arbitrary: value.map((text) => `${name}: ${text}\r\n`) },
    { weight: 10 - presence, arbitrary: fc.constant('') },
  );
const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((list) => list.join(''));

const messageFields = joined(
  field('From', addresses, 9),
  field('Sender', mailbox, 2),
  field('Reply-To', addresses, 2),
  field('To', addresses, 8),
  field('Cc', addresses, 4),
  field('Bcc', addresses, 1),
  field('Subject', subject, 9),
  field('Date', date, 10),
  field('Message-ID', id, 8),
  field('In-Reply-To', id, 4),
  field(
    'References',
    fc.array(id, { minLength: 1, maxLength: 3 }).map((ids) => ids.join(' ')),
    4,
  ),
  field('X-Spam', words(3), 2),
);

const partWord = fc.constantFrom(...PART_WORDS);
const partFields = joined(
  field(
    'Content-Disposition',
    partWord.chain((w) =>
      oneOf('inline', `attachment; filename=${w}.txt`, `attachment;\r\n filename="${w} b.txt"; size=12`),
    ),
    3,
  ),
  field(
    'Content-ID',
    partWord.map((w) => `<${w}@example.org>`),
    2,
  ),
  field('Content-Description', wordsOf(PART_WORDS, 2), 2),
  field('Content-Language', oneOf('en', 'en, de', 'de'), 1),
  field(
    'Content-Location',
    partWord.map((w) => `http://example.org/${w}`),
    1,
  ),
  field('Content-MD5', fc.constant('Q2hlY2sgSW50ZWdyaXR5IQ=='), 1),
);

const linesOf = (list: readonly string[]): fc.Arbitrary<string> =>
  fc.array(wordsOf(list, 6), { maxLength: 6 }).map((lines) => lines.map((line) => `${line}\r\n`).join(''));
const prose = linesOf(TEXT_WORDS);
const base64 = (text: string): string =>
  (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,60}/g) ?? []
  )
    .map((line) => `${line}\r\n`)
    .join('');
const textType = oneOf(
  '',
  'Content-Type: text/plain\r\n',
  'Content-Type: text/plain; charset=utf-8; format=flowed\r\n',
  'Content-Type: TEXT/Plain;\r\n\tcharset="iso-8859-1"\r\n',
  'Content-Type: text/x-notes; name="a b.txt"\r\n',
  'Content-type: text/plain (with a comment); charset=us-ascii\r\n',
);
const encodedLeaf = fc.oneof(
  prose.map((text) => `\r\n${text}`),
  prose.map((text) => `Content-Transfer-Encoding: 8bit\r\n\r\n${text}`),
  prose.map(
    (text) =>
      `Content-Transfer-Encoding: quoted-printable\r\n\r\n${text.replaceAll('o', '=6F').replaceAll('an', 'a=\r\nn')}`,
  ),
  prose.map((text) => `Content-Transfer-Encoding: BASE64\r\n\r\n${base64(text)}`),
);
const leaf = fc.oneof(
  { weight: 5, arbitrary: joined(textType, partFields, encodedLeaf) },
  {
    weight: 2,
    arbitrary: joined(
      oneOf(
        'Content-Type: application/octet-stream; name=a.bin\r\n',
        'Content-Type: image/png\r\n',
        'Content-Type: application/pdf;\r\n name="long name.pdf"\r\n',
      ),
      partFields,
      linesOf(FILE_WORDS).map((text) => `Content-Transfer-Encoding: base64\r\n\r\n${base64(text)}`),
    ),
  },
);

/** An entity: content fields, an empty line, a body; boundaries differ by depth. */
const entity = (depth: number): fc.Arbitrary<string> =>
  depth === 0
    ? leaf
    : fc.oneof(
        { weight: 3, arbitrary: leaf },
        { weight: 3, arbitrary: multipart(depth) },
        { weight: 1, arbitrary: attachedMessage(depth) },
      );

function multipart(depth: number): fc.Arbitrary<string> {
  return fc
    .record({
      subtype: oneOf(
        'mixed',
        'alternative',
        'related; type="text/plain"',
        'Mixed',
        'report; report-type=delivery-status',
      ),
      quoted: fc.boolean(),
      fields: partFields,
      preamble: oneOf('', 'preamble\r\n', '\r\n'),
      parts: fc.array(entity(depth - 1), { minLength: 1, maxLength: 3 }),
      epilogue: oneOf('', 'epilogue\r\n', '\r\n', '\r\nepilogue'),
      closed: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ subtype, quoted, fields, preamble, parts, epilogue, closed }) => {
      const boundary = `=_b${depth}`;
      const delimited = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
      const end = closed === 0 ? '' : `--${boundary}--\r\n${epilogue}`;
      // '=' has to be quoted; a server that is told it bare takes it all the same.
      const parameter = quoted ? `"${boundary}"` : boundary;
      return `Content-Type: multipart/${subtype};\r\n boundary=${parameter}\r\n${fields}\r\n${preamble}${delimited}${end}`;
    });
}

function attachedMessage(depth: number): fc.Arbitrary<string> {
  return fc
    .tuple(partFields, messageFields, entity(depth - 1))
    .map(([fields, inner, of]) => `Content-Type: message/rfc822\r\n${fields}\r\n${inner}MIME-Version: 1.0\r\n${of}`);
}

const message = fc.tuple(messageFields, entity(2)).map(([fields, of]) => `${fields}MIME-Version: 1.0\r\n${of}`);

/** Messages at random; the same for the same seed. Each character is an octet. */
export function generateMail(seed: number, count: number): string[] {
  return fc.sample(message, { seed, numRuns: count });
}
