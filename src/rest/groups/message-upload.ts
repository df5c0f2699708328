/** Operations that bring messages in, and parts of them out. */

import { z } from 'zod';
import { mailboxObjectId } from '../../model/object-ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import { hasMatch, notModified, rangeOf } from '../conditional.ts';
import { downloadResponse } from '../download.ts';
import { flagField, metaDataField, timeField, userField } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { isRaw } from '../input.ts';
import { readData } from '../json-data.ts';
import { findMailbox, mailboxField } from '../mailbox-ref.ts';
import { attachmentName, contentTypeOf, partsOf } from '../messages/attachments.ts';
import { messageFields } from '../messages/compose.ts';
import { decodedPart } from '../messages/decode-part.ts';
import { draftMessage } from '../messages/draft-message.ts';
import { findMessage, messageField } from '../messages/find-message.ts';
import { readReference, referenceField } from '../messages/reference.ts';
import { registerRecipients } from '../messages/register-recipients.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';
import { bodyChunks } from '../read-body.ts';

const group = 'Messages';

const uploadMessage = operation({
  id: 'uploadMessage',
  method: 'post',
  path: '/users/{user}/mailboxes/{mailbox}/messages',
  group,
  summary: 'Put a message into a mailbox',
  description: 'The body is the message as it is to be kept; or JSON with its fields',
  access: { resource: 'messages', verb: 'create' },
  params: { user: userField, mailbox: mailboxField },
  query: {
    date: timeField('When it came; else now').optional(),
    unseen: flagField('Whether it was not seen yet'),
    flagged: flagField('Whether it is marked'),
    draft: flagField('Whether it is a draft'),
    keywords: z.array(z.string().min(1).max(255)).max(200).optional(),
  },
  body: {
    raw: z.string().optional().meta({ description: 'The message in base64, in place of its fields' }),
    ...messageFields,
    files: z.array(z.string().max(24)).max(1000).optional().meta({ description: 'IDs of files to attach' }),
    reference: referenceField.optional().meta({ description: 'What it answers or forwards' }),
    replacePrevious: z
      .strictObject({ mailbox: z.string().max(64), id: z.number().int().min(1).max(0xffffffff) })
      .optional()
      .meta({ description: 'The message that it takes the place of' }),
    metaData: metaDataField.optional(),
  },
  rawBody: ['message/rfc822', 'message/global', 'application/octet-stream', 'text/plain'],
  bodyLimit: ({ limits, store }) => Math.max(limits.messageBodyOctets, store.maxMessageSize),
  response: z.object({
    message: z.object({ id: z.number(), mailbox: z.string(), size: z.number() }),
    previousDeleted: z.boolean().optional(),
    previous: z.object({ id: z.number(), mailbox: z.string() }).optional(),
  }),
  errors: [
    'NoSuchMailbox',
    'MessageNotFound',
    'FileNotFound',
    'PayloadTooLarge',
    'UnsupportedMediaType',
    'OverQuotaError',
    'LimitExceeded',
    'StorageFull',
    'Conflict',
    'EncryptionFailed',
  ],
  async run(call) {
    const { store, user, input, request, signal } = call;
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const { replacePrevious, reference, files = [] } = input;
    const previous = replacePrevious && (await findMailbox(store, user.id, replacePrevious.mailbox));
    const source = isRaw(uploadMessage, request)
      ? bodyChunks(request, store.maxMessageSize)
      : input.raw !== undefined
        ? [Buffer.from(input.raw, 'base64')]
        : (
            await draftMessage(
              store,
              user,
              fieldsOf(input),
              reference ? await readReference(store, user, reference) : null,
              files,
            )
          ).write();
    const data = input.metaData === undefined ? undefined : readData('metaData', input.metaData);
    const flags = [
      ...(input.unseen ? [] : ['\\Seen']),
      ...(input.flagged ? ['\\Flagged'] : []),
      ...(input.draft ? ['\\Draft'] : []),
      ...(input.keywords ?? []),
    ];
    return idempotent(call, async () => {
      const options = {
        flags,
        ...(input.date !== undefined && { internalDate: new Date(input.date) }),
        ...(data && { data }),
        signal,
      };
      const { uid, size } = await store.append(user.id, mailbox.id, source, options);
      if (input.draft) await registerRecipients(call, user.id, input);
      const message = { id: uid, mailbox: mailboxObjectId(user.id, mailbox.id), size };
      if (!previous || !replacePrevious) return { message };
      const gone = await store.expunge(user.id, previous.id, UidSet.of(replacePrevious.id), { any: true });
      return {
        message,
        previousDeleted: !gone.uids.isEmpty,
        previous: { id: replacePrevious.id, mailbox: mailboxObjectId(user.id, previous.id) },
      };
    });
  },
});

const getAttachment = operation({
  id: 'getMessageAttachment',
  method: 'get',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}/attachments/{attachment}',
  group,
  summary: 'Load an attachment',
  description: 'Sent as it is read; of a range, no more than the range is read',
  access: { resource: 'attachments', verb: 'read' },
  params: {
    user: userField,
    mailbox: mailboxField,
    message: messageField,
    attachment: z
      .string()
      .regex(/^ATT\d{5}$/i, 'is no ID of an attachment')
      .meta({ description: 'Such as `ATT00001`' }),
  },
  query: { sendAsString: flagField('Taken for compatibility') },
  response: { contentType: '*/*', description: 'The attachment, decoded' },
  errors: ['NoSuchMailbox', 'MessageNotFound', 'AttachmentNotFound', 'RangeNotSatisfiable'],
  async run({ store, user, input, request }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const { body, contentId } = await findMessage(store, user.id, mailbox.id, input.message, {
      body: true,
      tree: true,
    });
    const attachment = body && partsOf(body.tree).attachments.find(({ id }) => id === input.attachment.toUpperCase());
    if (!attachment) throw new ApiError('AttachmentNotFound', 'this attachment does not exist');
    const etag = `"${contentId}-${attachment.id}"`;
    if (hasMatch(request, etag)) return notModified(etag);
    const { size, read } = decodedPart(body, attachment.part);
    const common = { contentType: contentTypeOf(attachment.part), fileName: attachmentName(attachment), etag };
    if (size === null) return downloadResponse(read(), common);
    const range = rangeOf(request, size, etag);
    if (!range) return downloadResponse(read(), { ...common, size, rangesTaken: true });
    return downloadResponse(read(range.start, range.end), {
      ...common,
      size: range.end - range.start,
      range: { start: range.start, total: size },
      rangesTaken: true,
    });
  },
});

type Fields = Parameters<typeof draftMessage>[2];

function fieldsOf({ from, replyTo, to, cc, bcc, headers, subject, text, html, attachments }: Fields): Fields {
  return { from, replyTo, to, cc, bcc, headers, subject, text, html, attachments };
}

/** The operations that bring messages in, and parts of them out. */
export const uploadOperations: readonly Operation[] = [uploadMessage, getAttachment];
