/** New messages: their octets first, then one transaction. */

import type { NewMessage } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import { splitMessage } from '../mime/split-message.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId } from '../model/ids.ts';
import { accountSettings, enforceLimits, resolveMailbox, type StoreContext } from './context.ts';
import type {
  AppendOptions,
  AppendResult,
  MailboxRef,
  MessageSource,
  PreparedAppend,
  PreparedMessage,
} from './message-store.ts';
import { assignThread } from './threads.ts';

/** Reads a message; its blobs are durable when this resolves. */
export async function prepareMessage(
  context: StoreContext,
  source: MessageSource,
  signal: AbortSignal | undefined,
): Promise<PreparedMessage> {
  const octets = typeof source === 'string' ? Buffer.from(source) : source;
  const options = { maxSize: context.maxMessageSize, ...(signal && { signal }) };
  return { content: await splitMessage(octets, context.blobs, options) };
}

/** Adds one message. */
export async function appendMessage(
  context: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  source: MessageSource,
  options: AppendOptions = {},
): Promise<AppendResult> {
  // What can be refused is refused before the octets are read.
  parseFlags(options.flags ?? []);
  await context.engine.read(account, (tx) => resolveMailbox(tx, ref));
  const message = await prepareMessage(context, source, options.signal);
  const { flags, internalDate } = options;
  const results = await appendPrepared(context, account, ref, [
    { message, ...(flags && { flags }), ...(internalDate && { internalDate }) },
  ]);
  return results[0] as AppendResult;
}

/** Adds messages, all or none. */
export async function appendPrepared(
  context: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  messages: readonly PreparedAppend[],
): Promise<AppendResult[]> {
  const { limits } = await accountSettings(context, account);
  const now = Date.now();
  const prepared = messages.map(({ message, flags, internalDate }) => ({
    content: message.content,
    flags: parseFlags(flags ?? []),
    internalDate: dateOf(internalDate) ?? now,
  }));
  return context.engine.write(account, async (tx) => {
    const mailbox = await resolveMailbox(tx, ref);
    const added: NewMessage[] = [];
    for (const message of prepared)
      added.push({ ...message, threadId: await assignThread(tx, message.content.summary) });
    const places = await tx.add(mailbox.id, added);
    await enforceLimits(tx, limits);
    return places.map(({ uid, emailId }, index) => ({
      mailboxId: mailbox.id,
      uidValidity: mailbox.uidValidity,
      uid,
      emailId,
      modSeq: tx.modSeq,
      threadId: (added[index] as NewMessage).threadId,
      size: (added[index] as NewMessage).content.size,
    }));
  });
}

function dateOf(date: Date | undefined): number | undefined {
  const time = date?.getTime();
  if (time !== undefined && Number.isNaN(time))
    throw new EiderError('INVALID_ARGUMENT', 'the internal date is no date');
  return time;
}
