/**
 * Data of programs about messages, kept by the ids of messages as annotations of a hidden mailbox: so it is changed by
 * the transactions that change the messages, and no mailbox that somebody can name has it.
 */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { CopiedMessage } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import type { JsonObject } from '../model/account-profile.ts';
import type { AccountId, EmailId, MailboxId, Uid } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';
import { MAX_ACCOUNT_MESSAGE_DATA_OCTETS, MAX_MESSAGE_DATA_OCTETS, type MessageData } from '../model/message-data.ts';
import { UidSet } from '../model/uid-set.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { dataMailbox, findData } from './hidden-mailboxes.ts';

/** How many octets there are in all: counted, not added up. */
const OCTETS = '/private/octets';
/** Most messages that are looked at at once. */
const PAGE = 1_000;

/** Data as it is kept: JSON. */
export type DataText = string;

const nameOf = (emailId: EmailId): string => `/private/message/${emailId}`;

/** Data of messages of a store. */
export class StoreMessageData implements MessageData {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  get(account: AccountId, emailIds: readonly EmailId[]): Promise<Map<EmailId, JsonObject>> {
    return this.#context.engine.read(account, async (tx) => {
      const found = await readData(tx, emailIds);
      return new Map([...found].map(([id, text]) => [id, JSON.parse(text) as JsonObject]));
    });
  }

  async set(account: AccountId, ref: MailboxRef, uids: UidSet, data: JsonObject | null): Promise<UidSet> {
    const text = data === null ? null : dataText(data);
    return this.#context.engine.write(account, async (tx) => {
      const messages = await readIds(tx, (await resolveMailbox(tx, ref)).id, uids);
      await writeData(tx, new Map([...messages.values()].map((id) => [id, text])));
      return UidSet.fromSorted([...messages.keys()]);
    });
  }
}

/** Data as it is to be kept. @throws `LIMIT_EXCEEDED`. */
export function dataText(data: JsonObject): DataText {
  const text = JSON.stringify(data);
  if (Buffer.byteLength(text) <= MAX_MESSAGE_DATA_OCTETS) return text;
  throw new EiderError('LIMIT_EXCEEDED', `the data of a message has ${MAX_MESSAGE_DATA_OCTETS} octets at most`);
}

/** Data of messages by their ids. */
export async function readData(tx: ReadTransaction, emailIds: Iterable<EmailId>): Promise<Map<EmailId, DataText>> {
  const names = [...new Set(emailIds)].map(nameOf);
  const kept = names.length === 0 ? null : await findData(tx);
  if (!kept) return new Map();
  const found = await tx.annotations({ mailboxId: kept.id, names });
  return new Map(
    found.map(({ name, value }) => [Number(name.slice(name.lastIndexOf('/') + 1)), Buffer.from(value).toString()]),
  );
}

/** Sets and removes data of messages by their ids. @throws `LIMIT_EXCEEDED` for too much in all. */
export async function writeData(tx: WriteTransaction, values: ReadonlyMap<EmailId, DataText | null>): Promise<void> {
  const before = await readData(tx, values.keys());
  const changed = [...values].filter(([id, text]) => (before.get(id) ?? null) !== text);
  if (changed.length === 0) return;
  const { id: kept } = await dataMailbox(tx);
  const sizeOf = (id: EmailId, text: DataText | null | undefined): number =>
    text ? nameOf(id).length + Buffer.byteLength(text) : 0;
  const growth = changed.reduce((sum, [id, text]) => sum + sizeOf(id, text) - sizeOf(id, before.get(id)), 0);
  const octets = (await dataOctets(tx)) + growth;
  if (growth > 0 && octets > MAX_ACCOUNT_MESSAGE_DATA_OCTETS) {
    throw new EiderError('LIMIT_EXCEEDED', 'the data of all messages of the account has too many octets');
  }
  await tx.setAnnotations(
    kept,
    new Map<string, Uint8Array | null>([
      ...changed.map(([id, text]): [string, Uint8Array | null] => [
        nameOf(id),
        text === null ? null : Buffer.from(text),
      ]),
      [OCTETS, Buffer.from(String(octets))],
    ]),
  );
}

/** Octets of all data of messages. */
export async function dataOctets(tx: ReadTransaction): Promise<number> {
  const kept = await findData(tx);
  const [found] = kept ? await tx.annotations({ mailboxId: kept.id, names: [OCTETS] }) : [];
  return found ? Number(Buffer.from(found.value).toString()) : 0;
}

/** Copies or moves messages; those that are messages of their own afterwards have the same data. */
export async function takingData(
  tx: WriteTransaction,
  place: { readonly from: MailboxId; readonly uids: UidSet; readonly to: MailboxId },
  work: () => Promise<CopiedMessage[]>,
): Promise<CopiedMessage[]> {
  if (!(await findData(tx))) return work();
  const before = await readIds(tx, place.from, place.uids);
  const data = await readData(tx, before.values());
  const pairs = await work();
  const taken = new Map(
    pairs.filter(({ from }) => data.has(before.get(from) as EmailId)).map(({ from, to }) => [to, from]),
  );
  if (taken.size === 0) return pairs;
  const copies = new Map<EmailId, DataText>();
  for (const [to, id] of await readIds(tx, place.to, UidSet.from([...taken.keys()]))) {
    const original = before.get(taken.get(to) as Uid) as EmailId;
    if (id !== original) copies.set(id, data.get(original) as DataText);
  }
  await writeData(tx, copies);
  return pairs;
}

/** Removes messages for good, with the data of those that are nowhere else. */
export async function expungeForGood(tx: WriteTransaction, mailboxId: MailboxId, uids: UidSet): Promise<UidSet> {
  if (await findData(tx)) {
    const messages = await readIds(tx, mailboxId, uids);
    const data = await readData(tx, messages.values());
    const elsewhere = new Set(data.size === 0 ? [] : (await tx.otherPlaces(mailboxId, uids)).map(({ uid }) => uid));
    const ending = [...messages].filter(([uid, id]) => data.has(id) && !elsewhere.has(uid));
    await writeData(tx, new Map(ending.map(([, id]) => [id, null])));
  }
  return tx.expunge(mailboxId, uids);
}

/** Ids of messages by UID, ascending. */
async function readIds(tx: ReadTransaction, mailboxId: MailboxId, uids: UidSet): Promise<Map<Uid, EmailId>> {
  const found = new Map<Uid, EmailId>();
  for (let left = uids; !left.isEmpty; ) {
    const page = await tx.fetch(mailboxId, left, { limit: PAGE });
    for (const { uid, emailId } of page) found.set(uid, emailId);
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    left = left.intersection(UidSet.range(last.uid + 1, 0xffffffff));
  }
  return found;
}
