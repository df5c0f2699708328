/** The arguments of STATUS. RFC 9051 section 6.3.11, RFC 7162, RFC 7889, RFC 8438, RFC 8474, RFC 9208. */

import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';

const STATUS_ITEMS = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED',
  'SIZE',
  'HIGHESTMODSEQ',
  'MAILBOXID',
  'APPENDLIMIT',
  'DELETED-STORAGE',
] as const;

/** An item of STATUS. */
export type StatusItem = (typeof STATUS_ITEMS)[number];

/** Arguments of STATUS. */
export interface StatusArguments {
  /** Unicode. */
  readonly mailbox: string;
  /** In the order asked for, no item twice. */
  readonly items: readonly StatusItem[];
}

/** Reads from the space before the mailbox to the end. @throws ImapSyntaxError */
export function parseStatus(scanner: Scanner): StatusArguments {
  scanner.space();
  const mailbox = scanner.mailbox();
  scanner.space();
  const items = parseStatusItems(scanner);
  scanner.end();
  return { mailbox, items };
}

/** `(item item)`. @throws ImapSyntaxError */
export function parseStatusItems(scanner: Scanner): StatusItem[] {
  return [...new Set(scanner.list(() => parseItem(scanner.word())))];
}

function parseItem(word: string): StatusItem {
  const item = STATUS_ITEMS.find((known) => known === word);
  if (item === undefined) throw new ImapSyntaxError(`unknown STATUS item ${word.slice(0, 32)}`);
  return item;
}
