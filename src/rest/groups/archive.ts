/** Operations on what was removed and can be restored. */

import { z } from 'zod';
import { parseDate } from '../../mime/date-field.ts';
import { parseEnvelope } from '../../mime/parse-envelope.ts';
import type { AccountId, MailboxId, Uid } from '../../model/ids.ts';
import { mailboxObjectId, objectIdOf } from '../../model/object-ids.ts';
import type { RestorableMessage } from '../../model/recovery.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { idField, pageFields, pageResponse, timeField, userField } from '../fields.ts';
import { findMailbox } from '../mailbox-ref.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, type Page, type PagePlace, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';

const group = 'Archive';
const address = z.object({ name: z.string(), address: z.string() });

const shown = z
  .object({
    id: z.string(),
    mailbox: z.string(),
    from: address.optional(),
    to: z.array(address),
    subject: z.string(),
    messageId: z.string(),
    date: z.string(),
    idate: z.string(),
    archived: z.string().meta({ description: 'When it was removed' }),
    intro: z.string(),
    size: z.number(),
    seen: z.boolean(),
    flagged: z.boolean(),
    draft: z.boolean(),
  })
  .meta({ id: 'ArchivedMessage' });

const getArchived = operation({
  id: 'getArchivedMessages',
  method: 'get',
  path: '/users/{user}/archived/messages',
  group,
  summary: 'List messages that can be restored',
  access: { resource: 'messages', verb: 'read' },
  params: { user: userField },
  query: { order: z.enum(['asc', 'desc']).default('desc'), ...pageFields },
  response: z.object({ ...pageResponse, results: z.array(shown) }),
  async run({ store, user, input }) {
    const { page, total } = await pageOfRemoved(store, user.id, placeOf(input, isText), input.limit, input.order);
    return { total, ...pageFieldsOf(page, input), results: page.entries.map((one) => show(user.id, one)) };
  },
});

const restoreMany = operation({
  id: 'restoreMessages',
  method: 'post',
  path: '/users/{user}/archived/restore',
  group,
  summary: 'Restore messages that were removed within a time',
  access: { resource: 'messages', verb: 'update' },
  params: { user: userField },
  body: {
    start: timeField('Removed then or later'),
    end: timeField('Removed before that'),
  },
  response: z.object({ restored: z.number() }),
  errors: ['OverQuotaError', 'LimitExceeded', 'EncryptionFailed'],
  async run({ store, user, input }) {
    const filter = { from: Date.parse(input.start), before: Date.parse(input.end) };
    let restored = 0;
    for (const { mailboxId } of await store.recovery.mailboxes(user.id)) {
      restored += (await store.recovery.restore(user.id, mailboxId, filter)).uids.size;
    }
    return { restored };
  },
});

const restoreOne = operation({
  id: 'restoreMessage',
  method: 'post',
  path: '/users/{user}/archived/messages/{message}/restore',
  group,
  summary: 'Restore a message',
  access: { resource: 'messages', verb: 'update' },
  params: { user: userField, message: idField('ID of the message among those that can be restored') },
  body: { mailbox: z.string().max(64).optional().meta({ description: 'Where to; else where it was' }) },
  response: z.object({ mailbox: z.string(), id: z.number() }),
  errors: ['MessageNotFound', 'NoSuchMailbox', 'OverQuotaError', 'LimitExceeded', 'EncryptionFailed'],
  async run({ store, user, input }) {
    const place = parseArchivedId(user.id, input.message);
    const to = input.mailbox === undefined ? undefined : (await findMailbox(store, user.id, input.mailbox)).id;
    const isThere =
      place &&
      (await store.recovery.messages(user.id, place.mailboxId, { after: place.key - 1, limit: 1 }))[0]?.key ===
        place.key;
    if (!place || !isThere) throw new ApiError('MessageNotFound', 'this message does not exist');
    const { mailboxId, uids } = await store.recovery.restore(
      user.id,
      place.mailboxId,
      { keys: UidSet.of(place.key) },
      to,
    );
    const [uid] = uids;
    if (uid === undefined) throw new ApiError('MessageNotFound', 'this message does not exist');
    return { mailbox: mailboxObjectId(user.id, mailboxId), id: uid };
  },
});

interface Removed {
  readonly mailboxId: MailboxId;
  readonly message: RestorableMessage;
  readonly key: string;
}

/** Messages of all mailboxes, in the order in which they were removed. */
async function pageOfRemoved(
  store: MessageStore,
  account: AccountId,
  place: PagePlace<string>,
  limit: number,
  order: 'asc' | 'desc',
): Promise<{ page: Page<Removed, string>; total: number }> {
  const found: Removed[] = [];
  for (const { mailboxId } of await store.recovery.mailboxes(account)) {
    for (let after: Uid | undefined; ; ) {
      const some = await store.recovery.messages(account, mailboxId, {
        ...(after !== undefined && { after }),
        limit: BATCH,
      });
      for (const message of some) {
        found.push({
          mailboxId,
          message,
          key: `${message.expunged.toString(16).padStart(12, '0')}${archivedId(account, mailboxId, message.key)}`,
        });
      }
      after = some.at(-1)?.key;
      if (some.length < BATCH) break;
    }
  }
  return { total: found.length, page: pageOfSorted(found, order, place, limit) };
}

const BATCH = 500;
const PREFIX = 4;
const DIGITS = 10;

function archivedId(account: AccountId, mailboxId: MailboxId, key: Uid): string {
  const hex = (number: number): string => number.toString(16).padStart(DIGITS, '0');
  return objectIdOf('archived', account).slice(0, PREFIX) + hex(mailboxId) + hex(key);
}

function parseArchivedId(account: AccountId, text: string): { mailboxId: MailboxId; key: Uid } | null {
  if (!text.startsWith(objectIdOf('archived', account).slice(0, PREFIX))) return null;
  const number = (at: number): number => Number.parseInt(text.slice(at, at + DIGITS), 16);
  return { mailboxId: number(PREFIX), key: number(PREFIX + DIGITS) };
}

function show(account: AccountId, { mailboxId, message }: Removed): object {
  const { from, to, subject, messageId, date } = parseEnvelope(message.envelope);
  const iso = (time: number): string => new Date(time).toISOString();
  const has = (flag: string): boolean => message.flags.includes(flag);
  return {
    id: archivedId(account, mailboxId, message.key),
    mailbox: mailboxObjectId(account, mailboxId),
    ...(from[0] && { from: from[0] }),
    to,
    subject,
    messageId,
    date: iso(parseDate(date)?.time ?? message.internalDate),
    idate: iso(message.internalDate),
    archived: iso(message.expunged),
    intro: message.preview,
    size: message.size,
    seen: has('\\Seen'),
    flagged: has('\\Flagged'),
    draft: has('\\Draft'),
  };
}

/** The operations on what can be restored. */
export const archiveOperations: readonly Operation[] = [getArchived, restoreMany, restoreOne];
