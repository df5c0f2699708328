/** Appends the messages of a source to an account, many in a transaction, each one once. */

import { HeadedSource } from '../crypto/headed-source.ts';
import { EiderError, isEiderError } from '../errors.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { MessageSource, MessageStore, PreparedAppend } from '../store/message-store.ts';
import type { ImportJournal, JournalItem } from './import-journal.ts';
import { isStored } from './import-recovery.ts';
import { type LineEndings, withCrlf } from './line-endings.ts';
import type { MailItem, MailSource } from './mail-source.ts';
import type { Progress } from './progress.ts';

/** Messages read at once. More hide the waiting for the attachments' disk. */
const AHEAD = 8;
/** Bounds of a batch: one transaction, and what a crash makes the next run compare. */
const BATCH_MESSAGES = 200;
const BATCH_OCTETS = 8 * 1024 * 1024;

/** These end the import: the next message would meet them too. Everything else is one message's own trouble. */
const FATAL = [
  'DISK_FULL',
  'QUOTA_EXCEEDED',
  'STORE_CLOSED',
  'STORE_CORRUPT',
  'BUSY',
  'ABORTED',
  'ACCOUNT_NOT_FOUND',
  'UNAVAILABLE',
  'ENCRYPTION_FAILED',
] as const;

/** What became of the messages. */
export interface ImportCounts {
  imported: number;
  octets: number;
  /** Were in the account already, by the journal. */
  skipped: number;
  failed: number;
}

/** One import. */
export interface ImportContext {
  readonly store: MessageStore;
  readonly account: AccountId;
  /** Path of the mailbox that takes the source's top, or `null`: INBOX for the top, its own name for everything else. */
  readonly mailbox: string | null;
  readonly lineEndings: LineEndings;
  readonly journal: ImportJournal;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly counts: ImportCounts;
  /** Paths of the mailboxes that were looked up, by the source's folders. */
  readonly places: Map<string, Promise<string>>;
}

interface ReadyMessage {
  readonly mailbox: string;
  readonly append: PreparedAppend;
  readonly item: JournalItem;
  /** Octets read from the source. */
  readonly octets: number;
  /** Octets that it holds in memory. */
  readonly memory: number;
}

/** Looks up the outcome of a batch that an earlier run was stopped in. To be called first, once. */
export async function settlePending(context: ImportContext): Promise<void> {
  const { pending } = context.journal;
  if (pending === null) return;
  await context.journal.end(pending, await isStored(context.store, context.account, pending));
}

/**
 * Imports a source. What one message meets is told and counted.
 *
 * @throws {@link EiderError} what makes going on pointless; everything appended until then is kept and noted.
 */
export async function importSource(context: ImportContext, source: MailSource): Promise<void> {
  const ahead: Promise<ReadyMessage | null>[] = [];
  const batch = new Batch(context);
  await makeMailbox(context, source);
  try {
    for await (const item of source.items()) {
      if (context.signal.aborted) throw new EiderError('ABORTED', 'stopped');
      if (context.journal.has(item.key)) {
        context.counts.skipped++;
        context.progress.skip(1, item.octets);
        continue;
      }
      ahead.push(quietly(makeReady(context, source, item)));
      if (ahead.length >= AHEAD) await batch.add(await (ahead.shift() as Promise<ReadyMessage | null>));
    }
    while (ahead.length > 0) await batch.add(await (ahead.shift() as Promise<ReadyMessage | null>));
    await batch.flush();
  } finally {
    await Promise.allSettled(ahead);
  }
}

/** A rejection is met where it is awaited, perhaps later; until then it is not one that nobody handles. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Reads a message, or tells why that cannot be done and gives `null`. */
async function makeReady(context: ImportContext, source: MailSource, item: MailItem): Promise<ReadyMessage | null> {
  try {
    const octets = await item.read();
    const bytes = context.lineEndings === 'crlf' ? withCrlf(octets) : octets;
    const told = source.flagsOf ? source.flagsOf(await headerOf(item, octets)) : [];
    const flags = knownFlags([...item.flags, ...told]);
    const mailbox = await placeFor(context, item.mailbox);
    const { store, account, signal } = context;
    const message = await store.prepare(bytes, { signal, into: { account, mailbox, flags } });
    const { content } = message;
    const internalDate = item.internalDate ?? dateOf(content.summary.sentDate, item.modified);
    return {
      mailbox,
      append: { message, flags, internalDate },
      item: [item.key, content.digest, content.size],
      octets: item.octets,
      memory: content.header.length + content.text.length,
    };
  } catch (error) {
    if (isEiderError(error, ...FATAL)) throw error;
    context.counts.failed++;
    context.progress.note(`not imported: ${item.place}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** The header as it comes, also of a message that is stored encrypted. */
async function headerOf(item: MailItem, octets: MessageSource): Promise<Uint8Array> {
  // A stream can be read once only.
  const source = octets instanceof Uint8Array || typeof octets === 'string' ? [Buffer.from(octets)] : await item.read();
  const headed = await HeadedSource.open(chunksOf(source as AsyncIterable<Uint8Array> | Iterable<Uint8Array>));
  await headed.close();
  return headed.header;
}

async function* chunksOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}

/** The Date field's time, unless it lies in the future. */
function dateOf(sentDate: number | null, modified: Date): Date {
  return sentDate !== null && sentDate <= Date.now() ? new Date(sentDate) : modified;
}

/** A keyword that IMAP cannot say must not keep its message out. */
function knownFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) => {
    try {
      parseFlags([flag]);
      return true;
    } catch {
      return false;
    }
  });
}

/** An empty mailbox is one too. Its name may be one that is not allowed. */
async function makeMailbox(context: ImportContext, source: MailSource): Promise<void> {
  try {
    await placeFor(context, source.mailbox);
  } catch (error) {
    if (!isEiderError(error, 'MAILBOX_NAME_INVALID', 'MAILBOX_LIMIT')) throw error;
    context.progress.note(`no mailbox for ${source.path}: ${error.message}`);
  }
}

/** Path of the mailbox for a source's folder, made when it is not there. */
function placeFor(context: ImportContext, folder: string): Promise<string> {
  let place = context.places.get(folder);
  if (!place) {
    const path =
      folder === '' ? (context.mailbox ?? 'INBOX') : context.mailbox ? `${context.mailbox}/${folder}` : folder;
    place = ensureMailbox(context, path).then((mailbox) => mailbox.path);
    context.places.set(folder, place);
  }
  return place;
}

async function ensureMailbox({ store, account }: ImportContext, path: string): Promise<Mailbox> {
  try {
    return await store.mailbox(account, path);
  } catch (error) {
    if (!isEiderError(error, 'MAILBOX_NOT_FOUND')) throw error;
  }
  try {
    const made = await store.createMailbox(account, path);
    await store.subscribe(account, made.path, true);
    return made;
  } catch (error) {
    if (!isEiderError(error, 'MAILBOX_EXISTS')) throw error;
    return store.mailbox(account, path);
  }
}

/** Messages of one mailbox that go into one transaction. */
class Batch {
  readonly #context: ImportContext;
  #messages: ReadyMessage[] = [];
  #memory = 0;

  constructor(context: ImportContext) {
    this.#context = context;
  }

  async add(message: ReadyMessage | null): Promise<void> {
    if (message === null) return;
    const first = this.#messages[0];
    const isFull = this.#messages.length >= BATCH_MESSAGES || this.#memory + message.memory > BATCH_OCTETS;
    if (first && (first.mailbox !== message.mailbox || isFull)) await this.flush();
    this.#messages.push(message);
    this.#memory += message.memory;
  }

  /** Notes, appends, notes again: whenever this is cut off, the next run finds out what is there. */
  async flush(): Promise<void> {
    const messages = this.#messages;
    const first = messages[0];
    if (!first) return;
    this.#messages = [];
    this.#memory = 0;
    const { store, account, journal, counts, progress } = this.#context;
    const { uidValidity, uidNext } = await store.mailbox(account, first.mailbox);
    const batch = { mailbox: first.mailbox, uidValidity, uidNext, items: messages.map(({ item }) => item) };
    await journal.begin(batch);
    // When this rejects the batch stays open in the journal, and the next run looks for it.
    await store.appendPrepared(
      account,
      first.mailbox,
      messages.map(({ append }) => append),
    );
    await journal.end(batch, true);
    const octets = messages.reduce((sum, message) => sum + message.octets, 0);
    counts.imported += messages.length;
    counts.octets += octets;
    progress.add(messages.length, octets);
  }
}
