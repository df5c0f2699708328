/** Finds out whether a batch, whose end a crash hid, is in its mailbox. */

import { createHash } from 'node:crypto';
import { isEiderError } from '../errors.ts';
import type { AccountId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { JournalBatch } from './import-journal.ts';

/**
 * A batch is stored by one transaction: all of it has UIDs in a row, from `uidNext` or later, or none of it has.
 * Messages that were moved or expunged since leave gaps; what is there must be what the batch has at that place.
 */
export async function isStored(store: MessageStore, account: AccountId, batch: JournalBatch): Promise<boolean> {
  const mailbox = await findMailbox(store, account, batch.mailbox);
  if (mailbox === null || mailbox.uidValidity !== batch.uidValidity) return false;
  const sizes = new Map<Uid, number>();
  const range = UidSet.range(batch.uidNext, mailbox.uidNext - 1);
  for await (const message of store.fetch(account, mailbox.id, range)) sizes.set(message.uid, message.size);
  for (let first = batch.uidNext; first + batch.items.length <= mailbox.uidNext; first++) {
    if (!batch.items.every(([, , size], index) => [undefined, size].includes(sizes.get(first + index)))) continue;
    if (await holdsBatch(store, account, mailbox.id, batch, first)) return true;
  }
  return false;
}

async function findMailbox(
  store: MessageStore,
  account: AccountId,
  path: string,
): Promise<{ readonly id: number; readonly uidValidity: number; readonly uidNext: number } | null> {
  try {
    return await store.mailbox(account, path);
  } catch (error) {
    if (isEiderError(error, 'MAILBOX_NOT_FOUND')) return null;
    throw error;
  }
}

/** Compares digests of the messages that are there; at least one must be. */
async function holdsBatch(
  store: MessageStore,
  account: AccountId,
  mailboxId: number,
  batch: JournalBatch,
  first: Uid,
): Promise<boolean> {
  let met = 0;
  const range = UidSet.range(first, first + batch.items.length - 1);
  for await (const message of store.fetch(account, mailboxId, range, { body: true })) {
    const hash = createHash('sha256');
    if (message.body) for await (const chunk of message.body.read()) hash.update(chunk);
    if (hash.digest('hex') !== batch.items[message.uid - first]?.[1]) return false;
    met++;
  }
  return met > 0;
}
