import { describe, expect, test } from 'vitest';
import { baseSubject } from '../../src/mime/base-subject.ts';
import { parseDate } from '../../src/mime/date-field.ts';
import { parseMessageId, parseMessageIds } from '../../src/mime/message-ids.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import type { MessageSummary } from '../../src/model/content.ts';
import { MemoryBlobs } from './memory-blobs.ts';
import { lines, noise, ODD_MESSAGES, withAttachment } from './messages.ts';

const summary = async (...list: string[]): Promise<MessageSummary> =>
  (await splitMessage(lines(...list), new MemoryBlobs())).summary;

describe('dates', () => {
  test.each<[string, string, string]>([
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z', '1997-11-21'],
    ['21 Nov 1997 09:55 +0000', '1997-11-21T09:55:00Z', '1997-11-21'],
    ['Sun, 31 Dec 2023 23:30:00 -0800', '2024-01-01T07:30:00Z', '2023-12-31'],
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z', '1997-11-21'],
    ['21 Nov 24 09:55:06 EST', '2024-11-21T14:55:06Z', '2024-11-21'],
    ['Fri, 21 Nov 1997 09(comment):   55  :  06 -0600', '1997-11-21T15:55:06Z', '1997-11-21'],
    ['Thu,\r\n 13 Feb 1969 23:32 -0330', '1969-02-14T03:02:00Z', '1969-02-13'],
    ['Fri,21 Nov 1997 09:55:06 Z', '1997-11-21T09:55:06Z', '1997-11-21'],
    ['Fri 21 November 1997 09:55:06', '1997-11-21T09:55:06Z', '1997-11-21'],
    ['21-Nov-1997 09:55:06 -0600', '1997-11-21T15:55:06Z', '1997-11-21'],
    ['21 Nov 1997 09:55:06 GMT+0200', '1997-11-21T07:55:06Z', '1997-11-21'],
    ['21 Nov 1997 09:55:06 -0600 (CST)', '1997-11-21T15:55:06Z', '1997-11-21'],
    ['29 Feb 2024 23:59:60 +0000', '2024-03-01T00:00:00Z', '2024-02-29'],
  ])('%s', (text, time, day) => {
    const date = parseDate(text.replace('\r\n', ''));
    expect(date).not.toBe(null);
    expect(new Date(date?.time ?? 0).toISOString()).toBe(time.replace('Z', '.000Z'));
    expect(new Date((date?.day ?? 0) * 86_400_000).toISOString().slice(0, 10)).toBe(day);
  });

  test.each([
    '',
    'yesterday',
    '31 Jun 2024 00:00:00 +0000',
    '29 Feb 2023 00:00 +0000',
    '1 Foo 2024 00:00 +0000',
    '1 Jan 2024',
    '1 Jan 2024 24:00 +0000',
    '1 Jan 2024 10:60 +0000',
    '0 Jan 2024 10:00 +0000',
    '1 Jan 0001 10:00 +0000',
    '2024-01-01T00:00:00Z',
  ])('%j is no date', (text) => {
    expect(parseDate(text)).toBe(null);
  });
});

describe('base subject', () => {
  test.each([
    ['Re: hello', 'hello'],
    ['RE:re: Fwd: FW:  hello (fwd) (FWD)', 'hello'],
    ['[list] Re: [other] hello', 'hello'],
    ['Re [5]: hello', 'hello'],
    ['Re: [list]', '[list]'],
    ['[Fwd: [Fwd: Re: hello]]', 'hello'],
    ['[fwd: hello] (fwd)', 'hello'],
    ['  a   b\t c ', 'a b c'],
    ['', ''],
    ['Re:', ''],
    ['Reply: hello', 'Reply: hello'],
    ['Re: [a [b]] c', '[a [b]] c'],
  ])('%j is %j', (subject, base) => {
    expect(baseSubject(subject)).toBe(base);
  });
});

describe('message ids', () => {
  test('are found among anything', () => {
    expect(parseMessageIds('<a@b> text <c@d><e\t@f> <> <g <h@i>')).toEqual(['<a@b>', '<c@d>', '<e@f>', '<h@i>']);
    expect(parseMessageId('a@b extra')).toBe('<a@b>');
    expect(parseMessageId('<a@b')).toBe('<a@b>');
    expect(parseMessageId('')).toBe(null);
    expect(parseMessageId('<>')).toBe(null);
    expect(parseMessageIds(`<${'a'.repeat(997)}>`)).toEqual([]);
  });
});

describe('summary', () => {
  test('of a plain message', async () => {
    expect(
      await summary(
        'Subject: Re: =?iso-8859-1?Q?gr=FC=DFe?=',
        'Date: Fri, 21 Nov 1997 23:55:06 -0600',
        'Message-ID: <1@x>',
        'In-Reply-To: <2@x>',
        'References: <3@x> <2@x>',
        '',
        'Hello\t you,',
        '',
        'there.',
      ),
    ).toEqual({
      subject: 'Re: grüße',
      baseSubject: 'grüße',
      messageId: '<1@x>',
      references: ['<2@x>', '<3@x>'],
      sentDate: Date.UTC(1997, 10, 22, 5, 55, 6),
      sentDay: Date.UTC(1997, 10, 21) / 86_400_000,
      preview: 'Hello you, there.',
      hasAttachment: false,
    });
  });

  test('of a message without anything', async () => {
    expect(await summary('')).toEqual({
      subject: '',
      baseSubject: '',
      messageId: null,
      references: [],
      sentDate: null,
      sentDay: null,
      preview: '',
      hasAttachment: false,
    });
  });

  test('references are the first and the last ones', async () => {
    const all = Array.from({ length: 300 }, (_, index) => `<${index}@x>`);
    const { references } = await summary(`References: ${all.join('\r\n ')}`, '');
    expect(references).toEqual([...all.slice(0, 50), ...all.slice(-50)]);
  });

  test('preview is of 200 characters, plain before HTML', async () => {
    expect(
      (
        await summary(
          'Content-Type: text/plain; charset=utf-8',
          '',
          Buffer.from('\u{1f600}'.repeat(300)).toString('latin1'),
        )
      ).preview,
    ).toBe('\u{1f600}'.repeat(200));
    const alternative = [
      'Content-Type: multipart/alternative; boundary=x',
      '',
      '--x',
      'Content-Type: text/html',
      '',
      '<b>rich</b>',
    ];
    expect((await summary(...alternative, '--x', '', 'plain', '--x--')).preview).toBe('plain');
    expect((await summary(...alternative, '--x--')).preview).toBe('rich');
  });

  test('attachments', async () => {
    const has = async (...header: string[]) => (await summary(...header, '', 'x')).hasAttachment;
    expect((await splitMessage(withAttachment(noise(10)), new MemoryBlobs())).summary.hasAttachment).toBe(true);
    expect(await has('Content-Type: image/png')).toBe(false);
    expect(await has('Content-Type: image/png; name=a')).toBe(true);
    expect(await has('Content-Type: text/plain; name=a')).toBe(false);
    expect(await has('Content-Disposition: attachment')).toBe(true);
    expect(
      (await splitMessage(ODD_MESSAGES['attached message'] as Buffer, new MemoryBlobs())).summary.hasAttachment,
    ).toBe(true);
  });
});
