/** APPEND, of one message or several at once. RFC 9051 section 6.3.12, RFC 3502, RFC 4315, RFC 7889. */

import { parseFlags } from '../../model/flags.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { AppendResult, PreparedAppend } from '../../store/message-store.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { Refusal, tryCreate } from '../refusal.ts';
import type { Session } from '../session.ts';
import { type AppendItem, endAppendItem, parseAppendItem } from '../wire/append-args.ts';
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
  const first = parseAppendItem(scanner);
  try {
    // Before the first message is read: a client that waits for the continuation then sends nothing in vain.
    const mailbox = await session.store.mailbox(session.accountId, path);
    const room = await roomOf(session);
    const messages = await readMessages(session, first, room);
    const results = await session.store.appendPrepared(session.accountId, mailbox.id, messages);
    const last = results.at(-1);
    if (last) session.watch?.notice(last.modSeq);
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

async function readMessages(session: Session, first: AppendItem, room: number): Promise<PreparedAppend[]> {
  const { limits, reader } = session;
  const messages: PreparedAppend[] = [];
  let octets = 0;
  let item: AppendItem | null = first;
  while (item) {
    octets += item.literal.size;
    checkSize(session, item, octets, room);
    if (messages.length >= limits.appendMessages) throw new Refusal('NO', 'Too many messages at once', 'LIMIT');
    messages.push(await readMessage(session, item));
    const { scanner } = await reader.nextPart();
    endAppendItem(scanner, item);
    item = scanner.atEnd ? null : parseAppendItem(scanner);
  }
  return messages;
}

function checkSize({ store, limits }: Session, { literal }: AppendItem, octets: number, room: number): void {
  if (literal.size > store.maxMessageSize) throw new Refusal('NO', 'The message is too large', 'TOOBIG');
  if (octets > Math.max(limits.appendOctets, literal.size)) {
    throw new Refusal('NO', 'Too much to append at once', 'LIMIT');
  }
  if (octets > room) throw new Refusal('NO', 'The account is over its quota', 'OVERQUOTA');
}

async function readMessage(session: Session, item: AppendItem): Promise<PreparedAppend> {
  // RFC 9051 section 6.3.12: a message of no octets is no message. A client gives up an APPEND by it (RFC 3502 section 6.3.11).
  if (item.literal.size === 0) throw new Refusal('NO', 'A message of no octets is not stored');
  if (item.utf8 && !session.utf8) throw new Refusal('BAD', 'UTF8 is not enabled');
  // Flags that are none are refused before the message is read.
  parseFlags(item.flags);
  const message = await session.store.prepare(session.reader.openLiteral());
  return {
    message,
    flags: item.flags,
    ...(item.internalDate !== null && { internalDate: new Date(item.internalDate) }),
  };
}

/** RFC 4315 section 3. */
function appendCode(results: readonly AppendResult[]): string {
  const { uidValidity } = results[0] as AppendResult;
  return `APPENDUID ${uidValidity} ${UidSet.from(results.map((result) => result.uid))}`;
}
