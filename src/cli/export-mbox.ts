/**
 * Writes a mailbox as an mbox file, mboxrd. RFC 4155 appendix A. Such a file keeps the octets of messages, except that
 * one without a final line end gets one, and dates by the second. It does not keep flags, UIDs and mailbox attributes.
 */

import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isEiderError } from '../errors.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import { FromQuoter } from './from-quoting.ts';
import type { ExportResult, MailboxExport } from './mailbox-export.ts';

const BUFFERED = 1024 * 1024;
const LF = 0x0a;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The file appears under its name when it is complete. */
export async function exportMbox(one: MailboxExport, place: string): Promise<ExportResult> {
  await mkdir(path.dirname(place), { recursive: true });
  const temporary = `${place}.part`;
  const writer = new MboxWriter(await open(temporary, 'w', 0o600));
  let failed = 0;
  try {
    const uids = UidSet.range(1, one.mailbox.uidNext - 1);
    for await (const page of one.store.fetchPages(one.account, one.mailbox.id, uids, { body: true })) {
      one.signal.throwIfAborted();
      for (const message of page) if (!(await exportMessage(one, writer, message))) failed++;
    }
    await writer.close();
    await rename(temporary, place);
  } catch (error) {
    await writer.abandon();
    await rm(temporary, { force: true });
    throw error;
  }
  return { messages: writer.messages, failed };
}

async function exportMessage(one: MailboxExport, writer: MboxWriter, message: FetchedMessage): Promise<boolean> {
  try {
    await writer.add(message);
  } catch (error) {
    if (!isEiderError(error, 'BLOB_MISSING', 'BLOB_CORRUPT')) throw error;
    one.progress.note(`not exported: ${one.mailbox.path} UID ${message.uid}: ${error.message}`);
    return false;
  }
  one.progress.add(1, message.size);
  return true;
}

class MboxWriter {
  messages = 0;
  readonly #file: FileHandle;
  #pieces: Buffer[] = [];
  #buffered = 0;
  /** Octets in the file. */
  #written = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Takes back what it wrote of a message that cannot be read to its end. */
  async add(message: FetchedMessage): Promise<void> {
    if (this.#buffered >= BUFFERED) await this.#flush();
    const start = this.#written + this.#buffered;
    try {
      await this.#write(message);
    } catch (error) {
      await this.#flush();
      await this.#file.truncate(start);
      this.#written = start;
      throw error;
    }
    this.messages++;
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  async #write(message: FetchedMessage): Promise<void> {
    if (!message.body) throw new TypeError('a message was fetched without its body');
    this.#put(Buffer.from(`From MAILER-DAEMON ${asctime(message.internalDate)}\n`));
    const quoter = new FromQuoter('quote');
    let last = LF;
    for await (const chunk of message.body.read()) {
      last = chunk[chunk.length - 1] ?? last;
      for (const piece of quoter.take(chunk)) this.#put(piece);
      if (this.#buffered >= BUFFERED) await this.#flush();
    }
    for (const piece of quoter.end()) this.#put(piece);
    this.#put(Buffer.from(last === LF ? '\n' : '\n\n'));
  }

  #put(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    const octets = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#buffered = 0;
    for (let at = 0; at < octets.length; ) {
      const { bytesWritten } = await this.#file.write(octets, at, octets.length - at, this.#written);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }
}

/** RFC 4155: the time of the From_ line is in UTC, without a zone. */
function asctime(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${String(date.getUTCFullYear()).padStart(4, '0')}`;
}
