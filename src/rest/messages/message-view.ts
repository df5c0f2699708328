/** A message as the API shows it: in a list, and as a whole. */

import { z } from 'zod';
import { parseDate } from '../../mime/date-field.ts';
import { parseHeaderFields, unfold } from '../../mime/header-fields.ts';
import { parseMessageIds } from '../../mime/message-ids.ts';
import { type EnvelopeMailbox, type ParsedEnvelope, parseEnvelope } from '../../mime/parse-envelope.ts';
import { hasAttachment } from '../../mime/summary.ts';
import { decodeField, decodeOctets } from '../../mime/text-decoding.ts';
import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN } from '../../model/flags.ts';
import type { AccountId, MailboxId } from '../../model/ids.ts';
import type { MimePart } from '../../model/mime-part.ts';
import { mailboxObjectId, threadObjectId } from '../../model/object-ids.ts';
import type { FetchedMessage, FetchFields } from '../../store/message-store.ts';
import { attachmentName, contentTypeOf, partsOf } from './attachments.ts';
import { readMessageText } from './message-text.ts';

const address = z.object({ name: z.string(), address: z.string() }).meta({ id: 'MessageAddress' });
const FORWARDED = /(?:^| )\$Forwarded(?: |$)/i;

const common = {
  id: z.number().meta({ description: 'UID of the message in its mailbox' }),
  mailbox: z.string(),
  thread: z.string(),
  from: address.optional(),
  to: z.array(address),
  cc: z.array(address),
  bcc: z.array(address),
  messageId: z.string(),
  subject: z.string(),
  date: z.string().meta({ description: 'When it was written, or else when it came' }),
  idate: z.string().meta({ description: 'When it came' }),
  size: z.number(),
  seen: z.boolean(),
  deleted: z.boolean(),
  flagged: z.boolean(),
  draft: z.boolean(),
  answered: z.boolean(),
  forwarded: z.boolean(),
  encrypted: z.boolean(),
  keywords: z.array(z.string()),
  modifyIndex: z.number().meta({ description: 'Number of the last change of the message' }),
  references: z.array(z.string()),
  contentType: z.object({ value: z.string(), params: z.record(z.string(), z.string()) }),
  metaData: z.unknown().optional(),
};

/** A message in a list. */
export const listedMessage: z.ZodObject = z
  .object({
    ...common,
    intro: z.string().meta({ description: 'How its text begins' }),
    attachments: z.boolean(),
    threadMessageCount: z.number().optional().meta({ description: 'How many messages its thread has' }),
    hasDrafts: z.boolean().optional().meta({ description: 'Whether an answer has been begun' }),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  })
  .meta({ id: 'ListedMessage' });

/** A message as a whole. */
export const shownMessage: z.ZodObject = z.object({
  ...common,
  user: z.string(),
  envelope: z.object({ from: z.string(), rcpt: z.array(z.object({ value: z.string(), formatted: z.string() })) }),
  replyTo: z.array(address).optional(),
  inReplyTo: z.string().optional(),
  list: z.object({ id: z.string(), unsubscribe: z.string() }).optional(),
  text: z.string(),
  html: z.array(z.string()),
  attachments: z.array(
    z.object({
      id: z.string(),
      hash: z.string().optional(),
      filename: z.string(),
      contentType: z.string(),
      disposition: z.string(),
      transferEncoding: z.string(),
      related: z.boolean(),
      sizeKb: z.number(),
      cid: z.string().optional(),
    }),
  ),
});

/** What has to be read of a message for a list. */
export const LISTED_FIELDS: FetchFields = { envelope: true, tree: true, preview: true, header: true };
/** What has to be read of a message that is shown as a whole. */
export const SHOWN_FIELDS: FetchFields = { envelope: true, tree: true, preview: true, header: true, body: true };

/** Where a message is. */
export interface MessageHome {
  readonly account: AccountId;
  readonly mailbox: MailboxId;
}

/** What is told of a message in any list, and never changes: it comes of its octets. */
export interface ToldContent {
  readonly from: EnvelopeMailbox | null;
  readonly to: readonly EnvelopeMailbox[];
  readonly cc: readonly EnvelopeMailbox[];
  readonly bcc: readonly EnvelopeMailbox[];
  readonly messageId: string;
  readonly subject: string;
  /** `null` when the message has none that can be read. */
  readonly date: string | null;
  readonly encrypted: boolean;
  readonly references: readonly string[];
  readonly contentType: { readonly value: string; readonly params: Readonly<Record<string, string>> };
  readonly intro: string;
  readonly attachments: boolean;
}

/** Reads that of a message with {@link LISTED_FIELDS}. */
export function contentOf(message: FetchedMessage): ToldContent {
  return {
    ...toldOf(message, parseEnvelope(message.envelope ?? ''), headerOf(message)),
    intro: message.preview ?? '',
    attachments: hasAttachment(message.tree as MimePart),
  };
}

/** What any list and the message itself tell. */
interface CommonFields {
  readonly messageId: string;
  readonly [name: string]: unknown;
}

/** A message as a list has it. */
export interface ListedMessage extends CommonFields {
  readonly intro: string;
}

/** What a list tells of a message. @param names of header fields; the message has its header then */
export function listMessage(
  home: MessageHome,
  message: FetchedMessage,
  content: ToldContent,
  names: readonly string[] | null = null,
): ListedMessage {
  return {
    ...commonFields(home, message, content),
    intro: content.intro,
    attachments: content.attachments,
    ...(names && { headers: pickHeaders(headerOf(message), names) }),
  };
}

/** All that is told of a message; reads its text. */
export async function showMessage(home: MessageHome, message: FetchedMessage): Promise<object> {
  const envelope = parseEnvelope(message.envelope ?? '');
  const header = headerOf(message);
  const { texts, attachments } = partsOf(message.tree as MimePart);
  const body = message.body;
  if (!body) throw new TypeError('the message was read without its body');
  const { text, html } = await readMessageText(body, texts, attachments);
  const field = (name: string): string => fieldOf(header, name) ?? '';
  const listId = decodeField(field('list-id'));
  return {
    ...commonFields(home, message, toldOf(message, envelope, header)),
    user: home.account,
    envelope: {
      from: field('return-path').replace(/^<|>$/g, ''),
      rcpt: [field('delivered-to')].filter((value) => value !== '').map((value) => ({ value, formatted: value })),
    },
    ...(field('reply-to') !== '' && { replyTo: envelope.replyTo }),
    ...(envelope.inReplyTo !== '' && { inReplyTo: envelope.inReplyTo }),
    ...(listId !== '' && { list: { id: listId, unsubscribe: decodeField(field('list-unsubscribe')) } }),
    text,
    html,
    attachments: attachments.map((attachment) => {
      const { id, part, related } = attachment;
      return {
        id,
        filename: attachmentName(attachment),
        contentType: contentTypeOf(part),
        disposition: part.disposition?.type ?? 'inline',
        transferEncoding: part.encoding,
        related,
        sizeKb: Math.ceil(decodedSize(part) / 1024),
        ...(part.id !== null && { cid: decodeOctets(part.id) }),
      };
    }),
  };
}

type ToldHead = Omit<ToldContent, 'intro' | 'attachments'>;

function toldOf({ tree }: FetchedMessage, envelope: ParsedEnvelope, header: string): ToldHead {
  const time = parseDate(envelope.date)?.time;
  const { to, cc, bcc, messageId, subject } = envelope;
  return {
    from: envelope.from[0] ?? null,
    ...{ to, cc, bcc, messageId, subject },
    date: time === undefined ? null : new Date(time).toISOString(),
    encrypted: isEncrypted(tree as MimePart),
    references: parseMessageIds(fieldOf(header, 'references') ?? '').map(decodeOctets),
    contentType: {
      value: contentTypeOf(tree as MimePart),
      params: Object.fromEntries((tree as MimePart).parameters.map(([name, value]) => [name, decodeOctets(value)])),
    },
  };
}

function commonFields({ account, mailbox }: MessageHome, message: FetchedMessage, content: ToldHead): CommonFields {
  const { mask, keywords } = message;
  const { from, to, cc, bcc, messageId, subject } = content;
  const idate = new Date(message.internalDate).toISOString();
  return {
    id: message.uid,
    mailbox: mailboxObjectId(account, mailbox),
    thread: threadObjectId(account, message.threadId),
    ...(from && { from }),
    ...{ to, cc, bcc, messageId, subject },
    date: content.date ?? idate,
    idate,
    size: message.size,
    seen: (mask & SEEN) !== 0,
    deleted: (mask & DELETED) !== 0,
    flagged: (mask & FLAGGED) !== 0,
    draft: (mask & DRAFT) !== 0,
    answered: (mask & ANSWERED) !== 0,
    forwarded: FORWARDED.test(keywords),
    encrypted: content.encrypted,
    keywords: keywords === '' ? [] : keywords.split(' '),
    modifyIndex: message.modSeq,
    references: content.references,
    contentType: content.contentType,
  };
}

/** One char code for each octet. */
function headerOf({ header }: FetchedMessage): string {
  return header ? Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('latin1') : '';
}

/** The last field of a name, unfolded, one char code for each octet; `null` for none. */
function fieldOf(header: string, name: string): string | null {
  const found = parseHeaderFields(header, (one) => one === name).at(-1);
  return found ? unfold(found.value).trim() : null;
}

/** Fields by name, decoded; of which there are several, a list. */
function pickHeaders(header: string, names: readonly string[]): Record<string, string | string[]> {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const picked = new Map<string, string[]>();
  for (const { name, value } of parseHeaderFields(header, (one) => wanted.size === 0 || wanted.has(one))) {
    picked.set(name, [...(picked.get(name) ?? []), decodeField(unfold(value).trim())]);
  }
  return Object.fromEntries(
    [...picked].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]),
  );
}

function isEncrypted({ type, subtype }: MimePart): boolean {
  return (
    (type === 'multipart' && subtype === 'encrypted') ||
    (type === 'application' && (subtype === 'pkcs7-mime' || subtype === 'x-pkcs7-mime'))
  );
}

/** About how many octets a part has, decoded. */
function decodedSize({ bodyStart, bodyEnd, encoding, lines }: MimePart): number {
  const octets = bodyEnd - bodyStart;
  return encoding === 'base64' ? Math.floor(((octets - 2 * lines) * 3) / 4) : octets;
}
