/** Finds out what a path given to an import is, and opens it. */

import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FromQuoting } from '../mime/from-quoting.ts';
import { CommandError } from './command.ts';
import { findMessageFiles, openMessageFiles } from './eml-source.ts';
import type { MailFormat, MailSource, MailTotal } from './mail-source.ts';
import { findMaildirs, isMaildir, openMaildir } from './maildir-source.ts';
import { looksLikeMbox, readAt } from './mbox-scan.ts';
import { openMbox } from './mbox-source.ts';

/** Mail found at a path. */
export interface FoundMail {
  /** Absolute, symbolic links followed. */
  readonly path: string;
  readonly format: MailFormat;
  readonly total: MailTotal;
  /** Its files or folders, each opened when its turn comes. */
  readonly sources: readonly (() => Promise<MailSource>)[];
}

/** Options of {@link findMail}. */
export interface FindMailOptions {
  /** @defaultValue by what is there */
  readonly format?: MailFormat | undefined;
  /** Of mbox files. */
  readonly quoting: FromQuoting;
}

/** @throws {@link CommandError} when there is no mail, and whatever the file system says. */
export async function findMail(place: string, options: FindMailOptions): Promise<FoundMail> {
  const format = options.format ?? (await detectFormat(place));
  if (format === 'mbox') return findMboxes(place, options.quoting);
  if (format === 'maildir') {
    const folders = await findMaildirs(place);
    if (folders.length === 0) throw new CommandError(`no Maildir: ${place}`);
    const messages = folders.reduce((sum, folder) => sum + folder.messages, 0);
    return { path: place, format, total: { messages }, sources: folders.map((folder) => () => openMaildir(folder)) };
  }
  const files = await findMessageFiles(place, options.format !== undefined);
  if (files.length === 0) throw new CommandError(`no mail found: ${place} (say what it is with --format)`);
  return { path: place, format, total: { messages: files.length }, sources: [() => openMessageFiles(place, files)] };
}

async function detectFormat(place: string): Promise<MailFormat> {
  if (!(await stat(place)).isDirectory()) return (await isMbox(place)) ? 'mbox' : 'eml';
  if (await isMaildir(place)) return 'maildir';
  const names = await readdir(place);
  for (const name of names) {
    const inner = path.join(place, name);
    if (name.startsWith('.') && (await stat(inner)).isDirectory() && (await isMaildir(inner))) return 'maildir';
  }
  return (await findMboxFiles(place)).length > 0 ? 'mbox' : 'eml';
}

async function isMbox(place: string): Promise<boolean> {
  if (/\.mbox$/i.test(place)) return true;
  const file = await open(place);
  try {
    return looksLikeMbox(await readAt(file, 0, 1024));
  } finally {
    await file.close();
  }
}

async function findMboxes(place: string, quoting: FromQuoting): Promise<FoundMail> {
  const isFolder = (await stat(place)).isDirectory();
  const files = isFolder ? await findMboxFiles(place) : [place];
  if (files.length === 0) throw new CommandError(`no *.mbox files: ${place}`);
  let octets = 0;
  for (const file of files) octets += (await stat(file)).size;
  const sources = files.map((file) => () => {
    const mailbox = isFolder ? mailboxOfFile(path.relative(place, file)) : '';
    return openMbox(file, { mailbox, quoting });
  });
  return { path: place, format: 'mbox', total: { octets }, sources };
}

/** `*.mbox` files at or below a folder, ordered by name. */
async function findMboxFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await findMboxFiles(inner)));
    else if (entry.isFile() && /\.mbox$/i.test(entry.name)) found.push(inner);
  }
  return found;
}

/** `Work/2024.mbox` is the mailbox `Work/2024`; what an export had to escape is given back. */
export function mailboxOfFile(file: string): string {
  const levels = file.replace(/\.mbox$/i, '').split(path.sep);
  return levels
    .map((level) => level.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))
    .join('/');
}

/** The file of a mailbox, as {@link mailboxOfFile} reads it. No mailbox name holds a percent sign. */
export function fileOfMailbox(mailbox: string): string {
  const levels = mailbox
    .split('/')
    .map((level) =>
      level.replace(
        /^\.|[\\:"<>|?]|[. ]$/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      ),
    );
  return `${levels.join(path.sep)}.mbox`;
}
