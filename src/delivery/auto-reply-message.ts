/** Writes automatic replies. RFC 3834 section 3, RFC 5230 section 5. */

import { type HeaderField, unfold } from '../mime/header-fields.ts';
import { htmlToText } from '../mime/html-text.ts';
import { parseMessageId, parseMessageIds } from '../mime/message-ids.ts';
import { decodeField } from '../mime/text-decoding.ts';
import type { AutoReply } from '../model/auto-reply.ts';
import {
  type Entity,
  encodedText,
  mailDate,
  multipart,
  newMessageId,
  phrase,
  textPart,
  writeMessage,
} from './mail-writer.ts';
import { wireAddress } from './wire-address.ts';

/** Characters of the subject that is answered. */
const MAX_SUBJECT = 200;
/** Ids in References: the first, by which threads are found, and the last ones. */
const MAX_REFERENCES = 20;

/** Tags after which a reader sees a new line. */
const BLOCK_END = /<(?:br|\/(?:address|blockquote|dd|div|dt|h[1-6]|li|ol|p|pre|table|tr|ul))(?=[\s/>])/gi;
/** Stands for a line's end where white space is taken together; no text has it. */
const LINE_MARK = '\ufdd0';

/** A reply, ready to be sent; its reverse path is empty. RFC 3834 section 3.3. */
export interface AutoReplyMessage {
  readonly to: string;
  /** Octets, with CRLF. */
  readonly message: Buffer;
  readonly smtpUtf8: boolean;
}

/**
 * Writes a reply. Nothing of the message that is answered comes into it but ids, and the subject where the reply has
 * none.
 *
 * @param fields of the header of the message that is answered
 * @param way from an address of the account to the sender, as `autoReplyTo` says it
 */
export function composeAutoReply(
  reply: AutoReply,
  fields: readonly HeaderField[],
  way: { readonly from: string; readonly to: string },
  now: number,
): AutoReplyMessage {
  const from = wireAddress(way.from);
  const to = wireAddress(way.to);
  const header = [
    `From: ${reply.name === '' ? from.address : `${phrase(reply.name)} <${from.address}>`}`,
    `To: ${to.address.includes('"') ? `<${to.address}>` : to.address}`,
    `Subject: ${encodedText(reply.subject === '' ? answeredSubject(fields) : reply.subject)}`,
    `Date: ${mailDate(now)}`,
    `Message-ID: ${newMessageId(way.from)}`,
    ...threadFields(fields),
    'Auto-Submitted: auto-replied',
    // Exchange knows this one only.
    'X-Auto-Response-Suppress: All',
  ];
  const message = writeMessage(header, bodyOf(reply));
  return { to: to.address, message, smtpUtf8: from.smtpUtf8 || to.smtpUtf8 };
}

function bodyOf({ text, html }: AutoReply): Entity {
  const plain = textPart('plain', text.trim() === '' ? linesOf(html) : text);
  return html.trim() === '' ? plain : multipart('multipart/alternative', [plain, textPart('html', html)]);
}

/** The text of HTML, with a line for each block. */
function linesOf(html: string): string {
  const marked = html.replace(BLOCK_END, `${LINE_MARK}$&`);
  const text = htmlToText(marked).replace(/\s+/g, ' ');
  return text
    .replaceAll(LINE_MARK, '\n')
    .replace(/ *\n */g, '\n')
    .trim();
}

/** RFC 3834 section 3.1.5. */
function answeredSubject(fields: readonly HeaderField[]): string {
  const value = fields.find(({ name }) => name === 'subject')?.value ?? '';
  const subject = decodeField(unfold(value))
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  if (subject === '') return 'Automated reply';
  const characters = Array.from(subject);
  return `Auto: ${characters.length > MAX_SUBJECT ? `${characters.slice(0, MAX_SUBJECT).join('')}…` : subject}`;
}

/** RFC 5322 section 3.6.4. */
function threadFields(fields: readonly HeaderField[]): string[] {
  const field = (name: string): string => unfold(fields.find((one) => one.name === name)?.value ?? '');
  const id = parseMessageId(field('message-id'));
  if (id === null || !isSoundId(id)) return [];
  const references = parseMessageIds(field('references')).filter(isSoundId);
  const parents = references.length > 0 ? references : parseMessageIds(field('in-reply-to')).filter(isSoundId);
  // Of several messages that the other one answers, nobody knows which one has the thread.
  const before = references.length === 0 && parents.length > 1 ? [] : parents;
  const kept = before.length < MAX_REFERENCES ? before : [before[0] as string, ...before.slice(2 - MAX_REFERENCES)];
  return [`In-Reply-To: ${id}`, `References: ${[...kept, id].join(' ')}`];
}

/** What comes from outside goes into a header again. */
function isSoundId(id: string): boolean {
  return /^<[\x21-\x7e]{1,250}>$/.test(id);
}
