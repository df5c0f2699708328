/** Writes a mailbox as a Maildir folder: every octet, flags in the names, the internal date as the files' time. */

import { mkdir, open, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isEiderError } from '../errors.ts';
import { listFlags } from '../model/flags.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import type { ExportResult, MailboxExport } from './mailbox-export.ts';
import { KEYWORDS_FILE, MaildirKeywords } from './maildir-names.ts';

/** Files written at once. */
const PARALLEL = 8;

/** @throws what the file system says; files written until then stay. */
export async function exportMaildir(one: MailboxExport, folder: string): Promise<ExportResult> {
  for (const name of ['cur', 'new', 'tmp']) await mkdir(path.join(folder, name), { recursive: true });
  const keywords = new MaildirKeywords();
  let messages = 0;
  let failed = 0;
  const uids = UidSet.range(1, one.mailbox.uidNext - 1);
  for await (const page of one.store.fetchPages(one.account, one.mailbox.id, uids, { body: true })) {
    one.signal.throwIfAborted();
    for (let at = 0; at < page.length; at += PARALLEL) {
      const written = await Promise.all(
        page.slice(at, at + PARALLEL).map((message) => exportMessage(one, folder, message, keywords)),
      );
      messages += written.filter(Boolean).length;
      failed += written.filter((done) => !done).length;
    }
  }
  const list = keywords.list();
  if (list !== '') await writeFile(path.join(folder, KEYWORDS_FILE), list);
  if (keywords.dropped.size > 0) {
    one.progress.note(
      `${one.mailbox.path}: a Maildir has letters for 26 keywords; left out: ${[...keywords.dropped].join(' ')}`,
    );
  }
  return { messages, failed };
}

async function exportMessage(
  one: MailboxExport,
  folder: string,
  message: FetchedMessage,
  keywords: MaildirKeywords,
): Promise<boolean> {
  const seconds = Math.max(0, Math.floor(message.internalDate / 1000));
  const unique = `${seconds}.U${message.uid}V${one.mailbox.uidValidity}.eider,S=${message.size}`;
  const temporary = path.join(folder, 'tmp', unique);
  try {
    await writeBody(message, temporary);
    const date = new Date(message.internalDate);
    await utimes(temporary, date, date);
    await rename(temporary, path.join(folder, 'cur', `${unique}:2,${keywords.info(listFlags(message))}`));
  } catch (error) {
    await rm(temporary, { force: true });
    if (!isEiderError(error, 'BLOB_MISSING', 'BLOB_CORRUPT')) throw error;
    one.progress.note(`not exported: ${one.mailbox.path} UID ${message.uid}: ${error.message}`);
    return false;
  }
  one.progress.add(1, message.size);
  return true;
}

async function writeBody(message: FetchedMessage, place: string): Promise<void> {
  if (!message.body) throw new TypeError('a message was fetched without its body');
  const file = await open(place, 'w', 0o600);
  try {
    const whole = message.body.inline();
    if (whole) await file.writeFile(whole);
    else for await (const chunk of message.body.read()) await file.appendFile(chunk);
  } finally {
    await file.close();
  }
}
