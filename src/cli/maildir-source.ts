/** Reads a Maildir with its Maildir++ folders, or folders within folders. */

import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type MailItem, type MailSource, WHOLE_READ } from './mail-source.ts';
import { KEYWORDS_FILE, maildirPath, parseMaildirFileName, parseMaildirKeywords } from './maildir-names.ts';

/** A Maildir of one mailbox. */
export interface MaildirFolder {
  /** Absolute. */
  readonly folder: string;
  /** Path of the mailbox; `''` for the top. */
  readonly mailbox: string;
  /** How many messages it has. */
  readonly messages: number;
}

/** Whether a folder is a Maildir. */
export async function isMaildir(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.includes('cur') && names.includes('new');
}

/** The Maildir itself and those in it, in the order of their paths. */
export async function findMaildirs(top: string, mailbox = ''): Promise<MaildirFolder[]> {
  const names = (await readdir(top, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const found: MaildirFolder[] = [];
  if (names.includes('cur') || names.includes('new')) {
    const counts = await Promise.all(
      ['cur', 'new'].filter((name) => names.includes(name)).map((name) => readdir(path.join(top, name))),
    );
    found.push({ folder: top, mailbox, messages: counts.flat().filter(isMessage).length });
  }
  for (const name of names.sort()) {
    if (name === 'cur' || name === 'new' || name === 'tmp') continue;
    const inner = path.join(top, name);
    if (!(await readdir(inner)).some((entry) => entry === 'cur' || entry === 'new')) continue;
    const own = maildirPath(name);
    found.push(...(await findMaildirs(inner, mailbox === '' ? own : `${mailbox}/${own}`)));
  }
  return found;
}

/** Opens one Maildir, without those in it. Order is that of delivery, by the names. */
export async function openMaildir({ folder, mailbox }: MaildirFolder): Promise<MailSource> {
  return {
    path: folder,
    mailbox,
    items: () => items(folder, mailbox),
    close: async () => {},
  };
}

async function* items(folder: string, mailbox: string): AsyncGenerator<MailItem> {
  const keywords = parseMaildirKeywords(await readFile(path.join(folder, KEYWORDS_FILE), 'utf8').catch(() => ''));
  const files: { place: string; name: string; time: number }[] = [];
  for (const part of ['cur', 'new']) {
    const names = await readdir(path.join(folder, part)).catch(() => []);
    for (const name of names.filter(isMessage)) {
      files.push({ place: path.join(folder, part, name), name, time: parseMaildirFileName(name).time ?? 0 });
    }
  }
  files.sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1));
  for (const { place, name } of files) yield await toItem(place, name, mailbox, keywords);
}

function isMessage(name: string): boolean {
  return !name.startsWith('.');
}

async function toItem(place: string, name: string, mailbox: string, keywords: readonly string[]): Promise<MailItem> {
  const { unique, flags, time } = parseMaildirFileName(name, keywords);
  const info = await stat(place).catch(() => null);
  const modified = info?.mtime ?? new Date();
  return {
    key: `${mailbox}\n${unique}`,
    place,
    mailbox,
    octets: info?.size ?? 0,
    flags,
    internalDate: arrivalDate(modified, time),
    modified,
    read: () => readMessageFile(place, info?.size ?? 0),
  };
}

/** Servers keep the date in the modification time. A copy loses that, and then the name knows better. */
function arrivalDate(modified: Date, named: number | null): Date {
  return named === null || modified.getTime() < named + 1000 ? modified : new Date(named);
}

/** Octets of a file: small ones at once, others as a stream. */
export async function readMessageFile(place: string, size: number): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  return size <= WHOLE_READ ? readFile(place) : createReadStream(place, { highWaterMark: 256 * 1024 });
}
