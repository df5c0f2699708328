import { describe, expect, test } from 'vitest';
import { formatBody } from '../../src/mime/body-structure.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import { MemoryBlobs } from './memory-blobs.ts';
import { lines, noise, ODD_MESSAGES, octets, withAttachment } from './messages.ts';

const structure = async (raw: Buffer): Promise<string> => (await splitMessage(raw, new MemoryBlobs())).bodyStructure;
const body = async (raw: Buffer): Promise<string> => formatBody((await splitMessage(raw, new MemoryBlobs())).tree);
/** Structure of a part with these header lines and an empty body. */
const ofHeader = (...header: string[]): Promise<string> => structure(lines(...header, ''));

describe('body structure', () => {
  test('of a message without Content-Type', async () => {
    const raw = lines('A: b', '', 'one', 'two');
    expect(await structure(raw)).toBe('("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2 NIL NIL NIL NIL)');
    expect(await body(raw)).toBe('("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2)');
  });

  test('of all fields', async () => {
    const header = [
      'Content-Type: IMAGE/Png; NAME="a \\"b\\".png"; x=y',
      'Content-ID: <id@x>',
      'Content-Description: a',
      '  picture',
      'Content-Transfer-Encoding: BASE64 (comment)',
      'Content-MD5: Q2hlY2s=',
      'Content-Disposition: Attachment; filename=a.png; size=5',
      'Content-Language: en, de-DE (German)',
      'Content-Location: http://x/',
    ];
    expect(await ofHeader(...header)).toBe(
      '("image" "png" ("name" "a \\"b\\".png" "x" "y") "<id@x>" "a  picture" "base64" 0 "Q2hlY2s=" ' +
        '("attachment" ("filename" "a.png" "size" "5")) ("en" "de-DE") "http://x/")',
    );
  });

  test('of a multipart', async () => {
    const raw = withAttachment(noise(30_000));
    const file = raw.subarray(raw.indexOf('\r\n\r\n', raw.indexOf('base64')) + 4, raw.lastIndexOf('\r\n--b--'));
    expect(await structure(raw)).toBe(
      `(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 14 0 NIL NIL NIL NIL)` +
        `("application" "octet-stream" ("name" "a.bin") NIL NIL "base64" ${file.length} NIL ("attachment" ("filename" "a.bin")) NIL NIL) ` +
        `"mixed" ("boundary" "b") NIL NIL NIL)`,
    );
    expect(await body(raw)).toBe(
      `(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 14 0)` +
        `("application" "octet-stream" ("name" "a.bin") NIL NIL "base64" ${file.length}) "mixed")`,
    );
  });

  test('of a message inside, attached or not', async () => {
    for (const disposition of ['attachment', 'inline']) {
      const raw = lines(
        'Content-Type: message/rfc822',
        `Content-Disposition: ${disposition}`,
        '',
        'Subject: in',
        '',
        'x',
      );
      expect(await structure(raw)).toBe(
        '("message" "rfc822" NIL NIL NIL "7bit" 18 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
          `("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL) 3 NIL ("${disposition}" NIL) NIL NIL)`,
      );
    }
  });

  test('of messages that cannot be looked into', async () => {
    expect(await structure(ODD_MESSAGES['message in base64'] as Buffer)).toMatch(
      /^\("message" "rfc822" NIL NIL NIL "base64" \d+ \(NIL{0}[NIL ]+\) \("text" "plain" .* 0 0 NIL NIL NIL NIL\) 1 NIL NIL NIL NIL\)$/,
    );
  });

  test('of a message that is not message/rfc822', async () => {
    // RFC 3501 section 9: only RFC822 is media-message, so that a client does not expect an envelope.
    expect(await structure(octets('Content-Type: message/global\r\n\r\nSubject: x\r\n\r\nbody\r\n'))).toBe(
      '("message" "global" NIL NIL NIL "7bit" 20 NIL NIL NIL NIL)',
    );
  });

  test('of multiparts without parts', async () => {
    const empty = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)';
    expect(await structure(ODD_MESSAGES['a boundary that never comes'] as Buffer)).toBe(
      `(${empty} "mixed" ("boundary" "x") NIL NIL NIL)`,
    );
    expect(await structure(ODD_MESSAGES['no boundary parameter'] as Buffer)).toBe(
      '("multipart" "mixed" NIL NIL NIL "7bit" 17 NIL NIL NIL NIL)',
    );
  });

  test('of parts that end early', async () => {
    const text = (size: number, count: number) =>
      `("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" ${size} ${count} NIL NIL NIL NIL)`;
    const tail = ' "mixed" ("boundary" "x") NIL NIL NIL)';
    expect(await structure(ODD_MESSAGES['parts without octets'] as Buffer)).toBe(`(${text(0, 0)}${text(0, 0)}${tail}`);
    expect(await structure(ODD_MESSAGES['part without an empty line'] as Buffer)).toBe(
      `(${text(0, 0)}${text(1, 0)}${tail}`,
    );
  });

  test('an outer delimiter ends inner parts', async () => {
    const result = await structure(ODD_MESSAGES['unclosed inner multipart'] as Buffer);
    expect(result.match(/"7bit" 1 0/g)?.length).toBe(2);
    expect(result).toMatch(/^\(\(\(.*"alternative".*\)\(.*\) "mixed"/);
  });

  test('parts of a digest are messages', async () => {
    const result = await structure(ODD_MESSAGES.digest as Buffer);
    expect(result).toMatch(/^\(\("message" "rfc822" .*\)\("text" "plain" .*\) "digest"/);
  });

  test('default charset is only for text without one', async () => {
    expect(await ofHeader('Content-Type: text/html; format=x')).toContain('("format" "x" "charset" "us-ascii")');
    expect(await ofHeader('Content-Type: text/html; Charset=utf-8')).toContain('("charset" "utf-8")');
    expect(await ofHeader('Content-Type: application/pdf')).toContain('"pdf" NIL NIL NIL');
  });

  test.each([
    ['Content-Type: text', '"text" "plain" ("charset" "us-ascii")'],
    ['Content-Type: /html', '"text" "plain" ("charset" "us-ascii")'],
    ['Content-Type: image/', '"text" "plain" ("charset" "us-ascii")'],
    ['Content-Type: a/b;;; c=d ; e', '"a" "b" ("c" "d")'],
    ['Content-Type: a/b c=d', '"a" "b" ("c" "d")'],
    ['Content-Type: a/b; c="open', '"a" "b" ("c" "open")'],
    ['Content-Type: (x) a (y) / (z) b; c (u) = (v) d', '"a" "b" ("c" "d")'],
    ['Content-Type: a/b; name=a=b.txt', '"a" "b" ("name" "a=b.txt")'],
    ['Content-Type: a/b; name=\xe4', '"a" "b" ("name" {1}\r\n\xe4)'],
    ['Content-Type: a/b; name=""', '"a" "b" ("name" "")'],
    ['Content-Type: a/b; c*0=x; c*1=y', '"a" "b" ("c" "xy")'],
    ['Content-Type: a/b; c*1=y; d=e; c*0=x', '"a" "b" ("c" "xy" "d" "e")'],
    ['Content-Type: a/b; c*0*=utf-8\'\'%41; c*1="b%c"; c*2*=%42', '"a" "b" ("c*" "utf-8\'\'%41b%25c%42")'],
    ['Content-Type: a/b; c*0=x; c*1*=%41', '"a" "b" ("c*" "\'\'x%41")'],
    ["Content-Type: a/b; c*=utf-8''%41", '"a" "b" ("c*" "utf-8\'\'%41")'],
    ['Content-Type: a/b; c*1=y; c*2=z', '"a" "b" ("c*1" "y" "c*2" "z")'],
  ])('%s', async (header, expected) => {
    expect(await ofHeader(header)).toContain(expected);
  });

  test('of two fields of a name the first counts', async () => {
    expect(await ofHeader('Content-Type: a/b', 'Content-Type: c/d')).toContain('"a" "b"');
  });

  test('depth and lines of mixed line ends', async () => {
    expect(await structure(octets('A: b\n\none\ntwo\r\nthree'))).toContain('"7bit" 14 2');
  });
});
