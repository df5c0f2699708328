/** New messages: their octets first, then one transaction. */

import type { WriteTransaction } from '../engine/engine.ts';
import type { NewMessage } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import { splitMessage } from '../mime/split-message.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId, EmailId, Uid } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, enforceLimits, requireSize, resolveMailbox, type StoreContext } from './context.ts';
import type { AccountAtRest } from './encryption-at-rest.ts';
import { removeMessages } from './expunge.ts';
import { type DataText, dataText, writeData } from './message-data.ts';
import type {
  AppendOptions,
  AppendResult,
  MailboxRef,
  MessageSource,
  PreparedAppend,
  PreparedMessage,
  PrepareOptions,
} from './message-store.ts';
import { isDraft } from './seal-messages.ts';
import { assignThread, threadKeys } from './threads.ts';

/** Reads a message; its blobs are durable when this resolves. */
export async function prepareMessage(
  context: StoreContext,
  source: MessageSource,
  { signal, into }: PrepareOptions,
): Promise<PreparedMessage> {
  const octets = typeof source === 'string' ? Buffer.from(source) : source;
  const atRest = into && !isDraft(into.flags) ? await atRestIn(context, into.account, into.mailbox) : null;
  if (atRest) return { content: await atRest.take(octets, signal) };
  const options = { maxSize: context.maxMessageSize, ...(signal && { signal }) };
  return { content: await splitMessage(octets, context.blobs, options) };
}

/** What encrypts the messages that come into a mailbox; `null` where none is encrypted. @throws `MAILBOX_NOT_FOUND`. */
async function atRestIn(context: StoreContext, account: AccountId, ref: MailboxRef): Promise<AccountAtRest | null> {
  const atRest = await context.atRest?.of(account);
  if (!atRest) return null;
  const { id } = await context.engine.read(account, (tx) => resolveMailbox(tx, ref));
  return atRest.covers(id) ? atRest : null;
}

/** Messages as they are stored there: those that were prepared for somewhere else may need their encrypted form. */
async function atRest(
  context: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  messages: readonly PreparedAppend[],
): Promise<readonly PreparedAppend[]> {
  const wanted = new Set(messages.filter(({ flags, encrypt = true }) => encrypt && !isDraft(flags)));
  const found = wanted.size > 0 ? await atRestIn(context, account, ref) : null;
  if (!found) return messages;
  const forms: PreparedAppend[] = [];
  for (const one of messages) {
    const { content } = one.message;
    const read = (): AsyncIterable<Uint8Array> => new MessageBody(content, content.tree, context.blobs).read();
    const encrypted = wanted.has(one) ? await found.encrypted(read) : null;
    forms.push(encrypted ? { ...one, message: { content: encrypted } } : one);
  }
  return forms;
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
  if (options.data) dataText(options.data);
  await context.engine.read(account, (tx) => resolveMailbox(tx, ref));
  const { signal, flags, internalDate, data, encrypt = true } = options;
  const message = await prepareMessage(context, source, {
    ...(signal && { signal }),
    ...(encrypt && { into: { account, mailbox: ref, ...(flags && { flags }) } }),
  });
  const results = await appendPrepared(context, account, ref, [
    { message, encrypt, ...(flags && { flags }), ...(internalDate && { internalDate }), ...(data && { data }) },
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
  const forms = await atRest(context, account, ref, messages);
  for (const { message } of forms) requireSize(message.content, limits);
  const prepared = newMessages(forms);
  const data = messages.map((one) => one.data && dataText(one.data));
  return context.engine.write(account, async (tx) => {
    const results = await addMessages(tx, await resolveMailbox(tx, ref), prepared);
    const told = results.flatMap(({ emailId }, index): [EmailId, DataText][] =>
      data[index] === undefined ? [] : [[emailId, data[index]]],
    );
    await writeData(tx, new Map(told));
    await enforceLimits(tx, limits);
    return results;
  });
}

/** Adds a message and removes the one that it replaces, both or neither; `null` when that one is not there. */
export async function replaceMessage(
  context: StoreContext,
  account: AccountId,
  place: { readonly mailbox: MailboxRef; readonly uid: Uid },
  to: MailboxRef,
  message: PreparedAppend,
): Promise<AppendResult | null> {
  const { limits } = await accountSettings(context, account);
  const forms = await atRest(context, account, to, [message]);
  for (const form of forms) requireSize(form.message.content, limits);
  const prepared = newMessages(forms);
  return context.engine.write(account, async (tx) => {
    const target = await resolveMailbox(tx, to);
    const source = await resolveMailbox(tx, place.mailbox);
    if ((await removeMessages(context, tx, source.id, UidSet.of(place.uid))).isEmpty) return null;
    const [result] = await addMessages(tx, target, prepared);
    // RFC 8508 section 3.4: the quota is asked for what both together need.
    await enforceLimits(tx, limits);
    return result as AppendResult;
  });
}

/** A message whose thread is not known yet. */
export type UnthreadedMessage = Omit<NewMessage, 'threadId'>;

function newMessages(messages: readonly PreparedAppend[]): UnthreadedMessage[] {
  const now = Date.now();
  return messages.map(({ message, flags, internalDate }) => ({
    content: message.content,
    flags: parseFlags(flags ?? []),
    internalDate: dateOf(internalDate) ?? now,
  }));
}

/** Adds messages at the end of a mailbox, each to its thread. */
export async function addMessages(
  tx: WriteTransaction,
  mailbox: Mailbox,
  messages: readonly UnthreadedMessage[],
): Promise<AppendResult[]> {
  const added: NewMessage[] = [];
  // Asked for all at once, so that an engine with a way to its database goes it once; a transaction remembers them.
  if (messages.length > 1) await tx.threads(messages.flatMap(({ content }) => threadKeys(content.summary)));
  for (const message of messages) added.push({ ...message, threadId: await assignThread(tx, message.content.summary) });
  const places = await tx.add(mailbox.id, added);
  return places.map(({ uid, emailId }, index) => ({
    mailboxId: mailbox.id,
    uidValidity: mailbox.uidValidity,
    uid,
    emailId,
    modSeq: tx.modSeq,
    threadId: (added[index] as NewMessage).threadId,
    size: (added[index] as NewMessage).content.size,
  }));
}

function dateOf(date: Date | undefined): number | undefined {
  const time = date?.getTime();
  if (time !== undefined && Number.isNaN(time))
    throw new EiderError('INVALID_ARGUMENT', 'the internal date is no date');
  return time;
}
