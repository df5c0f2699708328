/** Operations on messages: lists, one message, its octets, changes. */

import { z } from 'zod';
import { SEEN } from '../../model/flags.ts';
import { UidSet } from '../../model/uid-set.ts';
import { hasMatch, notModified } from '../conditional.ts';
import { downloadResponse } from '../download.ts';
import { doneResponse, flagField, pageFields, pageResponse, userField } from '../fields.ts';
import { jsonOctets, jsonResponse } from '../json-response.ts';
import { findMailbox, mailboxField } from '../mailbox-ref.ts';
import { changedResponse, changeFields, changeMessages } from '../messages/change-messages.ts';
import { findMessage, messageField, messageSetField, parseMessageSet } from '../messages/find-message.ts';
import { readListed } from '../messages/listed-messages.ts';
import { pageOfUids, uidsOfList, uidsOfMailbox } from '../messages/message-pages.ts';
import { listedMessage, SHOWN_FIELDS, showMessage, shownMessage } from '../messages/message-view.ts';
import { readMetaData, versionOf } from '../messages/meta-data.ts';
import { countThreads } from '../messages/thread-counts.ts';
import { asksOfThreads, headsOfThreads, readThreadFields, threadFields } from '../messages/thread-fields.ts';
import { updateThreadField, withThreads } from '../messages/whole-threads.ts';
import { type Operation, operation } from '../operation.ts';
import { isCount, pageFieldsOf, placeOf } from '../paging.ts';

const group = 'Messages';
const inMailbox = { user: userField, mailbox: mailboxField };

const getMessages = operation({
  id: 'getMessages',
  method: 'get',
  path: '/users/{user}/mailboxes/{mailbox}/messages',
  group,
  summary: 'List the messages of a mailbox',
  access: { resource: 'messages', verb: 'read' },
  params: inMailbox,
  query: {
    unseen: flagField('Only those that were not seen'),
    order: z.enum(['asc', 'desc']).default('desc').meta({ description: 'The oldest first, or the newest' }),
    includeHeaders: z
      .string()
      .max(1000)
      .optional()
      .meta({ description: 'Names of header fields to tell, with commas between' }),
    metaData: flagField('Whether to tell metaData'),
    ...threadFields,
    ...pageFields,
  },
  response: z.object({
    ...pageResponse,
    specialUse: z.string().nullable(),
    results: z.array(listedMessage),
  }),
  errors: ['NoSuchMailbox'],
  async run({ store, user, input, request, headers, grant, context }) {
    // Threads change with other mailboxes too, and data changes no mailbox. Asked for first: what is answered is no older.
    const modSeq = asksOfThreads(input) || input.metaData ? await store.modSeq(user.id) : null;
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const etag = `W/"${mailbox.id}-${modSeq === null ? mailbox.highestModSeq : `a${modSeq}`}"`;
    if (hasMatch(request, etag)) return notModified(etag);
    headers.set('etag', etag);
    headers.set('cache-control', 'private, no-cache');
    // Whoever may see all sees the same.
    const question = grant.hidden.length > 0 ? null : `${user.id} ${mailbox.id} ${JSON.stringify(input)}`;
    const answered = question === null ? null : context.answeredLists.get(question, etag);
    if (answered) return jsonResponse(answered, headers);
    const unseen = input.unseen
      ? await store.search(user.id, mailbox.id, { key: 'flag', mask: SEEN, set: false })
      : null;
    const all = unseen ? uidsOfList(unseen) : uidsOfMailbox(store, user.id, mailbox);
    const source = input.collapseThreads ? headsOfThreads(store, user.id, mailbox.id, all, input) : all;
    const page = await pageOfUids(source, input.order, placeOf(input, isCount), input.limit);
    const home = { account: user.id, mailbox: mailbox.id };
    const names = input.includeHeaders?.split(',').map((name) => name.trim()) ?? null;
    const listed = await readListed(store, home, page.entries, names);
    if (input.order === 'desc') listed.reverse();
    const messages = listed.map(({ message }) => message);
    const threads = messages.map(({ threadId }) => threadId);
    const tellThread = await readThreadFields(store, user.id, threads, input);
    const data = input.metaData ? await readMetaData(store, user.id, messages) : null;
    const results = listed.map((one) => ({
      ...one.shown,
      ...tellThread(one),
      ...(data && { metaData: data.get(one.message.emailId) ?? {} }),
    }));
    const total = unseen ? unseen.length : mailbox.messages;
    const answer = {
      total: input.collapseThreads ? await countThreads(store, user.id, mailbox, input.unseen) : total,
      ...pageFieldsOf(page, input),
      specialUse: mailbox.specialUse,
      results,
    };
    if (question === null) return answer;
    const octets = jsonOctets(answer);
    context.answeredLists.keep(question, etag, octets);
    return jsonResponse(octets, headers);
  },
});

const getMessage = operation({
  id: 'getMessage',
  method: 'get',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}',
  group,
  summary: 'Tell of a message, with its text',
  access: { resource: 'messages', verb: 'read' },
  params: { ...inMailbox, message: messageField },
  query: { markAsSeen: flagField('Whether it counts as seen from now on') },
  response: shownMessage,
  errors: ['NoSuchMailbox', 'MessageNotFound'],
  async run({ store, user, input, grant, request, headers }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    if (input.markAsSeen && grant.verbs.includes('update')) {
      await store.storeFlags(user.id, mailbox.id, UidSet.range(input.message, input.message), {
        mode: 'add',
        flags: ['\\Seen'],
      });
    }
    const message = await findMessage(store, user.id, mailbox.id, input.message, SHOWN_FIELDS);
    const metaData = (await readMetaData(store, user.id, [message])).get(message.emailId);
    const etag = `"${mailbox.id}-${message.uid}-${message.modSeq}${metaData ? `-${versionOf(metaData)}` : ''}"`;
    if (hasMatch(request, etag)) return notModified(etag);
    headers.set('etag', etag);
    headers.set('cache-control', 'private, no-cache');
    const shown = await showMessage({ account: user.id, mailbox: mailbox.id }, message);
    return metaData ? { ...shown, metaData } : shown;
  },
});

const getMessageSource = operation({
  id: 'getMessageSource',
  method: 'get',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}/message.eml',
  group,
  summary: 'Load the octets of a message',
  access: { resource: 'messages', verb: 'read' },
  params: { ...inMailbox, message: messageField },
  response: { contentType: 'message/rfc822', description: 'The message as it came' },
  errors: ['NoSuchMailbox', 'MessageNotFound'],
  async run({ store, user, input, request }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const { body, contentId } = await findMessage(store, user.id, mailbox.id, input.message, {
      body: true,
      tree: true,
    });
    if (!body) throw new TypeError('the message was read without its body');
    // A UID's octets never change.
    const etag = `"${contentId}"`;
    if (hasMatch(request, etag)) return notModified(etag);
    return downloadResponse(body.read(), { contentType: 'message/rfc822', size: body.size, etag });
  },
});

const updateMessages = operation({
  id: 'updateMessages',
  method: 'put',
  path: '/users/{user}/mailboxes/{mailbox}/messages',
  group,
  summary: 'Change several messages',
  access: { resource: 'messages', verb: 'update' },
  params: inMailbox,
  body: { message: messageSetField, updateThread: updateThreadField, ...changeFields },
  response: changedResponse,
  errors: ['NoSuchMailbox', 'NothingChanged', 'LimitExceeded', 'EncryptionFailed'],
  async run({ store, user, input }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const uids = await withThreads(store, user.id, mailbox.id, parseMessageSet(input.message), input);
    return changeMessages(store, user.id, mailbox, uids, input);
  },
});

const updateMessage = operation({
  id: 'updateMessage',
  method: 'put',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}',
  group,
  summary: 'Change messages',
  access: { resource: 'messages', verb: 'update' },
  params: { ...inMailbox, message: messageSetField },
  body: { updateThread: updateThreadField, ...changeFields },
  response: changedResponse,
  errors: ['NoSuchMailbox', 'MessageNotFound', 'NothingChanged', 'LimitExceeded', 'EncryptionFailed'],
  async run({ store, user, input }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const uids = await withThreads(store, user.id, mailbox.id, parseMessageSet(input.message), input);
    if ((await store.flags(user.id, mailbox.id, uids)).uids.length === 0) {
      await findMessage(store, user.id, mailbox.id, 0, {});
    }
    return changeMessages(store, user.id, mailbox, uids, input);
  },
});

const deleteMessage = operation({
  id: 'deleteMessage',
  method: 'delete',
  path: '/users/{user}/mailboxes/{mailbox}/messages/{message}',
  group,
  summary: 'Remove a message from its mailbox',
  description: 'For some days it can be restored',
  access: { resource: 'messages', verb: 'delete' },
  params: { ...inMailbox, message: messageField },
  response: doneResponse,
  errors: ['NoSuchMailbox', 'MessageNotFound'],
  async run({ store, user, input }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const uids = UidSet.range(input.message, input.message);
    const { uids: gone } = await store.expunge(user.id, mailbox.id, uids, { any: true });
    if (gone.isEmpty) await findMessage(store, user.id, mailbox.id, input.message, {});
    return {};
  },
});

const deleteMessages = operation({
  id: 'deleteMessages',
  method: 'delete',
  path: '/users/{user}/mailboxes/{mailbox}/messages',
  group,
  summary: 'Remove all messages from a mailbox',
  description: 'For some days they can be restored',
  access: { resource: 'messages', verb: 'delete' },
  params: inMailbox,
  query: {
    async: flagField('Taken for compatibility; it is done when the answer comes'),
    skipArchive: flagField('Whether they cannot be restored'),
  },
  response: z.object({ deleted: z.number(), errors: z.number() }),
  errors: ['NoSuchMailbox'],
  async run({ store, user, input }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    const { uids } = await store.expunge(user.id, mailbox.id, undefined, { any: true });
    if (input.skipArchive) await store.recovery.purge(user.id, { mailboxId: mailbox.id });
    return { deleted: uids.size, errors: 0 };
  },
});

/** The operations on messages. */
export const messageOperations: readonly Operation[] = [
  getMessages,
  updateMessages,
  deleteMessages,
  getMessage,
  updateMessage,
  deleteMessage,
  getMessageSource,
];
