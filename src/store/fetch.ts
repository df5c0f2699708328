/** Reading messages, a page at a time. */

import type { BlobStore } from '../engine/blob-store.ts';
import type { FetchedRecord } from '../engine/records.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { AccountId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import type { FetchedMessage, FetchFields, MailboxRef } from './message-store.ts';

/** Most messages of a page. */
const PAGE = 1000;
/** Most octets of bodies of a page, beyond its first message. */
const PAGE_OCTETS = 1 << 20;

/** Messages in pages, ascending by UID. Each page is a transaction of its own, so that nobody waits for a slow reader. */
export async function* fetchPages(
  { engine, blobs }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  uids: UidSet,
  fields: FetchFields = {},
): AsyncGenerator<readonly FetchedMessage[], void, undefined> {
  const options = { ...fields, limit: PAGE, bodyLimit: PAGE_OCTETS };
  let left = uids;
  while (!left.isEmpty) {
    const { id, records } = await engine.read(account, async (tx) => {
      const mailbox = await resolveMailbox(tx, ref);
      const wanted = left.intersection(UidSet.range(1, mailbox.uidNext));
      return { id: mailbox.id, records: await tx.fetch(mailbox.id, wanted, options) };
    });
    // A mailbox that is renamed meanwhile stays the one that was asked for.
    ref = id;
    const last = records.at(-1);
    if (!last) return;
    yield records.map((record) => toMessage(record, blobs));
    left = left.intersection(UidSet.range(last.uid + 1, 0xffffffff));
  }
}

/** Messages one by one. */
export async function* fetchMessages(
  context: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  uids: UidSet,
  fields?: FetchFields,
): AsyncGenerator<FetchedMessage, void, undefined> {
  for await (const page of fetchPages(context, account, ref, uids, fields)) yield* page;
}

/** The record itself when it has no body: a listing makes no second object for each message. */
function toMessage(record: FetchedRecord, blobs: BlobStore): FetchedMessage {
  if (!record.body || !record.tree) return record as Omit<FetchedRecord, 'body'>;
  return { ...record, body: new MessageBody(record.body, record.tree, blobs) };
}
