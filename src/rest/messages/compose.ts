/** Messages that are given field by field. They are written by nodemailer; nothing is fetched from anywhere for them. */

import type { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import { z } from 'zod';
import type { OptionalText } from '../fields.ts';
import { ApiError } from '../problems.ts';

const MAX_TEXT: number = 16 * 1024 * 1024;
/** What cannot stand in a header field. */
const ONE_LINE = /^[^\x00-\x08\x0a-\x1f\x7f]*$/;

const line = (most: number): z.ZodString =>
  z.string().max(most).regex(ONE_LINE, 'has a line end or a control character');

type Address = z.ZodObject<{ name: OptionalText; address: z.ZodString }>;
type Addresses = z.ZodOptional<z.ZodArray<Address>>;

const address: Address = z
  .strictObject({ name: line(255).optional(), address: line(320).min(3) })
  .meta({ id: 'GivenAddress' });
const addresses: Addresses = z.array(address).max(1000).optional();

type Header = z.ZodObject<{ key: z.ZodString; value: z.ZodString }>;
const header: Header = z.strictObject({
  key: z
    .string()
    .max(255)
    .regex(/^[!-9;-~]+$/, 'is no name of a field'),
  value: line(100 * 1024),
});
type Attachment = z.ZodObject<{
  filename: OptionalText;
  contentType: OptionalText;
  encoding: z.ZodDefault<z.ZodString>;
  contentTransferEncoding: z.ZodOptional<
    z.ZodEnum<{ base64: 'base64'; 'quoted-printable': 'quoted-printable'; '7bit': '7bit' }>
  >;
  content: z.ZodString;
  cid: OptionalText;
  contentDisposition: z.ZodOptional<z.ZodEnum<{ inline: 'inline'; attachment: 'attachment' }>>;
}>;
const attachment: Attachment = z.strictObject({
  filename: line(255).optional(),
  contentType: line(255).optional(),
  encoding: z
    .string()
    .regex(/^(?:base64|hex|utf-?8|binary)$/, 'is no encoding that is taken')
    .default('base64'),
  contentTransferEncoding: z.enum(['base64', 'quoted-printable', '7bit']).optional(),
  content: z.string(),
  cid: line(255).optional(),
  contentDisposition: z.enum(['inline', 'attachment']).optional(),
});

/** Fields of a message. */
export type MessageShape = {
  from: z.ZodOptional<Address>;
  replyTo: z.ZodOptional<z.ZodUnion<readonly [Address, z.ZodArray<Address>]>>;
  to: Addresses;
  cc: Addresses;
  bcc: Addresses;
  headers: z.ZodOptional<z.ZodUnion<readonly [z.ZodArray<Header>, z.ZodRecord<z.ZodString, z.ZodString>]>>;
  subject: OptionalText;
  text: OptionalText;
  html: OptionalText;
  attachments: z.ZodOptional<z.ZodArray<Attachment>>;
};

/** The same, as it is checked. */
export const messageFields: MessageShape = {
  from: address
    .optional()
    .meta({ description: 'Author; the main address where the account may not write as this one' }),
  replyTo: z.union([address, z.array(address).max(100)]).optional(),
  to: addresses,
  cc: addresses,
  bcc: addresses,
  headers: z
    .union([z.array(header).max(200), z.record(z.string().regex(/^[!-9;-~]{1,255}$/), line(100 * 1024))])
    .optional()
    .meta({ description: 'More header fields' }),
  subject: line(10_000).optional(),
  text: z.string().max(MAX_TEXT).optional().meta({ description: 'Plain text' }),
  html: z.string().max(MAX_TEXT).optional().meta({ description: 'HTML; `data:` pictures become parts of the message' }),
  attachments: z.array(attachment).max(1000).optional(),
};

/** A message, given field by field. */
export type GivenMessage = { [Name in keyof MessageShape]?: z.output<MessageShape[Name]> };

/** A part that lies in the store. */
export interface StoredPart {
  readonly filename: string;
  readonly contentType: string;
  readonly read: () => Readable;
  readonly cid?: string;
}

/** What a message refers to. */
export interface Thread {
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

/** Fields that have a place of their own, or that only a server writes. */
const RESERVED = new Set([
  'from',
  'sender',
  'to',
  'cc',
  'bcc',
  'subject',
  'reply-to',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'in-reply-to',
  'references',
  'return-path',
  'received',
  'delivered-to',
  'dkim-signature',
  'authentication-results',
]);

/**
 * The octets of a message, with Bcc.
 *
 * @throws {@link ApiError} for a header field that is another's to write.
 */
export function composeMessage(
  given: GivenMessage,
  more: {
    readonly from: { readonly name: string; readonly address: string } | null;
    readonly thread: Thread;
    readonly parts: readonly StoredPart[];
    readonly messageId?: string;
  },
): Readable {
  const headers = listHeaders(given.headers);
  const wrong = headers.find(({ key }) => RESERVED.has(key.toLowerCase()));
  if (wrong) throw invalid('headers', `${wrong.key} is not to be given as a header field`);
  const node = new MailComposer({
    ...(more.from && { from: more.from }),
    ...(given.replyTo && { replyTo: plain(given.replyTo) }),
    ...(given.to && { to: plain(given.to) }),
    ...(given.cc && { cc: plain(given.cc) }),
    ...(given.bcc && { bcc: plain(given.bcc) }),
    subject: given.subject ?? '',
    ...(given.text !== undefined && { text: given.text }),
    ...(given.html !== undefined && { html: given.html }),
    ...(given.text === undefined && given.html === undefined && { text: '' }),
    ...(more.thread.inReplyTo && { inReplyTo: more.thread.inReplyTo }),
    ...(more.thread.references.length > 0 && { references: [...more.thread.references] }),
    ...(more.messageId !== undefined && { messageId: more.messageId }),
    headers,
    attachDataUrls: true,
    attachments: [
      ...(given.attachments ?? []).map(
        ({ filename, contentType, content, encoding, contentTransferEncoding, cid, contentDisposition }) => ({
          content: Buffer.from(content, encoding as BufferEncoding),
          ...(filename === undefined ? { filename: false as const } : { filename }),
          ...(contentType !== undefined && { contentType }),
          ...(contentTransferEncoding !== undefined && { contentTransferEncoding }),
          ...(cid !== undefined && { cid }),
          ...(contentDisposition !== undefined && { contentDisposition }),
        }),
      ),
      ...more.parts.map(({ filename, contentType, read, cid }) => ({
        content: read(),
        filename,
        contentType,
        ...(cid !== undefined && { cid }),
      })),
    ],
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  node.keepBcc = true;
  return node.createReadStream();
}

/** All whom a message goes to. */
export function recipientsOf({ to = [], cc = [], bcc = [] }: GivenMessage): string[] {
  return [...to, ...cc, ...bcc].map(({ address }) => address);
}

function listHeaders(headers: GivenMessage['headers']): { key: string; value: string }[] {
  if (!headers) return [];
  return Array.isArray(headers) ? headers : Object.entries(headers).map(([key, value]) => ({ key, value }));
}

type Given = { readonly name?: string | undefined; readonly address: string };

function plain(given: Given | readonly Given[]): { name: string; address: string }[] {
  return (Array.isArray(given) ? given : [given]).map(({ name, address }: Given) => ({ name: name ?? '', address }));
}

function invalid(field: string, reason: string): ApiError {
  return new ApiError('InputValidationError', `"${field}": ${reason}`, { details: { [field]: reason } });
}
