/** The message that another one answers or forwards. */

import { Readable } from 'node:stream';
import { z } from 'zod';
import { parseHeaderFields, unfold } from '../../mime/header-fields.ts';
import type { MessageBody } from '../../mime/message-body.ts';
import { parseMessageIds } from '../../mime/message-ids.ts';
import { type EnvelopeMailbox, parseEnvelope } from '../../mime/parse-envelope.ts';
import { decodeOctets } from '../../mime/text-decoding.ts';
import type { Account } from '../../model/account.ts';
import type { MimePart } from '../../model/mime-part.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { findMailbox } from '../mailbox-ref.ts';
import { type AttachmentPart, attachmentName, contentTypeOf, partsOf } from './attachments.ts';
import type { GivenMessage, StoredPart, Thread } from './compose.ts';
import { decodedPart } from './decode-part.ts';
import { findMessage } from './find-message.ts';

type ReferenceField = z.ZodObject<{
  mailbox: z.ZodString;
  id: z.ZodNumber;
  action: z.ZodEnum<{ reply: 'reply'; replyAll: 'replyAll'; forward: 'forward' }>;
  attachments: z.ZodOptional<z.ZodUnion<readonly [z.ZodBoolean, z.ZodArray<z.ZodString>]>>;
}>;

/** What is answered or forwarded. */
export const referenceField: ReferenceField = z
  .strictObject({
    mailbox: z.string().max(64),
    id: z.number().int().min(1).max(0xffffffff),
    action: z.enum(['reply', 'replyAll', 'forward']),
    attachments: z
      .union([z.boolean(), z.array(z.string().max(20)).max(1000)])
      .optional()
      .meta({ description: 'Whether to take its attachments along, or which' }),
  })
  .meta({ id: 'Reference' });

/** What a message takes over from the one that it refers to. */
export interface Referred {
  readonly mailbox: number;
  readonly uid: number;
  readonly action: 'reply' | 'forward';
  readonly thread: Thread;
  readonly parts: readonly StoredPart[];
  /** Subject and recipients, where none are given. */
  readonly defaults: GivenMessage;
}

const MAX_REFERENCES = 50;

/** Reads it. @throws {@link ApiError} `NoSuchMailbox`, `MessageNotFound`. */
export async function readReference(
  store: MessageStore,
  account: Account,
  reference: z.output<ReferenceField>,
): Promise<Referred> {
  const mailbox = await findMailbox(store, account.id, reference.mailbox);
  const message = await findMessage(store, account.id, mailbox.id, reference.id, {
    envelope: true,
    header: true,
    tree: true,
    body: true,
  });
  const envelope = parseEnvelope(message.envelope ?? '');
  const header = Buffer.from(message.header ?? []).toString('latin1');
  const ids = parseHeaderFields(header, (name) => name === 'references').flatMap(({ value }) =>
    parseMessageIds(unfold(value)).map(decodeOctets),
  );
  const { messageId, subject } = envelope;
  const references = [...ids, messageId].filter((id) => id !== '').slice(-MAX_REFERENCES);
  const isForward = reference.action === 'forward';
  return {
    mailbox: mailbox.id,
    uid: message.uid,
    action: isForward ? 'forward' : 'reply',
    thread: { inReplyTo: isForward || messageId === '' ? null : messageId, references },
    parts: partsToTake(message.body as MessageBody, message.tree as MimePart, reference.attachments),
    defaults: isForward
      ? { subject: prefixed('Fwd', subject) }
      : {
          subject: prefixed('Re', subject),
          ...replyRecipients(
            account,
            envelope.replyTo.length > 0 ? envelope.replyTo : envelope.from,
            reference.action === 'replyAll' ? [...envelope.to, ...envelope.cc] : [],
          ),
        },
  };
}

/** Who is answered: the author, and with `replyAll` all others but the account itself. */
function replyRecipients(
  account: Account,
  authors: readonly EnvelopeMailbox[],
  others: readonly EnvelopeMailbox[],
): GivenMessage {
  const seen = new Set<string>();
  const fresh = ({ address }: EnvelopeMailbox): boolean => {
    const key = address.toLowerCase();
    if (!address.includes('@') || seen.has(key)) return false;
    seen.add(key);
    return true;
  };
  const to = authors.filter(fresh);
  for (const address of account.addresses) seen.add(address);
  return { to, cc: others.filter(fresh) };
}

function prefixed(prefix: string, subject: string): string {
  const one = subject.replace(/[\x00-\x1f\x7f]+/g, ' ');
  return new RegExp(`^${prefix}:`, 'i').test(one) ? one : `${prefix}: ${one}`;
}

function partsToTake(body: MessageBody, tree: MimePart, wanted: boolean | readonly string[] | undefined): StoredPart[] {
  if (!wanted) return [];
  const { attachments } = partsOf(tree);
  const taken = wanted === true ? attachments : attachments.filter(({ id }) => wanted.includes(id.toUpperCase()));
  return taken.map((attachment) => storedPart(body, attachment));
}

/** A part of a stored message, to be put into another one. */
export function storedPart(body: MessageBody, attachment: AttachmentPart): StoredPart {
  const { part } = attachment;
  return {
    filename: attachmentName(attachment),
    contentType: contentTypeOf(part),
    read: () => Readable.from(decodedPart(body, part).read()),
    ...(part.id !== null && attachment.related && { cid: decodeOctets(part.id).replace(/^<|>$/g, '') }),
  };
}
