/** Facts of messages that are stored already. */

import { splitAddress } from '../model/address.ts';
import type { Filter } from '../model/filter.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage, MessageStore } from '../store/message-store.ts';
import { evaluateFilters, needsText } from './filter-evaluate.ts';
import { MessageFacts, type RecipientFacts } from './message-facts.ts';
import { readSpamVerdict, type SpamTrust } from './spam-verdict.ts';

/** What {@link matchStored} looks at. */
export interface StoredMail {
  readonly store: MessageStore;
  readonly account: AccountId;
  readonly mailbox: MailboxId;
  readonly trust: SpamTrust;
}

/** A stored message, with its header, and whether a filter matches it. */
export interface StoredMatch {
  readonly message: FetchedMessage & { readonly header: Uint8Array };
  readonly matches: boolean;
}

/** Asks a filter about stored messages, enabled or not, ascending by UID. */
export async function* matchStored(
  { store, account, mailbox, trust }: StoredMail,
  uids: UidSet,
  filter: Omit<Filter, 'id'>,
): AsyncGenerator<StoredMatch, void, undefined> {
  const asked: Filter = { ...filter, id: '', enabled: true };
  const text = needsText([asked]);
  const fields = { header: true, tree: true, body: text };
  for await (const message of store.fetch(account, mailbox, uids, fields)) {
    const { header, tree } = message;
    if (!header || !tree) continue;
    const facts = new MessageFacts({
      header,
      tree,
      size: message.size,
      body: message.body ?? null,
      mailFrom: null,
      time: message.internalDate,
      spam: readSpamVerdict(header, trust),
    });
    if (text) await facts.loadText();
    const { matched } = evaluateFilters([asked], facts, storedRecipient(facts));
    yield { message: { ...message, header }, matches: matched.length > 0 };
  }
}

/** For whom a stored message came: who delivers puts that on top. */
function storedRecipient(facts: MessageFacts): RecipientFacts {
  const address = facts.addresses('delivered-to')[0] ?? null;
  const detail = /^[^"+][^+]*\+(.+)$/s.exec(splitAddress(address ?? '')?.localpart ?? '')?.[1] ?? null;
  return { address, detail };
}
