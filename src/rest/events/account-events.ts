/** What happens in an account, message by message: the change records of the store as events, each with a position. */

import { isEiderError } from '../../errors.ts';
import type { Change, ChangeItem } from '../../model/change.ts';
import { listFlags, SEEN } from '../../model/flags.ts';
import type { AccountId, MailboxId, ModSeq, Uid } from '../../model/ids.ts';
import { mailboxObjectId } from '../../model/object-ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import { formatPosition, parsePosition, WHOLE } from '../../store/events/event-position.ts';
import type { MessageStore } from '../../store/message-store.ts';

/** Something that happened. */
export interface AccountEvent {
  /**
   * Its position, 24 hex digits: whoever goes on from it gets what came after, and nothing twice. `null` for counters,
   * which are told as they are now.
   */
  readonly id: string | null;
  /**
   * - `EXISTS`, `EXPUNGE`, `FETCH`: a message is new, gone, or has other flags; `uid`, `mailbox`.
   * - `CREATE`, `RENAME`, `DELETE`: of a mailbox; `mailbox`, `path`.
   * - `COUNTERS`: of a mailbox in which something happened; `total`, `unseen`.
   * - `RESET`: what happened until now is known no more; look at everything anew.
   */
  readonly command: 'EXISTS' | 'EXPUNGE' | 'FETCH' | 'CREATE' | 'RENAME' | 'DELETE' | 'COUNTERS' | 'RESET';
  readonly mailbox?: string;
  readonly path?: string;
  readonly uid?: Uid;
  /** Flags and keywords as they are now; absent when the message is gone by now. */
  readonly flags?: readonly string[];
  readonly unseen?: boolean | number;
  readonly total?: number;
}

/** Where to begin, and when to end. */
export interface AccountEventsOptions {
  /** Position of the last event that is known. @defaultValue from now on */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** Messages whose flags are read at once. */
const BATCH = 500;

/**
 * Follows an account, from a position on, until aborted or the store is closed. Events come in the order in which they
 * happened, each once; a transaction may be cut anywhere and continued from there. A position that is none, or is too
 * old, begins with `RESET`.
 */
export async function* accountEvents(
  store: MessageStore,
  account: AccountId,
  { after, signal }: AccountEventsOptions = {},
): AsyncGenerator<AccountEvent, void, undefined> {
  let position = after === undefined ? { entry: await store.modSeq(account), index: WHOLE } : parsePosition(after);
  const now = await store.modSeq(account);
  if (position === null || position.entry < 1 || position.entry > now) {
    yield reset(now);
    position = { entry: now, index: WHOLE };
  }
  for (;;) {
    // The transaction that was cut is read again, and what is known of it passed over.
    const since = position.index === WHOLE ? position.entry : position.entry - 1;
    try {
      for await (const change of store.changes(account, { since, ...(signal && { signal }) })) {
        const from = change.modSeq === position.entry ? position.index + 1 : 0;
        yield* eventsOf(store, account, change, from);
        position = { entry: change.modSeq, index: WHOLE };
      }
      return;
    } catch (error) {
      if (!isEiderError(error, 'LIMIT_EXCEEDED')) throw error;
      position = { entry: await store.modSeq(account), index: WHOLE };
      yield reset(position.entry);
    }
  }
}

/** The position of an account now. */
export async function eventPosition(store: MessageStore, account: AccountId): Promise<string> {
  return formatPosition({ entry: await store.modSeq(account), index: WHOLE });
}

/** The events of a transaction from the `from`th on; how many there are depends on nothing but the transaction. */
async function* eventsOf(
  store: MessageStore,
  account: AccountId,
  { modSeq, items }: Change,
  from: number,
): AsyncGenerator<AccountEvent, void, undefined> {
  let index = 0;
  const touched = new Set<MailboxId>();
  for (const item of items) {
    if ('uids' in item) {
      touched.add(item.mailboxId);
      for (let uids = [...item.uids]; uids.length > 0; uids = uids.slice(BATCH)) {
        const batch = uids.slice(0, BATCH);
        if (index + batch.length > from) {
          const flags = item.type === 'expunged' ? null : await flagsOf(store, account, item.mailboxId, batch);
          for (const [number, uid] of batch.entries()) {
            if (index + number >= from) yield messageEvent(account, modSeq, index + number, item, uid, flags);
          }
        }
        index += batch.length;
      }
      continue;
    }
    const event = mailboxEvent(account, modSeq, index, item);
    if (event && index++ >= from) yield event;
  }
  yield* counters(store, account, touched);
}

type MessageItem = Extract<ChangeItem, { readonly uids: UidSet }>;
const COMMANDS = { added: 'EXISTS', flags: 'FETCH', expunged: 'EXPUNGE' } as const;

function messageEvent(
  account: AccountId,
  modSeq: ModSeq,
  index: number,
  { type, mailboxId }: MessageItem,
  uid: Uid,
  flags: ReadonlyMap<Uid, { readonly mask: number; readonly list: readonly string[] }> | null,
): AccountEvent {
  const now = flags?.get(uid);
  return {
    id: formatPosition({ entry: modSeq, index }),
    command: COMMANDS[type],
    mailbox: mailboxObjectId(account, mailboxId),
    uid,
    ...(now && { flags: now.list, unseen: (now.mask & SEEN) === 0 }),
  };
}

function mailboxEvent(account: AccountId, modSeq: ModSeq, index: number, item: ChangeItem): AccountEvent | null {
  const command = { mailboxCreated: 'CREATE', mailboxRenamed: 'RENAME', mailboxDeleted: 'DELETE' } as const;
  if (!('path' in item)) return null;
  return {
    id: formatPosition({ entry: modSeq, index }),
    command: command[item.type],
    mailbox: mailboxObjectId(account, item.mailboxId),
    path: item.path,
  };
}

async function flagsOf(
  store: MessageStore,
  account: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): Promise<Map<Uid, { mask: number; list: readonly string[] }>> {
  const found = new Map<Uid, { mask: number; list: readonly string[] }>();
  try {
    const columns = await store.flags(account, mailbox, UidSet.from(uids));
    columns.uids.forEach((uid, index) => {
      const mask = columns.masks[index] as number;
      found.set(uid, { mask, list: listFlags({ mask, keywords: columns.keywords.get(uid) ?? '' }) });
    });
  } catch (error) {
    // The mailbox is gone by now.
    if (!isEiderError(error, 'MAILBOX_NOT_FOUND')) throw error;
  }
  return found;
}

async function* counters(
  store: MessageStore,
  account: AccountId,
  touched: ReadonlySet<MailboxId>,
): AsyncGenerator<AccountEvent, void, undefined> {
  for (const id of touched) {
    try {
      const { messages: total, unseen } = await store.mailbox(account, id);
      yield { id: null, command: 'COUNTERS', mailbox: mailboxObjectId(account, id), total, unseen };
    } catch (error) {
      if (!isEiderError(error, 'MAILBOX_NOT_FOUND')) throw error;
    }
  }
}

function reset(modSeq: ModSeq): AccountEvent {
  return { id: formatPosition({ entry: modSeq, index: WHOLE }), command: 'RESET' };
}
