/** Messages that go from a mailbox that is not encrypted into one that is: their encrypted forms. */

import type { ReadTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { Content } from '../model/content.ts';
import { DRAFT, parseFlags } from '../model/flags.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { StoreContext } from './context.ts';
import type { AccountAtRest } from './encryption-at-rest.ts';

/** Messages that are read at once, and octets of them. */
const PAGE = 50;
const PAGE_OCTETS = 1 << 20;
/** Most octets of messages in their encrypted form that wait for one transaction: headers and text, without large parts. */
export const MAX_SEALED_OCTETS: number = 64 * 1024 * 1024;

/** Whether messages with these flags stay as they are: nobody could go on writing a draft that is encrypted. */
export function isDraft(flags: readonly string[] | undefined): boolean {
  return (parseFlags(flags ?? []).mask & DRAFT) !== 0;
}

/** Messages that go into an encrypted mailbox. */
export interface SealedMessages {
  /** Those that were looked at; none else may go. */
  readonly examined: UidSet;
  /** The encrypted form of those that need one. */
  readonly contents: ReadonlyMap<Uid, Content>;
}

/** A way from one mailbox to another. */
export interface Way {
  /** Where the messages are. */
  readonly from: MailboxId;
  /** The mailbox that this stands for, where it keeps what was expunged. @defaultValue `from` */
  readonly origin?: MailboxId;
  readonly to: MailboxId;
}

/**
 * The encrypted form of messages that go from a mailbox that is not encrypted into one that is. Drafts stay as they
 * are, and so does what is encrypted already. `null` where nothing is to be encrypted on that way.
 *
 * @param way what `find` finds of the mailboxes; `null` for none
 * @throws `ENCRYPTION_FAILED`; `LIMIT_EXCEEDED` for too much at once. What `find` throws.
 */
export async function sealMessages(
  context: StoreContext,
  account: AccountId,
  find: (tx: ReadTransaction) => Promise<(Way & { readonly uids: UidSet }) | null>,
): Promise<SealedMessages | null> {
  const atRest = await context.atRest?.of(account);
  const way = atRest ? await context.engine.read(account, find) : null;
  if (!atRest || !way || !atRest.covers(way.to) || atRest.covers(way.origin ?? way.from)) return null;
  const contents = new Map<Uid, Content>();
  const examined: Uid[] = [];
  let octets = 0;
  for await (const { uid, content } of sealedForms(context, account, atRest, way)) {
    examined.push(uid);
    if (!content) continue;
    contents.set(uid, content);
    octets += content.header.length + content.text.length;
    if (octets > MAX_SEALED_OCTETS) {
      throw new EiderError('LIMIT_EXCEEDED', 'these are too many messages to encrypt at once: take fewer');
    }
  }
  return { examined: UidSet.fromSorted(examined), contents };
}

/** The messages of a set, ascending, each with its encrypted form where it needs one. */
export async function* sealedForms(
  { engine, blobs }: StoreContext,
  account: AccountId,
  atRest: AccountAtRest,
  { from, uids }: { readonly from: MailboxId; readonly uids: UidSet },
): AsyncGenerator<{ readonly uid: Uid; readonly content: Content | null }, void, undefined> {
  for (let left = uids; !left.isEmpty; ) {
    const fields = { body: true, limit: PAGE, bodyLimit: PAGE_OCTETS };
    const page = await engine.read(account, (tx) => tx.fetch(from, left, fields));
    const last = page.at(-1);
    if (!last) return;
    for (const { uid, mask, body, tree } of page) {
      const isSealed = (mask & DRAFT) !== 0 || !body || !tree;
      const content = isSealed ? null : await atRest.encrypted(() => new MessageBody(body, tree, blobs).read());
      yield { uid, content };
    }
    left = left.intersection(UidSet.range(last.uid + 1, 0xffffffff));
  }
}
