import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import { extractSearchText, hasAllText } from '../../src/mime/extract-search-text.ts';
import { htmlToText } from '../../src/mime/html-text.ts';
import { MessageBody } from '../../src/mime/message-body.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import { decodeCharset, decodeField, decodeQuotedPrintable } from '../../src/mime/text-decoding.ts';
import type { Content } from '../../src/model/content.ts';
import { wordText } from '../../src/model/tokens.ts';
import { collect, MemoryBlobs } from './memory-blobs.ts';
import { lines, noise, ODD_MESSAGES, octets, withAttachment } from './messages.ts';

const split = (raw: Buffer): Promise<Content> => splitMessage(raw, new MemoryBlobs());
/** Words of the body of a part with these header lines. */
const bodyWords = async (body: Buffer, ...header: string[]): Promise<string> =>
  (await split(Buffer.concat([lines(...header, ''), body]))).searchText.body;

describe('decoding', () => {
  test.each<[string, string]>([
    ['a=20b', 'a b'],
    ['a=\r\nb', 'ab'],
    ['a= \t\r\nb', 'ab'],
    ['a=\nb', 'ab'],
    ['a=c3=A4', 'a\xc3\xa4'],
    ['100=% =zz =', '100=% =zz '],
    ['=', ''],
    ['=4', '=4'],
    ['plain', 'plain'],
    // What was added at the end of a line on the way is no part of it; what was encoded is.
    ['a \t\r\n \r\nb =41 \n c', 'a\r\n\r\nb A\n c'],
    ['no escape \r\n', 'no escape\r\n'],
    ['a=20 \r\nb =\r\n \r\nc=09\r\n', 'a \r\nb \r\nc\t\r\n'],
    ['=20\r\n', ' \r\n'],
    ['=0D \n', '\r\n'],
    [' \r \n', ' \r\n'],
    ['a \t', 'a'],
    ['a= \t', 'a'],
    ['=3D=3D=\r\n=3D', '==='],
  ])('quoted-printable %j', (text, expected) => {
    expect(decodeQuotedPrintable(octets(text)).toString('latin1')).toBe(expected);
  });

  test.each<[string, string, string]>([
    ['utf-8', 'c3bc', 'ü'],
    ['UTF8', 'fc', 'ü'],
    ['', 'c3bc', 'ü'],
    ['us-ascii', '80', '€'],
    ['iso-8859-1', 'fc', 'ü'],
    ['iso-8859-15', 'a4', '€'],
    ['windows-1251', 'cff0e8', 'При'],
    ['koi8-r', 'd0d2c9', 'при'],
    ['gb2312', 'c4e3bac3', '你好'],
    ['big5', 'a741a66e', '你好'],
    ['shift_jis', '82b182f1', 'こん'],
    ['euc-kr', 'c7d1b1db', '한글'],
    ['iso-2022-jp', '1b2442243324731b2842', 'こん'],
    ['x-unknown', 'c3bc', 'ü'],
    ['no-such-charset', 'c3bc', 'ü'],
    ['utf-16le', '6100fc00', 'aü'],
    ['cp437', '81', 'ü'],
    ["'; drop", '61', 'a'],
  ])('charset %s', (charset, hex, expected) => {
    expect(decodeCharset(Buffer.from(hex, 'hex'), charset)).toBe(expected);
  });

  test.each<[string, string]>([
    ['=?utf-8?B?w7xiZXI=?=', 'über'],
    ['=?utf-8?Q?=C3=BCber_alles?= plain', 'über alles plain'],
    ['=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
    ['=?utf-8?B?w7w=?=\t=?utf-8?B?w7w=?=', 'üü'],
    ['=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=', 'こん'],
    ['\xc3\xbc raw', 'ü raw'],
    ['\xfc raw', 'ü raw'],
    ['=?utf-8?X?a?= =?utf-8?Q?a', '=?utf-8?X?a?= =?utf-8?Q?a'],
    ['=?no-such?Q?a?=', 'a'],
  ])('field %j', (field, expected) => {
    expect(decodeField(field)).toBe(expected);
  });
});

describe('HTML', () => {
  test.each<[string, string]>([
    ['<p>one</p><p>two</p>', 'one two'],
    ['w<b>or</b>d', 'word'],
    ['a<br>b<br/>c', 'a b c'],
    ['<style>p { color: red }</style>a<script>var b = "<p>";</script>c', 'a c'],
    ['<SCRIPT>x</Script >a', 'a'],
    ['<!-- hidden > --> a <!DOCTYPE html>', 'a'],
    ['a &amp; b &lt;c&gt; &#252;&#xFC; &uuml;&Eacute; &copy;', 'a & b <c> üü üÉ ©'],
    ['&nosuch; &#0; &#1114112; &amp', '&nosuch; &'],
    ['1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
    ['a <b', 'a'],
    ['<script>never closed', ''],
    ['<!-- never closed', ''],
    ['<a href="x">link</a>ed', 'linked'],
  ])('%j', (html, text) => {
    expect(htmlToText(html).replace(/\s+/g, ' ').trim()).toBe(text);
  });
});

describe('search text', () => {
  test('of fields keeps all characters, folded', async () => {
    const { searchText } = await split(
      lines(
        'From: =?utf-8?Q?J=C3=B6rg?= <Joerg@Example.COM>',
        'To: a@b',
        'To: c@d',
        'Cc: E F <e@f>',
        'Bcc: g@h',
        'Subject: Caf\xc3\xa9 No. 5!',
        'X-Other: thing',
        '',
        '',
      ),
    );
    expect(searchText).toMatchObject({
      from: 'jorg <joerg@example.com>',
      to: 'a@b, c@d',
      cc: 'e f <e@f>',
      bcc: 'g@h',
      subject: 'cafe no. 5!',
      body: '',
    });
    expect(searchText.header.split(' ')).toEqual(
      expect.arrayContaining(['jorg', 'joerg', 'example', 'cafe', '5', 'thing']),
    );
  });

  test('of text in all encodings', async () => {
    const type = 'Content-Type: text/plain; charset=';
    expect(await bodyWords(octets('plain text'))).toBe('plain text');
    expect(
      await bodyWords(octets('=FCber=\r\nall'), `${type}iso-8859-1`, 'Content-Transfer-Encoding: quoted-printable'),
    ).toBe('uberall');
    expect(
      await bodyWords(
        octets(Buffer.from('Ωμέγα').toString('base64')),
        `${type}utf-8`,
        'Content-Transfer-Encoding: base64',
      ),
    ).toBe('ωμεγα');
    expect(await bodyWords(Buffer.from('cff0e8', 'hex'), `${type}windows-1251`)).toBe('при');
    expect(await bodyWords(octets('<p>rich</p>'), 'Content-Type: text/html')).toBe('rich');
  });

  test('of parts, names and messages inside', async () => {
    const raw = lines(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'first',
      '--x',
      "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf",
      'Content-Type: application/pdf',
      '',
      'notext',
      '--x',
      'Content-Type: message/rfc822',
      '',
      'Subject: inner subject',
      '',
      'inner body',
      '--x--',
    );
    const { body } = (await split(raw)).searchText;
    expect(body).toBe('first ubersicht pdf inner body inner subject');
  });

  test('of a large text is of its first megabyte', async () => {
    const line = 'some words that repeat\r\n';
    const body = octets(`${line.repeat(20_000)}early ${line.repeat(40_000)}late`);
    const words = await bodyWords(body);
    expect(words).toContain('early');
    expect(words).not.toContain('late');
    expect(words.length).toBeLessThanOrEqual(1024 * 1024);
  });

  test('of text that became a blob', async () => {
    const body = octets(Buffer.from('needle '.repeat(60_000)).toString('base64').replace(/.{76}/g, '$&\r\n'));
    expect(await bodyWords(body, 'Content-Type: text/plain', 'Content-Transfer-Encoding: base64')).toMatch(
      /^needle needle/,
    );
  });
});

describe('made again from what is stored', () => {
  test('search text is the same', async () => {
    let count = 0;
    const more = {
      'large attachment': withAttachment(noise(50_000)),
      'large text': octets(`A: b\r\n\r\n${'words of text\r\n'.repeat(10_000)}`),
    };
    for (const [name, raw] of Object.entries({ ...ODD_MESSAGES, ...more })) {
      const content = await split(raw);
      if (!hasAllText(content, content.tree)) continue;
      expect(extractSearchText(content, content.tree), name).toEqual(content.searchText);
      count++;
    }
    expect(count).toBe(Object.keys(ODD_MESSAGES).length + 2);
  });

  test('not of text that lies in a blob', async () => {
    const content = await split(octets(`A: b\r\n\r\n${'words of text\r\n'.repeat(20_000)}`));
    expect(hasAllText(content, content.tree)).toBe(false);
    expect(content.searchText.body).toMatch(/^words of text words/);
  });
});

describe('another parser agrees', () => {
  const message = Buffer.concat([
    lines(
      'From: =?utf-8?B?SsO2cmc=?= <a@example.com>',
      'Subject: =?iso-8859-1?Q?gr=FC=DFe?=',
      'Date: Fri, 21 Nov 1997 09:55:06 -0600',
      'Message-ID: <1@x>',
      'Content-Type: multipart/mixed; boundary="out"',
      '',
      '--out',
      'Content-Type: multipart/alternative; boundary="in"',
      '',
      '--in',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Gr=C3=BC=C3=9Fe aus K=C3=B6ln',
      '--in',
      'Content-Type: text/html; charset=windows-1251',
      '',
      '<p>\xcf\xf0\xe8\xe2\xe5\xf2</p>',
      '--in--',
      '--out',
      'Content-Type: application/octet-stream; name="=?utf-8?Q?=C3=9C.bin?="',
      'Content-Disposition: attachment',
      'Content-Transfer-Encoding: base64',
      '',
    ),
    octets(`${noise(30_000).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--out--\r\n`),
  ]);

  test.each([
    ['nested parts', message],
    ['an attachment', withAttachment(noise(9000))],
  ])('%s', async (_, raw) => {
    const blobs = new MemoryBlobs();
    const content = await splitMessage(raw, blobs);
    const email = await PostalMime.parse(raw);
    expect(content.summary.subject).toBe(email.subject ?? '');
    expect(content.summary.messageId ?? undefined).toBe(email.messageId);
    const found = new Set(content.searchText.body.split(' '));
    for (const word of wordText(
      `${email.text ?? ''} ${htmlToText(email.html ?? '')} ${email.attachments[0]?.filename}`,
    ).split(' ')) {
      expect(found).toContain(word);
    }
    const attachment = Buffer.from(email.attachments[0]?.content as ArrayBuffer);
    expect([...blobs.blobs.values()].some((blob) => blob.equals(attachment))).toBe(true);
    expect((await collect(new MessageBody(content, content.tree, blobs).read())).equals(raw)).toBe(true);
  });
});
