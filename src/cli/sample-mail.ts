/** Sample mail made by code: many scripts, conversations, and one picture in many messages. */

import { samplePicture } from './sample-picture.ts';

/** A message, and how it lies in the mailbox. */
export interface SampleMessage {
  readonly mailbox: string;
  readonly flags: readonly string[];
  readonly date: Date;
  readonly octets: Buffer;
}

interface Person {
  readonly name: string;
  readonly address: string;
}

const PEOPLE: readonly Person[] = [
  { name: 'Ada Lovelace', address: 'ada@example.org' },
  { name: 'Светлана Петрова', address: 'svetlana@example.org' },
  { name: '山田太郎', address: 'taro@example.com' },
  { name: 'ليلى حداد', address: 'layla@example.net' },
  { name: 'Jürgen Groß', address: 'juergen@example.de' },
  { name: 'Ελένη Παππά', address: 'eleni@example.gr' },
];

const TOPICS: readonly { readonly subject: string; readonly lines: readonly string[] }[] = [
  {
    subject: 'Eider ducks on the fjord',
    lines: ['We counted forty of them this morning.', 'The drakes are back in full dress.'],
  },
  { subject: 'Прогулка по заливу', lines: ['Завтра в девять у причала?', 'Возьмите тёплые вещи: обещают ветер.'] },
  { subject: '写真を送ります', lines: ['昨日の写真を添付しました。', '北の海はとても静かでした。'] },
  { subject: 'مواعيد الرحلة', lines: ['تبدأ الرحلة يوم الجمعة صباحا.', 'أرسل لكم الخريطة غدا.'] },
  { subject: 'Grüße aus Husum 🦆', lines: ['Das Watt ist voller Vögel.', 'Anbei ein Bild vom Deich.'] },
  { subject: 'Πτήσεις και φωλιές', lines: ['Οι φωλιές είναι έτοιμες.', 'Τα λέμε την Κυριακή.'] },
];

/** Characters of base64 in a line, as different programs wrap it; all decode to the same picture. */
const WRAPS = [76, 72, 64, 60] as const;
const DAY_MS = 86_400_000;

/** Messages for an account with this address, oldest first; the same for the same `now`. */
export function sampleMail(address: string, now: Date): SampleMessage[] {
  const me = { name: 'Demo', address };
  const picture = samplePicture();
  const messages: SampleMessage[] = [];
  TOPICS.forEach((topic, index) => {
    const started = now.getTime() - (TOPICS.length - index) * 3 * DAY_MS;
    const from = PEOPLE[index] as Person;
    const wrap = WRAPS[index % WRAPS.length] as number;
    const first = `<topic-${index}@example.org>`;
    const opening = multipart(header(from, me, topic.subject, started, first), topic.lines, picture, wrap);
    messages.push({ mailbox: 'INBOX', flags: ['\\Seen'], date: new Date(started), octets: opening });
    const answer = `<answer-${index}@example.org>`;
    const answered = started + 3_600_000;
    const sent = plain(header(me, from, `Re: ${topic.subject}`, answered, answer, [first]), [
      `> ${topic.lines[0]}`,
      '',
      'Thank you!',
    ]);
    messages.push({ mailbox: 'Sent', flags: ['\\Seen'], date: new Date(answered), octets: sent });
    const last = started + 2 * DAY_MS;
    const thread = header(from, me, `Re: ${topic.subject}`, last, `<last-${index}@example.org>`, [first, answer]);
    const flags = index % 2 === 0 ? [] : ['\\Flagged'];
    messages.push({ mailbox: 'INBOX', flags, date: new Date(last), octets: html(thread, topic.lines) });
  });
  const forwarded = messages[0] as SampleMessage;
  const when = now.getTime() - 3_600_000;
  const forward = header(PEOPLE[4] as Person, me, 'Fwd: Eider ducks on the fjord', when, '<forward@example.de>');
  messages.push({
    mailbox: 'INBOX',
    flags: ['$Forwarded'],
    date: new Date(when),
    octets: withMessage(forward, forwarded.octets),
  });
  return messages.sort((a, b) => a.date.getTime() - b.date.getTime());
}

function header(
  from: Person,
  to: Person,
  subject: string,
  time: number,
  messageId: string,
  references: readonly string[] = [],
): string {
  const lines = [
    `From: ${mailboxOf(from)}`,
    `To: ${mailboxOf(to)}`,
    `Subject: ${encodedWords(subject)}`,
    // RFC 5322 section 3.3 writes the zone in digits.
    `Date: ${new Date(time).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    ...(references.length > 0 ? [`In-Reply-To: ${references.at(-1)}`, `References: ${references.join('\r\n ')}`] : []),
    'MIME-Version: 1.0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function mailboxOf({ name, address }: Person): string {
  return `${encodedWords(name)} <${address}>`;
}

/** RFC 2047: words of up to 75 characters, none of which ends within a character. */
function encodedWords(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [''];
  for (const character of text) {
    const grown = (words.at(-1) as string) + character;
    if (Buffer.byteLength(grown) > 45) words.push(character);
    else words[words.length - 1] = grown;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

function plain(head: string, lines: readonly string[]): Buffer {
  return Buffer.from(`${head}${textPart('plain', `${lines.join('\r\n')}\r\n`)}`);
}

function html(head: string, lines: readonly string[]): Buffer {
  const paragraphs = lines.map((line) => `<p>${line}</p>`).join('\r\n');
  const parts = [
    textPart('plain', `${lines.join('\r\n')}\r\n`),
    textPart('html', `<!DOCTYPE html>\r\n<html><body>\r\n${paragraphs}\r\n</body></html>\r\n`),
  ];
  return Buffer.from(head + parcel('alternative', 'alt', parts));
}

function multipart(head: string, lines: readonly string[], picture: Buffer, wrap: number): Buffer {
  const parts = [textPart('plain', `${lines.join('\r\n')}\r\n`), attachment(picture, wrap)];
  return Buffer.from(head + parcel('mixed', 'mix', parts));
}

function withMessage(head: string, inner: Buffer): Buffer {
  const parts = [textPart('plain', 'See below.\r\n'), `Content-Type: message/rfc822\r\n\r\n${inner.toString('utf8')}`];
  return Buffer.from(head + parcel('mixed', 'forward', parts));
}

function textPart(subtype: string, text: string): string {
  const encoding = /^[\x00-\x7f]*$/.test(text) ? '7bit' : '8bit';
  return `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${text}`;
}

/** The name is Unicode by RFC 2231. */
function attachment(picture: Buffer, wrap: number): string {
  const lines = picture.toString('base64').match(new RegExp(`.{1,${wrap}}`, 'g')) as string[];
  const name = encodeURIComponent('гага eider.bmp');
  const fields = [
    'Content-Type: image/bmp',
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename*=UTF-8''${name}`,
  ];
  return `${fields.join('\r\n')}\r\n\r\n${lines.join('\r\n')}\r\n`;
}

function parcel(subtype: string, name: string, parts: readonly string[]): string {
  const boundary = `=_eider_${name}`;
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${body}--${boundary}--\r\n`;
}
