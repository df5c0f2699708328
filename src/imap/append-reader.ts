/** Reads messages that a client appends: literals, or texts and own messages put together. RFC 3502, RFC 4469. */

import { isEiderError } from '../errors.ts';
import { parseFlags } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage, PreparedAppend } from '../store/message-store.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import {
  type AppendItem,
  type AppendLiteral,
  endAppendLiteral,
  hasMoreParts,
  parseAppendLiteral,
  parseCatPart,
} from './wire/append-args.ts';
import { type MessageUrl, parseMessageUrl } from './wire/message-url.ts';
import type { Scanner } from './wire/scanner.ts';

/** Reads the messages of one command, one after the other. */
export class AppendReader {
  /** Where the command goes on. */
  scanner: Scanner;
  readonly #session: Session;
  /** Octets that the account may still take. */
  readonly #room: number;
  /** Octets of all messages so far. */
  #octets = 0;
  /** Octets of the present message. */
  #size = 0;

  /** @param room octets that the account may still take */
  constructor(session: Session, scanner: Scanner, room: number) {
    this.#session = session;
    this.scanner = scanner;
    this.#room = room;
  }

  /**
   * Reads one message for a mailbox, behind its flags and date; {@link AppendReader.scanner} is at what follows then.
   *
   * @throws Refusal for what is over a limit, and for a URL that names nothing; ImapSyntaxError, CommandError.
   */
  async read(item: AppendItem, mailbox: MailboxId): Promise<PreparedAppend> {
    // Flags that are none are refused before the message is read.
    parseFlags(item.flags);
    this.#size = 0;
    const { store, accountId: account } = this.#session;
    const into = { account, mailbox, flags: item.flags };
    const message = await store.prepare(item.data === 'literal' ? this.#literal() : this.#parts(), { into });
    return {
      message,
      flags: item.flags,
      ...(item.internalDate !== null && { internalDate: new Date(item.internalDate) }),
    };
  }

  async *#literal(): AsyncGenerator<Uint8Array, void, void> {
    const literal = parseAppendLiteral(this.scanner);
    if (literal.size === 0) throw emptyMessage();
    yield* this.#readLiteral(literal);
  }

  async *#parts(): AsyncGenerator<Uint8Array, void, void> {
    do {
      const part = parseCatPart(this.scanner);
      if (part.kind === 'text') yield* this.#readLiteral(part.literal);
      else yield* this.#readUrl(part.url);
    } while (hasMoreParts(this.scanner));
    if (this.#size === 0) throw emptyMessage();
  }

  async *#readLiteral(literal: AppendLiteral): AsyncGenerator<Uint8Array, void, void> {
    if (literal.utf8 && !this.#session.utf8) throw new Refusal('BAD', 'UTF8 is not enabled');
    this.#count(literal.size);
    const { reader } = this.#session;
    const over = await this.#session.trafficRefusal('upload', literal.size);
    if (over) throw over;
    yield* reader.openLiteral();
    this.#session.countUpload(literal.size);
    this.scanner = (await reader.nextPart()).scanner;
    endAppendLiteral(this.scanner, literal);
  }

  async *#readUrl(url: string): AsyncGenerator<Uint8Array, void, void> {
    const target = parseMessageUrl(url);
    const message = target && (await this.#find(target));
    if (!target || !message?.body) throw badUrl(url);
    const found = await message.body.section(target.section);
    if (!found) throw badUrl(url);
    const size = found.kind === 'octets' ? found.octets.length : found.end - found.start;
    const start = Math.min(target.partial?.start ?? 0, size);
    const end = Math.min(start + (target.partial?.count ?? size), size);
    this.#count(end - start);
    if (found.kind === 'octets') yield found.octets.subarray(start, end);
    else yield* message.body.read(found.start + start, found.start + end);
  }

  async #find(url: MessageUrl): Promise<FetchedMessage | null> {
    const { store, accountId } = this.#session;
    const ref = await this.#mailboxOf(url);
    if (ref === null) return null;
    try {
      const mailbox = await store.mailbox(accountId, ref);
      if (url.uidValidity !== null && url.uidValidity !== mailbox.uidValidity) return null;
      for await (const message of store.fetch(accountId, mailbox.id, UidSet.of(url.uid), { body: true }))
        return message;
      return null;
    } catch (error) {
      if (isEiderError(error, 'MAILBOX_NOT_FOUND')) return null;
      throw error;
    }
  }

  /** RFC 4469 section 3: a relative URL is seen from the selected mailbox. */
  async #mailboxOf({ mailbox, absolute }: MessageUrl): Promise<string | number | null> {
    const { store, accountId, view } = this.#session;
    if (mailbox !== null && (absolute || !view)) return mailbox;
    if (!view) return null;
    if (mailbox === null) return view.shared.id;
    const { path } = await store.mailbox(accountId, view.shared.id);
    return path.slice(0, path.lastIndexOf('/') + 1) + mailbox;
  }

  /** Refuses what is too much before it is read. */
  #count(octets: number): void {
    const { store, limits } = this.#session;
    this.#size += octets;
    this.#octets += octets;
    if (this.#size > store.maxMessageSize) throw new Refusal('NO', 'The message is too large', 'TOOBIG');
    if (this.#octets > Math.max(limits.appendOctets, this.#size)) {
      throw new Refusal('NO', 'Too much to append at once', 'LIMIT');
    }
    if (this.#octets > this.#room) throw new Refusal('NO', 'The account is over its quota', 'OVERQUOTA');
  }
}

/** RFC 9051 section 6.3.12: a message of no octets is no message. A client gives up an APPEND by it (RFC 3502). */
function emptyMessage(): Refusal {
  return new Refusal('NO', 'A message of no octets is not stored');
}

/** RFC 4469 section 4.1. */
function badUrl(url: string): Refusal {
  const shown = url.replace(/[^\x20-\x7e]|[\]\\]/g, (octet) => {
    return `%${octet.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
  });
  return new Refusal('NO', 'A URL names no message or part', `BADURL ${shown.slice(0, 1000)}`);
}
