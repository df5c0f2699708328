/**
 * Writes a mailbox as an mbox file, mboxrd. RFC 4155 appendix A. Such a file keeps the octets of messages, except that
 * one without a final line end gets one, and dates by the second. It does not keep flags, UIDs and mailbox attributes.
 */

import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isEiderError } from '../errors.ts';
import type { MessageBody } from '../mime/message-body.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import type { ExportResult, MailboxExport } from './mailbox-export.ts';
import { MboxWriter } from './mbox-writer.ts';

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
    await writer.add({ internalDate: message.internalDate, read: () => (message.body as MessageBody).read() });
  } catch (error) {
    if (!isEiderError(error, 'BLOB_MISSING', 'BLOB_CORRUPT')) throw error;
    one.progress.note(`not exported: ${one.mailbox.path} UID ${message.uid}: ${error.message}`);
    return false;
  }
  one.progress.add(1, message.size);
  return true;
}
