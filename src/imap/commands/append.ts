/** APPEND, of one message or several at once. RFC 9051 section 6.3.12, RFC 3502, RFC 4315, RFC 4469, RFC 7889. */

import type { MailboxId } from '../../model/ids.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { AppendResult, PreparedAppend } from '../../store/message-store.ts';
import { announceNormalized } from '../announce-mailbox.ts';
import { AppendReader } from '../append-reader.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { Refusal, tryCreate } from '../refusal.ts';
import type { Session } from '../session.ts';
import { type AppendItem, parseAppendItem } from '../wire/append-args.ts';
import type { Command } from '../wire/command-reader.ts';

/** Adds messages to a mailbox: all of the command's, or none. */
export const append: CommandHandler = {
  name: 'APPEND',
  state: 'authenticated',
  async run(session, command) {
    session.expectOctets(session.limits.literalTimeoutMs);
    try {
      return await appendAll(session, command);
    } finally {
      session.expectTraffic(session.limits.idleTimeoutMs);
    }
  },
};

async function appendAll(session: Session, { scanner }: Command): Promise<Completion> {
  scanner.space();
  const path = scanner.mailbox();
  const typed = scanner.typedMailbox;
  const first = parseAppendItem(scanner);
  try {
    // Before the first message is read: a client that waits for the continuation then sends nothing in vain.
    const mailbox = await session.store.mailbox(session.accountId, path);
    const reader = new AppendReader(session, scanner, await roomOf(session));
    const messages = await readMessages(session, reader, first, mailbox.id);
    const results = await session.store.appendPrepared(session.accountId, mailbox.id, messages);
    const last = results.at(-1);
    session.notifier?.brought(
      mailbox.id,
      results.map(({ uid }) => uid),
    );
    if (last) session.watch?.notice(last.modSeq);
    announceNormalized(session, typed);
    return { text: 'Appended', code: appendCode(results) };
  } catch (error) {
    throw tryCreate(error, path);
  }
}

/** How many octets the account may still take. */
async function roomOf(session: Session): Promise<number> {
  const { limits, usage } = await session.store.quota(session.accountId);
  return limits.octets === null ? Number.POSITIVE_INFINITY : limits.octets - usage.octets;
}

async function readMessages(
  session: Session,
  reader: AppendReader,
  first: AppendItem,
  mailbox: MailboxId,
): Promise<PreparedAppend[]> {
  const messages: PreparedAppend[] = [];
  let item: AppendItem | null = first;
  while (item) {
    if (messages.length >= session.limits.appendMessages) throw new Refusal('NO', 'Too many messages at once', 'LIMIT');
    messages.push(await reader.read(item, mailbox));
    item = reader.scanner.atEnd ? null : parseAppendItem(reader.scanner);
  }
  return messages;
}

/** RFC 4315 section 3. */
export function appendCode(results: readonly AppendResult[]): string {
  const { uidValidity } = results[0] as AppendResult;
  return `APPENDUID ${uidValidity} ${UidSet.from(results.map((result) => result.uid))}`;
}
