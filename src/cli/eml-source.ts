/** Reads message files, one message each, alone or in folders. */

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { MailItem, MailSource } from './mail-source.ts';
import { readMessageFile } from './maildir-source.ts';

/** Message files at or below a path, ordered by name; `all` takes files of any name, not just `*.eml`. */
export async function findMessageFiles(top: string, all: boolean): Promise<string[]> {
  if (!(await stat(top)).isDirectory()) return [top];
  const found: string[] = [];
  const entries = await readdir(top, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const place = path.join(top, entry.name);
    if (entry.isDirectory()) found.push(...(await findMessageFiles(place, all)));
    else if (entry.isFile() && (all || /\.eml$/i.test(entry.name))) found.push(place);
  }
  return found;
}

/** Opens message files found below `top`. The internal date is that of the Date field. */
export async function openMessageFiles(top: string, files: readonly string[]): Promise<MailSource> {
  return {
    path: top,
    mailbox: '',
    async *items() {
      for (const place of files) yield await toItem(top, place);
    },
    close: async () => {},
  };
}

async function toItem(top: string, place: string): Promise<MailItem> {
  const info = await stat(place).catch(() => null);
  const size = info?.size ?? 0;
  return {
    key: path.relative(top, place) || path.basename(place),
    place,
    mailbox: '',
    octets: size,
    flags: [],
    internalDate: null,
    modified: info?.mtime ?? new Date(),
    read: () => readMessageFile(place, size),
  };
}
