/**
 * Messages for lists. What a list tells of a message comes of octets that never change, but for flags and places: so
 * what was read once is remembered, and of the store only places are asked for.
 */

import type { AccountId, ContentId, Uid } from '../../model/ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { FetchedMessage, MessageStore } from '../../store/message-store.ts';
import {
  contentOf,
  LISTED_FIELDS,
  type ListedMessage,
  listMessage,
  type MessageHome,
  type ToldContent,
} from './message-view.ts';

/** Most contents that are remembered. */
const MAX_CONTENTS = 10_000;
/** Those that have more to tell, in octets of header, are read each time. */
const MAX_CONTENT_OCTETS = 8_192;

/** A message, and what is told of it. */
export interface Listed {
  readonly message: FetchedMessage;
  readonly shown: ListedMessage;
}

/** Messages that are there, ascending by UID. @param names of header fields that are to be told; else `null` */
export async function readListed(
  store: MessageStore,
  home: MessageHome,
  uids: readonly Uid[],
  names: readonly string[] | null,
): Promise<Listed[]> {
  const { account, mailbox } = home;
  const memory = memoryOf(store);
  const known = names ? undefined : memory.get(account);
  const set = UidSet.from(uids);
  // Of an account of which nothing is known, all is read at once.
  if (!known) {
    const messages = await collect(store.fetchPages(account, mailbox, set, LISTED_FIELDS));
    return messages.map((message) => {
      const content = contentOf(message);
      memory.add(account, message, content);
      return { message, shown: listMessage(home, message, content, names) };
    });
  }
  const messages = await collect(store.fetchPages(account, mailbox, set));
  const contents = new Map<ContentId, ToldContent>();
  const unknown: Uid[] = [];
  for (const { uid, contentId } of messages) {
    const content = known.get(contentId);
    if (content) contents.set(contentId, content);
    else unknown.push(uid);
  }
  for (const message of await collect(store.fetchPages(account, mailbox, UidSet.from(unknown), LISTED_FIELDS))) {
    const content = contentOf(message);
    memory.add(account, message, content);
    contents.set(message.contentId, content);
  }
  return messages.flatMap((message) => {
    // One that is gone meanwhile has none.
    const content = contents.get(message.contentId);
    return content ? [{ message, shown: listMessage(home, message, content) }] : [];
  });
}

async function collect(pages: AsyncIterable<readonly FetchedMessage[]>): Promise<FetchedMessage[]> {
  const all: FetchedMessage[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** What was read of contents. The account that was asked about longest ago is forgotten first. */
class ContentMemory {
  readonly #accounts = new Map<AccountId, Map<ContentId, ToldContent>>();
  #count = 0;

  get(account: AccountId): ReadonlyMap<ContentId, ToldContent> | undefined {
    const found = this.#accounts.get(account);
    if (!found) return undefined;
    this.#accounts.delete(account);
    this.#accounts.set(account, found);
    return found;
  }

  add(account: AccountId, { contentId, header }: FetchedMessage, content: ToldContent): void {
    if ((header?.length ?? 0) > MAX_CONTENT_OCTETS) return;
    let contents = this.#accounts.get(account);
    if (!contents) {
      contents = new Map();
      this.#accounts.set(account, contents);
    }
    if (!contents.has(contentId)) this.#count++;
    contents.set(contentId, content);
    if (this.#count > MAX_CONTENTS) this.#forgetOne();
  }

  #forgetOne(): void {
    const [oldest] = this.#accounts;
    if (!oldest) return;
    const [account, contents] = oldest;
    const [first] = contents.keys();
    if (first !== undefined && contents.delete(first)) this.#count--;
    if (contents.size === 0) this.#accounts.delete(account);
  }
}

const memories = new WeakMap<MessageStore, ContentMemory>();

function memoryOf(store: MessageStore): ContentMemory {
  let memory = memories.get(store);
  if (!memory) {
    memory = new ContentMemory();
    memories.set(store, memory);
  }
  return memory;
}
