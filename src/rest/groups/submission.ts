/** Operations that send. */

import { z } from 'zod';
import { parseEnvelope } from '../../mime/parse-envelope.ts';
import type { Account } from '../../model/account.ts';
import type { JsonObject } from '../../model/account-profile.ts';
import { mailboxObjectId } from '../../model/object-ids.ts';
import type { Submitted } from '../../model/submission.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, idField, metaDataField, timeField, userField } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { readData } from '../json-data.ts';
import { findMailbox, mailboxField } from '../mailbox-ref.ts';
import { messageFields, recipientsOf } from '../messages/compose.ts';
import { type DraftMessage, draftMessage } from '../messages/draft-message.ts';
import { findMessage, messageField } from '../messages/find-message.ts';
import { readReference, referenceField } from '../messages/reference.ts';
import { registerRecipients } from '../messages/register-recipients.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Submission';
const inMailbox = { user: userField, mailbox: mailboxField };

const envelopeField = z
  .strictObject({
    from: z.strictObject({ name: z.string().max(255).optional(), address: z.string().max(320) }).optional(),
    to: z
      .array(z.strictObject({ name: z.string().max(255).optional(), address: z.string().max(320) }))
      .max(1000)
      .optional(),
  })
  .meta({ id: 'GivenEnvelope' });

const submitted = z.object({
  message: z.object({
    mailbox: z.string().optional(),
    id: z.number().optional(),
    queueId: z.string().optional(),
    messageId: z.string().optional(),
    size: z.number().optional(),
  }),
});

const submitMessage = operation({
  id: 'submitMessage',
  method: 'post',
  path: '/users/{user}/submit',
  group,
  summary: 'Send a message',
  description:
    'It is kept in the mailbox for sent mail. With the header field `Idempotency-Key`, a request that comes again is not done again',
  access: { resource: 'messages', verb: 'create' },
  params: { user: userField },
  body: {
    mailbox: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'Where to keep it; else with sent mail, or with drafts' }),
    ...messageFields,
    files: z.array(z.string().max(24)).max(1000).optional().meta({ description: 'IDs of files to attach' }),
    reference: referenceField.optional().meta({ description: 'What it answers or forwards' }),
    draft: z
      .strictObject({ mailbox: z.string().max(64), id: z.number().int().min(1).max(0xffffffff) })
      .optional()
      .meta({ description: 'The draft that it is made of, which goes' }),
    envelope: envelopeField
      .optional()
      .meta({ description: 'Who it is sent by and to, where that is not what the header says' }),
    isDraft: z.boolean().default(false).meta({ description: 'Whether it is only kept, as a draft' }),
    uploadOnly: z.boolean().default(false).meta({ description: 'Whether it is only kept, as if it had been sent' }),
    sendTime: timeField('When to send it; else at once').optional(),
    metaData: metaDataField.optional().meta({ description: 'Data of your own about the copy that is kept' }),
  },
  bodyLimit: ({ limits }) => limits.messageBodyOctets,
  response: submitted,
  errors: [
    'NoSuchMailbox',
    'MessageNotFound',
    'FileNotFound',
    'PayloadTooLarge',
    'OverQuotaError',
    'RateLimitedError',
    'SenderRefused',
    'AuthFailed',
    'LimitExceeded',
    'StorageFull',
    'Conflict',
    'EncryptionFailed',
  ],
  async run(call) {
    const { store, user, input, signal } = call;
    const { reference, files = [], draft } = input;
    const data = input.metaData === undefined ? undefined : readData('metaData', input.metaData);
    const referred = reference ? await readReference(store, user, reference) : null;
    const message = await draftMessage(store, user, messageOf(input), referred, files);
    const keepIn = input.mailbox === undefined ? undefined : (await findMailbox(store, user.id, input.mailbox)).id;
    const old = draft ? { mailbox: (await findMailbox(store, user.id, draft.mailbox)).id, uid: draft.id } : undefined;
    return idempotent(call, async (transactionId) => {
      if (input.isDraft || input.uploadOnly) {
        const kept = await keep(store, user, message, input.isDraft ? 'drafts' : 'sent', keepIn, {
          ...(data && { data }),
          signal,
        });
        if (old) await store.expunge(user.id, old.mailbox, UidSet.of(old.uid), { any: true });
        await registerRecipients(call, user.id, message.given);
        return { message: kept };
      }
      const sent = await store.submissions.submit(user.id, message.write(), {
        from: input.envelope?.from?.address ?? message.from ?? '',
        to: input.envelope?.to?.map(({ address }) => address) ?? recipientsOf(message.given),
        ...(input.sendTime !== undefined && { sendAt: new Date(input.sendTime) }),
        ...(keepIn !== undefined && { keepIn }),
        ...(old && { draft: old }),
        ...(referred && { reference: referred }),
        ...(data && { data }),
        ...(transactionId !== null && { transactionId }),
        signal,
      });
      await registerRecipients(call, user.id, message.given);
      return { message: showSent(user, sent) };
    });
  },
});

const submitStoredMessage = operation({
  id: 'submitStoredMessage',
  method: 'post',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}/submit',
  group,
  summary: 'Send a draft',
  access: { resource: 'messages', verb: 'create' },
  params: { ...inMailbox, message: messageField },
  body: {
    sendTime: timeField('When to send it; else at once').optional(),
    envelope: envelopeField.optional(),
    deleteFiles: z.boolean().optional().meta({ description: 'Taken for compatibility' }),
  },
  response: submitted.extend({ queueId: z.string() }),
  errors: [
    'NoSuchMailbox',
    'MessageNotFound',
    'RateLimitedError',
    'SenderRefused',
    'AuthFailed',
    'LimitExceeded',
    'StorageFull',
    'Conflict',
    'EncryptionFailed',
    'ChangeNotAllowed',
  ],
  async run(call) {
    const { store, user, input, signal } = call;
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const {
      body,
      mask,
      envelope: text = '',
    } = await findMessage(store, user.id, mailbox.id, input.message, { body: true, tree: true, envelope: true });
    if ((mask & 8) === 0) throw new ApiError('ChangeNotAllowed', 'the message is no draft');
    const { from, to, cc, bcc } = parseEnvelope(text);
    const all = [...to, ...cc, ...bcc].map(({ address }) => address);
    const sender = await store.submissions.senderFor(user.id, input.envelope?.from?.address ?? from[0]?.address ?? '');
    return idempotent(call, async (transactionId) => {
      const sent = await store.submissions.submit(user.id, (body as NonNullable<typeof body>).read(), {
        from: sender ?? '',
        to: input.envelope?.to?.map(({ address }) => address) ?? all,
        ...(input.sendTime !== undefined && { sendAt: new Date(input.sendTime) }),
        draft: { mailbox: mailbox.id, uid: input.message },
        ...(transactionId !== null && { transactionId }),
        signal,
      });
      await registerRecipients(call, user.id, { to, cc, bcc });
      const message = showSent(user, sent);
      return { queueId: message.queueId, message };
    });
  },
});

const forwardMessage = operation({
  id: 'forwardStoredMessage',
  method: 'post',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}/forward',
  group,
  summary: 'Send a stored message on as it is',
  access: { resource: 'messages', verb: 'create' },
  params: { ...inMailbox, message: messageField },
  body: {
    target: z.number().int().optional().meta({ description: 'Cannot be given' }),
    addresses: z
      .array(z.string().min(3).max(320))
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'To whom; else to where the user’s mail goes on' }),
  },
  response: z.object({
    queueId: z.string(),
    forwarded: z.array(z.object({ seq: z.string(), type: z.string(), value: z.string() })),
  }),
  errors: [
    'NoSuchMailbox',
    'MessageNotFound',
    'RateLimitedError',
    'SenderRefused',
    'AuthFailed',
    'LimitExceeded',
    'StorageFull',
    'Unsupported',
  ],
  async run({ store, user, input, signal }) {
    if (input.target !== undefined) throw new ApiError('Unsupported', 'targets are given by address');
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const { body } = await findMessage(store, user.id, mailbox.id, input.message, { body: true, tree: true });
    const to = input.addresses ?? (await store.forwardings.get(user.id))?.targets ?? [];
    if (!body || to.length === 0)
      throw new ApiError('InputValidationError', '"addresses": nobody to forward to', {
        details: { addresses: 'nobody to forward to' },
      });
    const sent = await store.submissions.submit(user.id, body.read(), {
      from: user.addresses[0] ?? '',
      to,
      keepIn: null,
      reference: { mailbox: mailbox.id, uid: input.message, action: 'forward' },
      signal,
    });
    const { queueId } = sent as Submitted;
    return {
      queueId,
      forwarded: to.map((value, index) => ({ seq: `${index + 1}`.padStart(3, '0'), type: 'mail', value })),
    };
  },
});

const deleteOutbound = operation({
  id: 'deleteOutboundMessage',
  method: 'delete',
  path: '/users/{user}/outbound/{queueId}',
  group,
  summary: 'Take back a message that was not sent yet',
  access: { resource: 'messages', verb: 'delete' },
  params: { user: userField, queueId: idField('ID in the queue, as it was told when the message was sent') },
  response: doneResponse,
  errors: ['MessageNotFound'],
  async run({ store, user, input }) {
    if ((await store.submissions.cancel(user.id, input.queueId)) > 0) return {};
    throw new ApiError('MessageNotFound', 'nothing of that ID waits');
  },
});

type MessageInput = Parameters<typeof draftMessage>[2];

function messageOf({
  from,
  replyTo,
  to,
  cc,
  bcc,
  headers,
  subject,
  text,
  html,
  attachments,
}: MessageInput): MessageInput {
  return { from, replyTo, to, cc, bcc, headers, subject, text, html, attachments };
}

async function keep(
  store: MessageStore,
  user: Account,
  message: DraftMessage,
  use: 'drafts' | 'sent',
  keepIn: number | undefined,
  options: { readonly data?: JsonObject; readonly signal: AbortSignal },
): Promise<object> {
  const mailbox = keepIn ?? (await findMailbox(store, user.id, use)).id;
  const flags = use === 'drafts' ? ['\\Seen', '\\Draft'] : ['\\Seen'];
  const { uid, size } = await store.append(user.id, mailbox, message.write(), { flags, ...options });
  return { mailbox: mailboxObjectId(user.id, mailbox), id: uid, size };
}

/** @throws {@link ApiError} `Conflict` for what was sent before, and its answer is known to nobody. */
function showSent(
  user: Account,
  sent: Submitted | null,
): { queueId: string; messageId: string; mailbox?: string; id?: number } {
  if (!sent) throw new ApiError('Conflict', 'a request with this key was done before');
  const { queueId, messageId, stored } = sent;
  return {
    queueId,
    messageId,
    ...(stored && { mailbox: mailboxObjectId(user.id, stored.mailboxId), id: stored.uid }),
  };
}

/** The operations that send. */
export const submissionOperations: readonly Operation[] = [
  submitMessage,
  submitStoredMessage,
  forwardMessage,
  deleteOutbound,
];
