/** Reads an mbox file: mboxrd or mboxo, LF or CRLF, of any size. RFC 4155 appendix A. */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { changeFromQuoting, changeFromQuotingOf, type FromQuoting } from '../mime/from-quoting.ts';
import { type MailItem, type MailSource, WHOLE_READ } from './mail-source.ts';
import { type MboxEntry, readAt, scanMbox } from './mbox-scan.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DATE =
  /\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d{1,2}):(\d\d)(?::(\d\d))?(?: ([+-]\d{4})| [A-Z]{1,5})* (\d{4})(?: ([+-]\d{4}))?/;
const CHUNK = 256 * 1024;

/** What the caller knows of the file. */
export interface MboxSourceOptions {
  /** Path of the mailbox that the file is; `''` for the source's top. */
  readonly mailbox: string;
  readonly quoting: FromQuoting;
}

/** Opens an mbox file. The message's octets are those of the file without the From_ line, the separating empty line
 * and the quoting. Flags come from the Status and X-Status fields of the header, which stay where they are. */
export async function openMbox(path: string, options: MboxSourceOptions): Promise<MailSource> {
  const file = await open(path);
  const { mtime } = await file.stat();
  return {
    path,
    mailbox: options.mailbox,
    async *items() {
      for await (const entry of scanMbox(file)) yield toItem(file, path, entry, mtime, options);
    },
    flagsOf: statusFlags,
    close: () => file.close(),
  };
}

function toItem(file: FileHandle, path: string, entry: MboxEntry, mtime: Date, options: MboxSourceOptions): MailItem {
  // Place, length and the From_ line with sender and second: another message in a file that changed has another key.
  const line = createHash('sha256').update(entry.fromLine, 'latin1').digest('base64url').slice(0, 12);
  return {
    key: `${options.mailbox}\n${entry.offset}-${entry.end - entry.start}-${line}`,
    place: `${path} at octet ${entry.offset}`,
    mailbox: options.mailbox,
    octets: entry.end - entry.offset,
    flags: [],
    internalDate: fromLineDate(entry.fromLine),
    modified: mtime,
    async read() {
      if (entry.fromLine === '') throw new Error('what stands before the first From_ line is no message');
      if (entry.end - entry.start > WHOLE_READ) {
        return changeFromQuotingOf(readRange(file, entry.start, entry.end), options.quoting);
      }
      return changeFromQuoting(await readAt(file, entry.start, entry.end), options.quoting);
    },
  };
}

async function* readRange(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += CHUNK) yield await readAt(file, at, Math.min(end, at + CHUNK));
}

/** The time in a From_ line; in UTC when no zone is told, as RFC 4155 wants. `null` when there is none. */
export function fromLineDate(line: string): Date | null {
  const match = DATE.exec(line);
  if (!match) return null;
  const [, month, day, hour, minute, second, before, year, after] = match;
  const time = Date.UTC(
    Number(year),
    MONTHS.indexOf(month as string),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second ?? 0),
  );
  const zone = before ?? after ?? '+0000';
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return new Date(time - (zone.startsWith('-') ? -minutes : minutes) * 60_000);
}

const STATUS_FLAGS: Readonly<Record<string, string>> = {
  R: '\\Seen',
  A: '\\Answered',
  F: '\\Flagged',
  T: '\\Draft',
  D: '\\Deleted',
};

/** Flags by the fields that mbox programs keep them in: `Status: RO`, `X-Status: AF`. */
function statusFlags(header: Uint8Array): readonly string[] {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('latin1');
  const flags = new Set<string>();
  for (const match of text.matchAll(/^(?:Status|X-Status):[ \t]*([A-Z]{0,8})[ \t]*\r?$/gim)) {
    for (const letter of (match[1] as string).toUpperCase()) {
      const flag = STATUS_FLAGS[letter];
      if (flag) flags.add(flag);
    }
  }
  return [...flags];
}
